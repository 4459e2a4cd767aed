//! Values that may stand between two slashes of a path.

/// Checks that `value` can be one segment of a path, such as an owner, a repository or a task id.
///
/// URL parsers resolve `.` and `..`, treat a backslash as a slash, and drop line breaks and tabs, which turns `.\t.` into
/// `..`; an empty segment shifts those after it. Each of these would reach another endpoint. Everything else is
/// percent-encoded.
///
/// # Errors
/// The reason, as the end of a sentence that begins with the value.
///
/// ```
/// assert!(agents_api_raw::check_path_segment("hello-world").is_ok());
/// assert!(agents_api_raw::check_path_segment("..").is_err());
/// ```
pub fn check_path_segment(value: &str) -> Result<(), &'static str> {
    match value {
        "" => Err("is empty: a path segment needs at least one character"),
        "." | ".." => Err("is not a path segment: it would reach another endpoint"),
        _ if is_unreserved(value) => Ok(()), // nearly all are
        _ if value.contains(['/', '\\']) => Err("is not a path segment: it contains a slash"),
        _ if value.contains(char::is_control) => {
            Err("is not a path segment: it contains a line break or another control character")
        }
        _ => Ok(()),
    }
}

/// Whether every character is unreserved (RFC 3986), so that it needs no encoding.
pub(super) fn is_unreserved(text: &str) -> bool {
    text.bytes().all(|byte| UNRESERVED[usize::from(byte)])
}

/// A table, since every segment of every request is checked.
const UNRESERVED: [bool; 256] = {
    let mut unreserved = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        unreserved[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    unreserved
};

#[cfg(test)]
mod tests {
    use super::check_path_segment;

    #[test]
    fn segments_that_would_reach_another_endpoint_are_rejected() {
        for value in [
            "", ".", "..", "a/b", "/", "..\\x", "\\", ".\t.", "..\n", "\n", "\t..", ".\r", "a\tb", "\0",
            "\u{7f}",
        ] {
            assert!(check_path_segment(value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn other_segments_are_accepted() {
        for value in [
            "octocat", "...", ".github", "a b", "%2e%2e", "ü", "a?b#c", "a..b", "．．", ";",
        ] {
            assert_eq!(check_path_segment(value), Ok(()), "{value:?}");
        }
    }
}

//! What may stand between two slashes of a path.

/// Whether `value` can be a segment of a path, such as an owner, a repository or a task's id.
///
/// `.` and `..` are resolved before a request is sent, an empty segment moves its successors, a slash begins the next
/// segment, URL parsers take a backslash for a slash and drop line breaks and tabs, after which `.\t.` is `..`.
/// Everything else is percent-encoded and stays where it is.
///
/// # Errors
/// What is wrong with the value, as the end of a sentence that begins with it.
///
/// ```
/// assert!(agents_api_raw::check_path_segment("hello-world").is_ok());
/// assert!(agents_api_raw::check_path_segment("..").is_err());
/// ```
pub fn check_path_segment(value: &str) -> Result<(), &'static str> {
    match value {
        "" => Err("is empty, which is not a path segment"),
        "." | ".." => Err("is not a path segment: it would reach another endpoint"),
        _ if is_plain(value) => Ok(()), // so is nearly every one
        _ if value.contains(['/', '\\']) => Err("is not a path segment: it holds a slash"),
        _ if value.contains(char::is_control) => {
            Err("is not a path segment: it holds a line break or another control character")
        }
        _ => Ok(()),
    }
}

/// Whether every byte of the text means nothing else in an address than itself.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| PLAIN[usize::from(byte)])
}

/// The unreserved characters of RFC 3986. A table, since every segment of every request is looked at.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        plain[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    plain
};

#[cfg(test)]
mod tests {
    use super::check_path_segment;

    #[test]
    fn what_would_escape_is_refused() {
        for value in [
            "", ".", "..", "a/b", "/", "..\\x", "\\", ".\t.", "..\n", "\n", "\t..", ".\r", "a\tb", "\0",
            "\u{7f}",
        ] {
            assert!(check_path_segment(value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn what_stays_in_place_is_taken() {
        for value in [
            "octocat", "...", ".github", "a b", "%2e%2e", "ü", "a?b#c", "a..b", "．．", ";",
        ] {
            assert_eq!(check_path_segment(value), Ok(()), "{value:?}");
        }
    }
}

//! What may stand between two slashes of a path.

/// Refuses a value that would leave its place in the path.
///
/// `.` and `..` are resolved before a request is sent, an empty segment moves its successors, a slash begins the next
/// segment, and URL parsers take a backslash for a slash. Everything else is percent-encoded and stays where it is.
pub(super) fn check(value: &str) -> Result<(), &'static str> {
    match value {
        "" => Err("is empty, which is not a path segment"),
        "." | ".." => Err("is not a path segment: it would reach another endpoint"),
        _ if value.contains(['/', '\\']) => Err("is not a path segment: it holds a slash"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_would_escape_is_refused() {
        for value in ["", ".", "..", "a/b", "/", "..\\x", "\\"] {
            assert!(check(value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn what_stays_in_place_is_taken() {
        for value in ["octocat", "...", ".github", "a b", "%2e%2e", "ü", "a?b#c", "a..b"] {
            assert_eq!(check(value), Ok(()), "{value:?}");
        }
    }
}

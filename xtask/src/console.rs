//! What every command prints: results on standard output, errors on standard error.
use std::io::Write as _;

/// Prints one line of result. Whoever closed the pipe wants no more of it.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints one error with its causes.
pub(crate) fn complain(command: &str, error: &anyhow::Error) {
    let _ = writeln!(std::io::stderr(), "error: {command}: {error:#}");
}

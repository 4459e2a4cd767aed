//! What an error says to people: all of it in one message, down to the innermost cause.
use std::error::Error as StdError;
use std::fmt;

use agents_api_raw as raw;

/// Writes what a call failed with, and why.
pub(super) fn write(error: &raw::Error, server: Option<&str>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(server) = server {
        write!(f, "cannot connect to {server}: ")?;
    }
    let told = error.to_string();
    f.write_str(&told)?;
    if let Some(source) = error.source() {
        let cause = innermost(source).to_string();
        let cause = match error {
            // A transport's own words are the program's.
            raw::Error::NotSent(_) | raw::Error::Custom(_) => cause,
            // The server has a part in all others: the names in its certificate, for one.
            _ => raw::sanitize_for_display(&cause),
        };
        if !told.contains(&cause) {
            write!(f, ": {cause}")?;
        }
    }
    match error {
        raw::Error::Decode { response, .. } | raw::Error::Body { response, .. }
            if !is_json(response.body()) =>
        {
            // A page tells which proxy sent it. JSON is not shown: half a task may hold a prompt.
            write!(f, "; {}", raw::Error::Status(response.clone()))
        }
        _ => Ok(()),
    }
}

/// The cause that says most, such as `connection refused`.
fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}

/// Whether the body is JSON as far as it goes, or nothing.
fn is_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), None | Some(b'{' | b'['))
}

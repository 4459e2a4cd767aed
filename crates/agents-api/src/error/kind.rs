//! What kind of failure an error is, and whether it may pass.
use std::error::Error as StdError;
use std::io;

use agents_api_raw as raw;
use reqwest::StatusCode;

/// What kind of failure an [`Error`](crate::Error) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or the configuration cannot be used; nothing was sent.
    InvalidInput,
    /// No answer arrived, or one that was no refusal broke off.
    Transport,
    /// GitHub answered with an error or a redirect, whether or not the whole of its body arrived.
    Refused,
    /// GitHub answered with something this version of the crate cannot read, or with a status that is neither an
    /// error nor the documented success.
    UnexpectedAnswer,
}

impl ErrorKind {
    pub(super) fn of(error: &raw::Error) -> Self {
        match error {
            raw::Error::InvalidRequest(_) => Self::InvalidInput,
            raw::Error::Transport(error) if error.is_builder() => Self::InvalidInput,
            raw::Error::Status(answer) | raw::Error::Interrupted { response: answer, .. }
                if is_refusal(answer.status()) =>
            {
                Self::Refused
            }
            raw::Error::Status(_) | raw::Error::Decode { .. } => Self::UnexpectedAnswer,
            _ => Self::Transport,
        }
    }
}

fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error() || matches!(status.as_u16(), 301 | 302 | 307 | 308)
}

/// Whether the same read may succeed later, rate limits apart.
pub(super) fn is_passing(error: &raw::Error) -> bool {
    match error {
        raw::Error::InvalidRequest(_) => false,
        raw::Error::Transport(error) => !error.is_builder() && !is_tls(error),
        // A proxy's page or half a body passes; JSON of another form is what GitHub says now.
        raw::Error::Decode { source, .. } => !source.is_data(),
        raw::Error::Status(answer) => is_passing_status(answer.status()),
        raw::Error::Interrupted { response, .. } => {
            !is_refusal(response.status()) || is_passing_status(response.status())
        }
        _ => true,
    }
}

fn is_passing_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 499) || status.is_server_error()
}

/// Whether no connection was made because TLS failed: a certificate, or a server that speaks something else.
///
/// Names that are not resolved, refused connections and broken handshakes are errors of I/O. rustls wraps what it
/// refuses in one that says `InvalidData`; the platforms' libraries report theirs without any.
fn is_tls(error: &reqwest::Error) -> bool {
    if !error.is_connect() || error.is_timeout() {
        return false;
    }
    let mut of_io = false;
    let mut cause = StdError::source(error);
    while let Some(error) = cause {
        let Some(io) = error.downcast_ref::<io::Error>() else {
            // A resolver of one's own may have errors of its own.
            of_io |= error.to_string() == "dns error";
            cause = error.source();
            continue;
        };
        if io.kind() == io::ErrorKind::InvalidData {
            return true;
        }
        of_io = true;
        // Its `source` would leave out the error it is made of.
        cause = io.get_ref().map(|inner| inner as _);
    }
    !of_io
}

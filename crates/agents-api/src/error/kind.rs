//! What kind of failure an error is, and whether it is transient.
use std::error::Error as StdError;
use std::{fmt, io};

use agents_api_raw as raw;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;

use crate::error::rate_limit_headers::is_rate_limited;

/// What kind of failure an [`Error`](crate::Error) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or the configuration cannot be used; nothing was sent.
    InvalidInput,
    /// The [`TokenProvider`](crate::TokenProvider) gave no token; nothing was sent.
    Credentials,
    /// The task with this idempotency key was started with another prompt, model or branch; nothing was sent.
    IdempotencyMismatch,
    /// Another process is starting a task with this idempotency key; nothing was sent.
    KeyInUse,
    /// The [`KeyStore`](crate::start::KeyStore) failed; nothing was sent.
    KeyStore,
    /// The operation's time limit was up.
    Timeout,
    /// No answer arrived, or one that was no refusal broke off.
    Transport,
    /// GitHub does not know the token (401).
    Unauthorized,
    /// The token is known, but may not do this (403, and not a rate limit).
    Forbidden,
    /// It is not there, not visible, or not enabled (404).
    NotFound,
    /// GitHub found a value it does not accept (422).
    Validation,
    /// GitHub wants fewer requests (429, or a 403 that says so); or it said so before, and nothing was sent.
    RateLimited,
    /// GitHub refused for another reason (any other 4xx, or a redirect that is not followed).
    ClientError,
    /// GitHub, or a proxy before it, failed (5xx).
    Server,
    /// GitHub answered with something this version of the crate cannot read, or with a status that is neither an
    /// error nor the documented success.
    UnexpectedResponse,
}

impl ErrorKind {
    /// The kind in one lower-case word or two, as traces give it: `rate_limited`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::Credentials => "credentials",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::KeyInUse => "key_in_use",
            Self::KeyStore => "key_store",
            Self::Timeout => "timeout",
            Self::Transport => "transport",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Validation => "validation",
            Self::RateLimited => "rate_limited",
            Self::ClientError => "client_error",
            Self::Server => "server",
            Self::UnexpectedResponse => "unexpected_response",
        }
    }

    pub(super) fn of(error: &raw::Error) -> Self {
        match error {
            raw::Error::InvalidRequest(_) => Self::InvalidInput,
            raw::Error::Transport(error) if error.is_builder() => Self::InvalidInput,
            raw::Error::Status(answer) | raw::Error::Body { response: answer, .. }
                if is_refusal(answer.status()) =>
            {
                Self::of_refusal(answer)
            }
            raw::Error::Status(_) | raw::Error::Decode { .. } => Self::UnexpectedResponse,
            _ => Self::Transport,
        }
    }

    fn of_refusal(answer: &raw::RawResponse) -> Self {
        match answer.status().as_u16() {
            _ if is_rate_limited(answer) => Self::RateLimited,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            422 => Self::Validation,
            500.. => Self::Server,
            _ => Self::ClientError,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error() || matches!(status.as_u16(), 301 | 302 | 307 | 308)
}

/// Whether the same read may succeed later, rate limits apart.
pub(super) fn is_transient(error: &raw::Error) -> bool {
    match error {
        // What a transport of the caller's own holds back is its decision.
        raw::Error::InvalidRequest(_) | raw::Error::NotSent(_) => false,
        raw::Error::Transport(error) => !error.is_builder() && !is_tls(error),
        // Half a body or a proxy's page is transient. JSON of another form, and what is no JSON at all (a byte order
        // mark, NaN, invalid UTF-8, endless nesting), is what this server sends.
        raw::Error::Decode { response, source } => source.is_eof() || is_page(response),
        raw::Error::Status(answer) => is_transient_status(answer.status()),
        raw::Error::Body { source, .. } if is_too_large(&**source) => false,
        raw::Error::Body { response, .. } => {
            !is_refusal(response.status()) || is_transient_status(response.status())
        }
        _ => true,
    }
}

fn is_transient_status(status: StatusCode) -> bool {
    match status.as_u16() {
        // What a server cannot do it will not do a second later either.
        501 | 505 => false,
        408 | 499 => true,
        _ => status.is_server_error(),
    }
}

/// Whether the body was not read on, since it is beyond all measure.
fn is_too_large(source: &(dyn StdError + Send + Sync + 'static)) -> bool {
    let error = source.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::FileTooLarge)
}

/// Whether the body is something else than JSON, by its type or its beginning: a proxy's page.
fn is_page(response: &raw::RawResponse) -> bool {
    let media_type = response
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
    media_type.is_some_and(|media_type| !media_type.contains("json"))
        || response.body().trim_ascii_start().first() == Some(&b'<')
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

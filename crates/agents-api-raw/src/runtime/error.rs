//! Every way a call can fail. No error loses the status, headers or body of a response that arrived.
use std::fmt;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};

use super::response::RawResponse;
use super::sanitize::sanitize_for_display;

/// Why a call failed.
///
/// ```no_run
/// # async fn run(client: agents_api_raw::Client) {
/// match client.get_task().task_id("TASK_ID").send().await {
///     Ok(task) => println!("{}", task.state),
///     Err(error) => match error.response() {
///         Some(response) => eprintln!("{}: {:?}", response.status(), response.message()),
///         None => eprintln!("no response: {error}"),
///     },
/// }
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An argument is missing or invalid. Nothing was sent.
    InvalidRequest(InvalidRequest),
    /// The transport did not send the request, for a reason of its own.
    NotSent(Box<dyn std::error::Error + Send + Sync>),
    /// There was no response. Whether the request arrived is unknown, unless `is_connect()` of the error says that it
    /// did not.
    Transport(reqwest::Error),
    /// The connection failed while the body was read.
    Body {
        /// Status, headers, and the part of the body that arrived.
        response: Box<RawResponse>,
        /// The cause; an [`io::Error`](std::io::Error) of the kind `FileTooLarge` if the body exceeds 16 MiB.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The status says success, but the body does not have the documented form. After a start this means that the task
    /// *was* started.
    Decode {
        /// The whole response.
        response: Box<RawResponse>,
        /// Where the body differs from the documented form. See [`Error::is_truncated`].
        source: serde_json::Error,
    },
    /// The status is not the operation's success.
    Status(Box<RawResponse>),
    /// The transport obtained no response, for a reason of its own. Whether the request arrived is unknown.
    Custom(Box<dyn std::error::Error + Send + Sync>),
    /// A redirect was followed, and the request to the new location got no response.
    AfterRedirect {
        /// How many requests were sent, the failed one included.
        requests_sent: u32,
        /// The last failure.
        source: Box<Error>,
    },
}

impl Error {
    /// The response, if one arrived.
    pub fn response(&self) -> Option<&RawResponse> {
        match self {
            Self::Body { response, .. } | Self::Decode { response, .. } | Self::Status(response) => {
                Some(response)
            }
            Self::InvalidRequest(_)
            | Self::NotSent(_)
            | Self::Transport(_)
            | Self::Custom(_)
            | Self::AfterRedirect { .. } => None,
        }
    }

    /// The status of the response, if one arrived.
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(RawResponse::status)
    }

    /// The headers of the response, if one arrived.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(RawResponse::headers)
    }

    /// Whether the body ended early, so that the same request may succeed when it is repeated.
    ///
    /// Every other [`Error::Decode`] is permanent: a byte order mark, `NaN`, invalid UTF-8, JSON nested too deep or of
    /// too many values, a media type other than JSON, or a form other than the documented one comes again.
    pub fn is_truncated(&self) -> bool {
        match self {
            Self::Body { source, .. } => {
                let error = source.downcast_ref::<std::io::Error>();
                error.is_none_or(|error| error.kind() != std::io::ErrorKind::FileTooLarge)
            }
            Self::Decode { source, .. } => source.is_eof(),
            _ => false,
        }
    }

    /// How many requests were sent: 0 when none was, more than 1 after redirects. A [`Transport`](crate::Transport) that
    /// repeats requests counts its own.
    pub fn requests_sent(&self) -> u32 {
        match self {
            Self::InvalidRequest(_) | Self::NotSent(_) => 0,
            Self::AfterRedirect { requests_sent, .. } => *requests_sent,
            _ => self.response().map_or(1, RawResponse::requests_sent),
        }
    }
}

impl From<reqwest::Error> for Error {
    /// There was no response. The URL is removed from the error: its query may hold what no log should.
    fn from(error: reqwest::Error) -> Self {
        Self::Transport(error.without_url())
    }
}

/// The cause that says most, such as `connection refused`.
fn innermost(error: &dyn std::error::Error) -> &dyn std::error::Error {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidRequest(invalid) => invalid.fmt(f),
            Self::NotSent(_) => f.write_str("request not sent: the transport refused it"),
            Self::Transport(error) => {
                let cause = innermost(error).to_string();
                let timeout = if error.is_timeout() { "timeout, " } else { "" };
                write!(f, "{timeout}no response: {}", sanitize_for_display(&cause))
            }
            Self::Body { response, .. } => {
                write!(f, "response {}: reading the body failed", response.status())
            }
            Self::Decode { response, .. } => {
                write!(
                    f,
                    "response {}: the body does not have the documented form",
                    response.status()
                )
            }
            Self::Status(response) => {
                write!(f, "response {}: {}", response.status(), response.excerpt())?;
                match response.headers().get(LOCATION) {
                    Some(location) if response.status().is_redirection() => {
                        let location = String::from_utf8_lossy(location.as_bytes());
                        write!(f, "; it redirects to {}", sanitize_for_display(&location))
                    }
                    _ => Ok(()),
                }
            }
            Self::Custom(_) => f.write_str("no response: the transport failed"),
            Self::AfterRedirect { source, .. } => write!(f, "after a redirect: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(source) => Some(source),
            Self::Body { source, .. } => Some(&**source),
            Self::Decode { source, .. } => Some(source),
            Self::NotSent(error) | Self::Custom(error) => Some(&**error),
            Self::AfterRedirect { source, .. } => source.source(),
            Self::InvalidRequest(_) | Self::Status(_) => None,
        }
    }
}

/// The argument that is invalid, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRequest {
    operation: &'static str,
    argument: &'static str,
    reason: String,
}

impl InvalidRequest {
    pub(super) fn new(operation: &'static str, argument: &'static str, reason: String) -> Self {
        Self {
            operation,
            argument,
            reason,
        }
    }

    /// The operation, such as `start_task`.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The argument, such as `owner`.
    pub fn argument(&self) -> &'static str {
        self.argument
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.operation, self.argument, self.reason)
    }
}

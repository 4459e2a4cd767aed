//! Every way a call can fail. None of them loses the status, the headers or the body of an answer that arrived.
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
///         Some(answer) => eprintln!("{}: {:?}", answer.status(), answer.message()),
///         None => eprintln!("no answer: {error}"),
///     },
/// }
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An argument is missing or cannot be used. Nothing was sent.
    InvalidRequest(InvalidRequest),
    /// The transport did not send the request, for a reason of its own. Nothing was sent.
    NotSent(Box<dyn std::error::Error + Send + Sync>),
    /// No answer arrived. Whether the request did is not known; `is_connect()` of the error tells when it did not.
    Transport(reqwest::Error),
    /// The answer broke off; its status, headers and the part of the body that arrived are here.
    Body {
        /// What arrived.
        response: Box<RawResponse>,
        /// What went wrong; an [`io::Error`](std::io::Error) of the kind `FileTooLarge` if the body is beyond 16 MiB.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A success whose body is not what the API promises. For a start this means: the task *was* started.
    Decode {
        /// The whole answer.
        response: Box<RawResponse>,
        /// Where the body departs from the promised form.
        source: serde_json::Error,
    },
    /// Any other status than the operation's success.
    Status(Box<RawResponse>),
    /// The transport got no answer, for a reason of its own. Whether the request arrived is not known.
    Custom(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The answer, if one arrived.
    pub fn response(&self) -> Option<&RawResponse> {
        match self {
            Self::Body { response, .. } | Self::Decode { response, .. } | Self::Status(response) => {
                Some(response)
            }
            Self::InvalidRequest(_) | Self::NotSent(_) | Self::Transport(_) | Self::Custom(_) => None,
        }
    }

    /// The status of the answer, if one arrived.
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(RawResponse::status)
    }

    /// The headers of the answer, if one arrived.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(RawResponse::headers)
    }
}

impl From<reqwest::Error> for Error {
    /// No answer arrived. The address is left out of the error: a query may hold what no log should.
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
            Self::NotSent(_) => f.write_str("the transport did not send the request"),
            Self::Transport(error) => {
                let cause = innermost(error).to_string();
                write!(f, "no answer arrived: {}", sanitize_for_display(&cause))
            }
            Self::Body { response, .. } => write!(f, "the answer {} broke off", response.status()),
            Self::Decode { response, .. } => {
                write!(
                    f,
                    "the body of the answer {} is not of the promised form",
                    response.status()
                )
            }
            Self::Status(response) => {
                write!(f, "the answer was {}: {}", response.status(), response.excerpt())?;
                match response.headers().get(LOCATION) {
                    Some(location) if response.status().is_redirection() => {
                        write!(
                            f,
                            " (it points to {})",
                            sanitize_for_display(&String::from_utf8_lossy(location.as_bytes()))
                        )
                    }
                    _ => Ok(()),
                }
            }
            Self::Custom(_) => f.write_str("the transport got no answer"),
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
            Self::InvalidRequest(_) | Self::Status(_) => None,
        }
    }
}

/// Which argument of which operation cannot be used, and why.
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

    /// The operation that was called, such as `start_task`.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The argument that cannot be used, such as `owner`.
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

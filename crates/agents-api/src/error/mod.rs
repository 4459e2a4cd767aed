//! The one error of this crate: what happened, and what to do about it.
mod body;
mod delivery;
mod kind;
mod message;
mod rate_limit;
pub(crate) mod rate_limit_headers;

pub use body::FieldError;
pub use delivery::Delivery;
pub use kind::ErrorKind;
pub use rate_limit::RateLimit;

use std::fmt;
use std::time::Duration;

use agents_api_raw as raw;

use rate_limit_headers::retry_after;

/// Any error that can be passed between threads.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why an operation failed.
///
/// Its message is whole: it names the innermost cause, so that there is no chain of sources to print.
/// [`Error::as_raw`] leads to the causes themselves.
///
/// ```no_run
/// # async fn run(repo: agents_api::Repo) {
/// if let Err(error) = repo.start_task("Fix the login button").await {
///     match error.delivery() {
///         agents_api::Delivery::NotSent => println!("try again: {error}"),
///         agents_api::Delivery::Rejected => println!("change something first: {error}"),
///         _ => println!("it may be running; list the tasks before trying again: {error}"),
///     }
/// }
/// # }
/// ```
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    cause: Cause,
    operation: Option<&'static str>,
    attempts: u32,
}

#[derive(Debug)]
enum Cause {
    InvalidInput(String),
    Credentials(BoxError),
    /// Nothing was sent, since GitHub wants no request for this long.
    Held(Duration),
    OutOfTime {
        limit: Duration,
        delivery: Delivery,
    },
    Raw(raw::Error),
    UnexpectedResponse {
        message: String,
        /// The answer's status and headers; its body was read and given out.
        answer: Option<raw::RawResponse>,
    },
}

impl Error {
    fn new(cause: Cause) -> Self {
        Self(Box::new(Inner {
            cause,
            operation: None,
            attempts: 0,
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Cause::InvalidInput(message.into()))
    }

    pub(crate) fn credentials(cause: BoxError) -> Self {
        Self::new(Cause::Credentials(cause))
    }

    /// Nothing was sent, since GitHub wants no request for this long.
    pub(crate) fn held(pause: Duration) -> Self {
        Self::new(Cause::Held(pause))
    }

    /// The time limit of the operation was up.
    pub(crate) fn out_of_time(limit: Duration, delivery: Delivery) -> Self {
        Self::new(Cause::OutOfTime { limit, delivery })
    }

    pub(crate) fn unexpected(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(Cause::UnexpectedResponse {
            message,
            answer: None,
        })
    }

    /// Adds the answer that was not expected.
    pub(crate) fn with_answer(mut self, answer: raw::RawResponse) -> Self {
        if let Cause::UnexpectedResponse { answer: place, .. } = &mut self.0.cause {
            *place = Some(answer);
        }
        self
    }

    /// Adds which operation failed, and how many requests it took.
    pub(crate) fn after(mut self, operation: &'static str, attempts: u32) -> Self {
        self.0.operation = Some(operation);
        // What could not be used was refused on the way out.
        self.0.attempts = if self.kind() == ErrorKind::InvalidInput {
            0
        } else {
            attempts
        };
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        match &self.0.cause {
            Cause::InvalidInput(_) => ErrorKind::InvalidInput,
            Cause::Credentials(_) => ErrorKind::Credentials,
            Cause::Held(_) => ErrorKind::RateLimited,
            Cause::OutOfTime { .. } => ErrorKind::Timeout,
            Cause::UnexpectedResponse { .. } => ErrorKind::UnexpectedResponse,
            Cause::Raw(error) => ErrorKind::of(error),
        }
    }

    /// Whether the request may have been applied.
    pub fn delivery(&self) -> Delivery {
        match &self.0.cause {
            Cause::InvalidInput(_) | Cause::Credentials(_) | Cause::Held(_) => Delivery::NotSent,
            Cause::OutOfTime { delivery, .. } => *delivery,
            Cause::UnexpectedResponse { .. } => Delivery::Unknown,
            Cause::Raw(error) => Delivery::of(error),
        }
    }

    /// The operation that failed, by its name in the raw crate, such as `start_task`; `None` for what was refused
    /// before an operation began.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// How many requests were sent; 0 if none was. A redirect that was followed is one with the request that led to it.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The answer as it came, if one arrived: status, headers, body.
    ///
    /// For a list whose `next` link cannot be read the body is empty: its tasks were given out before.
    pub fn response(&self) -> Option<&raw::RawResponse> {
        match &self.0.cause {
            Cause::UnexpectedResponse { answer, .. } => answer.as_ref(),
            Cause::Raw(error) => error.response(),
            _ => None,
        }
    }

    /// The status of the answer, if one arrived.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|answer| answer.status().as_u16())
    }

    /// How long GitHub asks to wait before the next request, if it does.
    ///
    /// That is what the header `retry-after` says, in seconds or as a date; else, when a rate limit refused the
    /// request and the quota is spent, the time until `x-ratelimit-reset`. Dates are compared with the answer's own
    /// `date`, so that a wrong clock here does no harm. A rate limit that says nothing wants a minute at least, and
    /// more each time. It is a day at most, whatever the answer says.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0.cause {
            Cause::Held(pause) => Some(*pause),
            _ => retry_after(self.response()?),
        }
    }

    /// The error of the generated layer below, with the causes that it keeps; `None` for what this crate refused.
    pub fn as_raw(&self) -> Option<&raw::Error> {
        match &self.0.cause {
            Cause::Raw(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the same read may succeed later: no answer, a proxy's page, or a server error. Rate limits are apart.
    pub(crate) fn is_passing(&self) -> bool {
        match &self.0.cause {
            Cause::Raw(error) => kind::is_passing(error),
            Cause::OutOfTime { .. } | Cause::Credentials(_) => true,
            _ => false,
        }
    }

    /// Whether nothing was sent because of a limit that another request met.
    pub(crate) fn is_held(&self) -> bool {
        matches!(self.0.cause, Cause::Held(_))
    }
}

impl Error {
    /// Says what GitHub's own words leave out.
    fn advise(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy that refuses has its own reasons.
        let of_tasks = self.message().is_some()
            && self
                .operation()
                .is_some_and(|operation| operation.contains("task"));
        match (self.kind(), self.retry_after()) {
            (ErrorKind::RateLimited, Some(pause)) => {
                write!(f, "; it asks to wait {:.0}s", pause.as_secs_f64().ceil())
            }
            (ErrorKind::Forbidden, _) if of_tasks => f.write_str(
                "; a fine-grained token needs the permission \"Agent tasks\", and the plan has to include the agent",
            ),
            (ErrorKind::NotFound, _) if of_tasks => {
                f.write_str("; GitHub says so, too, of what the token cannot see")
            }
            _ => Ok(()),
        }
    }
}

impl From<raw::Error> for Error {
    fn from(error: raw::Error) -> Self {
        Self::new(Cause::Raw(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            Cause::InvalidInput(message) | Cause::UnexpectedResponse { message, .. } => {
                f.write_str(message)?
            }
            Cause::Credentials(cause) => write!(f, "the token provider gave no token: {cause}")?,
            Cause::Held(pause) => write!(f, "GitHub wants no request for {pause:.0?}; nothing was sent")?,
            Cause::OutOfTime {
                limit,
                delivery: Delivery::NotSent,
            } => write!(f, "nothing was sent within the time limit of {limit:?}")?,
            Cause::OutOfTime { limit, .. } => write!(f, "no answer within the time limit of {limit:?}")?,
            Cause::Raw(error) => {
                message::write(error, f)?;
                self.advise(f)?;
            }
        }
        match self.0.attempts {
            0 | 1 => Ok(()),
            attempts => write!(f, " (after {attempts} attempts)"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

//! The one error of this crate: what happened, and what to do about it.
mod body;
mod delivery;
mod facts;
mod kind;
mod message;
mod rate_limit;
pub(crate) mod rate_limit_headers;
mod redact;

pub use body::FieldError;
pub use delivery::Delivery;
pub use kind::ErrorKind;
pub use rate_limit::RateLimit;

use std::fmt;
use std::time::Duration;

use agents_api_raw as raw;

use facts::Facts;
pub(crate) use facts::Retry;

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
    facts: Facts,
    code: Option<String>,
    operation: Option<&'static str>,
    attempts: u32,
    /// The server that could not be reached, as `host:port`.
    server: Option<String>,
    /// The message without what it would quote of a prompt, if it would.
    message: Option<String>,
}

#[derive(Debug)]
enum Cause {
    InvalidInput(String),
    /// An idempotency key forbids the start.
    Key {
        kind: ErrorKind,
        message: String,
    },
    Credentials(BoxError),
    /// Nothing was sent, since a rate limit lasts this much longer.
    RateLimitInEffect(Duration),
    DeadlineReached {
        limit: Duration,
        delivery: Delivery,
    },
    Raw(raw::Error),
    UnexpectedResponse {
        message: String,
        /// The response's status and headers; its body was read and handed over.
        response: Option<raw::RawResponse>,
    },
}

impl Error {
    fn new(cause: Cause) -> Self {
        Self(Box::new(Inner {
            facts: Facts::of(&cause),
            code: cause.response().and_then(body::code),
            cause,
            operation: None,
            attempts: 0,
            server: None,
            message: None,
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Cause::InvalidInput(message.into()))
    }

    /// An idempotency key forbids a start, which was therefore not sent.
    pub(crate) fn key(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(Cause::Key { kind, message })
    }

    pub(crate) fn credentials(cause: BoxError) -> Self {
        Self::new(Cause::Credentials(cause))
    }

    /// Nothing was sent, since a rate limit that another request met lasts this much longer.
    pub(crate) fn rate_limit_in_effect(delay: Duration) -> Self {
        Self::new(Cause::RateLimitInEffect(delay))
    }

    /// The time limit of the operation was reached.
    pub(crate) fn deadline_reached(limit: Duration, delivery: Delivery) -> Self {
        Self::new(Cause::DeadlineReached { limit, delivery })
    }

    pub(crate) fn unexpected(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(Cause::UnexpectedResponse {
            message,
            response: None,
        })
    }

    /// Adds the response that was not expected.
    pub(crate) fn with_response(mut self, received: raw::RawResponse) -> Self {
        if let Cause::UnexpectedResponse { response, .. } = &mut self.0.cause {
            *response = Some(received);
            self.0.facts = Facts::of(&self.0.cause);
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

    /// The error of a request that carried this token, which is taken out wherever the response repeats it.
    pub(crate) fn of_request(error: raw::Error, token: Option<&str>) -> Self {
        match token {
            Some(token) => redact::without_token(error, token).into(),
            None => error.into(),
        }
    }

    /// Messages do not quote this prompt, whatever the server says.
    pub(crate) fn without_prompt(mut self, prompt: &str) -> Self {
        let message = self.to_string();
        let redacted = redact::without_quotes(&message, prompt);
        self.0.message = (redacted != message).then_some(redacted);
        self
    }

    /// Adds the server that could not be reached.
    pub(crate) fn at(mut self, server: &reqwest::Url) -> Self {
        self.0.server = server
            .host_str()
            .map(|host| match server.port_or_known_default() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            });
        self
    }

    /// The request creates something: it must not be repeated if it may have been applied.
    pub(crate) fn of_write(mut self) -> Self {
        if self.delivery() == Delivery::Unknown {
            self.0.facts.retry = Retry::No;
        }
        self
    }

    /// Adds how long a rate limit lasts, which only the rate limiter knows, and how many in a row did not say so.
    pub(crate) fn with_rate_limit_delay(mut self, delay: Duration, unspecified_streak: u32) -> Self {
        self.0.facts.retry_after = Some(delay);
        self.0.facts.unspecified_streak = unspecified_streak;
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.facts.kind
    }

    /// Whether the request may have been applied.
    pub fn delivery(&self) -> Delivery {
        self.0.facts.delivery
    }

    /// GitHub's own word for what went wrong, if the response has one, such as `copilot_plan_required`: the `code` of
    /// the body, as it came.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
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

    /// The response as it came, if one arrived: status, headers, body.
    ///
    /// For a list whose `next` link cannot be read the body is empty: its tasks were handed over before.
    pub fn response(&self) -> Option<&raw::RawResponse> {
        self.0.cause.response()
    }

    /// The status of the response, if one arrived.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status().as_u16())
    }

    /// How long to wait before the next request: always for a rate limit, else if the response asks for it.
    ///
    /// Precedence, as documented by GitHub: the header `retry-after`, in seconds or as a date; then, if a rate limit
    /// refused the request and the quota is spent, the time until `x-ratelimit-reset`; then, for a rate limit that says
    /// neither, 60 seconds and twice as long for each further one in a row. Dates are compared with the response's own
    /// `date`, so a wrong local clock does no harm. After a rate limit it is at least a second, and never more than a day.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.facts.retry_after
    }

    /// The error of the generated layer below, with the causes that it keeps; `None` for what this crate refused.
    pub fn as_raw(&self) -> Option<&raw::Error> {
        match &self.0.cause {
            Cause::Raw(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the same request may succeed later, and may be sent again: a start that may have been applied may not.
    pub(crate) fn retry(&self) -> Retry {
        self.0.facts.retry
    }

    /// How many rate limits in a row, this one included, did not say how long they last; 0 if this one did, or is none.
    pub(crate) fn unspecified_rate_limits(&self) -> u32 {
        self.0.facts.unspecified_streak
    }

    /// Whether no connection was made.
    pub(crate) fn is_connect(&self) -> bool {
        matches!(&self.0.cause, Cause::Raw(raw::Error::Transport(error)) if error.is_connect())
    }

    /// Whether nothing was sent because of a rate limit that another request met.
    pub(crate) fn is_rate_limit_in_effect(&self) -> bool {
        matches!(self.0.cause, Cause::RateLimitInEffect(_))
    }
}

impl Cause {
    fn response(&self) -> Option<&raw::RawResponse> {
        match self {
            Self::UnexpectedResponse { response, .. } => response.as_ref(),
            Self::Raw(error) => error.response(),
            _ => None,
        }
    }
}

impl Error {
    /// Adds what GitHub's own message leaves out: what to do.
    fn advise(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy that refuses has its own reasons.
        let is_of_tasks = self.message().is_some()
            && self
                .operation()
                .is_some_and(|operation| operation.contains("task"));
        match (self.kind(), self.retry_after()) {
            (ErrorKind::RateLimited, Some(delay)) => write!(f, "; rate limit: retry after {}s", seconds(delay)),
            (ErrorKind::Unauthorized, _) if is_of_tasks => f.write_str(
                "; the token is wrong, expired or revoked: make a new one, or give the client a `TokenProvider`",
            ),
            (ErrorKind::Forbidden, _) if self.is_plan_required() => {
                f.write_str("; the account needs a Copilot plan that includes the cloud agent")
            }
            (ErrorKind::Forbidden, _) if is_of_tasks => f.write_str(
                "; a fine-grained token needs the permission \"Agent tasks\", and the plan has to include the agent",
            ),
            (ErrorKind::NotFound, _) if is_of_tasks => f.write_str(
                "; not found, or not visible to this token: check the spelling, then the token's access and whether the \
                 agent is enabled for the repository",
            ),
            _ => Ok(()),
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(delay: Duration) -> u64 {
    delay.as_secs() + u64::from(delay.subsec_nanos() > 0)
}

impl From<raw::Error> for Error {
    fn from(error: raw::Error) -> Self {
        Self::new(Cause::Raw(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(message) = &self.0.message {
            return f.write_str(message);
        }
        match &self.0.cause {
            Cause::InvalidInput(message)
            | Cause::Key { message, .. }
            | Cause::UnexpectedResponse { message, .. } => {
                f.write_str(message)?;
            }
            Cause::Credentials(cause) => write!(f, "no token: the token provider failed: {cause}")?,
            Cause::RateLimitInEffect(delay) => write!(
                f,
                "rate limit: GitHub accepts no request for another {}s; nothing was sent, retry after that",
                seconds(*delay)
            )?,
            Cause::DeadlineReached {
                limit,
                delivery: Delivery::NotSent,
            } => write!(
                f,
                "timeout: other requests took the time limit of {limit:?}; nothing was sent, raise `total_timeout` or \
                 `max_in_flight`"
            )?,
            Cause::DeadlineReached { limit, .. } => write!(
                f,
                "timeout: no response within the time limit of {limit:?}; raise `total_timeout` if GitHub is slow"
            )?,
            Cause::Raw(error) => {
                message::write(error, self.0.server.as_deref(), f)?;
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

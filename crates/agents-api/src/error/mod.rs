//! The one error of this crate: what happened, and what to do about it.
mod delivery;
mod kind;
mod limits;
mod message;

pub use delivery::Delivery;
pub use kind::ErrorKind;

use std::fmt;
use std::time::Duration;

use agents_api_raw as raw;

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
enum Inner {
    InvalidInput(String),
    Raw(raw::Error),
    UnexpectedAnswer {
        message: String,
        /// The answer's status and headers; its body was read and given out.
        answer: Option<raw::RawResponse>,
    },
}

impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self(Box::new(Inner::InvalidInput(message.into())))
    }

    pub(crate) fn unexpected(message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Inner::UnexpectedAnswer {
            message,
            answer: None,
        }))
    }

    /// Adds the answer that was not expected.
    pub(crate) fn with_answer(mut self, answer: raw::RawResponse) -> Self {
        if let Inner::UnexpectedAnswer { answer: place, .. } = &mut *self.0 {
            *place = Some(answer);
        }
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        match &*self.0 {
            Inner::InvalidInput(_) => ErrorKind::InvalidInput,
            Inner::UnexpectedAnswer { .. } => ErrorKind::UnexpectedAnswer,
            Inner::Raw(error) => ErrorKind::of(error),
        }
    }

    /// Whether the request may have been applied.
    pub fn delivery(&self) -> Delivery {
        match &*self.0 {
            Inner::InvalidInput(_) => Delivery::NotSent,
            Inner::UnexpectedAnswer { .. } => Delivery::Unknown,
            Inner::Raw(error) => Delivery::of(error),
        }
    }

    /// The answer as it came, if one arrived: status, headers, body.
    ///
    /// For a list whose `next` link cannot be read the body is empty: its tasks were given out before.
    pub fn response(&self) -> Option<&raw::RawResponse> {
        match &*self.0 {
            Inner::InvalidInput(_) => None,
            Inner::UnexpectedAnswer { answer, .. } => answer.as_ref(),
            Inner::Raw(error) => error.response(),
        }
    }

    /// The status of the answer, if one arrived.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|answer| answer.status().as_u16())
    }

    /// GitHub's own words, if it sent any.
    pub fn message(&self) -> Option<String> {
        self.response()?.message()
    }

    /// What to name when asking GitHub's support.
    pub fn request_id(&self) -> Option<&str> {
        self.response()?.request_id()
    }

    /// How long GitHub asks to wait before the next request, if it does.
    ///
    /// That is what the header `retry-after` says, in seconds or as a date; else, when a rate limit refused the
    /// request and the quota is spent, the time until `x-ratelimit-reset`. Dates are compared with the answer's own
    /// `date`, so that a wrong clock here does no harm. A rate limit that says nothing wants a minute at least, and
    /// more each time.
    pub fn retry_after(&self) -> Option<Duration> {
        limits::retry_after(self.response()?)
    }

    /// The error of the generated layer below, with the causes that it keeps; `None` for what this crate refused.
    pub fn as_raw(&self) -> Option<&raw::Error> {
        match &*self.0 {
            Inner::Raw(error) => Some(error),
            _ => None,
        }
    }

    /// GitHub does not know the token (401).
    ///
    /// # What to do
    /// The token is wrong, expired or revoked: make a new one.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// The token is known but may not do this (403, and not a rate limit).
    ///
    /// # What to do
    /// A fine-grained token needs the repository permission "Agent tasks": read, or read and write to start a task.
    /// Tokens of app installations and of Actions jobs (`ghs_`) cannot use this API at all. If the token is right,
    /// the plan or an organization's policy forbids it.
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(403) && !self.is_rate_limited()
    }

    /// There is no such task or repository, or the token cannot see it, or the API is not enabled for it (404).
    ///
    /// # What to do
    /// Check the spelling, then whether the token's owner can see the repository: GitHub does not tell one from the
    /// other.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// GitHub understood the request and found a value it does not accept (422).
    ///
    /// # What to do
    /// [`Error::message`] and the answer's `errors` name the field. A model outside the plan is the usual cause.
    pub fn is_validation(&self) -> bool {
        self.status() == Some(422)
    }

    /// GitHub wants fewer requests (429, or 403 for the quota).
    ///
    /// # What to do
    /// Wait as long as [`Error::retry_after`] says; if it says nothing, a minute, and twice as long each time. A wait
    /// for a task does so by itself.
    pub fn is_rate_limited(&self) -> bool {
        self.response().is_some_and(limits::is_rate_limited)
    }

    /// Whether the same read may succeed later: no answer, a proxy's page, or a server error. Rate limits are apart.
    pub(crate) fn is_passing(&self) -> bool {
        match &*self.0 {
            Inner::Raw(error) => kind::is_passing(error),
            Inner::InvalidInput(_) | Inner::UnexpectedAnswer { .. } => false,
        }
    }
}

impl From<raw::Error> for Error {
    fn from(error: raw::Error) -> Self {
        Self(Box::new(Inner::Raw(error)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Inner::InvalidInput(message) | Inner::UnexpectedAnswer { message, .. } => f.write_str(message),
            Inner::Raw(error) => message::write(error, f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

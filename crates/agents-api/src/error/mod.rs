//! The one error of this crate: what happened, and what to do about it.
use std::fmt;

use agents_api_raw as raw;

/// Whether a request that failed may have been applied.
///
/// What matters for a start: a task that was started runs, and costs, whether or not its answer arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// The request did not leave, or no connection was made. It can be sent again safely.
    NotSent,
    /// GitHub answered, and refused. Nothing was done.
    Rejected,
    /// The request may have been applied. Look before sending it again: list the repository's tasks.
    Unknown,
}

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or the configuration cannot be used; nothing was sent.
    InvalidInput,
    /// No answer arrived, or it broke off.
    Transport,
    /// GitHub answered with an error.
    Refused,
    /// GitHub answered with something this version of the crate cannot read.
    UnexpectedAnswer,
}

/// Why an operation failed.
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
    UnexpectedAnswer(String),
}

impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self(Box::new(Inner::InvalidInput(message.into())))
    }

    pub(crate) fn unexpected(message: impl Into<String>) -> Self {
        Self(Box::new(Inner::UnexpectedAnswer(message.into())))
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        match &*self.0 {
            Inner::InvalidInput(_) | Inner::Raw(raw::Error::InvalidRequest(_)) => ErrorKind::InvalidInput,
            Inner::Raw(raw::Error::Status(_)) => ErrorKind::Refused,
            Inner::Raw(raw::Error::Decode { .. }) | Inner::UnexpectedAnswer(_) => ErrorKind::UnexpectedAnswer,
            Inner::Raw(_) => ErrorKind::Transport,
        }
    }

    /// Whether the request may have been applied.
    pub fn delivery(&self) -> Delivery {
        match &*self.0 {
            Inner::InvalidInput(_) | Inner::Raw(raw::Error::InvalidRequest(_)) => Delivery::NotSent,
            Inner::Raw(raw::Error::Transport(error)) if error.is_connect() => Delivery::NotSent,
            Inner::Raw(raw::Error::Status(answer))
                if answer.status().is_client_error() || answer.status().is_redirection() =>
            {
                Delivery::Rejected
            }
            Inner::Raw(_) | Inner::UnexpectedAnswer(_) => Delivery::Unknown,
        }
    }

    /// The answer as it came, if one arrived: status, headers, body.
    pub fn response(&self) -> Option<&raw::RawResponse> {
        match &*self.0 {
            Inner::Raw(error) => error.response(),
            _ => None,
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

    /// GitHub does not know the token (401).
    ///
    /// # What to do
    /// The token is wrong, expired or revoked: make a new one. Surrounding quotes or a line break read along from a
    /// file are the usual cause for a token that looks right.
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
    /// Wait: as long as the header `retry-after` says, else until `x-ratelimit-reset` if none remain, else a minute.
    pub fn is_rate_limited(&self) -> bool {
        let Some(answer) = self.response() else {
            return false;
        };
        let spent = answer
            .headers()
            .get("x-ratelimit-remaining")
            .is_some_and(|left| left == "0");
        let told = answer.headers().contains_key("retry-after");
        match answer.status().as_u16() {
            429 => true,
            403 => {
                spent
                    || told
                    || answer
                        .message()
                        .is_some_and(|text| text.to_lowercase().contains("rate limit"))
            }
            _ => false,
        }
    }

    /// Whether the same read may succeed later: no answer, a server error, or a rate limit.
    pub(crate) fn is_transient(&self) -> bool {
        self.kind() == ErrorKind::Transport
            || self.is_rate_limited()
            || self.status().is_some_and(|status| status == 408 || status >= 500)
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
            Inner::InvalidInput(message) | Inner::UnexpectedAnswer(message) => f.write_str(message),
            Inner::Raw(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Inner::Raw(error) => error.source(),
            _ => None,
        }
    }
}

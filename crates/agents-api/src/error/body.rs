//! What an error tells besides its message: predicates with advice, and what GitHub's answer holds.
use agents_api_raw::bytes::Bytes;
use serde_json::Value;

use super::{Error, ErrorKind};
use crate::error::RateLimit;
use crate::error::rate_limit_headers::rate_limit;

/// One value that GitHub did not accept, as an entry of the answer's `errors`.
///
/// Every part may be missing: real answers hold plain texts in place of the documented objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// What kind of thing has the field, such as `Task`.
    pub resource: Option<String>,
    /// The field, such as `model`.
    pub field: Option<String>,
    /// Why it was refused, such as `missing_field` or `custom`.
    pub code: Option<String>,
    /// The same for people.
    pub message: Option<String>,
}

impl FieldError {
    fn read(entry: &Value) -> Self {
        let part = |name| entry.get(name).and_then(Value::as_str).map(str::to_owned);
        match entry {
            Value::Object(_) => Self {
                resource: part("resource"),
                field: part("field"),
                code: part("code"),
                message: part("message"),
            },
            Value::String(text) => Self {
                message: Some(text.clone()),
                ..Self::default()
            },
            other => Self {
                message: Some(other.to_string()),
                ..Self::default()
            },
        }
    }
}

impl Error {
    /// The body of the answer, if one arrived: GitHub's JSON, a proxy's page, half of either. The first MiB is kept.
    pub fn body(&self) -> Option<&Bytes> {
        Some(self.response()?.body())
    }

    /// GitHub's own words, if it sent any.
    pub fn message(&self) -> Option<String> {
        self.response()?.message()
    }

    /// The values GitHub did not accept; empty unless a 422 names some.
    pub fn field_errors(&self) -> Vec<FieldError> {
        let entries = self.part("errors");
        let entries = entries.as_ref().and_then(Value::as_array);
        entries.into_iter().flatten().map(FieldError::read).collect()
    }

    /// Where GitHub documents what went wrong, if it says so.
    pub fn documentation_url(&self) -> Option<String> {
        Some(self.part("documentation_url")?.as_str()?.to_owned())
    }

    /// What to name when asking GitHub's support.
    pub fn request_id(&self) -> Option<&str> {
        self.response()?.request_id()
    }

    /// What the answer said of the quota.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        rate_limit(self.response()?.headers(), "core")
    }

    /// GitHub does not know the token (401).
    ///
    /// # What to do
    /// The token is wrong, expired or revoked: make a new one. If it expires regularly, give the client a
    /// [`TokenProvider`](crate::TokenProvider).
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// The token is known but may not do this (403, and not a rate limit).
    ///
    /// # What to do
    /// A fine-grained token needs the repository permission "Agent tasks": read, or read and write to start a task.
    /// Tokens of app installations and of Actions jobs (`ghs_`) cannot use this API at all. If the token is right,
    /// the plan or an organization's policy forbids it.
    pub fn is_forbidden(&self) -> bool {
        self.kind() == ErrorKind::Forbidden
    }

    /// There is no such task or repository, or the token cannot see it, or the API is not enabled for it (404).
    ///
    /// # What to do
    /// Check the spelling, then whether the token's owner can see the repository: GitHub does not tell one from the
    /// other.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// GitHub understood the request and found a value it does not accept (422).
    ///
    /// # What to do
    /// [`Error::message`] and [`Error::field_errors`] name the field. A model outside the plan is the usual cause.
    pub fn is_validation(&self) -> bool {
        self.kind() == ErrorKind::Validation
    }

    /// GitHub wants fewer requests (429, or 403 for the quota), or it said so before and nothing was sent.
    ///
    /// # What to do
    /// The client has waited already, as long as its [`RateLimitPolicy`](crate::RateLimitPolicy) and time limit let it.
    /// Wait as long as [`Error::retry_after`] says; if it says nothing, a minute, and twice as long each time. Then ask
    /// for less: fewer polls, a fleet instead of many waits, larger pages.
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// The operation's time limit was up before an answer arrived. [`Error::delivery`] says whether it was sent.
    ///
    /// # What to do
    /// Raise the limit ([`ClientBuilder::total_timeout`](crate::ClientBuilder::total_timeout)), or find out why GitHub
    /// is slow from here.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// A part of the answer's body, if that is JSON and has it.
    fn part(&self, name: &str) -> Option<Value> {
        let body: Value = serde_json::from_slice(self.body()?).ok()?;
        body.get(name).cloned()
    }
}

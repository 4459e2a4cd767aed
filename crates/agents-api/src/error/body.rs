//! What an error says besides its message: predicates with advice, and what GitHub's response holds.
use agents_api_raw::RawResponse;
use agents_api_raw::bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::rate_limit_headers::rate_limit;
use super::{Error, ErrorKind, RateLimit, Retry};

/// The longest code that is taken for one, in bytes.
const MAX_CODE: usize = 128;

/// One value that GitHub did not accept, as an entry of the response's `errors`.
///
/// Every part may be missing: real responses hold plain texts in place of the documented objects.
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

/// The `code` of an error body. Only objects are read, so that a page or half a body costs nothing.
pub(super) fn code(response: &RawResponse) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        code: Value,
    }
    if response.status().is_success() || response.body().first() != Some(&b'{') {
        return None;
    }
    let body: Body = serde_json::from_slice(response.body()).ok()?;
    match body.code {
        Value::String(code) if code.len() <= MAX_CODE => Some(code),
        _ => None,
    }
}

impl Error {
    /// The body of the response, if one arrived: GitHub's JSON, a proxy's page, half of either. The first MiB is kept.
    pub fn body(&self) -> Option<&Bytes> {
        Some(self.response()?.body())
    }

    /// GitHub's own message, if it sent one, as it came.
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

    /// What the response said of the quota.
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
    /// the plan ([`is_plan_required`](Self::is_plan_required)) or an organization's policy forbids it.
    pub fn is_forbidden(&self) -> bool {
        self.kind() == ErrorKind::Forbidden
    }

    /// The account has no Copilot plan that includes the agent: a 403 with the code `copilot_plan_required` (observed).
    ///
    /// # What to do
    /// Nothing in the repository helps: get the account a plan, or use the token of one that has it. A fan-out can stop at
    /// the first, see [`is_account_wide`](Self::is_account_wide).
    pub fn is_plan_required(&self) -> bool {
        self.is_forbidden() && self.code() == Some("copilot_plan_required")
    }

    /// Every other request with this token fails the same way now, in whichever repository: the token is not known, the
    /// provider has none, the account has no plan, or a rate limit is in effect.
    ///
    /// # What to do
    /// Stop a fan-out. After a rate limit go on when [`retry_after`](Self::retry_after) has passed; in the other cases
    /// a person has to act, see [`is_unauthorized`](Self::is_unauthorized) and
    /// [`is_plan_required`](Self::is_plan_required).
    ///
    /// ```no_run
    /// # async fn run(repos: Vec<agents_api::Repo>) -> Result<(), agents_api::Error> {
    /// for repo in repos {
    ///     match repo.start_task("Update the licence header").await {
    ///         Ok(task) => println!("{repo}: {}", task.id),
    ///         Err(error) if error.is_account_wide() => return Err(error),
    ///         Err(error) => eprintln!("{repo}: {error}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_account_wide(&self) -> bool {
        match self.kind() {
            ErrorKind::Unauthorized | ErrorKind::Credentials | ErrorKind::RateLimited => true,
            _ => self.is_plan_required(),
        }
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
    /// Wait as long as [`Error::retry_after`] says, which always has a value here. Then send less: fewer polls, a fleet
    /// instead of many waits, larger pages.
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// The operation's time limit was reached before the response arrived. [`Error::delivery`] says whether it was
    /// sent.
    ///
    /// # What to do
    /// Raise the limit ([`ClientBuilder::total_timeout`](crate::ClientBuilder::total_timeout)), or find out why GitHub
    /// is slow from here.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// No response arrived, or one that was no refusal broke off: DNS, TLS, a proxy, a connection that was reset.
    ///
    /// # What to do
    /// Check the network and proxy settings of this machine; the message names the server and the innermost cause.
    /// [`Error::delivery`] says whether the request may have arrived.
    pub fn is_transport(&self) -> bool {
        self.kind() == ErrorKind::Transport
    }

    /// GitHub, or a proxy before it, failed (5xx).
    ///
    /// # What to do
    /// Reads were retried already. Try again later, and look at GitHub's status page; name [`Error::request_id`] when
    /// asking its support. A start may have been applied: see [`Error::delivery`].
    pub fn is_server_error(&self) -> bool {
        self.kind() == ErrorKind::Server
    }

    /// The same operation may succeed later, unchanged, and can be sent again safely: the failure was transient or a
    /// rate limit, and it was no start that may have been applied.
    ///
    /// # What to do
    /// The client has retried already, so wait: [`Error::retry_after`] if it has a value, else some seconds. A start for
    /// which this is false although GitHub failed may be running: see [`Error::delivery`].
    pub fn is_retryable(&self) -> bool {
        self.retry() != Retry::No
    }

    /// A part of the response's body, if that is JSON and has it.
    fn part(&self, name: &str) -> Option<Value> {
        let body: Value = serde_json::from_slice(self.body()?).ok()?;
        body.get(name).cloned()
    }
}

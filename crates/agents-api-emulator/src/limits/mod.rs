//! Rate limits: the hourly quota of a token, and the secondary limits.
//!
//! All windows are measured on the emulator's clock. With a clock that stands still no window ever ends, which is why the
//! secondary limits are off by default.

pub(crate) mod limiter;

use std::time::Duration;

use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::clock::http_date;
use crate::model::seconds;
use crate::operation::Operation;
use crate::response::{Refusal, Reply};

/// Where GitHub documents the quota.
const PRIMARY_DOCS: &str =
    "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-primary-rate-limits";
/// Where GitHub documents the secondary limits. Clients tell the kind of refusal by the end of this URL.
const SECONDARY_DOCS: &str = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits";

/// The `Retry-After` header of a rate-limit response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RetryAfter {
    /// No header.
    #[default]
    Absent,
    /// A number of seconds.
    Seconds(u32),
    /// An HTTP date this many seconds ahead.
    HttpDate(u32),
}

/// The form of a rate-limit response.
///
/// As data: `{"status": 429, "retry_after": 60}`; `retry_after_date` in place of `retry_after` sends an HTTP date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "RateLimitFields", into = "RateLimitFields")]
#[must_use]
pub struct RateLimitResponse {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: RetryAfter,
}

/// [`RateLimitResponse`] as data.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RateLimitFields {
    /// 403 or 429.
    #[serde(default = "forbidden")]
    status: u16,
    /// `Retry-After` in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    /// `Retry-After` as an HTTP date this many seconds ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_date: Option<u32>,
}

fn forbidden() -> u16 {
    403
}

impl TryFrom<RateLimitFields> for RateLimitResponse {
    type Error = String;

    fn try_from(fields: RateLimitFields) -> Result<Self, String> {
        let response = match fields.status {
            403 => Self::forbidden(),
            429 => Self::too_many_requests(),
            other => return Err(format!("`status`: {other} is not a rate limit; use 403 or 429")),
        };
        match (fields.retry_after, fields.retry_after_date) {
            (None, None) => Ok(response),
            (Some(seconds), None) => Ok(response.retry_after(RetryAfter::Seconds(seconds))),
            (None, Some(seconds)) => Ok(response.retry_after(RetryAfter::HttpDate(seconds))),
            (Some(_), Some(_)) => {
                Err("`retry_after`: conflicts with `retry_after_date`; use one of them".to_owned())
            }
        }
    }
}

impl From<RateLimitResponse> for RateLimitFields {
    fn from(response: RateLimitResponse) -> Self {
        let (retry_after, retry_after_date) = match response.retry_after {
            RetryAfter::Absent => (None, None),
            RetryAfter::Seconds(seconds) => (Some(seconds), None),
            RetryAfter::HttpDate(seconds) => (None, Some(seconds)),
        };
        Self {
            status: response.status.as_u16(),
            retry_after,
            retry_after_date,
        }
    }
}

impl Default for RateLimitResponse {
    fn default() -> Self {
        Self::forbidden()
    }
}

impl RateLimitResponse {
    /// Status 403, without `Retry-After`.
    pub const fn forbidden() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            retry_after: RetryAfter::Absent,
        }
    }

    /// Status 429, without `Retry-After`.
    pub const fn too_many_requests() -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: RetryAfter::Absent,
        }
    }

    /// Adds a `Retry-After`.
    pub const fn retry_after(mut self, retry_after: RetryAfter) -> Self {
        self.retry_after = retry_after;
        self
    }

    /// The response to a token without quota. GraphQL refuses under status 200, whatever status is configured.
    pub(crate) fn primary(
        self,
        operation: Option<Operation>,
        now: i64,
        user: i64,
        request_id: &str,
    ) -> Reply {
        let message = format!(
            "API rate limit exceeded for user ID {user}. If you contact GitHub Support, quote the request ID {request_id}."
        );
        if operation == Some(Operation::Graphql) {
            let error = json!({ "type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": message });
            return self.timed(Reply::json(StatusCode::OK, &json!({ "errors": [error] })), now);
        }
        self.reply(message, PRIMARY_DOCS, now)
    }

    /// The response to a request beyond a secondary limit.
    pub(crate) fn secondary(self, now: i64) -> Reply {
        let message =
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        self.reply(message.to_owned(), SECONDARY_DOCS, now)
    }

    fn reply(self, message: String, docs: &'static str, now: i64) -> Reply {
        let reply = Refusal::new(self.status, message)
            .documented_at(docs)
            .into_reply(None);
        self.timed(reply, now)
    }

    fn timed(self, reply: Reply, now: i64) -> Reply {
        match self.retry_after {
            RetryAfter::Absent => reply,
            RetryAfter::Seconds(seconds) => reply.with(header::RETRY_AFTER, &seconds.to_string()),
            RetryAfter::HttpDate(seconds) => {
                reply.with(header::RETRY_AFTER, &http_date(now + i64::from(seconds) * 1000))
            }
        }
    }
}

/// The limits of every token.
///
/// The default is GitHub's quota of 5,000 requests an hour and no secondary limit.
///
/// ```
/// use agents_api_emulator::{Limits, SecondaryLimits};
///
/// let limits = Limits { quota: 100, secondary: Some(SecondaryLimits::default()), ..Limits::default() };
/// # let _ = limits;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests that a token may send in a window. GraphQL has a quota of the same size of its own.
    pub quota: u32,
    /// How long a window lasts. As data: a number of seconds.
    #[serde(with = "seconds")]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub window: Duration,
    /// The response to a request beyond the quota. Default: 403 without `Retry-After`.
    pub over_quota: RateLimitResponse,
    /// The secondary limits. Default: none.
    pub secondary: Option<SecondaryLimits>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            quota: 5000,
            window: Duration::from_secs(3600),
            over_quota: RateLimitResponse::default(),
            secondary: None,
        }
    }
}

/// The secondary limits, each per token. The default is what GitHub documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SecondaryLimits {
    /// Requests in flight at the same time. Default: 100.
    pub concurrent: u32,
    /// Points a minute and operation; a read costs one, a write five. Default: 900.
    pub points_a_minute: u32,
    /// Starts a minute. Default: 80.
    pub writes_a_minute: u32,
    /// Starts an hour. Default: 500.
    pub writes_an_hour: u32,
    /// The response to a request beyond a limit. Default: 403 with `Retry-After: 60`.
    pub response: RateLimitResponse,
}

impl Default for SecondaryLimits {
    fn default() -> Self {
        Self {
            concurrent: 100,
            points_a_minute: 900,
            writes_a_minute: 80,
            writes_an_hour: 500,
            response: RateLimitResponse::forbidden().retry_after(RetryAfter::Seconds(60)),
        }
    }
}

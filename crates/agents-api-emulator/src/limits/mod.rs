//! Rate limits: the hourly quota of a token, and the secondary limits against haste.
//!
//! All windows are measured on the emulator's clock. With a clock that stands still no window ever ends, which is why
//! the secondary limits are off until they are asked for.

mod ledger;

use std::time::Duration;

use http::{StatusCode, header};
use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::clock::http_date;
use crate::operation::Operation;
pub(crate) use ledger::{Limiter, Stop};

/// Where GitHub documents the quota.
const PRIMARY_DOCS: &str =
    "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-primary-rate-limits";
/// Where GitHub documents the secondary limits. Clients tell the kind of refusal by the end of this URL.
const SECONDARY_DOCS: &str = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits";

/// How a refusal for a limit tells the client when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RetryAfter {
    /// Not at all by `Retry-After`.
    #[default]
    Absent,
    /// `Retry-After` in seconds.
    Seconds(u32),
    /// `Retry-After` as an HTTP date so many seconds ahead.
    HttpDate(u32),
}

/// The form of a refusal for a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: RetryAfter,
}

impl Default for Refused {
    fn default() -> Self {
        Self::forbidden()
    }
}

impl Refused {
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

    /// The answer of a token without quota. GraphQL refuses under status 200, whatever status was asked for.
    pub(crate) fn primary(
        self,
        operation: Option<Operation>,
        now: i64,
        user: i64,
        request_id: &str,
    ) -> Answer {
        let message = format!(
            "API rate limit exceeded for user ID {user}. If you contact GitHub Support, quote the request ID {request_id}."
        );
        if operation == Some(Operation::Graphql) {
            let error = json!({ "type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": message });
            return self.timed(Answer::json(StatusCode::OK, &json!({ "errors": [error] })), now);
        }
        self.answer(message, PRIMARY_DOCS, now)
    }

    /// The answer to haste.
    pub(crate) fn secondary(self, now: i64) -> Answer {
        let message =
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        self.answer(message.to_owned(), SECONDARY_DOCS, now)
    }

    fn answer(self, message: String, docs: &'static str, now: i64) -> Answer {
        let answer = Refusal::new(self.status, message)
            .documented_at(docs)
            .into_answer(None);
        self.timed(answer, now)
    }

    fn timed(self, answer: Answer, now: i64) -> Answer {
        match self.retry_after {
            RetryAfter::Absent => answer,
            RetryAfter::Seconds(seconds) => answer.with(header::RETRY_AFTER, &seconds.to_string()),
            RetryAfter::HttpDate(seconds) => {
                answer.with(header::RETRY_AFTER, &http_date(now + i64::from(seconds) * 1000))
            }
        }
    }
}

/// The limits of every token.
///
/// The default is GitHub's quota of 5,000 requests an hour and no secondary limit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Limits {
    quota: u32,
    window: Duration,
    over_quota: Refused,
    secondary: Option<SecondaryLimits>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            quota: 5000,
            window: Duration::from_secs(3600),
            over_quota: Refused::default(),
            secondary: None,
        }
    }
}

impl Limits {
    /// Requests a token may send in a window. Default: 5,000. GraphQL has a quota of the same size of its own.
    pub fn quota(mut self, requests: u32) -> Self {
        self.quota = requests;
        self
    }

    /// How long a window lasts from its first request on. Default: an hour.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// How a request out of quota is refused. Default: 403 without `Retry-After`.
    pub fn over_quota(mut self, refused: Refused) -> Self {
        self.over_quota = refused;
        self
    }

    /// Turns the secondary limits on. Default: off.
    pub fn secondary(mut self, secondary: SecondaryLimits) -> Self {
        self.secondary = Some(secondary);
        self
    }
}

/// The limits against haste, each per token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct SecondaryLimits {
    concurrent: u32,
    points_a_minute: u32,
    writes_a_minute: u32,
    writes_an_hour: u32,
    refused: Refused,
}

impl Default for SecondaryLimits {
    fn default() -> Self {
        let refused = Refused::forbidden().retry_after(RetryAfter::Seconds(60));
        Self {
            concurrent: 100,
            points_a_minute: 900,
            writes_a_minute: 80,
            writes_an_hour: 500,
            refused,
        }
    }
}

impl SecondaryLimits {
    /// GitHub's documented limits, refused by 403 with `Retry-After: 60`.
    pub fn github() -> Self {
        Self::default()
    }

    /// Requests in flight at the same time. Default: 100.
    pub fn concurrent(mut self, requests: u32) -> Self {
        self.concurrent = requests;
        self
    }

    /// Points a minute an operation; a read costs one, a write five. Default: 900.
    pub fn points_a_minute(mut self, points: u32) -> Self {
        self.points_a_minute = points;
        self
    }

    /// Starts a minute. Default: 80.
    pub fn writes_a_minute(mut self, writes: u32) -> Self {
        self.writes_a_minute = writes;
        self
    }

    /// Starts an hour. Default: 500.
    pub fn writes_an_hour(mut self, writes: u32) -> Self {
        self.writes_an_hour = writes;
        self
    }

    /// How haste is refused. Default: 403 with `Retry-After: 60`.
    pub fn refused(mut self, refused: Refused) -> Self {
        self.refused = refused;
        self
    }
}

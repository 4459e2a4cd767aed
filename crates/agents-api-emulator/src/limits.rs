//! Rate limits: the hourly quota of a token, and the secondary limits against haste.
//!
//! All windows are measured on the emulator's clock. With a clock that stands still no window ever ends, which is why
//! the secondary limits are off until they are asked for.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderName, StatusCode, header};

use crate::answer::{Answer, Refusal};
use crate::clock::{http_date, in_millis};
use crate::operation::Operation;
use crate::world::Index;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

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

    /// The answer of a token without quota.
    pub(crate) fn primary(self, now: i64, user: i64, request_id: &str) -> Answer {
        let message = format!(
            "API rate limit exceeded for user ID {user}. If you contact GitHub Support, quote the request ID {request_id}."
        );
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

/// What the rate-limit headers of one answer say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u32,
    pub(crate) used: u32,
    /// Epoch seconds.
    pub(crate) reset: i64,
    pub(crate) resource: &'static str,
}

impl Standing {
    pub(crate) fn remaining(self) -> u32 {
        self.limit.saturating_sub(self.used)
    }

    pub(crate) fn headers(self) -> [(HeaderName, String); 5] {
        [
            (
                HeaderName::from_static("x-ratelimit-limit"),
                self.limit.to_string(),
            ),
            (
                HeaderName::from_static("x-ratelimit-remaining"),
                self.remaining().to_string(),
            ),
            (HeaderName::from_static("x-ratelimit-used"), self.used.to_string()),
            (
                HeaderName::from_static("x-ratelimit-reset"),
                self.reset.to_string(),
            ),
            (
                HeaderName::from_static("x-ratelimit-resource"),
                self.resource.to_owned(),
            ),
        ]
    }
}

/// Why a request may not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Primary(Refused),
    Secondary(Refused),
}

/// The account of everything that is limited.
#[derive(Debug)]
pub(crate) struct Limiter(Mutex<Ledger>);

#[derive(Debug)]
struct Ledger {
    limits: Limits,
    buckets: HashMap<(Index, &'static str), Bucket>,
    in_flight: HashMap<Index, u32>,
    writes: HashMap<Index, VecDeque<i64>>,
    points: HashMap<(Index, Operation), VecDeque<(i64, u32)>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    used: u32,
    reset: i64,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        let ledger = Ledger {
            limits,
            buckets: HashMap::new(),
            in_flight: HashMap::new(),
            writes: HashMap::new(),
            points: HashMap::new(),
        };
        Self(Mutex::new(ledger))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Ledger) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the limits; what was used stays used.
    pub(crate) fn set(&self, limits: Limits) {
        self.with(|ledger| ledger.limits = limits);
    }

    /// Uses up the quota of an account's REST requests but for `remaining`.
    pub(crate) fn leave(&self, account: Index, remaining: u32, now: i64) {
        self.with(|ledger| {
            let quota = ledger.limits.quota;
            ledger.bucket(account, "core", now).used = quota.saturating_sub(remaining);
        });
    }

    pub(crate) fn enter(&self, account: Index) {
        self.with(|ledger| *ledger.in_flight.entry(account).or_default() += 1);
    }

    pub(crate) fn exit(&self, account: Index) {
        self.with(|ledger| {
            if let Some(count) = ledger.in_flight.get_mut(&account) {
                *count = count.saturating_sub(1);
            }
        });
    }

    /// Charges a request, or says which limit stops it.
    pub(crate) fn charge(&self, account: Index, operation: Option<Operation>, now: i64) -> Result<(), Stop> {
        let Some(operation) = operation.filter(|operation| *operation != Operation::RateLimit) else {
            return Ok(());
        };
        self.with(|ledger| ledger.charge(account, operation, now))
    }

    /// Gives back what an answer of 304 was charged.
    pub(crate) fn refund(&self, account: Index, operation: Operation, now: i64) {
        self.with(|ledger| {
            let bucket = ledger.bucket(account, resource(Some(operation)), now);
            bucket.used = bucket.used.saturating_sub(1);
        });
    }

    /// What the headers say; `None` is a caller without a token, whose 60 requests an hour are never used up here.
    pub(crate) fn standing(
        &self,
        account: Option<Index>,
        operation: Option<Operation>,
        now: i64,
    ) -> Standing {
        let resource = resource(operation);
        self.with(|ledger| match account {
            Some(account) => {
                let limit = ledger.limits.quota;
                let bucket = *ledger.bucket(account, resource, now);
                Standing {
                    limit,
                    used: bucket.used,
                    reset: bucket.reset.div_euclid(1000),
                    resource,
                }
            }
            None => Standing {
                limit: 60,
                used: 0,
                reset: (now + HOUR).div_euclid(1000),
                resource,
            },
        })
    }
}

fn resource(operation: Option<Operation>) -> &'static str {
    if operation == Some(Operation::Graphql) {
        "graphql"
    } else {
        "core"
    }
}

impl Ledger {
    fn bucket(&mut self, account: Index, resource: &'static str, now: i64) -> &mut Bucket {
        let window = in_millis(self.limits.window);
        // The header has whole seconds: a window ends at one, never before the header says so.
        let fresh = Bucket {
            used: 0,
            reset: (now.saturating_add(window)).saturating_add(999).div_euclid(1000) * 1000,
        };
        let bucket = self.buckets.entry((account, resource)).or_insert(fresh);
        if bucket.reset <= now {
            *bucket = fresh;
        }
        bucket
    }

    fn charge(&mut self, account: Index, operation: Operation, now: i64) -> Result<(), Stop> {
        let (quota, over_quota) = (self.limits.quota, self.limits.over_quota);
        let bucket = self.bucket(account, resource(Some(operation)), now);
        if bucket.used >= quota {
            return Err(Stop::Primary(over_quota));
        }
        bucket.used += 1;
        let Some(secondary) = self.limits.secondary.clone() else {
            return Ok(());
        };
        let stop = Err(Stop::Secondary(secondary.refused));
        if self
            .in_flight
            .get(&account)
            .is_some_and(|count| *count > secondary.concurrent)
        {
            return stop;
        }
        let cost = if operation.is_write() { 5 } else { 1 };
        let points = self.points.entry((account, operation)).or_default();
        points.retain(|(at, _)| *at > now - MINUTE);
        if points.iter().map(|(_, cost)| cost).sum::<u32>() + cost > secondary.points_a_minute {
            return stop;
        }
        if operation.is_write() {
            let writes = self.writes.entry(account).or_default();
            writes.retain(|at| *at > now - HOUR);
            let last_minute = writes.iter().filter(|at| **at > now - MINUTE).count();
            if writes.len() >= secondary.writes_an_hour as usize
                || last_minute >= secondary.writes_a_minute as usize
            {
                return stop;
            }
            writes.push_back(now);
        }
        points.push_back((now, cost));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Option<Operation> = Some(Operation::GetTask);
    const START: Option<Operation> = Some(Operation::StartTask);

    #[test]
    fn the_quota_ends_and_comes_back_with_the_window() {
        let limiter = Limiter::new(Limits::default().quota(2));
        assert_eq!(limiter.charge(0, READ, 0), Ok(()));
        assert_eq!(limiter.charge(0, START, 1), Ok(()));
        assert!(matches!(limiter.charge(0, READ, 2), Err(Stop::Primary(_))));
        let standing = limiter.standing(Some(0), READ, 2);
        assert_eq!((standing.remaining(), standing.reset), (0, 3600));
        assert_eq!(
            limiter.charge(1, READ, 2),
            Ok(()),
            "another token has its own quota"
        );
        assert_eq!(
            limiter.charge(0, Some(Operation::Graphql), 2),
            Ok(()),
            "GraphQL has its own quota"
        );
        assert_eq!(limiter.charge(0, READ, HOUR), Ok(()));
    }

    #[test]
    fn a_refund_is_seen_in_the_standing() {
        let limiter = Limiter::new(Limits::default());
        assert_eq!(limiter.charge(0, READ, 0), Ok(()));
        limiter.refund(0, Operation::GetTask, 0);
        assert_eq!(limiter.standing(Some(0), READ, 0).used, 0);
    }

    #[test]
    fn haste_is_refused_and_forgiven_after_a_minute() {
        let secondary = SecondaryLimits::github().writes_a_minute(2);
        let limiter = Limiter::new(Limits::default().secondary(secondary));
        assert_eq!(limiter.charge(0, START, 0), Ok(()));
        assert_eq!(limiter.charge(0, START, 1), Ok(()));
        assert!(matches!(limiter.charge(0, START, 2), Err(Stop::Secondary(_))));
        assert_eq!(limiter.charge(0, READ, 2), Ok(()), "reads go on");
        assert_eq!(limiter.charge(0, START, MINUTE + 1), Ok(()));
    }

    #[test]
    fn points_are_counted_an_operation() {
        let limiter = Limiter::new(Limits::default().secondary(SecondaryLimits::github().points_a_minute(1)));
        assert_eq!(limiter.charge(0, READ, 0), Ok(()));
        assert!(matches!(limiter.charge(0, READ, 0), Err(Stop::Secondary(_))));
        assert_eq!(limiter.charge(0, Some(Operation::ListTasks), 0), Ok(()));
    }

    #[test]
    fn too_many_at_once_are_refused() {
        let limiter = Limiter::new(Limits::default().secondary(SecondaryLimits::github().concurrent(1)));
        limiter.enter(0);
        assert_eq!(limiter.charge(0, READ, 0), Ok(()));
        limiter.enter(0);
        assert!(matches!(limiter.charge(0, READ, 0), Err(Stop::Secondary(_))));
        limiter.exit(0);
        assert_eq!(limiter.charge(0, READ, 0), Ok(()));
    }
}

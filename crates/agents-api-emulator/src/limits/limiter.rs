//! Counts what each account has used, and decides which request goes beyond a limit.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use http::HeaderName;

use super::{Limits, RateLimitResponse};
use crate::clock::in_millis;
use crate::model::Index;
use crate::operation::Operation;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// What the rate-limit headers of one response say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuotaStatus {
    pub(crate) limit: u32,
    pub(crate) used: u32,
    /// Epoch seconds.
    pub(crate) reset: i64,
    pub(crate) resource: &'static str,
}

impl QuotaStatus {
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

/// The limit that a request exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitExceeded {
    Primary(RateLimitResponse),
    Secondary(RateLimitResponse),
}

/// Counts and limits the requests of every account.
#[derive(Debug)]
pub(crate) struct Limiter(Mutex<Accounts>);

#[derive(Debug)]
struct Accounts {
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
        let accounts = Accounts {
            limits,
            buckets: HashMap::new(),
            in_flight: HashMap::new(),
            writes: HashMap::new(),
            points: HashMap::new(),
        };
        Self(Mutex::new(accounts))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Accounts) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The current limits.
    pub(crate) fn limits(&self) -> Limits {
        self.with(|accounts| accounts.limits.clone())
    }

    /// Forgets everything that was used, and replaces the limits.
    pub(crate) fn reset(&self, limits: Limits) {
        self.with(|accounts| {
            accounts.limits = limits;
            accounts.buckets.clear();
            accounts.writes.clear();
            accounts.points.clear();
        });
    }

    /// Replaces the limits; what was used stays used.
    pub(crate) fn set(&self, limits: Limits) {
        self.with(|accounts| accounts.limits = limits);
    }

    /// Leaves an account `remaining` requests of its REST quota.
    pub(crate) fn leave(&self, account: Index, remaining: u32, now: i64) {
        self.with(|accounts| {
            let quota = accounts.limits.quota;
            accounts.bucket(account, "core", now).used = quota.saturating_sub(remaining);
        });
    }

    /// Counts a request as in flight, and returns how many of the account now are.
    pub(crate) fn enter(&self, account: Index) -> u32 {
        self.with(|accounts| {
            let count = accounts.in_flight.entry(account).or_default();
            *count = count.saturating_add(1);
            *count
        })
    }

    pub(crate) fn exit(&self, account: Index) {
        self.with(|accounts| {
            if let Some(count) = accounts.in_flight.get_mut(&account) {
                *count = count.saturating_sub(1);
            }
        });
    }

    /// Charges a request.
    ///
    /// `concurrent` is how many were in flight when it arrived: requests that came first are not refused for later ones.
    ///
    /// # Errors
    ///
    /// The limit that the request exceeds.
    pub(crate) fn charge(
        &self,
        account: Index,
        operation: Option<Operation>,
        concurrent: u32,
        now: i64,
    ) -> Result<(), LimitExceeded> {
        let Some(operation) = operation.filter(|operation| operation.costs()) else {
            return Ok(());
        };
        self.with(|accounts| accounts.charge(account, operation, concurrent, now))
    }

    /// Refunds a request that was answered 304.
    pub(crate) fn refund(&self, account: Index, operation: Operation, now: i64) {
        self.with(|accounts| {
            let bucket = accounts.bucket(account, resource(Some(operation)), now);
            bucket.used = bucket.used.saturating_sub(1);
        });
    }

    /// What the headers say; `None` is a caller without a token, whose 60 requests an hour are never used up here.
    pub(crate) fn status(
        &self,
        account: Option<Index>,
        operation: Option<Operation>,
        now: i64,
    ) -> QuotaStatus {
        let resource = resource(operation);
        self.with(|accounts| match account {
            Some(account) => {
                let limit = accounts.limits.quota;
                let bucket = *accounts.bucket(account, resource, now);
                QuotaStatus {
                    limit,
                    used: bucket.used,
                    reset: bucket.reset.div_euclid(1000),
                    resource,
                }
            }
            None => QuotaStatus {
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

impl Accounts {
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

    fn charge(
        &mut self,
        account: Index,
        operation: Operation,
        concurrent: u32,
        now: i64,
    ) -> Result<(), LimitExceeded> {
        let (quota, over_quota) = (self.limits.quota, self.limits.over_quota);
        let bucket = self.bucket(account, resource(Some(operation)), now);
        if bucket.used >= quota {
            return Err(LimitExceeded::Primary(over_quota));
        }
        bucket.used += 1;
        let Some(secondary) = self.limits.secondary.clone() else {
            return Ok(());
        };
        let stop = Err(LimitExceeded::Secondary(secondary.response));
        if concurrent > secondary.concurrent {
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
    use crate::limits::SecondaryLimits;

    const READ: Option<Operation> = Some(Operation::GetTask);
    const START: Option<Operation> = Some(Operation::StartTask);

    fn limited(secondary: SecondaryLimits) -> Limiter {
        Limiter::new(Limits {
            secondary: Some(secondary),
            ..Limits::default()
        })
    }

    #[test]
    fn the_quota_ends_and_comes_back_with_the_window() {
        let limiter = Limiter::new(Limits {
            quota: 2,
            ..Limits::default()
        });
        assert_eq!(limiter.charge(0, READ, 1, 0), Ok(()));
        assert_eq!(limiter.charge(0, START, 1, 1), Ok(()));
        assert!(matches!(
            limiter.charge(0, READ, 1, 2),
            Err(LimitExceeded::Primary(_))
        ));
        let status = limiter.status(Some(0), READ, 2);
        assert_eq!((status.remaining(), status.reset), (0, 3600));
        assert_eq!(
            limiter.charge(1, READ, 1, 2),
            Ok(()),
            "another token has its own quota"
        );
        assert_eq!(
            limiter.charge(0, Some(Operation::Graphql), 1, 2),
            Ok(()),
            "GraphQL has its own quota"
        );
        assert_eq!(limiter.charge(0, READ, 1, HOUR), Ok(()));
    }

    #[test]
    fn a_refund_is_seen_in_the_status() {
        let limiter = Limiter::new(Limits::default());
        assert_eq!(limiter.charge(0, READ, 1, 0), Ok(()));
        limiter.refund(0, Operation::GetTask, 0);
        assert_eq!(limiter.status(Some(0), READ, 0).used, 0);
    }

    #[test]
    fn writes_beyond_the_limit_are_refused_for_a_minute() {
        let limiter = limited(SecondaryLimits {
            writes_a_minute: 2,
            ..SecondaryLimits::default()
        });
        assert_eq!(limiter.charge(0, START, 1, 0), Ok(()));
        assert_eq!(limiter.charge(0, START, 1, 1), Ok(()));
        assert!(matches!(
            limiter.charge(0, START, 1, 2),
            Err(LimitExceeded::Secondary(_))
        ));
        assert_eq!(limiter.charge(0, READ, 1, 2), Ok(()), "reads go on");
        assert_eq!(limiter.charge(0, START, 1, MINUTE + 1), Ok(()));
    }

    #[test]
    fn points_are_counted_an_operation() {
        let limiter = limited(SecondaryLimits {
            points_a_minute: 1,
            ..SecondaryLimits::default()
        });
        assert_eq!(limiter.charge(0, READ, 1, 0), Ok(()));
        assert!(matches!(
            limiter.charge(0, READ, 1, 0),
            Err(LimitExceeded::Secondary(_))
        ));
        assert_eq!(limiter.charge(0, Some(Operation::ListTasks), 1, 0), Ok(()));
    }

    #[test]
    fn too_many_at_once_are_refused() {
        let limiter = limited(SecondaryLimits {
            concurrent: 1,
            ..SecondaryLimits::default()
        });
        let (first, second) = (limiter.enter(0), limiter.enter(0));
        assert!(matches!(
            limiter.charge(0, READ, second, 0),
            Err(LimitExceeded::Secondary(_))
        ));
        assert_eq!(limiter.charge(0, READ, first, 0), Ok(()));
        limiter.exit(0);
        assert_eq!(limiter.enter(0), 2);
        limiter.exit(0);
        limiter.exit(0);
        assert_eq!(limiter.charge(0, READ, limiter.enter(0), 0), Ok(()));
    }
}

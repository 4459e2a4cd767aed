//! Where a request waits for its permit: until a rate limit ends, until a second after the last write, until fewer
//! requests are in flight.
pub(crate) mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::operation::Operation;
use crate::error::{Error, RateLimit};
use state::LimiterState;

/// The rate limiter of a client and all its clones. Nothing else knows how long a rate limit lasts: it writes that into
/// the errors it sees.
#[derive(Debug)]
pub(super) struct RateLimiter {
    state: Mutex<LimiterState>,
    permits: Semaphore,
    writers: tokio::sync::Mutex<()>,
}

/// Why a request got no permit before its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPermit {
    /// A rate limit lasts this much longer.
    RateLimited(Duration),
    /// Other requests took the time.
    Busy,
}

impl RateLimiter {
    /// At most `permits` requests are in flight.
    pub(super) fn new(permits: usize) -> Self {
        Self {
            state: Mutex::default(),
            permits: Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS)),
            writers: tokio::sync::Mutex::const_new(()),
        }
    }

    /// Waits until a request may be sent, which is in flight until the permit is dropped.
    ///
    /// A rate limit that lasts beyond `rate_limit_deadline` fails at once.
    pub(super) async fn acquire(
        &self,
        operation: Operation,
        rate_limit_deadline: Instant,
        deadline: Instant,
    ) -> Result<SemaphorePermit<'_>, NoPermit> {
        self.check_limits(operation, rate_limit_deadline)?;
        // Writers come one after the other; the next one's second begins when this one is sent.
        let _writer = if operation.writes {
            let turn = timeout_at(deadline, self.writers.lock()).await;
            Some(turn.map_err(|_| NoPermit::Busy)?)
        } else {
            None
        };
        loop {
            while let Some(until) = self.check_limits(operation, rate_limit_deadline)? {
                sleep_until(until).await;
            }
            if let Some(next) = self.next_write().filter(|_| operation.writes) {
                if next > deadline {
                    return Err(NoPermit::Busy);
                }
                sleep_until(next).await;
                continue;
            }
            let permit = match self.permits.try_acquire() {
                Ok(permit) => permit, // whoever waits already has taken a permit that came free
                Err(_) => match timeout_at(deadline, self.permits.acquire()).await {
                    Ok(Ok(permit)) => permit,
                    _ => return Err(NoPermit::Busy), // the semaphore is never closed
                },
            };
            // While this one waited for a permit, another may have met a rate limit.
            if self.blocked_until(operation).is_none() {
                if operation.writes {
                    self.state().wrote(Instant::now());
                }
                return Ok(permit);
            }
        }
    }

    /// Until when to wait for a rate limit, if there is one that ends before `rate_limit_deadline`.
    fn check_limits(
        &self,
        operation: Operation,
        rate_limit_deadline: Instant,
    ) -> Result<Option<Instant>, NoPermit> {
        match self.blocked_until(operation) {
            Some(until) if until > rate_limit_deadline => {
                let delay = until - Instant::now();
                // As headers do, in whole seconds, and never too short.
                let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
                Err(NoPermit::RateLimited(Duration::from_secs(seconds)))
            }
            until => Ok(until),
        }
    }

    /// When the next request may be sent, if not now.
    pub(super) fn blocked_until(&self, operation: Operation) -> Option<Instant> {
        self.state().blocked_until(operation.resource, Instant::now())
    }

    /// When the next write may be sent, if not now.
    fn next_write(&self) -> Option<Instant> {
        self.state().next_write(Instant::now())
    }

    pub(super) fn rate_limit(&self, resource: &str) -> Option<RateLimit> {
        self.state().rate_limit(resource)
    }

    /// A request succeeded.
    pub(super) fn succeeded(&self, operation: Operation, headers: &HeaderMap) {
        self.state()
            .update_from_headers(operation.resource, headers, Instant::now());
    }

    /// A request failed. A rate limit blocks the next ones, and the error says how long.
    pub(super) fn failed(&self, operation: Operation, error: Error) -> Error {
        let Some(response) = error.response() else {
            return error;
        };
        let (headers, now) = (response.headers(), Instant::now());
        if !error.is_rate_limited() {
            self.state().update_from_headers(operation.resource, headers, now);
            return error;
        }
        let (delay, streak) = {
            let mut state = self.state();
            let delay = state.rate_limited(operation.resource, headers, now);
            (delay, state.unspecified_streak())
        };
        error.with_rate_limit_delay(delay, streak)
    }

    /// No code that may panic runs under the lock, and what it holds is whole at any time.
    fn state(&self) -> MutexGuard<'_, LimiterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

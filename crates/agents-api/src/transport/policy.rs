//! What a caller chooses: how often a failed request is sent again, and what happens at a rate limit.
use std::time::Duration;

/// How often, and after which delays, a request is sent again that failed for a transient reason.
///
/// Reads are retried after connection errors, timeouts, responses that break off or are no JSON, 408, 429, a
/// rate-limited 403, and server errors other than 501 and 505. A start is retried only if it was not sent, or was
/// refused by a rate limit; never if it may have been applied. A token that GitHub refuses is renewed and the request
/// sent again, once, if there is a [`TokenProvider`](crate::TokenProvider).
///
/// The delay before the n-th retry is drawn from zero up to `first × 2ⁿ⁻¹`, but not more than `longest` ("full
/// jitter"), and is never shorter than a `retry-after` of the response. All clones of a client share a budget: a
/// retry takes one from it, a success gives back two, so a client does not add to an outage. Each retry is logged as a
/// warning of `tracing`.
///
/// ```
/// use std::time::Duration;
/// use agents_api::{Client, RetryPolicy};
///
/// # fn main() -> Result<(), agents_api::Error> {
/// let patient = RetryPolicy::new().max_attempts(20).backoff(Duration::from_secs(1), Duration::from_secs(60));
/// let client = Client::builder().token("ghp_example").retry(patient).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "give it to `ClientBuilder::retry`"]
pub struct RetryPolicy {
    pub(super) max_attempts: u32,
    pub(super) max_connect_attempts: u32,
    pub(super) first: Duration,
    pub(super) longest: Duration,
    pub(super) budget: u32,
}

impl RetryPolicy {
    /// At most 10 attempts, 3 of them without a connection; delays of up to 250 ms at first and up to 10 s later; a
    /// budget of 100.
    pub const fn new() -> Self {
        Self {
            max_attempts: 10,
            max_connect_attempts: 3,
            first: Duration::from_millis(250),
            longest: Duration::from_secs(10),
            budget: 100,
        }
    }

    /// Every request is sent once.
    pub const fn never() -> Self {
        Self::new().max_attempts(1)
    }

    /// How often a request is sent at most, the first time included; 0 counts as 1.
    pub const fn max_attempts(mut self, count: u32) -> Self {
        self.max_attempts = count;
        self
    }

    /// How many attempts may fail to get a connection, within [`max_attempts`](Self::max_attempts); 0 counts as 1. A
    /// refused connection, an unknown host or a wrong port rarely heals within seconds.
    pub const fn max_connect_attempts(mut self, count: u32) -> Self {
        self.max_connect_attempts = count;
        self
    }

    /// The upper bound of the first delay, and of every delay.
    pub const fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first;
        self.longest = longest;
        self
    }

    /// How many retries all clones together may make beyond twice the number of successes.
    pub const fn budget(mut self, count: u32) -> Self {
        self.budget = count;
        self
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// What to do when GitHub accepts no request for a while: the quota is spent, or requests came too fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimitPolicy {
    /// Wait, if the limit ends within the time limit of the operation; else fail at once. The default.
    #[default]
    Wait,
    /// Fail at once. [`Error::retry_after`](crate::Error::retry_after) says how long the wait would be.
    Fail,
}

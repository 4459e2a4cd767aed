//! How patient a client is: how often a failed request is repeated, and what a spent quota means.
use std::time::Duration;

/// How often, and after which pauses, a request that failed for a passing reason is sent again.
///
/// Reads are repeated after connection errors, timeouts, answers that break off or are no JSON, 408, 429, a
/// rate-limited 403, and server errors other than 501 and 505. A start is repeated only when it was not sent, or was
/// refused by a rate limit; never when it may have been applied.
///
/// The pause before the n-th repetition is drawn from zero up to `first × 2ⁿ⁻¹`, but not more than `longest` ("full
/// jitter"), and is never shorter than a `retry-after` of the answer. All clones of a client share a budget: a
/// repetition takes one from it, a success gives back two, so that a client does not add to an outage.
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
    pub(super) first: Duration,
    pub(super) longest: Duration,
    pub(super) budget: u32,
}

impl RetryPolicy {
    /// At most 10 attempts; pauses of up to 250 ms at first and up to 10 s later; a budget of 100.
    pub const fn new() -> Self {
        Self {
            max_attempts: 10,
            first: Duration::from_millis(250),
            longest: Duration::from_secs(10),
            budget: 100,
        }
    }

    /// Every request is sent once.
    pub const fn never() -> Self {
        Self::new().max_attempts(1)
    }

    /// How often a request is sent at most, the first time included; 0 is taken for 1.
    pub const fn max_attempts(mut self, count: u32) -> Self {
        self.max_attempts = count;
        self
    }

    /// The bound of the first pause, and of every pause.
    pub const fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first;
        self.longest = longest;
        self
    }

    /// How many repetitions all clones together may make beyond twice the number of successes.
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

/// What to do when GitHub wants no request for a while: the quota is spent, or requests came too fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimitPolicy {
    /// Wait, if the wait ends within the time limit of the operation; else fail at once. The default.
    #[default]
    Wait,
    /// Fail at once. [`Error::retry_after`](crate::Error::retry_after) says how long the wait would be.
    Fail,
}

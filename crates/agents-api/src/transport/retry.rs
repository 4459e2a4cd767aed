//! Whether a failed request is sent again, and after which delay. Pure: the failure and a random number come in.
use std::time::Duration;

use super::backoff::Backoff;
use super::policy::RetryPolicy;
use crate::error::Retry;

/// The attempts of one operation.
#[derive(Debug)]
pub(super) struct Attempts {
    policy: RetryPolicy,
    count: u32,
    /// How many requests followed a redirect.
    redirects: u32,
    /// How many of them got no connection.
    unconnected: u32,
}

impl Attempts {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self {
            policy,
            count: 0,
            redirects: 0,
            unconnected: 0,
        }
    }

    /// How often the request was sent.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The request is sent now.
    pub(super) fn sent(&mut self) {
        self.count = self.count.saturating_add(1);
    }

    /// How many requests were sent, those that followed a redirect included.
    pub(super) fn requests(&self) -> u32 {
        self.count.saturating_add(self.redirects)
    }

    /// The last attempt took this many requests, of which all but one followed a redirect.
    pub(super) fn redirected(&mut self, requests: u32) {
        self.redirects = self.redirects.saturating_add(requests.saturating_sub(1));
    }

    /// The last attempt got no connection.
    pub(super) fn connection_failed(&mut self) {
        self.unconnected = self.unconnected.saturating_add(1);
    }

    /// The delay before the next attempt, or `None` to fail. `asked` is what the response asks for, which goes before
    /// the backoff. A rate limit has no other, and costs nothing of the budget. `random` is from 0 to 1.
    pub(super) fn delay(
        &self,
        retry: Retry,
        asked: Option<Duration>,
        budget: &mut RetryBudget,
        random: f64,
    ) -> Option<Duration> {
        let no_connection = self.unconnected > 0 && self.unconnected >= self.policy.max_connect_attempts;
        if self.count >= self.policy.max_attempts || no_connection {
            return None;
        }
        let delay = match retry {
            Retry::No => return None,
            Retry::RateLimited => Duration::ZERO,
            Retry::Transient => {
                let backoff = Backoff {
                    initial: self.policy.first,
                    max: self.policy.longest,
                    jitter: 1.0,
                };
                budget.take().then(|| backoff.delay(self.count, random))?
            }
        };
        Some(delay.max(asked.unwrap_or_default()))
    }
}

/// How many retries are left to all clones of a client.
#[derive(Debug)]
pub(super) struct RetryBudget {
    left: u32,
    max: u32,
}

impl RetryBudget {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self {
            left: policy.budget,
            max: policy.budget,
        }
    }

    fn take(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// A request succeeded, which gives back two retries: a client gets through when every second request fails, and
    /// adds no load when nothing gets through.
    pub(super) fn on_success(&mut self) {
        self.left = self.left.saturating_add(2).min(self.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn delay(
        policy: RetryPolicy,
        count: u32,
        asked: Option<u64>,
        budget: &mut RetryBudget,
        random: f64,
    ) -> Option<u128> {
        let attempts = Attempts {
            policy,
            count,
            redirects: 0,
            unconnected: 0,
        };
        let asked = asked.map(Duration::from_secs);
        let delay = attempts.delay(Retry::Transient, asked, budget, random)?;
        Some(delay.as_millis())
    }

    #[test]
    fn delays_are_drawn_up_to_the_policys_backoff() {
        let policy = RetryPolicy::new().max_attempts(99);
        let mut budget = RetryBudget::new(policy);
        let mut delay = |count, random| delay(policy, count, None, &mut budget, random).unwrap();
        let longest: Vec<_> = (1..9).map(|count| delay(count, 1.0)).collect();
        assert_eq!(longest, [250, 500, 1000, 2000, 4000, 8000, 10000, 10000]);
        assert_eq!((delay(1, 0.0), delay(3, 0.5), delay(98, 1.0)), (0, 500, 10000));
    }

    #[test]
    fn a_delay_that_the_response_asks_for_is_kept() {
        let policy = RetryPolicy::new();
        let mut budget = RetryBudget::new(policy);
        assert_eq!(delay(policy, 1, Some(30), &mut budget, 0.5), Some(30_000));
    }

    #[test]
    fn the_budget_is_shared_and_refilled_by_successes() {
        let policy = RetryPolicy::new().budget(2);
        let mut budget = RetryBudget::new(policy);
        let allowed =
            |budget: &mut RetryBudget| [(); 3].map(|()| delay(policy, 1, None, budget, 0.0).is_some());
        assert_eq!(allowed(&mut budget), [true, true, false]);
        budget.on_success();
        budget.on_success();
        assert_eq!(allowed(&mut budget), [true, true, false]);
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_tried_three_times() {
        let policy = RetryPolicy::new();
        let (mut attempts, mut budget) = (Attempts::new(policy), RetryBudget::new(policy));
        let mut goes_on =
            |attempts: &Attempts| attempts.delay(Retry::Transient, None, &mut budget, 0.0).is_some();
        for (connected, more) in [(false, true), (true, true), (false, true), (false, false)] {
            attempts.sent();
            if !connected {
                attempts.connection_failed();
            }
            assert_eq!(goes_on(&attempts), more, "{attempts:?}");
        }
    }

    proptest! {
        #[test]
        fn attempts_are_bounded_whatever_fails(
            max in 0_u32..20,
            failures in proptest::collection::vec((0_u8..3, 0.0_f64..1.0), 0..60),
        ) {
            let policy = RetryPolicy::new().max_attempts(max);
            let (mut attempts, mut budget) = (Attempts::new(policy), RetryBudget::new(policy));
            for (failure, random) in failures {
                attempts.sent();
                let retry = match failure {
                    0 => Retry::Transient,
                    1 => Retry::RateLimited,
                    _ => Retry::No,
                };
                let delay = attempts.delay(retry, None, &mut budget, random);
                prop_assert!(delay.is_none_or(|delay| delay <= policy.longest));
                if retry == Retry::No {
                    prop_assert!(delay.is_none());
                }
                if delay.is_none() {
                    break;
                }
            }
            prop_assert!(attempts.count() <= max.max(1));
        }
    }
}

//! Whether a failed request is sent again, and when. Pure: the failure and the dice come in, a pause comes out.
use std::time::Duration;

use super::policy::RetryPolicy;

/// A failure, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It may pass; the answer may have asked for a pause.
    Passing(Option<Duration>),
    /// A rate limit. How long to wait for it is known to the [`Governor`](super::governor::Governor).
    RateLimit,
    /// It will be the same next time, or the request may have been applied.
    Lasting,
}

/// The attempts of one operation.
#[derive(Debug)]
pub(crate) struct Retry {
    policy: RetryPolicy,
    attempts: u32,
}

impl Retry {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self { policy, attempts: 0 }
    }

    /// How often the request was sent.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The request is sent now.
    pub(super) fn sent(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
    }

    /// The pause before the next attempt, or `None` to give up. `dice` is from 0 up to 1.
    pub(super) fn pause(&self, failure: Failure, budget: &mut Budget, dice: f64) -> Option<Duration> {
        if self.attempts >= self.policy.max_attempts {
            return None;
        }
        match failure {
            Failure::Lasting => None,
            Failure::RateLimit => Some(Duration::ZERO),
            Failure::Passing(asked) => {
                if !budget.take() {
                    return None;
                }
                let doubled = 2_u32.saturating_pow(self.attempts.saturating_sub(1));
                let bound = self.policy.first.saturating_mul(doubled).min(self.policy.longest);
                let pause = bound.mul_f64(dice.clamp(0.0, 1.0));
                Some(pause.max(asked.unwrap_or_default()))
            }
        }
    }
}

/// How many repetitions are left to all clones of a client.
#[derive(Debug)]
pub(crate) struct Budget {
    left: u32,
    most: u32,
}

impl Budget {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self {
            left: policy.budget,
            most: policy.budget,
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

    /// A request succeeded.
    pub(super) fn give_back(&mut self) {
        self.left = self.left.saturating_add(2).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(policy: RetryPolicy, attempts: u32) -> Retry {
        Retry { policy, attempts }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = RetryPolicy::new().max_attempts(99);
        let mut budget = Budget::new(policy);
        let mut pause = |attempts, dice| {
            let pause = after(policy, attempts).pause(Failure::Passing(None), &mut budget, dice);
            pause.unwrap().as_millis()
        };
        let longest: Vec<_> = (1..9).map(|attempts| pause(attempts, 1.0)).collect();
        assert_eq!(longest, [250, 500, 1000, 2000, 4000, 8000, 10000, 10000]);
        assert_eq!((pause(1, 0.0), pause(3, 0.5), pause(98, 1.0)), (0, 500, 10000));
    }

    #[test]
    fn a_pause_that_is_asked_for_is_kept() {
        let policy = RetryPolicy::new();
        let asked = Some(Duration::from_secs(30));
        let pause = after(policy, 1).pause(Failure::Passing(asked), &mut Budget::new(policy), 0.5);
        assert_eq!(pause, asked);
    }

    #[test]
    fn the_budget_is_shared_and_refilled_by_successes() {
        let policy = RetryPolicy::new().budget(2);
        let mut budget = Budget::new(policy);
        let again = |budget: &mut Budget| {
            after(policy, 1)
                .pause(Failure::Passing(None), budget, 0.0)
                .is_some()
        };
        assert_eq!(
            [again(&mut budget), again(&mut budget), again(&mut budget)],
            [true, true, false]
        );
        budget.give_back();
        budget.give_back();
        assert_eq!(
            [again(&mut budget), again(&mut budget), again(&mut budget)],
            [true, true, false]
        );
    }

    proptest! {
        #[test]
        fn attempts_are_bounded_whatever_fails(
            most in 0_u32..20,
            failures in proptest::collection::vec((0_u8..3, 0.0_f64..1.0), 0..60),
        ) {
            let policy = RetryPolicy::new().max_attempts(most);
            let (mut retry, mut budget) = (Retry::new(policy), Budget::new(policy));
            for (failure, dice) in failures {
                retry.sent();
                let failure = match failure {
                    0 => Failure::Passing(None),
                    1 => Failure::RateLimit,
                    _ => Failure::Lasting,
                };
                let pause = retry.pause(failure, &mut budget, dice);
                prop_assert!(pause.is_none_or(|pause| pause <= policy.longest));
                if failure == Failure::Lasting {
                    prop_assert!(pause.is_none());
                }
                if pause.is_none() {
                    break;
                }
            }
            prop_assert!(retry.attempts() <= most.max(1));
        }
    }
}

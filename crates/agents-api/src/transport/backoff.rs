//! Exponential backoff, for whatever retries: requests, waits, fleets and the search for a lost start.
//!
//! Pure: the number of failures and a random number come in, a delay comes out.
use std::time::Duration;

use tokio::time::Instant;

/// As good as never, and far from what a clock can hold.
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Delays that double from `initial` up to `max`, shortened at random so that clients that failed together do not
/// retry together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Backoff {
    /// The upper bound of the first delay.
    pub(crate) initial: Duration,
    /// The upper bound of every delay.
    pub(crate) max: Duration,
    /// The share of a delay that is random, from 0 (none of it) to 1 ("full jitter").
    pub(crate) jitter: f64,
}

impl Backoff {
    /// The delay after this many failures in a row, from 1. `random` is from 0 (the shortest delay) to 1 (the longest).
    pub(crate) fn delay(&self, failures: u32, random: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let bound = self.initial.saturating_mul(doubled).min(self.max).min(FAR_FUTURE);
        let share = self.jitter.clamp(0.0, 1.0) * (1.0 - random.clamp(0.0, 1.0));
        bound.saturating_sub(bound.mul_f64(share))
    }
}

/// `delay` after `now`, or thirty years after it if `delay` is longer.
pub(crate) fn later(now: Instant, delay: Duration) -> Instant {
    now.checked_add(delay.min(FAR_FUTURE)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let backoff = Backoff {
            initial: seconds(1),
            max: seconds(10),
            jitter: 1.0,
        };
        let delays: Vec<_> = (0..7)
            .map(|failures| backoff.delay(failures, 1.0).as_secs())
            .collect();
        assert_eq!(delays, [1, 1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn jitter_shortens_a_delay_by_at_most_its_share() {
        for (jitter, random, delay) in [
            (1.0, 0.0, 0),
            (1.0, 0.5, 50),
            (0.5, 0.0, 50),
            (0.5, 1.0, 100),
            (0.0, 0.0, 100),
            (9.0, -9.0, 0),
        ] {
            let backoff = Backoff {
                initial: seconds(100),
                max: seconds(100),
                jitter,
            };
            assert_eq!(backoff.delay(1, random), seconds(delay), "{jitter} {random}");
        }
    }

    #[test]
    fn a_time_beyond_the_clock_is_far_in_the_future() {
        let now = Instant::now();
        assert_eq!(later(now, seconds(5)), now + seconds(5));
        assert_eq!(later(now, Duration::MAX), now + FAR_FUTURE);
        assert_eq!(
            later(later(now, Duration::MAX), Duration::MAX),
            now + FAR_FUTURE * 2
        );
    }

    proptest! {
        #[test]
        fn no_number_overflows_and_no_delay_is_longer_than_the_longest(
            initial in 0_u64.., max in 0_u64.., jitter in 0.0_f64..=1.0, failures: u32, random in 0.0_f64..=1.0,
        ) {
            let backoff = Backoff { initial: seconds(initial), max: seconds(max), jitter };
            let delay = backoff.delay(failures, random);
            prop_assert!(delay <= backoff.max);
            prop_assert!(jitter > 0.0 || delay == backoff.delay(failures, 1.0));
        }
    }
}

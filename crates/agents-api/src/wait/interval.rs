//! How long a wait sleeps between polls: short after a change, longer while nothing happens.
use std::time::Duration;

const DEFAULT_MIN: Duration = Duration::from_secs(2);
const DEFAULT_MAX: Duration = Duration::from_secs(30);
/// The shortest interval that can be configured: a poll loop without a pause would only use up quota.
const MIN_INTERVAL: Duration = Duration::from_millis(1);

/// How long to sleep between polls of a task.
///
/// The default is adaptive between 2 and 30 seconds: a task of twenty minutes takes about sixty polls of the 5,000
/// requests an hour that GitHub allows. A pause that GitHub asks for takes precedence over any interval.
///
/// A [`Duration`] converts into a fixed interval.
///
/// ```
/// use std::time::Duration;
/// use agents_api::wait::PollInterval;
///
/// let adaptive = PollInterval::adaptive(Duration::from_secs(10), Duration::from_secs(120));
/// let fixed = PollInterval::from(Duration::from_secs(15));
/// # assert_ne!(adaptive, fixed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollInterval {
    min: Duration,
    max: Duration,
}

impl PollInterval {
    /// `min` after the first poll and after every change, then 1.5 times as long after each poll without a change, up to
    /// `max`. Intervals between the two are shortened by up to a fifth at random, so that waits that began together do not
    /// keep polling together. `min` is at least one millisecond; a `max` below it counts as `min`.
    ///
    /// A change is another state, another number of sessions, or other artifacts; a new name or more usage is none.
    pub fn adaptive(min: Duration, max: Duration) -> Self {
        let min = min.max(MIN_INTERVAL);
        let max = max.max(min);
        Self { min, max }
    }

    /// Always the same interval, at least one millisecond.
    pub fn fixed(interval: Duration) -> Self {
        Self::adaptive(interval, interval)
    }
}

/// Adaptive between 2 and 30 seconds.
impl Default for PollInterval {
    fn default() -> Self {
        Self::adaptive(DEFAULT_MIN, DEFAULT_MAX)
    }
}

/// [`PollInterval::fixed`].
impl From<Duration> for PollInterval {
    fn from(interval: Duration) -> Self {
        Self::fixed(interval)
    }
}

/// The delays that a [`PollInterval`] yields, one after each poll.
#[derive(Clone, Copy, Debug)]
pub(super) struct PollDelays {
    interval: PollInterval,
    delay: Duration,
}

impl PollDelays {
    pub(super) fn new(interval: PollInterval) -> Self {
        Self {
            interval,
            delay: interval.min,
        }
    }

    /// The delay after a poll that saw a change, or none. `jitter` is from 0 to 1.
    pub(super) fn next(&mut self, changed: bool, jitter: f64) -> Duration {
        if changed {
            self.delay = self.interval.min;
        }
        let delay = self.delay;
        self.delay = delay.saturating_add(delay / 2).min(self.interval.max);
        shortened(delay, jitter).max(self.interval.min)
    }
}

/// A delay shortened by up to a fifth.
fn shortened(delay: Duration, jitter: f64) -> Duration {
    delay.saturating_sub((delay / 5).mul_f64(jitter.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_maximum_and_a_change_resets_them() {
        let mut delays = PollDelays::new(PollInterval::default());
        let sequence: Vec<_> = (0..9).map(|_| delays.next(false, 0.0).as_millis()).collect();
        assert_eq!(
            sequence,
            [2000, 3000, 4500, 6750, 10125, 15187, 22781, 30000, 30000]
        );
        assert_eq!(delays.next(true, 0.0), DEFAULT_MIN);
    }

    #[test]
    fn jitter_shortens_a_delay_by_a_fifth_and_never_below_the_minimum() {
        let mut delays = PollDelays::new(PollInterval::default());
        let sequence: Vec<_> = (0..9).map(|_| delays.next(false, 1.0).as_millis()).collect();
        assert_eq!(
            sequence,
            [2000, 2400, 3600, 5400, 8100, 12150, 18225, 24000, 24000]
        );
        let mut steady = PollDelays::new(PollInterval::fixed(DEFAULT_MIN));
        assert_eq!(steady.next(false, 1.0), DEFAULT_MIN);
    }

    #[test]
    fn extreme_intervals_neither_overflow_nor_busy_poll() {
        let delays = |interval: PollInterval| {
            let mut delays = PollDelays::new(interval);
            (delays.next(false, 0.5), delays.next(true, 0.5))
        };
        assert_eq!(
            delays(PollInterval::fixed(Duration::MAX)),
            (Duration::MAX, Duration::MAX)
        );
        assert_eq!(
            delays(PollInterval::fixed(Duration::ZERO)),
            (MIN_INTERVAL, MIN_INTERVAL)
        );
        let reversed = PollInterval::adaptive(DEFAULT_MAX, DEFAULT_MIN);
        assert_eq!(delays(reversed), (DEFAULT_MAX, DEFAULT_MAX));
    }
}

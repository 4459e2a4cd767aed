//! How long to sleep between looks: short after a change, longer while nothing happens.
use std::time::Duration;

/// The shortest pause by default.
const SHORTEST: Duration = Duration::from_secs(2);
/// The longest pause by default.
const LONGEST: Duration = Duration::from_secs(30);
/// No pause is shorter, whatever was asked for: looks without a pause would only burn quota.
const LEAST: Duration = Duration::from_millis(1);

/// How long to sleep between looks at a task.
///
/// By default adaptive between 2 and 30 seconds: a task of twenty minutes takes some sixty looks of the 5,000 requests
/// that GitHub allows an hour. What GitHub asks for goes before any cadence.
///
/// ```
/// use std::time::Duration;
/// use agents_api::wait::Cadence;
///
/// let patient = Cadence::adaptive(Duration::from_secs(10), Duration::from_secs(120));
/// let steady = Cadence::every(Duration::from_secs(15));
/// # assert_ne!(patient, steady);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    shortest: Duration,
    longest: Duration,
}

impl Cadence {
    /// The shortest pause after the first look and after every change, half as long again each time nothing happened,
    /// up to the longest. Pauses between the two are shortened by up to a fifth at random, so that many waits begun
    /// together do not look together for ever. The shortest is at least a millisecond; a longest below it counts as the
    /// shortest.
    ///
    /// A change is another state, another number of sessions, or other artifacts. A new name or more usage is none.
    pub fn adaptive(shortest: Duration, longest: Duration) -> Self {
        let shortest = shortest.max(LEAST);
        let longest = longest.max(shortest);
        Self { shortest, longest }
    }

    /// Always the same pause, at least a millisecond. Every look is a request.
    pub fn every(pause: Duration) -> Self {
        Self::adaptive(pause, pause)
    }
}

/// Adaptive between 2 and 30 seconds.
impl Default for Cadence {
    fn default() -> Self {
        Self::adaptive(SHORTEST, LONGEST)
    }
}

/// A cadence under way: the pause that comes next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    cadence: Cadence,
    pause: Duration,
}

impl Pace {
    pub(super) fn new(cadence: Cadence) -> Self {
        Self {
            cadence,
            pause: cadence.shortest,
        }
    }

    /// The pause after a look that saw a change, or none. `jitter` is from 0 to 1.
    pub(super) fn next(&mut self, changed: bool, jitter: f64) -> Duration {
        if changed {
            self.pause = self.cadence.shortest;
        }
        let pause = self.pause;
        self.pause = pause.saturating_add(pause / 2).min(self.cadence.longest);
        shortened(pause, jitter).max(self.cadence.shortest)
    }
}

/// A pause shortened by up to a fifth.
pub(super) fn shortened(pause: Duration, jitter: f64) -> Duration {
    pause.saturating_sub((pause / 5).mul_f64(jitter.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_slows_down_to_its_limit_and_a_change_makes_it_quick_again() {
        let mut pace = Pace::new(Cadence::default());
        let pauses: Vec<_> = (0..9).map(|_| pace.next(false, 0.0).as_millis()).collect();
        assert_eq!(
            pauses,
            [2000, 3000, 4500, 6750, 10125, 15187, 22781, 30000, 30000]
        );
        assert_eq!(pace.next(true, 0.0), SHORTEST);
    }

    #[test]
    fn jitter_shortens_a_pause_by_a_fifth_and_never_below_the_shortest() {
        let mut pace = Pace::new(Cadence::default());
        let pauses: Vec<_> = (0..9).map(|_| pace.next(false, 1.0).as_millis()).collect();
        assert_eq!(pauses, [2000, 2400, 3600, 5400, 8100, 12150, 18225, 24000, 24000]);
        let mut steady = Pace::new(Cadence::every(SHORTEST));
        assert_eq!(steady.next(false, 1.0), SHORTEST);
    }

    #[test]
    fn extremes_neither_overflow_nor_stand_still() {
        let pauses = |cadence: Cadence| {
            let mut pace = Pace::new(cadence);
            (pace.next(false, 0.5), pace.next(true, 0.5))
        };
        assert_eq!(
            pauses(Cadence::every(Duration::MAX)),
            (Duration::MAX, Duration::MAX)
        );
        assert_eq!(pauses(Cadence::every(Duration::ZERO)), (LEAST, LEAST));
        let reversed = Cadence::adaptive(LONGEST, SHORTEST);
        assert_eq!(pauses(reversed), (LONGEST, LONGEST));
    }
}

//! How long to sleep between looks: short after a change, longer while nothing happens.
use std::time::Duration;

/// The first pause, and the one after every change.
pub(super) const SHORTEST: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);
/// No pause is shorter, whatever was asked for: looks without a pause would only burn quota.
const LEAST: Duration = Duration::from_millis(1);

/// The pause before the next look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cadence {
    pause: Duration,
    shortest: Duration,
    longest: Duration,
}

impl Cadence {
    pub(super) fn new() -> Self {
        Self {
            pause: SHORTEST,
            shortest: SHORTEST,
            longest: LONGEST,
        }
    }

    /// Always the same pause, but never less than a millisecond.
    pub(super) fn every(pause: Duration) -> Self {
        let pause = pause.max(LEAST);
        Self {
            pause,
            shortest: pause,
            longest: pause,
        }
    }

    /// The pause after a look that saw a change, or none.
    pub(super) fn next(&mut self, changed: bool) -> Duration {
        if changed {
            self.pause = self.shortest;
        }
        let pause = self.pause;
        self.pause = pause.saturating_add(pause / 2).min(self.longest);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_slows_down_to_its_limit_and_a_change_makes_it_quick_again() {
        let mut cadence = Cadence::new();
        let pauses: Vec<_> = (0..9).map(|_| cadence.next(false).as_millis()).collect();
        assert_eq!(
            pauses,
            [2000, 3000, 4500, 6750, 10125, 15187, 22781, 30000, 30000]
        );
        assert_eq!(cadence.next(true), SHORTEST);
    }

    #[test]
    fn the_longest_pause_there_is_does_not_overflow() {
        let mut cadence = Cadence::every(Duration::MAX);
        assert_eq!(
            (cadence.next(false), cadence.next(true)),
            (Duration::MAX, Duration::MAX)
        );
    }

    #[test]
    fn there_is_always_a_pause() {
        assert_eq!(Cadence::every(Duration::ZERO).next(false), LEAST);
    }
}

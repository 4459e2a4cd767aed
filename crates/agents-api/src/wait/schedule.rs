//! When to look next. Pure: what was seen and what time it is come in, when to look comes out.
use std::time::Duration;

use tokio::time::Instant;

use super::cadence::{Cadence, SHORTEST};

/// What GitHub asks for when a rate limit says nothing itself; twice as long each time in a row.
const UNTOLD: Duration = Duration::from_secs(60);

/// The shortest pause after a rate limit: headers count whole seconds, and `0` is not meant to be taken literally.
const RESPECT: Duration = Duration::from_secs(1);

/// What a look has seen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Saw {
    /// The task, in another state than before.
    Change,
    /// The task, as before.
    NoChange,
    /// A failure that may pass, and the pause it asks for.
    Failure(Option<Duration>),
    /// A rate limit, and the pause it asks for.
    RateLimit(Option<Duration>),
}

/// What to do after a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Look at this time, which is before the deadline.
    Look(Instant),
    /// Look no more: sleep up to the deadline, and end.
    TimeUp,
}

/// The times of the looks of one wait.
#[derive(Debug)]
pub(super) struct Schedule {
    cadence: Cadence,
    deadline: Instant,
    /// When to look for the last time, early enough for the answer to arrive before the deadline.
    last_look: Instant,
    last_is_due: bool,
    /// This many rate limits in a row did not say how long they last.
    untold: u32,
}

impl Schedule {
    pub(super) fn new(cadence: Cadence, limit: Duration, now: Instant) -> Self {
        let deadline = later(now, limit);
        Self {
            cadence,
            deadline,
            last_look: deadline - SHORTEST.min(limit / 4),
            last_is_due: false,
            untold: 0,
        }
    }

    /// When the wait ends whatever happens.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What to do after a look.
    pub(super) fn next(&mut self, saw: Saw, now: Instant) -> Next {
        if self.last_is_due {
            return Next::TimeUp;
        }
        let pause = self.cadence.next(matches!(saw, Saw::Change));
        let asked = match saw {
            Saw::Change | Saw::NoChange => {
                self.untold = 0;
                None
            }
            Saw::Failure(asked) => asked,
            Saw::RateLimit(asked) => Some(asked.unwrap_or_else(|| self.grow()).max(RESPECT)),
        };
        let wake = match asked {
            // A look that GitHub asked not to make is not made, not even as the last one.
            Some(asked) => match later(now, asked.max(pause)) {
                wake if wake >= self.deadline => return Next::TimeUp,
                wake => wake,
            },
            None => later(now, pause).min(self.last_look).max(now),
        };
        self.last_is_due = wake >= self.last_look;
        Next::Look(wake)
    }

    /// The pause after one more rate limit that says nothing.
    fn grow(&mut self) -> Duration {
        let pause = UNTOLD.saturating_mul(1 << self.untold.min(16));
        self.untold += 1;
        pause
    }
}

/// A time after `now`; one beyond what a clock can hold is thirty years off.
fn later(now: Instant, after: Duration) -> Instant {
    now.checked_add(after)
        .unwrap_or_else(|| now + Duration::from_secs(30 * 365 * 24 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// How long after each look the next one comes, until the time is up.
    fn pauses(cadence: Cadence, limit: Duration, saw: &[Saw]) -> Vec<u64> {
        let mut now = Instant::now();
        let mut schedule = Schedule::new(cadence, limit, now);
        let mut pauses = Vec::new();
        for saw in saw {
            match schedule.next(*saw, now) {
                Next::Look(at) => {
                    pauses.push((at - now).as_secs());
                    now = at;
                }
                Next::TimeUp => break,
            }
        }
        pauses
    }

    #[test]
    fn the_last_look_comes_just_before_the_deadline() {
        let every = Cadence::every(seconds(40));
        assert_eq!(pauses(every, seconds(100), &[Saw::NoChange; 9]), [40, 40, 18]);
        let never = Cadence::every(Duration::MAX);
        assert_eq!(pauses(never, seconds(100), &[Saw::NoChange; 9]), [98]);
        assert_eq!(pauses(never, seconds(4), &[Saw::Failure(None); 9]), [3]);
        assert_eq!(
            pauses(never, Duration::MAX, &[Saw::NoChange; 9]).len(),
            1,
            "a limit beyond the clock"
        );
    }

    #[test]
    fn a_rate_limit_is_obeyed_before_the_cadence() {
        let every = Cadence::every(seconds(5));
        for (asked, pause) in [
            (Saw::RateLimit(Some(seconds(60))), 60),
            (Saw::RateLimit(Some(seconds(2))), 5),
            (Saw::RateLimit(None), 60),
            (Saw::Failure(Some(seconds(30))), 30),
            (Saw::Failure(None), 5),
        ] {
            assert_eq!(pauses(every, HOUR, &[asked]), [pause], "{asked:?}");
        }
        let hasty = Cadence::every(Duration::ZERO);
        assert_eq!(pauses(hasty, HOUR, &[Saw::RateLimit(Some(Duration::ZERO))]), [1]);
    }

    #[test]
    fn a_silent_rate_limit_is_given_more_time_each_time() {
        let silent = Saw::RateLimit(None);
        let every = Cadence::every(seconds(1));
        assert_eq!(
            pauses(every, HOUR, &[silent, silent, silent, Saw::NoChange, silent]),
            [60, 120, 240, 1, 60]
        );
        assert_eq!(pauses(every, HOUR, &[silent; 99]), [60, 120, 240, 480, 960]);
    }

    #[test]
    fn no_look_is_made_that_github_asked_not_to_make() {
        let every = Cadence::every(seconds(1));
        for asked in [seconds(100), seconds(1000), Duration::MAX] {
            assert!(pauses(every, seconds(100), &[Saw::RateLimit(Some(asked))]).is_empty());
        }
        let late = Saw::RateLimit(Some(seconds(99)));
        assert_eq!(pauses(every, seconds(100), &[late, late]), [99]);
    }
}

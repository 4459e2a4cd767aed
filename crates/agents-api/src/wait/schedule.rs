//! When to look next. Pure: what was seen, what time it is and the jitter come in, when to look comes out.
//!
//! One machine serves waits, which have a limit, and watches, which have none.
use std::time::Duration;

use tokio::time::Instant;

use super::interval::{PollDelays, PollInterval, shortened};

/// How long looks may fail in a row by default.
pub(super) const MAX_FAILURE_DURATION: Duration = Duration::from_secs(5 * 60);

/// The pause after a first failure; twice as long each time in a row, up to the longest. A interval that is quicker
/// goes before.
const BACKOFF: Duration = Duration::from_secs(2);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// What GitHub asks for when a rate limit says nothing itself; twice as long each time in a row.
const UNTOLD: Duration = Duration::from_secs(60);

/// This many rate limits in a row may say nothing, which takes an hour; one more, and it is no rate limit but a wall.
const MOST_UNTOLD: u32 = 6;

/// The shortest pause after a rate limit: headers count whole seconds, and `0` is not meant to be taken literally.
const RESPECT: Duration = Duration::from_secs(1);

/// By at most this much a pause that GitHub asked for is lengthened at random, lest all its waiters come at once.
const SPREAD: Duration = Duration::from_secs(10);

/// The last look is made this long before the deadline, or a quarter of the limit, for its answer to arrive in time.
const ANSWER: Duration = Duration::from_secs(2);

/// What a look has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saw {
    /// The task, further than before.
    Change,
    /// The task, as before.
    NoChange,
    /// A failure that may pass, and the pause it asks for.
    Failure(Option<Duration>),
    /// A rate limit, and the pause it asks for.
    RateLimit(Option<Duration>),
    /// A failure that will not pass by itself, and the pause it asks for.
    Lasting(Option<Duration>),
}

/// What to do after a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Look at this time, which is before the deadline.
    Look(Instant),
    /// Report the failure: it will not pass, or did not within the patience. Who goes on all the same looks at this
    /// time, not sooner.
    GiveUp(Instant),
    /// Look no more: sleep up to the deadline, and end.
    TimeUp,
}

/// How the looks are going.
#[derive(Clone, Copy, Debug)]
enum State {
    /// GitHub answered the last look, or none was made. A failure leads to `Failing`.
    Answered,
    /// Looks fail for passing reasons, since then and with this pause after the next failure. Any answer leads back to
    /// `Answered`; so does giving up, for whoever goes on.
    Failing { since: Instant, backoff: Duration },
    /// The last look before the deadline is due. Nothing comes after it.
    Last,
}

/// The end of a wait.
#[derive(Clone, Copy, Debug)]
struct Limit {
    deadline: Instant,
    last_look: Instant,
}

/// The times of the looks of one wait or watch.
#[derive(Debug)]
pub(super) struct Schedule {
    delays: PollDelays,
    patience: Duration,
    limit: Option<Limit>,
    state: State,
    /// This many rate limits since the task was last seen did not say how long they last.
    untold: u32,
}

impl Schedule {
    /// Without an end.
    pub(super) fn new(interval: PollInterval, patience: Duration) -> Self {
        Self {
            delays: PollDelays::new(interval),
            patience,
            limit: None,
            state: State::Answered,
            untold: 0,
        }
    }

    /// With an end, so long after now.
    pub(super) fn within(mut self, limit: Duration, now: Instant) -> Self {
        let deadline = later(now, limit);
        self.limit = Some(Limit {
            deadline,
            last_look: deadline - ANSWER.min(limit / 4),
        });
        self
    }

    /// When it ends whatever happens, if it has an end.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.limit.map(|limit| limit.deadline)
    }

    /// What to do after a look. `jitter` is from 0 to 1.
    pub(super) fn next(&mut self, saw: Saw, now: Instant, jitter: f64) -> Next {
        let was_last = matches!(self.state, State::Last);
        let pace = self.delays.next(saw == Saw::Change, jitter);
        let mut given_up = matches!(saw, Saw::Lasting(_));
        let (pause, asked) = match saw {
            Saw::Change | Saw::NoChange => {
                self.untold = 0;
                self.state = State::Answered;
                (pace, None)
            }
            Saw::Lasting(asked) => {
                self.state = State::Answered;
                (pace, asked)
            }
            Saw::RateLimit(asked) => {
                self.state = State::Answered;
                let asked = asked.unwrap_or_else(|| self.grow()).max(RESPECT);
                given_up = self.untold > MOST_UNTOLD;
                (pace, Some(asked))
            }
            Saw::Failure(asked) => {
                let (backoff, out_of_patience) = self.fail(now, asked);
                given_up = out_of_patience;
                (pace.min(shortened(backoff, jitter)), asked)
            }
        };
        if was_last && !matches!(saw, Saw::Lasting(_)) {
            return Next::TimeUp;
        }
        let (pause, earliest) = match asked {
            None => (pause, now),
            Some(asked) => {
                let spread = (asked / 10).min(SPREAD).mul_f64(jitter.clamp(0.0, 1.0));
                (pause.max(asked.saturating_add(spread)), later(now, asked))
            }
        };
        let mut wake = later(now, pause);
        if given_up {
            self.state = State::Answered;
            return Next::GiveUp(wake);
        }
        if let Some(limit) = self.limit {
            // A look that GitHub asked not to make is not made, not even as the last one.
            if earliest >= limit.deadline {
                return Next::TimeUp;
            }
            wake = wake.min(limit.last_look).max(earliest);
            if wake >= limit.last_look {
                self.state = State::Last;
            }
        }
        Next::Look(wake)
    }

    /// Counts a failure: the pause after it, and whether the patience is at its end.
    fn fail(&mut self, now: Instant, asked: Option<Duration>) -> (Duration, bool) {
        let (since, backoff) = match self.state {
            State::Failing { since, backoff } => (since, backoff),
            State::Answered | State::Last => (now, BACKOFF),
        };
        self.state = State::Failing {
            // A pause that GitHub asks for is no sign that it will not come back.
            since: later(since, asked.unwrap_or_default()),
            backoff: (backoff * 2).min(LONGEST_BACKOFF),
        };
        (backoff, now.saturating_duration_since(since) >= self.patience)
    }

    /// The pause after one more rate limit that says nothing.
    fn grow(&mut self) -> Duration {
        let pause = UNTOLD.saturating_mul(1 << self.untold.min(MOST_UNTOLD));
        self.untold = self.untold.saturating_add(1);
        pause
    }
}

/// A time after `now`; one beyond what a clock can hold is thirty years off.
pub(super) fn later(now: Instant, after: Duration) -> Instant {
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

    /// How long after each look the next one comes, until it ends.
    fn pauses(interval: PollInterval, limit: Duration, saw: &[Saw]) -> Vec<u64> {
        let mut now = Instant::now();
        let mut schedule = Schedule::new(interval, MAX_FAILURE_DURATION).within(limit, now);
        let mut pauses = Vec::new();
        for saw in saw {
            match schedule.next(*saw, now, 0.0) {
                Next::Look(at) => {
                    pauses.push((at - now).as_secs());
                    now = at;
                }
                Next::GiveUp(_) | Next::TimeUp => break,
            }
        }
        pauses
    }

    #[test]
    fn the_last_look_comes_just_before_the_deadline() {
        let every = PollInterval::fixed(seconds(40));
        assert_eq!(pauses(every, seconds(100), &[Saw::NoChange; 9]), [40, 40, 18]);
        let never = PollInterval::fixed(Duration::MAX);
        assert_eq!(pauses(never, seconds(100), &[Saw::NoChange; 9]), [98]);
        assert_eq!(pauses(never, seconds(4), &[Saw::Failure(None); 9]), [2, 1]);
        assert_eq!(
            pauses(never, Duration::MAX, &[Saw::NoChange; 9]).len(),
            1,
            "a limit beyond the clock"
        );
        let asked = Saw::RateLimit(Some(seconds(10)));
        assert_eq!(pauses(never, seconds(100), &[asked]), [98]);
    }

    #[test]
    fn a_rate_limit_is_obeyed_before_the_interval() {
        let every = PollInterval::fixed(seconds(5));
        for (asked, pause) in [
            (Saw::RateLimit(Some(seconds(60))), 60),
            (Saw::RateLimit(Some(seconds(2))), 5),
            (Saw::RateLimit(None), 60),
            (Saw::Failure(Some(seconds(30))), 30),
            (Saw::Failure(None), 2),
        ] {
            assert_eq!(pauses(every, HOUR, &[asked]), [pause], "{asked:?}");
        }
        let hasty = PollInterval::fixed(Duration::ZERO);
        assert_eq!(pauses(hasty, HOUR, &[Saw::RateLimit(Some(Duration::ZERO))]), [1]);
    }

    #[test]
    fn a_silent_rate_limit_is_given_more_time_each_time_and_up_in_the_end() {
        let silent = Saw::RateLimit(None);
        let every = PollInterval::fixed(seconds(1));
        assert_eq!(
            pauses(every, HOUR, &[silent, silent, silent, Saw::NoChange, silent]),
            [60, 120, 240, 1, 60]
        );
        assert_eq!(
            pauses(every, HOUR * 9, &[silent; 99]),
            [60, 120, 240, 480, 960, 1920]
        );
    }

    #[test]
    fn no_look_is_made_that_github_asked_not_to_make() {
        let every = PollInterval::fixed(seconds(1));
        for asked in [seconds(100), seconds(1000), Duration::MAX] {
            assert!(pauses(every, seconds(100), &[Saw::RateLimit(Some(asked))]).is_empty());
        }
        let late = Saw::RateLimit(Some(seconds(99)));
        assert_eq!(pauses(every, seconds(100), &[late, late]), [99]);
    }

    #[test]
    fn failures_are_ridden_out_as_long_as_the_patience_lasts() {
        let failures = [Saw::Failure(None); 99];
        let rare = pauses(PollInterval::fixed(HOUR), HOUR, &failures);
        assert_eq!(rare[..6], [2, 4, 8, 16, 30, 30]);
        assert_eq!(rare.iter().sum::<u64>(), 2 + 4 + 8 + 16 + 30 * 9);
        // Neither an answer nor a pause that was asked for wears it out.
        for saw in [
            Saw::RateLimit(Some(seconds(400))),
            Saw::Failure(Some(seconds(400))),
        ] {
            let alternating = [saw, Saw::Failure(None)].repeat(3);
            assert_eq!(
                pauses(PollInterval::fixed(seconds(9)), HOUR, &alternating).len(),
                6,
                "{saw:?}"
            );
        }
    }

    #[test]
    fn a_lasting_failure_is_given_up_at_once_and_looked_at_later() {
        let now = Instant::now();
        let mut schedule = Schedule::new(PollInterval::fixed(seconds(9)), MAX_FAILURE_DURATION);
        for (asked, pause) in [(None, 9), (Some(seconds(60)), 60)] {
            let next = schedule.next(Saw::Lasting(asked), now, 0.0);
            assert_eq!(next, Next::GiveUp(now + seconds(pause)));
        }
    }

    #[test]
    fn a_lasting_failure_of_the_last_look_is_told_and_not_taken_for_the_end_of_time() {
        let (now, limit) = (Instant::now(), seconds(100));
        for (saw, tells) in [(Saw::Lasting(None), true), (Saw::Failure(None), false)] {
            let mut schedule =
                Schedule::new(PollInterval::fixed(HOUR), MAX_FAILURE_DURATION).within(limit, now);
            let Next::Look(last) = schedule.next(Saw::NoChange, now, 0.0) else {
                panic!("there is time");
            };
            let next = schedule.next(saw, last, 0.0);
            assert_eq!(matches!(next, Next::GiveUp(_)), tells, "{next:?}");
        }
    }
}

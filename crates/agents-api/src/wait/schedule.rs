//! When to poll next. Pure: what was observed, the time and a random number come in, the next action comes out.
//!
//! One machine serves waits, which have a deadline, and watches, which have none.
use std::time::Duration;

use tokio::time::Instant;

use super::interval::{PollDelays, PollInterval};
use crate::transport::{Backoff, later};

/// How long polls may fail in a row by default.
pub(super) const MAX_FAILURE_DURATION: Duration = Duration::from_secs(5 * 60);

/// The delays after consecutive failures. A shorter poll interval takes precedence.
const BACKOFF: Backoff = Backoff {
    initial: Duration::from_secs(2),
    max: Duration::from_secs(30),
    jitter: 0.2,
};

/// The shortest delay after a rate limit: headers count whole seconds, so `0` means less than one.
const MIN_RATE_LIMIT_DELAY: Duration = Duration::from_secs(1);

/// Maximum jitter added to `retry-after`, so that waiting clients do not retry simultaneously.
const MAX_JITTER: Duration = Duration::from_secs(10);

/// The last poll is made this long before the deadline, or a quarter of the timeout, so that its response arrives in
/// time.
const RESPONSE_MARGIN: Duration = Duration::from_secs(2);

/// What a poll observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Observation {
    /// The task, which has advanced since the poll before.
    Changed,
    /// The task, as before.
    Unchanged,
    /// A failure that may be over with the next poll, and its `retry-after`.
    Transient(Option<Duration>),
    /// A rate limit, and how long it lasts.
    RateLimited(Duration),
    /// A failure that will not pass by itself, and its `retry-after`.
    Permanent(Option<Duration>),
}

/// What to do after a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Poll at this time, which is before the deadline.
    Poll(Instant),
    /// Report the failure: it is permanent, or has lasted too long. A watch that continues polls at this time.
    Fail(Instant),
    /// Do not poll again: sleep until the deadline, and time out.
    DeadlineReached,
}

/// How polling is going.
#[derive(Clone, Copy, Debug)]
enum State {
    /// GitHub responded to the last poll, or none was made. A failure leads to `Failing`.
    Healthy,
    /// Polls have failed for transient reasons, this many in a row, since then. Any response leads back to `Healthy`; so
    /// does reporting the failure, for a watch that continues.
    Failing { since: Instant, failures: u32 },
    /// The last poll before the deadline is due. Nothing comes after it.
    LastPoll,
}

/// The end of a wait.
#[derive(Clone, Copy, Debug)]
struct Limit {
    deadline: Instant,
    last_poll: Instant,
}

/// The times of the polls of one wait or watch.
#[derive(Debug)]
pub(super) struct Schedule {
    delays: PollDelays,
    max_failure_duration: Duration,
    limit: Option<Limit>,
    state: State,
}

impl Schedule {
    /// Without an end.
    pub(super) fn new(interval: PollInterval, max_failure_duration: Duration) -> Self {
        Self {
            delays: PollDelays::new(interval),
            max_failure_duration,
            limit: None,
            state: State::Healthy,
        }
    }

    /// With a deadline this long after now.
    pub(super) fn within(mut self, timeout: Duration, now: Instant) -> Self {
        let deadline = later(now, timeout);
        self.limit = Some(Limit {
            deadline,
            last_poll: deadline - RESPONSE_MARGIN.min(timeout / 4),
        });
        self
    }

    /// The deadline, if there is one.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.limit.map(|limit| limit.deadline)
    }

    /// What to do after a poll. `jitter` is from 0 to 1.
    pub(super) fn next(&mut self, observation: Observation, now: Instant, jitter: f64) -> Action {
        let was_last = matches!(self.state, State::LastPoll);
        let is_permanent = matches!(observation, Observation::Permanent(_));
        let interval = self.delays.next(observation == Observation::Changed, jitter);
        let mut fails = is_permanent;
        let (delay, retry_after) = match observation {
            Observation::Changed | Observation::Unchanged => {
                self.state = State::Healthy;
                (interval, None)
            }
            Observation::Permanent(retry_after) => {
                self.state = State::Healthy;
                (interval, retry_after)
            }
            Observation::RateLimited(retry_after) => {
                self.state = State::Healthy;
                (interval, Some(retry_after.max(MIN_RATE_LIMIT_DELAY)))
            }
            Observation::Transient(retry_after) => {
                let (failures, too_long) = self.count_failure(now, retry_after);
                fails = too_long;
                (interval.min(BACKOFF.delay(failures, 1.0 - jitter)), retry_after)
            }
        };
        if was_last && !is_permanent {
            return Action::DeadlineReached;
        }
        let (delay, earliest) = match retry_after {
            None => (delay, now),
            Some(retry_after) => {
                let spread = (retry_after / 10).min(MAX_JITTER).mul_f64(jitter.clamp(0.0, 1.0));
                let spread = retry_after.saturating_add(spread);
                (delay.max(spread), later(now, retry_after))
            }
        };
        let mut at = later(now, delay);
        if fails {
            self.state = State::Healthy;
            return Action::Fail(at);
        }
        if let Some(limit) = self.limit {
            // Not even the last poll is made before `retry-after`.
            if earliest >= limit.deadline {
                return Action::DeadlineReached;
            }
            at = at.min(limit.last_poll).max(earliest);
            if at >= limit.last_poll {
                self.state = State::LastPoll;
            }
        }
        Action::Poll(at)
    }

    /// Counts a failure: how many there were in a row, and whether they have lasted too long.
    fn count_failure(&mut self, now: Instant, retry_after: Option<Duration>) -> (u32, bool) {
        let (since, failures) = match self.state {
            State::Failing { since, failures } => (since, failures.saturating_add(1)),
            State::Healthy | State::LastPoll => (now, 1),
        };
        self.state = State::Failing {
            // A pause that GitHub asks for does not count as failing.
            since: later(since, retry_after.unwrap_or_default()),
            failures,
        };
        let duration = now.saturating_duration_since(since);
        (failures, duration >= self.max_failure_duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// The delay after each poll, until the end.
    fn delays(interval: PollInterval, limit: Duration, observations: &[Observation]) -> Vec<u64> {
        let mut now = Instant::now();
        let mut schedule = Schedule::new(interval, MAX_FAILURE_DURATION).within(limit, now);
        let mut sequence = Vec::new();
        for observation in observations {
            match schedule.next(*observation, now, 0.0) {
                Action::Poll(at) => {
                    sequence.push((at - now).as_secs());
                    now = at;
                }
                Action::Fail(_) | Action::DeadlineReached => break,
            }
        }
        sequence
    }

    #[test]
    fn the_last_poll_comes_just_before_the_deadline() {
        let every = PollInterval::fixed(seconds(40));
        assert_eq!(
            delays(every, seconds(100), &[Observation::Unchanged; 9]),
            [40, 40, 18]
        );
        let never = PollInterval::fixed(Duration::MAX);
        assert_eq!(delays(never, seconds(100), &[Observation::Unchanged; 9]), [98]);
        assert_eq!(
            delays(never, seconds(4), &[Observation::Transient(None); 9]),
            [2, 1]
        );
        assert_eq!(
            delays(never, Duration::MAX, &[Observation::Unchanged; 9]).len(),
            1,
            "a limit beyond the clock"
        );
        let retry_after = Observation::RateLimited(seconds(10));
        assert_eq!(delays(never, seconds(100), &[retry_after]), [98]);
    }

    #[test]
    fn a_rate_limit_takes_precedence_over_the_interval() {
        let every = PollInterval::fixed(seconds(5));
        for (retry_after, pause) in [
            (Observation::RateLimited(seconds(60)), 60),
            (Observation::RateLimited(seconds(2)), 5),
            (Observation::Transient(Some(seconds(30))), 30),
            (Observation::Transient(None), 2),
        ] {
            assert_eq!(delays(every, HOUR, &[retry_after]), [pause], "{retry_after:?}");
        }
        let zero = PollInterval::fixed(Duration::ZERO);
        assert_eq!(
            delays(zero, HOUR, &[Observation::RateLimited(Duration::ZERO)]),
            [1]
        );
    }

    #[test]
    fn no_poll_is_made_before_retry_after() {
        let every = PollInterval::fixed(seconds(1));
        for retry_after in [seconds(100), seconds(1000), Duration::MAX] {
            assert!(delays(every, seconds(100), &[Observation::RateLimited(retry_after)]).is_empty());
        }
        let late = Observation::RateLimited(seconds(99));
        assert_eq!(delays(every, seconds(100), &[late, late]), [99]);
    }

    #[test]
    fn failures_are_retried_up_to_the_maximum_duration() {
        let failures = [Observation::Transient(None); 99];
        let rare = delays(PollInterval::fixed(HOUR), HOUR, &failures);
        assert_eq!(rare[..6], [2, 4, 8, 16, 30, 30]);
        assert_eq!(rare.iter().sum::<u64>(), 2 + 4 + 8 + 16 + 30 * 9);
        // A response resets the duration, and a pause that GitHub asks for does not count.
        for observation in [
            Observation::RateLimited(seconds(400)),
            Observation::Transient(Some(seconds(400))),
        ] {
            let alternating = [observation, Observation::Transient(None)].repeat(3);
            assert_eq!(
                delays(PollInterval::fixed(seconds(9)), HOUR, &alternating).len(),
                6,
                "{observation:?}"
            );
        }
    }

    #[test]
    fn a_permanent_failure_is_reported_at_once_and_polled_later() {
        let now = Instant::now();
        let mut schedule = Schedule::new(PollInterval::fixed(seconds(9)), MAX_FAILURE_DURATION);
        for (retry_after, pause) in [(None, 9), (Some(seconds(60)), 60)] {
            let next = schedule.next(Observation::Permanent(retry_after), now, 0.0);
            assert_eq!(next, Action::Fail(now + seconds(pause)));
        }
    }

    #[test]
    fn a_permanent_failure_of_the_last_poll_is_reported_instead_of_the_timeout() {
        let (now, limit) = (Instant::now(), seconds(100));
        for (observation, is_reported) in [
            (Observation::Permanent(None), true),
            (Observation::Transient(None), false),
        ] {
            let mut schedule =
                Schedule::new(PollInterval::fixed(HOUR), MAX_FAILURE_DURATION).within(limit, now);
            let Action::Poll(last) = schedule.next(Observation::Unchanged, now, 0.0) else {
                panic!("there is time");
            };
            let next = schedule.next(observation, last, 0.0);
            assert_eq!(matches!(next, Action::Fail(_)), is_reported, "{next:?}");
        }
    }
}

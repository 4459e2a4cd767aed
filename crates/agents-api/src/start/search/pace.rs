//! When to look again for a task that is not there yet: pure, time comes in and goes out.
use std::time::Duration;

use tokio::time::Instant;

/// The pause after the first look.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(10);
/// The pause after a rate limit that says nothing of itself; doubled each time, as GitHub asks.
const LIMITED: Duration = Duration::from_secs(60);

/// What a look came to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Saw {
    /// It is not there.
    Nothing,
    /// The look failed, and may succeed later; perhaps GitHub asks to wait.
    Failure(Option<Duration>),
    /// GitHub wants fewer requests, and may say how long.
    RateLimit(Option<Duration>),
}

/// The pauses between looks.
#[derive(Debug)]
pub(super) struct Pace {
    pause: Duration,
    limited: Duration,
    deadline: Instant,
}

impl Pace {
    pub(super) fn until(deadline: Instant) -> Self {
        Self {
            pause: FIRST,
            limited: LIMITED,
            deadline,
        }
    }

    /// When to look again after the look that began at `begun`: the last look begins at the deadline, or late. `None`
    /// after that, and when GitHub asks for no request before it. `jitter` is drawn from 0 to 1.
    pub(super) fn next(&mut self, saw: Saw, begun: Instant, now: Instant, jitter: f64) -> Option<Instant> {
        if begun >= self.deadline {
            return None;
        }
        let asked = match saw {
            Saw::Nothing => None,
            Saw::Failure(asked) => asked,
            Saw::RateLimit(asked) => {
                let pause = asked.unwrap_or(self.limited);
                if asked.is_none() {
                    self.limited = self.limited.saturating_mul(2);
                }
                Some(pause)
            }
        };
        let earliest = later(now, asked.unwrap_or_default());
        if asked.is_some() && earliest > self.deadline {
            return None;
        }
        let pause = self.pause.mul_f64(0.75 + jitter.clamp(0.0, 1.0) / 2.0);
        self.pause = LONGEST.min(self.pause * 2);
        Some(later(now, pause).min(self.deadline).max(earliest))
    }
}

/// So much later, or as good as never.
pub(crate) fn later(now: Instant, by: Duration) -> Instant {
    const YEARS: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    now.checked_add(by.min(YEARS)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_grow_and_the_last_look_is_at_the_deadline() {
        let start = Instant::now();
        let mut pace = Pace::until(start + 20 * SECOND);
        let mut now = start;
        let mut looks = Vec::new();
        while let Some(at) = pace.next(Saw::Nothing, now, now, 0.5) {
            looks.push((at - start).as_secs());
            now = at;
        }
        assert_eq!(looks, [1, 3, 7, 15, 20]);
    }

    #[test]
    fn no_look_is_made_before_github_allows_it() {
        let now = Instant::now();
        let deadline = now + 90 * SECOND;
        let next = |saw| Pace::until(deadline).next(saw, now, now, 0.0).map(|at| at - now);
        assert_eq!(next(Saw::RateLimit(Some(30 * SECOND))), Some(30 * SECOND));
        assert_eq!(next(Saw::Failure(Some(30 * SECOND))), Some(30 * SECOND));
        assert_eq!(next(Saw::RateLimit(None)), Some(60 * SECOND));
        assert_eq!(next(Saw::RateLimit(Some(91 * SECOND))), None);
        assert_eq!(next(Saw::RateLimit(Some(Duration::MAX))), None);

        let mut pace = Pace::until(deadline);
        let first = pace.next(Saw::RateLimit(None), now, now, 0.0).unwrap();
        assert_eq!(pace.next(Saw::RateLimit(None), first, first, 0.0), None);
    }

    #[test]
    fn a_look_that_began_before_the_deadline_has_not_seen_what_came_up_to_it() {
        let begun = Instant::now();
        let deadline = begun + SECOND;
        let late = deadline + SECOND;
        let next = |saw| Pace::until(deadline).next(saw, begun, late, 0.0);
        assert_eq!(next(Saw::Nothing), Some(late));
        assert_eq!(next(Saw::RateLimit(Some(SECOND))), None);
    }

    #[test]
    fn without_a_deadline_ahead_there_is_one_look() {
        let now = Instant::now();
        assert_eq!(Pace::until(now).next(Saw::Nothing, now, now, 0.0), None);
    }
}

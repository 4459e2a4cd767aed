//! How failures slow a fleet down: which are obeyed, which are ridden out, and which end the watch.
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// The first pause after a failure, doubled by each further one in a row.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause after failures.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// The pause after a rate limit that says nothing, doubled by each further one: GitHub asks for a minute at least.
const UNTOLD: Duration = Duration::from_secs(60);
/// The least pause after a rate limit.
const RESPECT: Duration = Duration::from_secs(1);
/// So many refusals in a row are not an incident any more.
const REFUSALS: u32 = 5;

/// What a failure is to a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// GitHub wants fewer requests, and may have said for how long.
    Limited(Option<Duration>),
    /// The same request may succeed later, and GitHub may have said when.
    Passing(Option<Duration>),
    /// There is no such thing, or it is not visible.
    NotFound,
    /// GitHub does not know the token.
    Unauthorized,
    /// It will not work, or its answer cannot be read.
    Refused,
}

impl Failure {
    pub(super) fn of(error: &Error) -> Self {
        if error.is_rate_limited() {
            Self::Limited(error.retry_after())
        } else if error.is_passing() {
            Self::Passing(error.retry_after())
        } else if error.is_unauthorized() {
            Self::Unauthorized
        } else if error.is_not_found() {
            Self::NotFound
        } else {
            Self::Refused
        }
    }

    /// Whether the answer is about the task that was asked for, and says nothing about other requests.
    pub(super) fn is_of_the_task(self, error: &Error) -> bool {
        match self {
            Self::NotFound => true,
            Self::Refused => matches!(
                error.kind(),
                ErrorKind::Forbidden
                    | ErrorKind::InvalidInput
                    | ErrorKind::ClientError
                    | ErrorKind::UnexpectedResponse
                    | ErrorKind::Validation
            ),
            _ => false,
        }
    }
}

/// What the last requests of one class met.
#[derive(Clone, Debug, Default)]
pub(super) struct Weather {
    /// No request before.
    pub(super) until: Duration,
    failures: u32,
    limits: u32,
    refusals: u32,
}

impl Weather {
    /// A request succeeded. Answers whether failures came before it.
    pub(super) fn clear(&mut self) -> bool {
        let was_bad = self.is_bad();
        *self = Self {
            until: self.until,
            ..Self::default()
        };
        was_bad
    }

    pub(super) fn is_bad(&self) -> bool {
        self.failures + self.limits + self.refusals > 0
    }

    /// How long to pause after a failure; `None` when it is not going to pass. `jitter` is from 0 to 1.
    pub(super) fn pause(&mut self, failure: Failure, jitter: f64) -> Option<Duration> {
        let asked = match failure {
            Failure::Limited(asked) => {
                self.limits += 1;
                let untold = doubled(UNTOLD, self.limits).min(UNTOLD * 64);
                return Some(asked.unwrap_or(untold).max(RESPECT));
            }
            Failure::Passing(asked) => asked,
            Failure::NotFound | Failure::Unauthorized | Failure::Refused => {
                self.refusals += 1;
                if self.refusals >= REFUSALS {
                    return None;
                }
                None
            }
        };
        self.failures += 1;
        let pause = doubled(FIRST, self.failures).min(LONGEST);
        // Half of it at least: many clients that failed together must not return together.
        let pause = pause.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        Some(pause.max(asked.unwrap_or_default()))
    }
}

/// `first`, doubled for every time after the first.
fn doubled(first: Duration, times: u32) -> Duration {
    first.saturating_mul(1 << times.saturating_sub(1).min(16))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(failure: Failure, jitter: f64, count: usize) -> Vec<Option<u64>> {
        let mut weather = Weather::default();
        (0..count)
            .map(|_| Some(weather.pause(failure, jitter)?.as_secs()))
            .collect()
    }

    #[test]
    fn each_failure_is_ridden_out_as_documented() {
        let told = Some(Duration::from_secs(7));
        for (failure, jitter, expected) in [
            (
                Failure::Passing(None),
                1.0,
                [Some(1), Some(2), Some(4), Some(8), Some(16)],
            ),
            (
                Failure::Passing(None),
                0.0,
                [Some(0), Some(1), Some(2), Some(4), Some(8)],
            ),
            (
                Failure::Passing(told),
                1.0,
                [Some(7), Some(7), Some(7), Some(8), Some(16)],
            ),
            (
                Failure::Limited(None),
                1.0,
                [Some(60), Some(120), Some(240), Some(480), Some(960)],
            ),
            (Failure::Limited(told), 0.0, [Some(7); 5]),
            (Failure::Limited(Some(Duration::ZERO)), 0.0, [Some(1); 5]),
            (Failure::NotFound, 1.0, [Some(1), Some(2), Some(4), Some(8), None]),
        ] {
            assert_eq!(pauses(failure, jitter, 5), expected, "{failure:?}");
        }
        assert_eq!(pauses(Failure::Passing(None), 1.0, 99).last(), Some(&Some(300)));
    }

    #[test]
    fn a_success_begins_anew() {
        let mut weather = Weather::default();
        for _ in 0..20 {
            assert!(weather.pause(Failure::Refused, 1.0).is_some());
            assert!(weather.clear() && !weather.clear());
        }
    }
}

//! How failures slow a fleet down: rate limits are waited for, transient failures are retried, others end the watch.
use std::time::Duration;

use crate::error::{Error, ErrorKind, Retry};
use crate::transport::Backoff;

/// The pauses after transient failures, of which at least half is not random.
const BACKOFF: Backoff = Backoff {
    initial: Duration::from_secs(1),
    max: Duration::from_secs(5 * 60),
    jitter: 0.5,
};
/// Consecutive permanent failures after which the watch ends.
const MAX_PERMANENT_FAILURES: u32 = 5;

/// Whether a failed fetch is about its task, and says nothing about other requests.
pub(super) fn is_about_the_task(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::Forbidden
            | ErrorKind::InvalidInput
            | ErrorKind::ClientError
            | ErrorKind::UnexpectedResponse
            | ErrorKind::Validation
    )
}

/// How the last requests of one priority went.
#[derive(Clone, Debug, Default)]
pub(super) struct Health {
    /// No request before.
    pub(super) until: Duration,
    failures: u32,
    permanent: u32,
    rate_limited: bool,
}

impl Health {
    /// Records a success; returns whether failures came before it.
    pub(super) fn record_success(&mut self) -> bool {
        let was_degraded = self.is_degraded();
        *self = Self {
            until: self.until,
            ..Self::default()
        };
        was_degraded
    }

    pub(super) fn is_degraded(&self) -> bool {
        self.failures > 0 || self.rate_limited
    }

    /// How long to pause after a failure, whose response may have said how long; `None` if it is permanent. `random` is
    /// from 0 to 1.
    pub(super) fn pause(
        &mut self,
        retry: Retry,
        retry_after: Option<Duration>,
        random: f64,
    ) -> Option<Duration> {
        match retry {
            Retry::RateLimited => {
                self.rate_limited = true;
                return retry_after;
            }
            Retry::Transient => {}
            Retry::No => self.permanent += 1,
        }
        self.failures += 1;
        let pause = BACKOFF
            .delay(self.failures, random)
            .max(retry_after.unwrap_or_default());
        (self.permanent < MAX_PERMANENT_FAILURES).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(retry: Retry, retry_after: Option<Duration>, random: f64) -> Vec<Option<u64>> {
        let mut health = Health::default();
        (0..5)
            .map(|_| Some(health.pause(retry, retry_after, random)?.as_secs()))
            .collect()
    }

    #[test]
    fn each_failure_pauses_as_documented() {
        let seconds = Some(Duration::from_secs(7));
        for (retry, retry_after, random, expected) in [
            (
                Retry::Transient,
                None,
                1.0,
                [Some(1), Some(2), Some(4), Some(8), Some(16)],
            ),
            (
                Retry::Transient,
                None,
                0.0,
                [Some(0), Some(1), Some(2), Some(4), Some(8)],
            ),
            (
                Retry::Transient,
                seconds,
                1.0,
                [Some(7), Some(7), Some(7), Some(8), Some(16)],
            ),
            (Retry::RateLimited, seconds, 0.0, [Some(7); 5]),
            (Retry::No, None, 1.0, [Some(1), Some(2), Some(4), Some(8), None]),
        ] {
            assert_eq!(pauses(retry, retry_after, random), expected, "{retry:?}");
        }
    }

    #[test]
    fn a_success_resets_the_backoff() {
        let mut health = Health::default();
        for _ in 0..20 {
            assert!(health.pause(Retry::No, None, 1.0).is_some());
            assert!(health.record_success() && !health.record_success());
        }
    }
}

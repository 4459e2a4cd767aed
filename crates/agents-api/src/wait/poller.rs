//! Polls a task at the times of the schedule: what waits and watches share.
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::schedule::{Action, Observation, Schedule};
use super::update::{Update, has_advanced};
use crate::client::TaskRef;
use crate::error::{Error, Retry};
use crate::transport::{EtagCache, later};
use agents_api_raw::types::Task;

/// Consecutive rate limits without `retry-after` to tolerate (about an hour) before giving up.
const MAX_UNSPECIFIED_RATE_LIMITS: u32 = 6;

/// Polls one task repeatedly.
pub(super) struct Poller {
    task: TaskRef,
    cache: EtagCache<Task>,
    schedule: Schedule,
    next: Action,
    last_seen: Option<Arc<Task>>,
    failure: Option<Error>,
    attempts: u64,
}

/// The outcome of one poll.
pub(super) enum PollOutcome {
    /// GitHub returned the task.
    Seen(Snapshot),
    /// The poll failed and will be retried.
    Retrying,
    /// The poll failed permanently, or polls have failed for too long.
    Failed(Error),
    /// The deadline is over.
    TimedOut,
}

/// The task as one poll returned it.
pub(super) struct Snapshot {
    pub(super) previous: Option<Arc<Task>>,
    pub(super) task: Arc<Task>,
    /// Whether anything has changed since the poll before.
    pub(super) changed: bool,
    /// The delay before the next poll, if there is one.
    pub(super) next_poll: Option<Duration>,
}

impl Snapshot {
    /// The update to report; `continues` says whether another poll follows.
    pub(super) fn update(&self, continues: bool) -> Update {
        let next_poll = self.next_poll.filter(|_| continues);
        Update::new(self.previous.as_deref(), &self.task, next_poll)
    }
}

impl Poller {
    /// Polls at once, and then as the schedule says. `last_seen` is the task as it is known already.
    pub(super) fn new(task: TaskRef, schedule: Schedule, last_seen: Option<Task>) -> Self {
        Self {
            task,
            cache: EtagCache::new(),
            schedule,
            next: Action::Poll(Instant::now()),
            last_seen: last_seen.map(Arc::new),
            failure: None,
            attempts: 0,
        }
    }

    /// Sleeps until the next poll is due, and polls.
    pub(super) async fn poll(&mut self) -> PollOutcome {
        match self.next {
            Action::Poll(at) | Action::Fail(at) if at > Instant::now() => sleep_until(at).await,
            Action::Poll(_) | Action::Fail(_) => {}
            Action::DeadlineReached => {
                if let Some(deadline) = self.schedule.deadline() {
                    sleep_until(deadline).await;
                }
                return PollOutcome::TimedOut;
            }
        }
        self.attempts += 1;
        let deadline = self.schedule.deadline();
        // The request's own deadline is later, so that a poll cut off by the deadline does not count as a failure.
        let bound = match deadline {
            Some(deadline) => later(deadline, Duration::from_secs(1)),
            None => later(Instant::now(), Duration::MAX),
        };
        let request = self.task.poll(&mut self.cache, bound);
        let result = match deadline {
            None => request.await,
            Some(deadline) => {
                let Ok(result) = timeout_at(deadline, request).await else {
                    self.next = Action::DeadlineReached;
                    return PollOutcome::TimedOut;
                };
                result
            }
        };
        match result {
            Ok(polled) => PollOutcome::Seen(self.observe(polled.value, polled.modified)),
            Err(error) => self.fail(error),
        }
    }

    fn observe(&mut self, task: Arc<Task>, modified: bool) -> Snapshot {
        let previous = self.last_seen.replace(Arc::clone(&task));
        let changed = previous
            .as_ref()
            .is_none_or(|previous| modified && **previous != *task);
        let observation = if changed && has_advanced(previous.as_deref(), &task) {
            Observation::Changed
        } else {
            Observation::Unchanged
        };
        let next_poll = match self.schedule_next(observation) {
            Action::Poll(at) | Action::Fail(at) => Some(at.saturating_duration_since(Instant::now())),
            Action::DeadlineReached => None,
        };
        Snapshot {
            previous,
            task,
            changed,
            next_poll,
        }
    }

    fn fail(&mut self, error: Error) -> PollOutcome {
        let retry_after = error.retry_after();
        let observation = match error.retry() {
            Retry::RateLimited if error.unspecified_rate_limits() > MAX_UNSPECIFIED_RATE_LIMITS => {
                Observation::Permanent(retry_after)
            }
            Retry::RateLimited => Observation::RateLimited(retry_after.unwrap_or_default()),
            Retry::Transient => Observation::Transient(retry_after),
            Retry::No => Observation::Permanent(retry_after),
        };
        match self.schedule_next(observation) {
            Action::Fail(_) => PollOutcome::Failed(error),
            Action::Poll(_) | Action::DeadlineReached => {
                tracing::debug!(task = self.task.id(), %error, "poll failed; retrying");
                self.failure = Some(error);
                PollOutcome::Retrying
            }
        }
    }

    fn schedule_next(&mut self, observation: Observation) -> Action {
        self.next = self.schedule.next(observation, Instant::now(), fastrand::f64());
        self.next
    }

    /// The task, how it was last seen, how many polls there were, and the latest failure that was retried.
    pub(super) fn into_parts(self) -> (TaskRef, Option<Task>, u64, Option<Error>) {
        // Only the cache shares what was seen last.
        drop(self.cache);
        let last_seen = self.last_seen.map(Arc::unwrap_or_clone);
        (self.task, last_seen, self.attempts, self.failure)
    }
}

#[cfg(test)]
mod tests {
    use super::super::interval::PollInterval;
    use super::*;

    fn task(name: &str) -> Arc<Task> {
        let json =
            format!(r#"{{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z","name":"{name}"}}"#);
        Arc::new(serde_json::from_str(&json).unwrap())
    }

    fn poller(last_seen: Option<Task>) -> Poller {
        let client = crate::client::Client::builder()
            .token("ghp_example")
            .build()
            .unwrap();
        let schedule = Schedule::new(PollInterval::default(), Duration::ZERO);
        Poller::new(client.task("t"), schedule, last_seen)
    }

    #[tokio::test]
    async fn only_a_modified_response_that_differs_is_a_change() {
        let mut poller = poller(None);
        for (name, modified, changed) in [
            ("a", true, true),
            ("a", false, false),
            ("a", true, false),
            ("b", true, true),
        ] {
            assert_eq!(
                poller.observe(task(name), modified).changed,
                changed,
                "{name} {modified}"
            );
        }
    }

    #[tokio::test]
    async fn a_task_known_before_the_first_poll_is_not_a_change() {
        let known = Task::clone(&task("a"));
        assert!(!poller(Some(known.clone())).observe(task("a"), true).changed);
        let seen = poller(Some(known.clone())).observe(task("b"), true);
        assert_eq!(seen.update(false).previous, Some(known));
    }
}

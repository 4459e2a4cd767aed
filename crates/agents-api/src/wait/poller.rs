//! One look after the other, at the times of the schedule: what waits and watches have in common.
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::schedule::{Next, Saw, Schedule, later};
use super::update::Update;
use super::update::is_further;
use crate::client::TaskRef;
use crate::error::Error;
use crate::transport::EtagCache;
use agents_api_raw::types::Task;

/// Looks at a task, again and again.
pub(super) struct Poller {
    task: TaskRef,
    cache: EtagCache<Task>,
    schedule: Schedule,
    next: Next,
    last: Option<Arc<Task>>,
    failure: Option<Error>,
    polls: u64,
}

/// What came of one look.
pub(super) enum Step {
    /// The task was seen.
    Seen(Seen),
    /// The look failed; the next one may not.
    RiddenOut,
    /// The look failed, for good or once too often.
    GivenUp(Error),
    /// The deadline has come.
    TimeUp,
}

/// What a look has seen.
pub(super) struct Seen {
    pub(super) previous: Option<Arc<Task>>,
    pub(super) task: Arc<Task>,
    /// Whether anything is other than before.
    pub(super) changed: bool,
    /// The pause before the next look, if there is one.
    pub(super) next_poll: Option<Duration>,
}

impl Seen {
    /// What to tell of it; `goes_on` says whether whoever asked wants another look.
    pub(super) fn update(&self, goes_on: bool) -> Update {
        let next_poll = self.next_poll.filter(|_| goes_on);
        Update::new(self.previous.as_deref(), &self.task, next_poll)
    }
}

impl Poller {
    /// Looks at once, and from then on as the schedule says. `last` is the task as it is known already.
    pub(super) fn new(task: TaskRef, schedule: Schedule, last: Option<Task>) -> Self {
        Self {
            task,
            cache: EtagCache::new(),
            schedule,
            next: Next::Look(Instant::now()),
            last: last.map(Arc::new),
            failure: None,
            polls: 0,
        }
    }

    /// Sleeps until the next look is due, and looks.
    pub(super) async fn step(&mut self) -> Step {
        match self.next {
            Next::Look(at) | Next::GiveUp(at) if at > Instant::now() => sleep_until(at).await,
            Next::Look(_) | Next::GiveUp(_) => {}
            Next::TimeUp => {
                if let Some(deadline) = self.schedule.deadline() {
                    sleep_until(deadline).await;
                }
                return Step::TimeUp;
            }
        }
        self.polls += 1;
        let deadline = self.schedule.deadline();
        // The look's own limit lies behind, for a look cut off by the deadline to be no failure.
        let bound = match deadline {
            Some(deadline) => later(deadline, Duration::from_secs(1)),
            None => later(Instant::now(), Duration::MAX),
        };
        let look = self.task.poll(&mut self.cache, bound);
        let result = match deadline {
            None => look.await,
            Some(deadline) => {
                let Ok(result) = timeout_at(deadline, look).await else {
                    self.next = Next::TimeUp;
                    return Step::TimeUp;
                };
                result
            }
        };
        match result {
            Ok(polled) => Step::Seen(self.see(polled.value, polled.modified)),
            Err(error) => self.fail(error),
        }
    }

    fn see(&mut self, task: Arc<Task>, fresh: bool) -> Seen {
        let previous = self.last.replace(Arc::clone(&task));
        let changed = previous
            .as_ref()
            .is_none_or(|previous| fresh && **previous != *task);
        let further = changed && is_further(previous.as_deref(), &task);
        let next_poll = match self.schedule_next(if further { Saw::Change } else { Saw::NoChange }) {
            Next::Look(at) | Next::GiveUp(at) => Some(at.saturating_duration_since(Instant::now())),
            Next::TimeUp => None,
        };
        Seen {
            previous,
            task,
            changed,
            next_poll,
        }
    }

    fn fail(&mut self, error: Error) -> Step {
        let asked = error.retry_after();
        let saw = if error.is_rate_limited() {
            Saw::RateLimit(asked.filter(|_| error.unspecified_rate_limits() == 0))
        } else if error.is_passing() {
            Saw::Failure(asked)
        } else {
            Saw::Lasting(asked)
        };
        match self.schedule_next(saw) {
            Next::GiveUp(_) => Step::GivenUp(error),
            Next::Look(_) | Next::TimeUp => {
                tracing::debug!(task = self.task.id(), %error, "a look failed and is ridden out");
                self.failure = Some(error);
                Step::RiddenOut
            }
        }
    }

    fn schedule_next(&mut self, saw: Saw) -> Next {
        self.next = self.schedule.next(saw, Instant::now(), fastrand::f64());
        self.next
    }

    /// The task, how it was last seen, how many looks there were, and the latest failure that was ridden out.
    pub(super) fn into_parts(self) -> (TaskRef, Option<Task>, u64, Option<Error>) {
        // Only the cache shares what was seen last.
        drop(self.cache);
        let last = self.last.map(Arc::unwrap_or_clone);
        (self.task, last, self.polls, self.failure)
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

    fn poller(last: Option<Task>) -> Poller {
        let client = crate::client::Client::builder()
            .token("ghp_example")
            .build()
            .unwrap();
        let schedule = Schedule::new(PollInterval::default(), Duration::ZERO);
        Poller::new(client.task("t"), schedule, last)
    }

    #[tokio::test]
    async fn only_a_fresh_answer_that_differs_is_a_change() {
        let mut poller = poller(None);
        for (name, fresh, changed) in [
            ("a", true, true),
            ("a", false, false),
            ("a", true, false),
            ("b", true, true),
        ] {
            assert_eq!(poller.see(task(name), fresh).changed, changed, "{name} {fresh}");
        }
    }

    #[tokio::test]
    async fn what_was_known_before_the_first_look_is_no_change() {
        let known = Task::clone(&task("a"));
        assert!(!poller(Some(known.clone())).see(task("a"), true).changed);
        let seen = poller(Some(known.clone())).see(task("b"), true);
        assert_eq!(seen.update(false).previous, Some(known));
    }
}

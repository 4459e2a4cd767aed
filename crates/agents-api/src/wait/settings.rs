//! What a wait can be configured with, however it begins, and the poll loop that follows it.
use std::time::Duration;

use tokio::time::Instant;

use super::baseline::Baseline;
use super::condition::{Condition, ConditionStatus};
use super::error::{Cause, WaitError};
use super::interval::PollInterval;
use super::poller::{PollOutcome, Poller};
use super::schedule::{MAX_FAILURE_DURATION, Schedule};
use super::update::Update;
use crate::client::TaskRef;
use crate::error::Error;
use agents_api_raw::types::Task;

/// The default timeout: longer than a session of an agent lasts.
const TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);

/// Called with every change.
pub(super) type Observer = Box<dyn FnMut(&Update) + Send>;

/// The settings of one wait.
pub(super) struct WaitSettings {
    pub(super) timeout: Duration,
    pub(super) poll_interval: PollInterval,
    pub(super) max_failure_duration: Duration,
    pub(super) baseline: Option<Baseline>,
    pub(super) observer: Option<Observer>,
}

impl Default for WaitSettings {
    fn default() -> Self {
        Self {
            timeout: TIMEOUT,
            poll_interval: PollInterval::default(),
            max_failure_duration: MAX_FAILURE_DURATION,
            baseline: None,
            observer: None,
        }
    }
}

/// The setters of polling, for a type with a field `settings` and a method `reset`.
macro_rules! poll_setters {
    () => {
        /// How long to sleep between polls: a [`PollInterval`](crate::wait::PollInterval), or a
        /// [`Duration`](std::time::Duration) for a fixed one. By default
        /// [`PollInterval::default`](crate::wait::PollInterval::default), 2 to 30 seconds. Every poll is a request.
        pub fn poll_interval(mut self, interval: impl Into<$crate::wait::PollInterval>) -> Self {
            self.settings.poll_interval = interval.into();
            self.reset()
        }

        /// How long polls may fail in a row, for transient reasons, before the failure is reported; by default five
        /// minutes. Zero reports the first failure. Pauses that GitHub asks for do not count.
        pub fn max_failure_duration(mut self, limit: std::time::Duration) -> Self {
            self.settings.max_failure_duration = limit;
            self.reset()
        }
    };
}
pub(super) use poll_setters;

/// The setters of a wait for one task, for a type with a field `settings` of [`WaitSettings`].
macro_rules! wait_setters {
    () => {
        $crate::wait::settings::poll_setters!();

        /// How long to wait at most, from when the task is known; by default two hours. See
        /// [Deadline](crate::wait::WaitUntil#deadline).
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.settings.timeout = limit;
            self
        }

        /// Calls `observer` when the task is first seen, and whenever anything of it has changed: its state, its name,
        /// its sessions, its artifacts. Polls that saw no change do not call it. It is called before the wait ends, so
        /// it sees the last change too.
        ///
        /// ```no_run
        /// # async fn run(client: agents_api::Client) -> Result<(), Box<dyn std::error::Error>> {
        /// # use agents_api::until;
        /// let wait = client.task("TASK_ID").wait_until(until::settled()).on_update(|update| {
        ///     if update.is_new_state() {
        ///         println!("{}", update.task.state);
        ///     }
        /// });
        /// wait.await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn on_update(mut self, observer: impl FnMut(&$crate::wait::Update) + Send + 'static) -> Self {
            self.settings.observer = Some(Box::new(observer));
            self
        }

        fn reset(self) -> Self {
            self
        }
    };
}
pub(super) use wait_setters;

impl WaitSettings {
    /// Polls until the condition is met or unreachable, the timeout is over, or polling fails.
    pub(super) async fn wait(mut self, task: TaskRef, condition: Condition) -> Result<Task, WaitError> {
        let schedule =
            Schedule::new(self.poll_interval, self.max_failure_duration).within(self.timeout, Instant::now());
        let mismatch = self
            .baseline
            .as_ref()
            .and_then(|baseline| mismatch(baseline, &task));
        let mut poller = Poller::new(task, schedule, None);
        if let Some(error) = mismatch {
            return Err(WaitError::new(Cause::Failed(error), poller));
        }
        loop {
            let seen = match poller.poll().await {
                PollOutcome::Seen(seen) => seen,
                PollOutcome::Retrying => continue,
                PollOutcome::Failed(error) => return Err(WaitError::new(Cause::Failed(error), poller)),
                PollOutcome::TimedOut => {
                    let cause = Cause::TimedOut {
                        after: self.timeout,
                        before_baseline: self.baseline.is_some(),
                    };
                    return Err(WaitError::new(cause, poller));
                }
            };
            let status = if self.has_advanced(&seen.task) {
                condition.status(&seen.task)
            } else {
                ConditionStatus::Pending
            };
            let continues = matches!(status, ConditionStatus::Pending | ConditionStatus::Unknown);
            if let (true, Some(observer)) = (seen.changed, &mut self.observer) {
                observer(&seen.update(continues));
            }
            match status {
                ConditionStatus::Met => {
                    drop(poller);
                    return Ok(std::sync::Arc::unwrap_or_clone(seen.task));
                }
                ConditionStatus::Unreachable(reason) => {
                    return Err(WaitError::new(Cause::Unreachable(reason), poller));
                }
                ConditionStatus::Pending | ConditionStatus::Unknown => {}
            }
        }
    }

    /// Whether the task has advanced from the baseline; once it has, that stays so.
    fn has_advanced(&mut self, task: &Task) -> bool {
        if self
            .baseline
            .as_ref()
            .is_some_and(|baseline| baseline.has_advanced(task))
        {
            self.baseline = None;
        }
        self.baseline.is_none()
    }
}

/// A wait with a baseline of another task would end at once or never.
fn mismatch(baseline: &Baseline, task: &TaskRef) -> Option<Error> {
    let (of, id) = (baseline.task_id(), task.id());
    (of != id).then(|| {
        Error::invalid(format!(
            "baseline of task {of:?}: the wait is for task {id:?}; pass the baseline of the same task"
        ))
    })
}

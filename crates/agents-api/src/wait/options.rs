//! What can be chosen for a wait, whatever begins it.
use std::time::Duration;

use tokio::time::Instant;

use super::baseline::Baseline;
use super::cadence::Cadence;
use super::condition::{Condition, Progress};
use super::error::Cause;
use super::error::WaitError;
use super::poller::{Poller, Step};
use super::schedule::{PATIENCE, Schedule};
use super::update::Update;
use crate::client::TaskRef;
use crate::error::Error;
use agents_api_raw::types::Task;

/// How long a wait lasts if nothing else is said: longer than an agent's session does.
const TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);

/// What is told of every change.
pub(super) type Observer = Box<dyn FnMut(&Update) + Send>;

/// The choices of one wait.
pub(super) struct Options {
    pub(super) timeout: Duration,
    pub(super) cadence: Cadence,
    pub(super) patience: Duration,
    pub(super) baseline: Option<Baseline>,
    pub(super) observer: Option<Observer>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: TIMEOUT,
            cadence: Cadence::default(),
            patience: PATIENCE,
            baseline: None,
            observer: None,
        }
    }
}

impl Options {
    /// Looks until the condition is met, it never will be, the time is up, or looking fails.
    pub(super) async fn wait<C: Condition>(
        mut self,
        task: TaskRef,
        mut condition: C,
    ) -> Result<Task, WaitError> {
        let schedule = Schedule::new(self.cadence, self.patience).within(self.timeout, Instant::now());
        let mismatch = self
            .baseline
            .as_ref()
            .and_then(|baseline| mismatch(baseline, &task));
        let mut poller = Poller::new(task, schedule, None);
        if let Some(error) = mismatch {
            return Err(WaitError::new(Cause::Failed(error), poller));
        }
        loop {
            let seen = match poller.step().await {
                Step::Seen(seen) => seen,
                Step::RiddenOut => continue,
                Step::GivenUp(error) => return Err(WaitError::new(Cause::Failed(error), poller)),
                Step::TimeUp => {
                    let cause = Cause::TimedOut {
                        after: self.timeout,
                        before_baseline: self.baseline.is_some(),
                    };
                    return Err(WaitError::new(cause, poller));
                }
            };
            let progress = if self.is_past_the_baseline(&seen.task) {
                condition.check(&seen.task)
            } else {
                Progress::NotYet
            };
            let goes_on = matches!(progress, Progress::NotYet | Progress::Unknown);
            if let (true, Some(observer)) = (seen.changed, &mut self.observer) {
                observer(&seen.update(goes_on));
            }
            match progress {
                Progress::Met => {
                    drop(poller);
                    return Ok(std::sync::Arc::unwrap_or_clone(seen.task));
                }
                Progress::Never(reason) => return Err(WaitError::new(Cause::Never(reason), poller)),
                Progress::NotYet | Progress::Unknown => {}
            }
        }
    }

    /// Once past it, always past it.
    fn is_past_the_baseline(&mut self, task: &Task) -> bool {
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

/// A baseline of another task would never be passed, or at once.
fn mismatch(baseline: &Baseline, task: &TaskRef) -> Option<Error> {
    let (of, id) = (baseline.task_id(), task.id());
    (of != id).then(|| {
        Error::invalid(format!(
            "the baseline is of task {of:?}; the wait is for task {id:?}"
        ))
    })
}

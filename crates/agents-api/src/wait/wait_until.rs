//! The wait itself: look, decide, sleep, look again.
use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use tokio::time::Instant;

use super::cadence::Cadence;
use super::{Condition, Progress, WaitError};
use crate::tasks::BoxFuture;
use crate::{Task, TaskRef};

/// How long a wait lasts if nothing else is said: longer than an agent's session does.
const TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);

/// This many looks in a row may fail for a passing reason.
const FAILURES: u32 = 5;

/// What [`WaitUntil::on_change`] calls.
type Observer = Box<dyn FnMut(&Task) + Send>;

/// Waits when awaited; made by [`TaskRef::wait_until`].
///
/// Looks at once, then after pauses of 2 to 30 seconds, short after a change and longer while nothing happens. Gives
/// up after two hours. A look that fails for a passing reason is repeated after the pause, up to five in a row.
/// Dropping the future ends the wait; the task is not affected.
///
/// ```no_run
/// # async fn run(client: agents_api::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use agents_api::until;
///
/// let task = client.task("TASK_ID").wait_until(until::settled()).timeout(Duration::from_secs(3600)).await?;
/// println!("{}", task.state);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens until it is awaited"]
pub struct WaitUntil<C> {
    task: TaskRef,
    condition: C,
    timeout: Duration,
    cadence: Cadence,
    on_change: Option<Observer>,
}

impl<C: Condition> WaitUntil<C> {
    pub(crate) fn new(task: TaskRef, condition: C) -> Self {
        Self {
            task,
            condition,
            timeout: TIMEOUT,
            cadence: Cadence::new(),
            on_change: None,
        }
    }

    /// How long to wait at most; by default two hours.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Looks at this interval instead of the adaptive one. Every look is a request that counts against the quota of
    /// 5,000 an hour.
    pub fn every(mut self, interval: Duration) -> Self {
        self.cadence = Cadence::every(interval);
        self
    }

    /// Calls `observer` with the task when it is first seen and whenever its state has changed.
    pub fn on_change(mut self, observer: impl FnMut(&Task) + Send + 'static) -> Self {
        self.on_change = Some(Box::new(observer));
        self
    }

    async fn run(mut self) -> Result<Task, WaitError> {
        let deadline = later(self.timeout);
        let mut last: Option<Box<Task>> = None;
        let mut failures = 0;
        loop {
            let mut failure = None;
            let mut changed = false;
            match tokio::time::timeout_at(deadline, self.task.get().into_future()).await {
                Err(_) => {
                    return Err(WaitError::TimedOut {
                        last,
                        after: self.timeout,
                        error: None,
                    });
                }
                Ok(Ok(task)) => {
                    failures = 0;
                    changed = last.as_ref().is_none_or(|last| last.state != task.state);
                    if let (true, Some(observer)) = (changed, &mut self.on_change) {
                        observer(&task);
                    }
                    match self.condition.check(&task) {
                        Progress::Met => return Ok(task),
                        Progress::Never(reason) => {
                            return Err(WaitError::Never {
                                last: task.into(),
                                reason,
                            });
                        }
                        Progress::NotYet => last = Some(task.into()),
                    }
                }
                Ok(Err(error)) => {
                    failures += 1;
                    if failures > FAILURES || !error.is_transient() {
                        return Err(WaitError::Failed { last, error });
                    }
                    failure = Some(error);
                }
            }
            let wake = later(self.cadence.next(changed));
            if wake > deadline {
                tokio::time::sleep_until(deadline).await;
                return Err(WaitError::TimedOut {
                    last,
                    after: self.timeout,
                    error: failure,
                });
            }
            tokio::time::sleep_until(wake).await;
        }
    }
}

/// A time from now; one beyond what a clock can hold is thirty years off.
fn later(after: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(after)
        .unwrap_or_else(|| now + Duration::from_secs(30 * 365 * 24 * 60 * 60))
}

impl<C: fmt::Debug> fmt::Debug for WaitUntil<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitUntil")
            .field("task", &self.task)
            .field("condition", &self.condition)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl<C: Condition> IntoFuture for WaitUntil<C> {
    type Output = Result<Task, WaitError>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

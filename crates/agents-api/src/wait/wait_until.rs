//! The wait itself: look, decide, sleep, look again.
use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::cadence::Cadence;
use super::schedule::{Next, Saw, Schedule};
use super::{Condition, Progress, WaitError};
use crate::tasks::BoxFuture;
use crate::{Error, Task, TaskRef};

/// How long a wait lasts if nothing else is said: longer than an agent's session does.
const TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);

/// This many looks in a row may fail for a passing reason.
const FAILURES: u32 = 5;

/// What [`WaitUntil::on_change`] calls.
type Observer = Box<dyn FnMut(&Task) + Send>;

/// Waits when awaited; made by [`TaskRef::wait_until`] and [`TaskRef::wait_for`].
///
/// Looks at once, then after pauses of 2 to 30 seconds, short after a change and longer while nothing happens. Gives
/// up after two hours, and looks for the last time just before. Dropping the future ends the wait; the task is not
/// affected.
///
/// # Failures
/// A look that fails for a passing reason (no answer, a proxy's page, a server error) is repeated after the pause, up
/// to five times in a row; any other failure ends the wait. A rate limit is no failure: the wait sleeps as long as
/// GitHub asks ([`Error::retry_after`]), or a minute and twice as long each time if it says nothing. If that is beyond
/// the time limit, the wait sleeps up to the limit without another look, and the rate limit is in
/// [`WaitError::error`].
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

    /// How long to wait at most; by default two hours. It bounds everything: looks, pauses and rate limits.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Looks at this interval instead of the adaptive one, at least a millisecond. Every look is a request that counts
    /// against the quota of 5,000 an hour.
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
        let mut schedule = Schedule::new(self.cadence, self.timeout, Instant::now());
        let mut last: Option<Box<Task>> = None;
        let mut failure: Option<Error> = None;
        let mut failures = 0;
        loop {
            let look = self.task.get().into_future();
            let saw = match timeout_at(schedule.deadline(), look).await {
                Err(_) => return Err(self.timed_out(last, failure)),
                Ok(Ok(task)) => {
                    failures = 0;
                    failure = None;
                    let changed = last.as_ref().is_none_or(|last| last.state != task.state);
                    if let (true, Some(observer)) = (changed, &mut self.on_change) {
                        observer(&task);
                    }
                    let progress = self.condition.check(&task);
                    let task = match progress {
                        Progress::Met => return Ok(task),
                        Progress::NotYet => Box::new(task),
                        Progress::Never(reason) => {
                            return Err(WaitError::Never {
                                last: task.into(),
                                reason,
                            });
                        }
                    };
                    last = Some(task);
                    if changed { Saw::Change } else { Saw::NoChange }
                }
                Ok(Err(error)) => {
                    let asked = error.retry_after();
                    let limited = error.is_rate_limited();
                    failures += u32::from(!limited);
                    if failures > FAILURES || !(limited || error.is_passing()) {
                        let id = self.task.id().to_owned();
                        return Err(WaitError::Failed { id, last, error });
                    }
                    failure = Some(error);
                    if limited {
                        Saw::RateLimit(asked)
                    } else {
                        Saw::Failure(asked)
                    }
                }
            };
            match schedule.next(saw, Instant::now()) {
                Next::Look(at) => sleep_until(at).await,
                Next::TimeUp => {
                    sleep_until(schedule.deadline()).await;
                    return Err(self.timed_out(last, failure));
                }
            }
        }
    }

    fn timed_out(&self, last: Option<Box<Task>>, error: Option<Error>) -> WaitError {
        WaitError::TimedOut {
            id: self.task.id().to_owned(),
            last,
            after: self.timeout,
            error,
        }
    }
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

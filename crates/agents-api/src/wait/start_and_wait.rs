//! Starting a task and waiting for it, in one call.
use std::fmt;
use std::future::IntoFuture;

use super::condition::Condition;
use super::error::WaitError;
use super::settings::{WaitSettings, wait_setters};
use crate::error::Error;
use crate::future::BoxFuture;
use crate::start::{StartTask, Started};
use agents_api_raw::types::Task;

impl StartTask {
    /// Starts the task and waits until it meets a condition, such as [`until::settled()`](crate::until::settled).
    ///
    /// The start is the one that awaiting this builder sends, with the same delivery guarantees; the wait is that of
    /// [`TaskRef::wait_until`](crate::TaskRef::wait_until), and its timeout begins when the start succeeded.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let github = agents_api_emulator::Emulator::builder().speed(1.0).start().await?;
    /// # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
    /// # let repo = client.repo("octocat", "hello-world")?;
    /// use agents_api::until;
    ///
    /// let done = repo.start_task("Fix the login button").wait_until(until::settled()).await?;
    /// println!("{} is {}", done.id, done.state);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until(self, condition: impl Into<Condition>) -> StartAndWait {
        StartAndWait {
            start: self,
            condition: condition.into(),
            settings: WaitSettings::default(),
        }
    }
}

/// Starts a task and waits for it when awaited; made by [`StartTask::wait_until`].
///
/// It returns [`Started`], with the task as the wait last saw it.
///
/// Dropping the future ends the wait and not the task. Dropped before the response to the start, it leaves open whether
/// the task runs, as any start does: await the [`StartTask`] first where that matters.
#[must_use = "nothing is sent until it is awaited"]
pub struct StartAndWait {
    start: StartTask,
    condition: Condition,
    settings: WaitSettings,
}

impl StartAndWait {
    wait_setters!();

    async fn run(self) -> Result<Started, StartAndWaitError> {
        let repo = self.start.repo().clone();
        let started = self.start.run().await.map_err(StartAndWaitError::Start)?;
        let wait = self.settings.wait(repo.task(&started.id), self.condition);
        match wait.await {
            Ok(task) => Ok(Started { task, ..started }),
            Err(error) => Err(StartAndWaitError::Wait {
                started: Box::new(started),
                error,
            }),
        }
    }
}

impl fmt::Debug for StartAndWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartAndWait")
            .field("start", &self.start)
            .field("timeout", &self.settings.timeout)
            .finish_non_exhaustive()
    }
}

/// # Errors
/// When the task could not be started, or the wait for it failed: see [`StartAndWaitError`].
impl IntoFuture for StartAndWait {
    type Output = Result<Started, StartAndWaitError>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Why [`StartTask::wait_until`] ended without its condition being met: the start failed, or the wait did.
///
/// ```no_run
/// # async fn run(repo: agents_api::Repo) {
/// use agents_api::until;
/// use agents_api::wait::StartAndWaitError;
///
/// match repo.start_task("Fix the login button").wait_until(until::succeeded()).await {
///     Ok(task) => println!("{} is done", task.id),
///     // Nothing runs, or it is unknown: see `delivery`.
///     Err(StartAndWaitError::Start(error)) => println!("{:?}: {error}", error.delivery()),
///     // It was started, and runs or has ended. Do not start it again; wait for its id.
///     Err(error) => println!("{:?}: {error}", error.task().map(|task| &task.id)),
/// }
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StartAndWaitError {
    /// The start failed. [`Error::delivery`] says whether a task may be running nevertheless.
    Start(Error),
    /// The task was started, and the wait for it failed.
    #[non_exhaustive]
    Wait {
        /// The start: the task, and how it was obtained.
        started: Box<Started>,
        /// Why the wait ended.
        error: WaitError,
    },
}

impl StartAndWaitError {
    /// The task as it was last seen, or else as it was started; `None` if the start failed.
    pub fn task(&self) -> Option<&Task> {
        match self {
            Self::Start(_) => None,
            Self::Wait { started, error } => Some(error.last_seen().unwrap_or(started)),
        }
    }
}

impl fmt::Display for StartAndWaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => write!(f, "the start failed: {error}"),
            Self::Wait { error, .. } => error.fmt(f),
        }
    }
}

impl std::error::Error for StartAndWaitError {}

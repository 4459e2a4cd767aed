//! Starting a task and waiting for it, in one sentence.
use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use super::cadence::Cadence;
use super::condition::Condition;
use super::error::WaitError;
use super::options::Options;
use super::update::Update;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::start::{StartTask, Started};
use agents_api_raw::types::Task;

impl<R: From<Started>> StartTask<R> {
    /// Starts the task and waits until it meets a condition, such as [`until::settled()`](crate::until::settled).
    ///
    /// The start is the one that awaiting this builder makes, with the same rules of delivery; the wait is that of
    /// [`TaskRef::wait_until`](crate::TaskRef::wait_until), and its time limit begins when the start was answered.
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
    pub fn wait_until<C: Condition>(self, condition: C) -> StartAndWait<C, R> {
        StartAndWait {
            start: self,
            condition,
            options: Options::default(),
        }
    }
}

/// Starts a task and waits for it when awaited; made by [`StartTask::wait_until`].
///
/// `R` is what the start alone would give: the [`Task`], or [`Started`], each with the task as the wait saw it last.
///
/// Dropping the future ends the wait and not the task. Dropped before the start was answered, it leaves open whether the
/// task runs, as any start does: await the [`StartTask`] first where that matters.
#[must_use = "nothing is sent until it is awaited"]
pub struct StartAndWait<C, R = Task> {
    start: StartTask<R>,
    condition: C,
    options: Options,
}

impl<C: Condition, R: From<Started>> StartAndWait<C, R> {
    /// How long to wait at most once the task is started; by default two hours. See
    /// [`WaitUntil::timeout`](super::WaitUntil::timeout).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = limit;
        self
    }

    /// How long to sleep between looks; see [`WaitUntil::cadence`](super::WaitUntil::cadence).
    pub fn cadence(mut self, cadence: Cadence) -> Self {
        self.options.cadence = cadence;
        self
    }

    /// Looks at this interval: short for `cadence(Cadence::every(interval))`.
    pub fn every(self, interval: Duration) -> Self {
        self.cadence(Cadence::every(interval))
    }

    /// How long looks may fail in a row; see [`WaitUntil::patience`](super::WaitUntil::patience).
    pub fn patience(mut self, limit: Duration) -> Self {
        self.options.patience = limit;
        self
    }

    /// Calls `observer` when the task is first seen, and whenever anything of it has changed; see
    /// [`WaitUntil::on_update`](super::WaitUntil::on_update).
    pub fn on_update(mut self, observer: impl FnMut(&Update) + Send + 'static) -> Self {
        self.options.observer = Some(Box::new(observer));
        self
    }

    async fn run(self) -> Result<R, StartAndWaitError> {
        let repo = self.start.repo().clone();
        let started = self.start.run().await.map_err(StartAndWaitError::Start)?;
        let wait = self.options.wait(repo.task(&started.id), self.condition);
        match wait.await {
            Ok(task) => Ok(Started { task, ..started }.into()),
            Err(error) => Err(StartAndWaitError::Wait {
                started: Box::new(started),
                error,
            }),
        }
    }
}

impl<C: fmt::Debug, R> fmt::Debug for StartAndWait<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartAndWait")
            .field("start", &self.start)
            .field("condition", &self.condition)
            .finish_non_exhaustive()
    }
}

/// # Errors
/// When the task could not be started, or was and the wait for it ended: see [`StartAndWaitError`].
impl<C: Condition, R: From<Started> + 'static> IntoFuture for StartAndWait<C, R> {
    type Output = Result<R, StartAndWaitError>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Why [`StartTask::wait_until`] ended without its condition being met: before the task was started, or after.
///
/// ```no_run
/// # async fn run(repo: agents_api::Repo) {
/// use agents_api::until;
/// use agents_api::wait::StartAndWaitError;
///
/// match repo.start_task("Fix the login button").wait_until(until::succeeded()).await {
///     Ok(task) => println!("{} is done", task.id),
///     // Nothing runs, or nobody knows: `delivery` tells which.
///     Err(StartAndWaitError::Start(error)) => println!("{:?}: {error}", error.delivery()),
///     // It was started, and runs or has ended. Do not start it again; wait for its id.
///     Err(error) => println!("{:?}: {error}", error.task().map(|task| &task.id)),
/// }
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StartAndWaitError {
    /// The start failed. [`Error::delivery`] tells whether a task may be running all the same.
    Start(Error),
    /// The task was started, and the wait for it ended.
    #[non_exhaustive]
    Wait {
        /// The task as it was started, and what was done to start it.
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
            Self::Wait { started, error } => Some(error.last().unwrap_or(started)),
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

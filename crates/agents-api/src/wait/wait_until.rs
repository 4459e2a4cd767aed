//! The wait for a task that exists.
use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use super::baseline::Baseline;
use super::cadence::Cadence;
use super::condition::Condition;
use super::error::WaitError;
use super::options::Options;
use super::update::Update;
use crate::client::TaskRef;
use crate::future::BoxFuture;
use agents_api_raw::types::Task;

/// Waits when awaited; made by [`TaskRef::wait_until`] and [`TaskRef::wait_for`].
///
/// Looks at once, then after pauses of 2 to 30 seconds, short after a change and longer while nothing happens. Gives
/// up after two hours. Dropping the future ends the wait, at any moment; the task is not affected.
///
/// # The deadline
/// It bounds everything: looks, pauses and rate limits. The last look is made two seconds before it, or a quarter of a
/// shorter limit, so that its answer can arrive in time: what happens after that is not seen. A wait that is out of time
/// ends at its deadline and not before, so that a caller who waits again in a loop makes no haste.
///
/// # Failures
/// A look that fails for a passing reason (no answer, a proxy's page, a server error) is repeated after 2 seconds and
/// more, or the cadence's pause if that is shorter, until looks have failed for five minutes in a row: see
/// [`WaitUntil::patience`]. Any other failure ends the wait. A rate limit is no failure: the wait sleeps as long as GitHub
/// asks ([`Error::retry_after`](crate::Error::retry_after)), or a minute and twice as long each time if it says nothing,
/// six times at most. If that is beyond the deadline, the wait sleeps up to it without another look, and the rate limit is
/// in [`WaitError::error`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let github = agents_api_emulator::Emulator::builder().speed(1.0).start().await?;
/// # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
/// # let id = client.repo("octocat", "hello-world")?.start_task("Fix the login button").await?.id;
/// use std::time::Duration;
/// use agents_api::until;
///
/// let task = client
///     .task(id)
///     .wait_until(until::settled())
///     .timeout(Duration::from_secs(3600))
///     .on_update(|update| println!("{}", update.task.state))
///     .await?;
/// println!("{}", task.state);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens until it is awaited"]
pub struct WaitUntil<C> {
    task: TaskRef,
    condition: C,
    options: Options,
}

impl TaskRef {
    /// Waits until the task meets a condition, such as [`until::settled()`](crate::until::settled); two hours at most, if
    /// nothing else is said.
    pub fn wait_until<C: Condition>(&self, condition: C) -> WaitUntil<C> {
        WaitUntil::new(self.clone(), condition)
    }

    /// Waits until `condition` holds of the task: as [`TaskRef::wait_until`], for a closure.
    ///
    /// ```no_run
    /// # async fn run(client: agents_api::Client) -> Result<(), agents_api::wait::WaitError> {
    /// let task = client.task("TASK_ID").wait_for(|task| task.session_count > Some(1)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_for<F: FnMut(&Task) -> bool + Send + 'static>(&self, condition: F) -> WaitUntil<F> {
        WaitUntil::new(self.clone(), condition)
    }
}

impl<C: Condition> WaitUntil<C> {
    pub(crate) fn new(task: TaskRef, condition: C) -> Self {
        Self {
            task,
            condition,
            options: Options::default(),
        }
    }

    /// How long to wait at most; by default two hours. See [The deadline](Self#the-deadline).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = limit;
        self
    }

    /// How long to sleep between looks; by default [`Cadence::default`], 2 to 30 seconds.
    pub fn cadence(mut self, cadence: Cadence) -> Self {
        self.options.cadence = cadence;
        self
    }

    /// Looks at this interval: short for `cadence(Cadence::every(interval))`.
    pub fn every(self, interval: Duration) -> Self {
        self.cadence(Cadence::every(interval))
    }

    /// How long looks may fail in a row, for passing reasons, before the wait ends; by default five minutes. Zero ends it
    /// at the first failure. Pauses that GitHub asks for do not count.
    pub fn patience(mut self, limit: Duration) -> Self {
        self.options.patience = limit;
        self
    }

    /// Calls `observer` when the task is first seen, and whenever anything of it has changed: its state, its name, its
    /// sessions, its artifacts. Looks that saw no change call nothing. It is called before the wait ends, with the last
    /// change too.
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
    pub fn on_update(mut self, observer: impl FnMut(&Update) + Send + 'static) -> Self {
        self.options.observer = Some(Box::new(observer));
        self
    }

    /// Takes a look into account only once the task has moved on since then; for tasks that had ended or paused and were
    /// asked to go on. Until then the condition is not checked. See [`Baseline`] for what counts as having moved on.
    ///
    /// ```no_run
    /// # async fn run(client: agents_api::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use agents_api::until;
    /// use agents_api::wait::Baseline;
    ///
    /// let task = client.task("TASK_ID");
    /// let done = task.wait_until(until::ended()).await?;
    /// println!("Now ask it to go on, on {}", done.html_url.as_deref().unwrap_or_default());
    /// let done = task.wait_until(until::ended()).since(Baseline::of(&done)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A baseline of another task ends the wait before its first look.
    pub fn since(mut self, baseline: Baseline) -> Self {
        self.options.baseline = Some(baseline);
        self
    }
}

impl<C: fmt::Debug> fmt::Debug for WaitUntil<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitUntil")
            .field("task", &self.task)
            .field("condition", &self.condition)
            .field("timeout", &self.options.timeout)
            .field("cadence", &self.options.cadence)
            .finish_non_exhaustive()
    }
}

/// # Errors
/// When the time is up, the condition will never be met, or the task cannot be looked at: see [`WaitError`].
impl<C: Condition> IntoFuture for WaitUntil<C> {
    type Output = Result<Task, WaitError>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.options.wait(self.task, self.condition))
    }
}

//! The wait for a task that exists.
use std::fmt;
use std::future::IntoFuture;

use super::baseline::Baseline;
use super::condition::Condition;
use super::error::WaitError;
use super::settings::{WaitSettings, wait_setters};
use crate::client::TaskRef;
use crate::future::BoxFuture;
use agents_api_raw::types::Task;

/// Waits when awaited; made by [`TaskRef::wait_until`] and [`TaskRef::wait_for`].
///
/// It implements [`IntoFuture`]: `.await` works on it directly, and functions that take a future, such as
/// `tokio::spawn`, take its [`into_future()`](IntoFuture::into_future).
///
/// Polls at once, then after pauses of 2 to 30 seconds, short after a change and longer while nothing happens. Times out
/// after two hours. Dropping the future ends the wait, at any moment; the task is not affected.
///
/// # Deadline
/// The deadline bounds everything: polls, pauses and rate limits. The last poll is made two seconds before it, or a
/// quarter of a shorter timeout, so that the response can arrive in time; later changes are not seen. A timed-out wait
/// always lasts until its deadline, so retrying in a loop cannot busy-poll.
///
/// # Failures
/// A poll that fails for a transient reason (no response, a proxy's page, a server error) is retried after 2 seconds and
/// more, or after the poll interval if that is shorter, until polls have failed for five minutes in a row: see
/// [`WaitUntil::max_failure_duration`]. Any other failure ends the wait. A rate limit does not count as a failure: the
/// wait sleeps as long as GitHub asks ([`Error::retry_after`](crate::Error::retry_after)), or a minute and twice as long
/// each time if the response does not say, at most six times. If that is beyond the deadline, the wait sleeps until the
/// deadline without another poll, and the rate limit is in [`WaitError::error`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let github = agents_api_emulator::Emulator::builder().speed(1.0).start().await?;
/// # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
/// # let id = client.repo("octocat", "hello-world")?.start_task("Fix the login button").await?.task.id;
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
pub struct WaitUntil {
    task: TaskRef,
    condition: Condition,
    settings: WaitSettings,
}

impl TaskRef {
    /// Waits until the task meets a condition, such as [`until::settled()`](crate::until::settled), for two hours unless
    /// [`timeout`](WaitUntil::timeout) says otherwise.
    pub fn wait_until(&self, condition: impl Into<Condition>) -> WaitUntil {
        WaitUntil {
            task: self.clone(),
            condition: condition.into(),
            settings: WaitSettings::default(),
        }
    }

    /// Waits until `is_met` returns `true`: [`TaskRef::wait_until`] for a closure, without its type annotation.
    ///
    /// ```no_run
    /// # async fn run(client: agents_api::Client) -> Result<(), agents_api::wait::WaitError> {
    /// let task = client.task("TASK_ID").wait_for(|task| task.session_count > Some(1)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_for(&self, is_met: impl Fn(&Task) -> bool + Send + Sync + 'static) -> WaitUntil {
        self.wait_until(is_met)
    }
}

impl WaitUntil {
    wait_setters!();

    /// Waits for the task to advance from `baseline` first; for tasks that had ended or paused and were asked to go on.
    /// Until then the condition is not evaluated. See [`Baseline`] for what counts as having advanced.
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
    /// A baseline of another task ends the wait before its first poll.
    pub fn since(mut self, baseline: Baseline) -> Self {
        self.settings.baseline = Some(baseline);
        self
    }

    /// Waits: the same as awaiting the builder.
    ///
    /// # Errors
    /// When the wait times out, the condition becomes unreachable, or the task cannot be polled: see [`WaitError`].
    pub async fn send(self) -> Result<Task, WaitError> {
        self.into_future().await
    }
}

impl fmt::Debug for WaitUntil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitUntil")
            .field("task", &self.task)
            .field("timeout", &self.settings.timeout)
            .field("poll_interval", &self.settings.poll_interval)
            .finish_non_exhaustive()
    }
}

/// # Errors
/// When the wait times out, the condition becomes unreachable, or the task cannot be polled: see [`WaitError`].
impl IntoFuture for WaitUntil {
    type Output = Result<Task, WaitError>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.settings.wait(self.task, self.condition))
    }
}

//! The changes of one task, as a stream.
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;

use super::interval::PollInterval;
use super::poller::{PollOutcome, Poller};
use super::schedule::{MAX_FAILURE_DURATION, Schedule};
use super::settings::poll_setters;
use super::update::Update;
use crate::client::TaskRef;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::state::TaskStateExt as _;
use agents_api_raw::types::Task;

/// The changes of a task, as a stream; made by [`TaskRef::watch`].
///
/// The first item comes at once and holds the task as it is. After that the stream sleeps between polls, and yields an
/// item only when anything of the task has changed: several changes between two polls are one item. It ends after an item
/// whose task has ended, unless [`Watch::keep_watching_after_end`] says otherwise. A state that this version of the crate
/// does not know is yielded like any other and does not end the stream. There is no timeout: use
/// [`TaskRef::wait_until`], or bound the stream from outside.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let github = agents_api_emulator::Emulator::builder().speed(1.0).start().await?;
/// # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
/// # let id = client.repo("octocat", "hello-world")?.start_task("Fix the login button").await?.task.id;
/// let mut updates = client.task(id).watch();
/// while let Some(update) = updates.try_next().await? {
///     println!("{}", update.task.state);
///     for change in &update.changed_sessions {
///         println!("  session {}: {}", change.session.id, change.session.state);
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// The stream spawns nothing and makes progress only while it is polled. Dropping the future of [`Watch::try_next`] loses
/// nothing: a request in flight continues with the next call, and keeps its
/// [permit](crate::ClientBuilder::max_in_flight) until then. Dropping the stream ends it.
///
/// # Errors
/// Transient failures are retried as those of a wait are: see [Failures](super::WaitUntil#failures). A permanent failure,
/// or one that lasted longer than [`Watch::max_failure_duration`], is yielded once. The stream does not end with it: it
/// polls again after the interval, and the duration starts anew. A permanent failure, such as a task that is not found, is
/// therefore yielded each time: a caller who continues after errors must bound how often.
///
/// # In another process
/// The task of the last item, stored as JSON, is enough to continue: see [`Watch::resume_from`].
#[must_use = "streams do nothing unless polled"]
pub struct Watch {
    settings: Settings,
    state: State,
}

#[derive(Clone)]
struct Settings {
    task: TaskRef,
    poll_interval: PollInterval,
    max_failure_duration: Duration,
    last: Option<Task>,
    continues_after_end: bool,
}

/// The state of the stream.
enum State {
    /// Nothing was polled for yet. Leads to `Polling`.
    New,
    /// A pause and the poll after it are in progress. Leads to itself, or to `Done` after an ended task.
    Polling(BoxFuture<(Poller, PollOutcome)>),
    /// The task has ended, and that update was yielded.
    Done,
}

impl TaskRef {
    /// The task's changes as a stream: the task as it is at once, then each change, up to its end.
    ///
    /// ```no_run
    /// # async fn run(client: agents_api::Client) -> Result<(), agents_api::Error> {
    /// let mut updates = client.task("TASK_ID").watch();
    /// while let Some(update) = updates.try_next().await? {
    ///     println!("{}", update.task.state);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self) -> Watch {
        Watch::new(self.clone())
    }
}

impl Watch {
    pub(crate) fn new(task: TaskRef) -> Self {
        let settings = Settings {
            task,
            poll_interval: PollInterval::default(),
            max_failure_duration: MAX_FAILURE_DURATION,
            last: None,
            continues_after_end: false,
        };
        let state = State::New;
        Self { settings, state }
    }

    poll_setters!();

    /// Continues after the task has ended, since a follow-up may wake it. Such a stream has no end.
    pub fn keep_watching_after_end(mut self) -> Self {
        self.settings.continues_after_end = true;
        self.reset()
    }

    /// Continues where another watch of the task has stopped, also in another process: `last` is the task of its last
    /// item. The first poll is made at once, and yields an item if anything has changed since, with exactly those changes.
    /// If nothing has changed and the task has ended, the stream ends without an item.
    ///
    /// `last` may come from a list, too; since lists have no sessions, the first item reports all of them as new.
    ///
    /// ```no_run
    /// # async fn run(client: agents_api::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// # let file = "watch.json";
    /// use agents_api::{Task, serde_json};
    ///
    /// let mut updates = client.task("TASK_ID").watch();
    /// if let Ok(json) = std::fs::read(file) {
    ///     updates = updates.resume_from(serde_json::from_slice::<Task>(&json)?);
    /// }
    /// while let Some(update) = updates.try_next().await? {
    ///     println!("{}", update.task.state);
    ///     std::fs::write(file, serde_json::to_vec(&update.task)?)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume_from(mut self, last: Task) -> Self {
        self.settings.last = Some(last);
        self.reset()
    }

    /// The next change, or `None` after the end of the task.
    ///
    /// # Errors
    /// When the task cannot be polled; see [Errors](Self#errors).
    pub async fn try_next(&mut self) -> Result<Option<Update>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    fn reset(mut self) -> Self {
        self.state = State::New;
        self
    }
}

impl Settings {
    fn poller(&self) -> Poller {
        let schedule = Schedule::new(self.poll_interval, self.max_failure_duration);
        Poller::new(self.task.clone(), schedule, self.last.clone())
    }
}

async fn step(mut poller: Poller) -> (Poller, PollOutcome) {
    let step = poller.poll().await;
    (poller, step)
}

impl Stream for Watch {
    type Item = Result<Update, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let poll = match &mut this.state {
                State::New => {
                    this.state = State::Polling(Box::pin(step(this.settings.poller())));
                    continue;
                }
                State::Polling(poll) => poll,
                State::Done => return Poll::Ready(None),
            };
            let (poller, outcome) = ready!(poll.as_mut().poll(context));
            let (item, continues) = match outcome {
                PollOutcome::Seen(seen) => {
                    let continues = this.settings.continues_after_end || !seen.task.state.has_ended();
                    (seen.changed.then(|| Ok(seen.update(continues))), continues)
                }
                PollOutcome::Failed(error) => (Some(Err(error)), true),
                PollOutcome::Retrying => (None, true),
                PollOutcome::TimedOut => (None, false),
            };
            this.state = if continues {
                State::Polling(Box::pin(step(poller)))
            } else {
                State::Done
            };
            if item.is_some() {
                return Poll::Ready(item);
            }
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("task", &self.settings.task)
            .field("poll_interval", &self.settings.poll_interval)
            .finish_non_exhaustive()
    }
}

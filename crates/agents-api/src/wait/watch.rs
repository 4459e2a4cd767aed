//! Every change of one task, as a stream.
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;

use super::interval::PollInterval;
use super::poller::{Poller, Step};
use super::schedule::{MAX_FAILURE_DURATION, Schedule};
use super::settings::poll_setters;
use super::update::Update;
use crate::client::TaskRef;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::state::TaskStateExt as _;
use agents_api_raw::types::Task;

/// The changes of a task; made by [`TaskRef::watch`].
///
/// The first item comes at once and tells the task as it is. After that the stream sleeps between looks, and yields an
/// item only when anything of the task has changed: several changes between two looks are one item. It ends after an item
/// whose task has ended, unless [`Watch::keep_watching_after_end`] says otherwise. A state that this version of the crate does not
/// know is yielded as any other and is no end. There is no time limit: bound it from outside, or use
/// [`TaskRef::wait_until`].
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
/// Nothing is spawned, and time passes only while it is polled. Dropping the future of [`Watch::try_next`] loses nothing:
/// a look under way goes on when the stream is asked again, and keeps its place among the requests
/// [in flight](crate::ClientBuilder::max_in_flight) up to then. Dropping the stream ends it.
///
/// # Errors
/// Failures are ridden out as those of a wait are: see [Failures](super::WaitUntil#failures). One that will not pass, or
/// did not within [`Watch::max_failure_duration`], is yielded once. The stream does not end with it: asked again it looks again,
/// after the pause, with new patience. So a lasting failure, such as a task that is not found, is yielded each time, and
/// whoever goes on after errors has to bound how often.
///
/// # In another process
/// The task of the last item, kept as JSON, is all that it takes to go on: see [`Watch::resume_from`].
#[must_use = "nothing is sent until an update is asked for"]
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
    past_the_end: bool,
}

/// Where the stream stands.
enum State {
    /// Nothing was asked for. Leads to `Looking`.
    New,
    /// A pause and the look after it are under way, or will be once the caller asks. Leads to itself, or after an ended
    /// task to `Done`.
    Looking(BoxFuture<(Poller, Step)>),
    /// The task has ended, and was told.
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
            past_the_end: false,
        };
        let state = State::New;
        Self { settings, state }
    }

    poll_setters!();

    /// Goes on after the task has ended, since a follow-up may wake it. Such a stream has no end.
    pub fn keep_watching_after_end(mut self) -> Self {
        self.settings.past_the_end = true;
        self.reset()
    }

    /// Goes on from where another watch of the task has stopped, also in another process: `last` is the task of its last
    /// item. The first look is made at once, and yields an item if anything has changed since; what changed is told
    /// exactly, and nothing twice. If nothing has changed and the task has ended, the stream ends without an item.
    ///
    /// A task of a list can be given, too; since lists tell no sessions, the first item tells all of them as new.
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
    /// When the task cannot be looked at; see [Errors](Self#errors).
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

async fn step(mut poller: Poller) -> (Poller, Step) {
    let step = poller.step().await;
    (poller, step)
}

impl Stream for Watch {
    type Item = Result<Update, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let look = match &mut this.state {
                State::New => {
                    this.state = State::Looking(Box::pin(step(this.settings.poller())));
                    continue;
                }
                State::Looking(look) => look,
                State::Done => return Poll::Ready(None),
            };
            let (poller, made) = ready!(look.as_mut().poll(context));
            let (item, goes_on) = match made {
                Step::Seen(seen) => {
                    let goes_on = this.settings.past_the_end || !seen.task.state.has_ended();
                    (seen.changed.then(|| Ok(seen.update(goes_on))), goes_on)
                }
                Step::GivenUp(error) => (Some(Err(error)), true),
                Step::RiddenOut => (None, true),
                Step::TimeUp => (None, false),
            };
            this.state = if goes_on {
                State::Looking(Box::pin(step(poller)))
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

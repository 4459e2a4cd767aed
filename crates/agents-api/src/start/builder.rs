//! Sets up a start: its request, its key, what to fall back to.
use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use super::fallback::Fallbacks;
use super::key::IdempotencyKey;
use super::keyed;
use super::outcome::Started;
use super::reconcile::Reconcile;
use super::request::StartRequest;
use super::search::{SearchTarget, Since, Timestamp};
use super::send::Sender;
use crate::client::Repo;
use crate::error::Error;
use crate::future::BoxFuture;

/// Starts a task when awaited; made by [`Repo::start_task`].
///
/// ```no_run
/// # async fn run(repo: agents_api::Repo) -> Result<(), agents_api::Error> {
/// let task = repo.start_task("Fix the login button").base_ref("main").create_pull_request(true).await?;
/// # Ok(())
/// # }
/// ```
///
/// # When the answer is lost
/// A start whose answer is lost is not sent again. Its error says so
/// ([`Delivery::Unknown`](crate::Delivery::Unknown)): an agent may be running.
/// [`reconcile`](Self::reconcile) finds out. Simpler is to give the start an
/// [`idempotency_key`](Self::idempotency_key) and await it again.
///
/// # Errors
/// When the start was refused, or nobody knows whether it was applied: see [`Error::delivery`].
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct StartTask {
    sender: Sender,
    /// When it was made, and so not sent before.
    made: Timestamp,
    key: Option<IdempotencyKey>,
}

impl Repo {
    /// Starts a task with what the agent is to do. Nothing is sent until it is awaited, and a
    /// start whose answer is lost is not sent again.
    pub fn start_task(&self, prompt: impl Into<String>) -> StartTask {
        StartTask::new(self.clone(), prompt.into())
    }
}

impl StartTask {
    fn new(repo: Repo, prompt: String) -> Self {
        Self {
            sender: Sender {
                repo,
                request: StartRequest::new(prompt),
                fallbacks: Fallbacks::default(),
                timeout: None,
            },
            made: Timestamp::now(),
            key: None,
        }
    }

    /// The branch to start from; by default the repository's default branch.
    pub fn base_ref(mut self, branch: impl Into<String>) -> Self {
        self.sender.request.base_ref = Some(branch.into());
        self
    }

    /// [`base_ref`](Self::base_ref), if there is one; `None` changes nothing.
    pub fn maybe_base_ref(self, branch: Option<impl Into<String>>) -> Self {
        match branch {
            Some(branch) => self.base_ref(branch),
            None => self,
        }
    }

    /// An existing branch to commit to. It takes effect together with `base_ref` and an open pull request from this
    /// branch into that one; without such a pull request it was seen to be ignored.
    pub fn head_ref(mut self, branch: impl Into<String>) -> Self {
        self.sender.request.head_ref = Some(branch.into());
        self
    }

    /// [`head_ref`](Self::head_ref), if there is one; `None` changes nothing.
    pub fn maybe_head_ref(self, branch: Option<impl Into<String>>) -> Self {
        match branch {
            Some(branch) => self.head_ref(branch),
            None => self,
        }
    }

    /// The model; by default GitHub chooses. Which are allowed depends on the plan and the organization's policy.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.sender.request.model = Some(model.into());
        self
    }

    /// [`model`](Self::model), if there is one; `None` changes nothing.
    pub fn maybe_model(self, model: Option<impl Into<String>>) -> Self {
        match model {
            Some(model) => self.model(model),
            None => self,
        }
    }

    /// A custom agent: the name of its file below `.github/agents/`, without `.agent.md`.
    pub fn custom_agent(mut self, name: impl Into<String>) -> Self {
        self.sender.request.custom_agent = Some(name.into());
        self
    }

    /// [`custom_agent`](Self::custom_agent), if there is one; `None` changes nothing.
    pub fn maybe_custom_agent(self, name: Option<impl Into<String>>) -> Self {
        match name {
            Some(name) => self.custom_agent(name),
            None => self,
        }
    }

    /// Whether the agent opens a pull request; by default it does not.
    pub fn create_pull_request(mut self, create: bool) -> Self {
        self.sender.request.create_pull_request = create;
        self
    }

    /// How long the start may take, pauses that rate limits ask for included; by default as the client was set up. It
    /// does not bound what a key or [`reconcile`](Self::reconcile) does besides.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.sender.timeout = Some(limit);
        self
    }

    /// Asks for this model if GitHub refuses the one before by a 422 that names the field `model` and no other that
    /// cannot be helped. Called again, it adds a further one to try.
    ///
    /// Each change stands in [`Started::fallbacks`]. After any other failure nothing else is tried.
    ///
    /// ```no_run
    /// # async fn run(repo: agents_api::Repo) -> Result<(), agents_api::Error> {
    /// let started = repo.start_task("Fix it").model("claude-opus-4.6").or_model("claude-sonnet-4.6").await?;
    /// for fallback in &started.fallbacks {
    ///     println!("{fallback:?}");
    /// }
    /// println!("{} runs with {:?}", started.id, started.model);
    /// # Ok(())
    /// # }
    /// ```
    pub fn or_model(mut self, model: impl Into<String>) -> Self {
        self.sender.fallbacks.models.push_back(model.into());
        self
    }

    /// Asks for no custom agent if GitHub refuses the one asked for by a 422 that names the field `custom_agent` and
    /// no other that cannot be helped. The change stands in [`Started::fallbacks`].
    pub fn or_without_custom_agent(mut self) -> Self {
        self.sender.fallbacks.without_custom_agent = true;
        self
    }

    /// Makes it safe to await a start for the same purpose again, in this process or another, whatever the network
    /// does: the key becomes a line of the prompt, by which the task is known again.
    ///
    /// Awaiting it first looks for a task with the key in the repository, archived or not, and results in that
    /// task if there is one. Otherwise it sends the start, once. If the response is lost, it looks for the task for a
    /// minute ([`IdempotencyKey::visibility_timeout`]); if that does not find it, the error is the start's, with
    /// [`Delivery::Unknown`](crate::Delivery::Unknown). Then await a start with the same key again.
    ///
    /// ```
    /// use agents_api::{Client, start::StartOrigin};
    /// use agents_api_emulator::{Effect, Emulator, Fault, Operation};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let github = Emulator::start().await?;
    /// // The start is applied, and its answer lost.
    /// github.inject(Fault::on(Operation::StartTask, Effect::Reset).nth(1).after_applied());
    /// let client = Client::builder().base_url(github.base_url()).token(github.token()).build()?;
    /// let repo = client.repo("octocat", "hello-world")?;
    ///
    /// let first = repo.start_task("Fix issue 17").idempotency_key("issue-17").await?;
    /// assert_eq!(first.origin, StartOrigin::Recovered);
    /// let again = repo.start_task("Fix issue 17").idempotency_key("issue-17").await?;
    /// assert_eq!((again.origin, &again.id), (StartOrigin::Existing, &first.id));
    /// assert_eq!(github.tasks().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # What it promises
    /// In one repository a key starts at most one task.
    ///
    /// With a [`KeyStore`](super::KeyStore) that is all. The key never expires, and two processes that use it at the same
    /// moment start one task: the second waits for the first. All starts with the key must use the store, and the same
    /// name of the repository: after a rename, the new name is another repository to the store.
    ///
    /// Without a store, GitHub's lists are searched for a task with the key. The promise then holds as long as
    /// - all starts with the key happen within [`lookback_window`](IdempotencyKey::lookback_window), **by default 24 hours**:
    ///   an older task is not found, and a second one is started. [`Started::searched_since`] says how far back the
    ///   search went;
    /// - they go through clones of one client, or one process is done with the key before another begins with it, and
    ///   waits for `visibility_timeout` if it does not know how the other ended. Two processes that start at the same time
    ///   may both search, see nothing, and send. Afterwards all of them agree on the task that was created first, and
    ///   [`Started::duplicates`] names the others;
    /// - GitHub gives back the prompt with its last line, and its lists show a task within
    ///   [`visibility_timeout`](IdempotencyKey::visibility_timeout) after its start was sent or given up;
    /// - the task is not both archived and unarchived within one search, each time in the same moment as another task that
    ///   is moved the opposite way. Any other move of tasks between pages and lists is noticed.
    ///
    /// Among clones of one client, starts with the same key wait for each other, and one that was dropped while it was
    /// under way counts as lost.
    ///
    /// A start with the key of a task that was started with another prompt, model, base branch or custom agent is an error
    /// of kind [`IdempotencyMismatch`](crate::ErrorKind::IdempotencyMismatch), unless the key
    /// [accepts it](IdempotencyKey::accept_mismatch).
    ///
    /// # What it costs
    /// With a store: one request. After a crash of another process it searches as without a store, for tasks created since
    /// that process claimed the key, and for up to `visibility_timeout`. Without: three list requests (more where
    /// the window has over 100 tasks, or while tasks are archived), one for each task of the window that this client
    /// has not read before, the start, and one list request after it. [`IdempotencyKey::creator`] leaves out the tasks of others.
    ///
    /// # Errors
    /// Besides those of a start: those of the search and of the store, in which case nothing was sent by this call;
    /// [`KeyInUse`](crate::ErrorKind::KeyInUse) if another process holds the key in the store for longer than
    /// `visibility_timeout`. A task whose prompt GitHub does not show within `visibility_timeout` might be the one, and
    /// is an error, too.
    pub fn idempotency_key(mut self, key: impl Into<IdempotencyKey>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Finds the task of this start, after its answer was lost.
    ///
    /// ```
    /// use agents_api::{Client, Delivery, start::Reconciled};
    /// use agents_api_emulator::{Effect, Emulator, Fault, Operation};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let github = Emulator::start().await?;
    /// github.inject(Fault::on(Operation::StartTask, Effect::Html { status: 502 }).after_applied());
    /// let client = Client::builder().base_url(github.base_url()).token(github.token()).build()?;
    /// let repo = client.repo("octocat", "hello-world")?;
    ///
    /// let start = repo.start_task("Fix the login button");
    /// match start.clone().await {
    ///     Ok(task) => println!("{}", task.id),
    ///     Err(error) if error.delivery() == Delivery::Unknown => match start.reconcile().await? {
    ///         Reconciled::Found(task) => println!("{} was started all the same", task.id),
    ///         other => println!("somebody has to look: {other:?}"),
    ///     },
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn reconcile(&self) -> Reconcile {
        let (target, since) = match &self.key {
            Some(key) => (key.checked().map(SearchTarget::Key), Since::Ago(key.lookback())),
            None => (
                Ok(SearchTarget::Request(Box::new(self.sender.certain()))),
                Since::Moment(self.made),
            ),
        };
        let creator = self.key.as_ref().and_then(IdempotencyKey::creator_id);
        Reconcile::new(self.sender.repo.clone(), target, since, creator)
    }

    /// Where the task is started.
    pub(crate) fn repo(&self) -> &Repo {
        &self.sender.repo
    }

    pub(crate) async fn run(self) -> Result<Started, Error> {
        self.sender.request.check()?;
        if let Some(key) = &self.key {
            return keyed::run(&self.sender, key).await;
        }
        let sent = self.sender.send_with_fallbacks(None).await;
        sent.map_err(|failed| failed.error)
    }
}

impl fmt::Debug for StartTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A prompt may hold what no log should.
        f.debug_struct("StartTask")
            .field("repo", &self.sender.repo)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for StartTask {
    type Output = Result<Started, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

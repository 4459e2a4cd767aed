//! Sets up a start: its request, its key, what to fall back to.
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::time::Duration;

use super::fallback::{Fallback, Fallbacks};
use super::key::{IdempotencyKey, Key};
use super::keyed;
use super::outcome::Started;
use super::reconcile::Reconcile;
use super::request::Intent;
use super::search::{Moment, Since, Sought};
use agents_api_raw::types::builder;

use crate::client::Repo;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::transport::Operation;
use agents_api_raw::types::Task;

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
/// # What it results in
/// `R` is what awaiting it gives: a [`Task`], or with fallbacks or a key a [`Started`], which says what was done to
/// get it and is used like the task.
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct StartTask<R = Task> {
    pub(super) repo: Repo,
    intent: Intent,
    /// When it was made, and so not sent before.
    made: Moment,
    fallbacks: Fallbacks,
    key: Option<IdempotencyKey>,
    timeout: Option<Duration>,
    result: PhantomData<fn() -> R>,
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
            repo,
            intent: Intent::new(prompt),
            made: Moment::now(),
            fallbacks: Fallbacks::default(),
            key: None,
            timeout: None,
            result: PhantomData,
        }
    }
}

impl<R> StartTask<R> {
    /// The branch to start from; by default the repository's default branch.
    pub fn base_ref(mut self, branch: impl Into<String>) -> Self {
        self.intent.base_ref = Some(branch.into());
        self
    }

    /// An existing branch to commit to. It takes effect together with `base_ref` and an open pull request from this
    /// branch into that one; without such a pull request it was seen to be ignored.
    pub fn head_ref(mut self, branch: impl Into<String>) -> Self {
        self.intent.head_ref = Some(branch.into());
        self
    }

    /// The model; by default GitHub chooses. Which are allowed depends on the plan and the organization's policy.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.intent.model = Some(model.into());
        self
    }

    /// A custom agent: the name of its file below `.github/agents/`, without `.agent.md`.
    pub fn custom_agent(mut self, name: impl Into<String>) -> Self {
        self.intent.custom_agent = Some(name.into());
        self
    }

    /// Whether the agent opens a pull request; by default it does not.
    pub fn create_pull_request(mut self, create: bool) -> Self {
        self.intent.create_pull_request = create;
        self
    }

    /// How long the start may take, pauses that rate limits ask for included; by default as the client was set up. It
    /// does not bound what a key or [`reconcile`](Self::reconcile) does besides.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
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
    pub fn or_model(mut self, model: impl Into<String>) -> StartTask<Started> {
        self.fallbacks.models.push_back(model.into());
        self.resulting()
    }

    /// Asks for no custom agent if GitHub refuses the one asked for by a 422 that names the field `custom_agent` and
    /// no other that cannot be helped. The change stands in [`Started::fallbacks`].
    pub fn or_without_custom_agent(mut self) -> StartTask<Started> {
        self.fallbacks.without_custom_agent = true;
        self.resulting()
    }

    /// Makes it safe to await a start for the same purpose again, in this process or another, whatever the network
    /// does: the key becomes a line of the prompt, by which the task is known again.
    ///
    /// Awaiting it first looks for a task with the key in the repository, in both archive lanes, and results in that
    /// task if there is one. Otherwise it sends the start, once. If the answer is lost, it looks for the task for a
    /// minute ([`IdempotencyKey::settle`]); if that does not find it, the error is the start's, with
    /// [`Delivery::Unknown`](crate::Delivery::Unknown). Then await a start with the same key again.
    ///
    /// ```
    /// use agents_api::{Client, tasks::How};
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
    /// In one repository a key starts at most one task, as long as
    /// - the task is not both archived and unarchived within the search, each time together with another task that is moved
    ///   the opposite way: any other move of tasks between pages and lists is noticed;
    /// - GitHub gives back the prompt with its last line, and its lists show a task within
    ///   [`visibility_timeout`](IdempotencyKey::visibility_timeout) after its start was sent or given up;
    /// - all starts with the key happen within [`lookback_window`](IdempotencyKey::lookback_window);
    /// - they go through clones of one client, or one process is done with the key before another begins with it, and
    ///   waits for `visibility_timeout` if it does not know how the other ended.
    ///
    /// Among clones of one client, starts with the same key wait for each other, and one that was dropped while it was
    /// under way counts as lost. Two processes that start at the same time may both look, see nothing, and send: GitHub
    /// has nothing that would prevent it. Afterwards all of them agree on the task that was created first, and
    /// [`Started::duplicates`] names the others.
    ///
    /// The key alone decides. A start with the key of another results in the other's task, whatever its prompt says.
    ///
    /// # What it costs
    /// Three list requests at least, more while tasks are archived, and a get for each task of the last day
    /// ([`IdempotencyKey::lookback_window`]) that this
    /// client has not read before.
    ///
    /// # Errors
    /// Besides those of a start: those of looking, in which case nothing was sent by this call. A task whose prompt
    /// GitHub does not show within [`visibility_timeout`](IdempotencyKey::visibility_timeout) might be the one, and is an error, too.
    pub fn idempotency_key(mut self, key: impl Into<IdempotencyKey>) -> StartTask<Started> {
        self.key = Some(key.into());
        self.resulting()
    }

    /// Finds the task of this start, after its answer was lost.
    ///
    /// ```
    /// use agents_api::{Client, Delivery, tasks::Reconciled};
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
        let (sought, since) = match &self.key {
            Some(key) => (key.checked().map(Sought::Key), Since::Ago(key.back())),
            None => (
                Ok(Sought::Intent(Box::new(self.certain()))),
                Since::Moment(self.made),
            ),
        };
        let creator = self.key.as_ref().and_then(IdempotencyKey::of_creator);
        Reconcile::new(self.repo.clone(), sought, since, creator)
    }

    /// What was asked for whichever fallbacks were needed.
    fn certain(&self) -> Intent {
        let mut intent = self.intent.clone();
        intent.model.take_if(|_| !self.fallbacks.models.is_empty());
        intent
            .custom_agent
            .take_if(|_| self.fallbacks.without_custom_agent);
        intent
    }

    fn resulting<S>(self) -> StartTask<S> {
        StartTask {
            repo: self.repo,
            intent: self.intent,
            made: self.made,
            fallbacks: self.fallbacks,
            key: self.key,
            timeout: self.timeout,
            result: PhantomData,
        }
    }

    /// Where the task is started.
    pub(crate) fn repo(&self) -> &Repo {
        &self.repo
    }

    pub(crate) async fn run(self) -> Result<Started, Error> {
        self.intent.check()?;
        match &self.key {
            Some(key) => keyed::run(&self, key).await,
            None => self.send_with_fallbacks(None).await.map_err(|(_, error)| error),
        }
    }

    /// Sends it until a fallback is accepted or none is left. Each refusal started nothing.
    pub(super) async fn send_with_fallbacks(&self, key: Option<&Key>) -> Result<Started, (Sent, Error)> {
        let mut intent = self.intent.clone();
        let mut left = self.fallbacks.clone();
        let mut sent = Sent::default();
        loop {
            match self.send(intent.body(key)).await {
                Ok(task) => {
                    let registry = self.repo.client().starts();
                    registry.note_answered(&task.id);
                    let key = key.cloned().or_else(|| Key::in_prompt(&intent.prompt));
                    registry.note_prompt_key(&task.id, key.map(|key| key.as_str().to_owned()));
                    return Ok(Started::answered(task, intent.model, sent.fallbacks));
                }
                Err(error) => match left.next(&mut intent, &error) {
                    Some(changes) => sent.fallbacks.extend(changes),
                    None => return Err((sent, error)),
                },
            }
        }
    }

    /// The one place that sends a start.
    async fn send(&self, body: builder::StartTask) -> Result<Task, Error> {
        let executor = self.repo.client().executor();
        let answer = executor.run(Operation::START_TASK, self.timeout, |client| {
            let body = body.clone();
            async move {
                let start = client
                    .start_task()
                    .owner(self.repo.owner())
                    .repo(self.repo.name());
                start.body(body).send().await
            }
        });
        Ok(answer.await?.into_inner())
    }
}

/// What was changed before the request that counts was sent.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) fallbacks: Vec<Fallback>,
}

impl<R> fmt::Debug for StartTask<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A prompt may hold what no log should.
        f.debug_struct("StartTask")
            .field("repo", &self.repo)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl<R: From<Started> + 'static> IntoFuture for StartTask<R> {
    type Output = Result<R, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.run().await.map(R::from) })
    }
}

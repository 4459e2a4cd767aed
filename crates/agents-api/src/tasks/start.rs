//! Starts a task.
use std::future::IntoFuture;
use std::sync::Arc;

use agents_api_raw as raw;
use agents_api_raw::types::StartTask as Body;

use super::BoxFuture;
use crate::transport::Call;
use crate::{Error, Repo, Task};

/// Starts a task when awaited; made by [`Repo::start_task`].
///
/// The request is sent once. If it fails, [`Error::delivery`] tells whether a task may be running all the same.
///
/// ```no_run
/// # async fn run(repo: agents_api::Repo) -> Result<(), agents_api::Error> {
/// let task = repo.start_task("Fix the login button").base_ref("main").create_pull_request(true).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct StartTask {
    repo: Repo,
    body: agents_api_raw::types::builder::StartTask,
    prompt: String,
}

impl StartTask {
    pub(crate) fn new(repo: Repo, prompt: String) -> Self {
        // The documented default is false, but the API was seen to act otherwise: it is always sent.
        let body = Body::builder().prompt(prompt.clone()).create_pull_request(false);
        Self { repo, body, prompt }
    }

    /// The branch to start from; by default the repository's default branch.
    pub fn base_ref(mut self, branch: impl Into<String>) -> Self {
        self.body = self.body.base_ref(branch.into());
        self
    }

    /// An existing branch to commit to. It takes effect together with `base_ref` and an open pull request from this
    /// branch into that one; without such a pull request it was seen to be ignored.
    pub fn head_ref(mut self, branch: impl Into<String>) -> Self {
        self.body = self.body.head_ref(branch.into());
        self
    }

    /// The model; by default GitHub chooses. Which are allowed depends on the plan and the organization's policy.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.body = self.body.model(model.into());
        self
    }

    /// A custom agent: the name of its file below `.github/agents/`, without `.agent.md`.
    pub fn custom_agent(mut self, name: impl Into<String>) -> Self {
        self.body = self.body.custom_agent(name.into());
        self
    }

    /// Whether the agent opens a pull request; by default it does not.
    pub fn create_pull_request(mut self, create: bool) -> Self {
        self.body = self.body.create_pull_request(create);
        self
    }

    /// Where the task is started.
    pub(crate) fn repo(&self) -> &Repo {
        &self.repo
    }

    async fn send(self) -> Result<Task, Error> {
        if self.prompt.trim().is_empty() {
            return Err(Error::invalid("the prompt is empty; say what the agent is to do"));
        }
        let core = self.repo.client().core();
        let answer = core
            .run(Call::START_TASK, None, |client| self.request(client))
            .await?;
        Ok(answer.into_inner())
    }

    async fn request(&self, client: Arc<raw::Client>) -> Result<raw::ResponseValue<Task>, raw::Error> {
        let start = client
            .start_task()
            .owner(self.repo.owner())
            .repo(self.repo.name());
        start.body(self.body.clone()).send().await
    }
}

impl std::fmt::Debug for StartTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A prompt may hold what no log should.
        f.debug_struct("StartTask")
            .field("repo", &self.repo)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for StartTask {
    type Output = Result<Task, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

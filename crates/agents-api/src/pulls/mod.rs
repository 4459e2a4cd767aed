//! From the artifacts of tasks to pull requests: number, address, state.
//!
//! An artifact of the type `pull` carries the id of a pull request in GitHub's database, which is not its number and
//! stands in no address, and mostly a `global_id`. GraphQL leads from the latter to the pull request, a hundred at a
//! time; where it does not, the task's branch does, by one list a branch.
//!
//! ```
//! # use agents_api_emulator::{Change, Emulator, TaskSeed};
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let github = Emulator::start().await?;
//! # let seed = TaskSeed::new("Fix the login button").with(Change::PullRequest).with(Change::MergePullRequest);
//! # github.seed_task(seed)?;
//! # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
//! # let repo = client.repo("octocat", "hello-world")?;
//! let mut pages = repo.list_tasks().pages();
//! while let Some(page) = pages.try_next().await? {
//!     let pulls = repo.resolve_pull_requests(&page.tasks).await?;
//!     for pull in &pulls.resolved {
//!         println!("task {}: #{} is {}", pull.task_id, pull.number, pull.state);
//!     }
//!     for missing in &pulls.unresolved {
//!         println!("{missing}");
//!     }
//! #   assert!(pulls.resolved[0].is_merged() && pulls.unresolved.is_empty());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is verified
//! Nothing is taken on trust: the database id of what is found must be the artifact's, and the id of its repository the
//! task's, as far as both are known. What does not match is reported in `unresolved`, with the reason.
//!
//! # What the token must be allowed
//! To read the repository's pull requests; for a fine-grained token that is the permission "Pull requests": read. The
//! permission "Agent tasks" does not include it.
mod by_branch;
pub(crate) mod graphql;
mod ids;
mod outcome;
mod pending;
mod repo_name;
pub(crate) mod resolve;

pub use ids::{PullRequestId, PullRequestNumber};
pub use outcome::{
    PullRequest, PullRequestState, PullRequests, ResolvedVia, UnresolvedPullRequest, UnresolvedReason,
};

use std::fmt;
use std::future::IntoFuture;

use crate::client::{Client, Repo};
use crate::error::Error;
use crate::future::BoxFuture;
use agents_api_raw::types::Task;
use repo_name::RepoName;
use resolve::Plan;

impl Client {
    /// Finds the pull requests of tasks of any repositories; [`Started`](crate::start::Started) serves as a task.
    ///
    /// Where only the branch can lead to a pull request, the repository's name is needed, which a task does not tell
    /// outright. It is taken from what GraphQL says of the repository, else from the addresses of the task; what is
    /// found by such a name counts only if the repository's id is the task's.
    ///
    /// ```no_run
    /// # async fn run(client: agents_api::Client) -> Result<(), agents_api::Error> {
    /// let task = client.task("TASK_ID").get().await?;
    /// let pulls = client.resolve_pull_requests([&task]).await?;
    /// if let Some(pull) = pulls.resolved.first() {
    ///     println!("#{} {}", pull.number, pull.title.as_deref().unwrap_or_default());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resolve_pull_requests<'t>(
        &self,
        tasks: impl IntoIterator<Item = impl Into<&'t Task>>,
    ) -> ResolvePullRequests {
        ResolvePullRequests {
            client: self.clone(),
            plan: Plan::of(tasks.into_iter().map(Into::into), None),
        }
    }
}

impl Repo {
    /// Finds the pull requests of tasks of this repository. See [`Client::resolve_pull_requests`].
    pub fn resolve_pull_requests<'t>(
        &self,
        tasks: impl IntoIterator<Item = impl Into<&'t Task>>,
    ) -> ResolvePullRequests {
        let repo = RepoName::new(self.owner(), self.name());
        ResolvePullRequests {
            client: self.client().clone(),
            plan: Plan::of(tasks.into_iter().map(Into::into), repo.as_ref()),
        }
    }
}

/// Finds the pull requests of tasks when awaited; made by [`Client::resolve_pull_requests`] and
/// [`Repo::resolve_pull_requests`].
///
/// Requests are made one after the other: one of GraphQL for each hundred distinct ids, then one for each branch that
/// is needed. Tasks without a pull request cost none.
///
/// # Errors
/// When a request fails for a reason that is not this or that pull request's: no answer, a server error, a refused
/// token, a rate limit. Nothing is lost by asking again. That one repository is refused is no error, but a reason in
/// [`PullRequests::unresolved`].
///
/// GraphQL tells rate limits, and queries that took too long, under status 200; [`Error::status`] then says 429 or 500,
/// as REST would have. The headers are those that came; the body has GraphQL's words as its `message`, too.
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ResolvePullRequests {
    client: Client,
    plan: Plan,
}

impl ResolvePullRequests {
    async fn run(self) -> Result<PullRequests, Error> {
        let Self { client, mut plan } = self;
        for batch in plan.batches() {
            let nodes = graphql::nodes(&client, &batch).await?;
            plan.learn_nodes(batch, nodes);
        }
        for branch in plan.branches() {
            let listed = by_branch::list(&client, &branch).await?;
            plan.learn_list(branch, listed);
        }
        Ok(plan.finish())
    }
}

impl IntoFuture for ResolvePullRequests {
    type Output = Result<PullRequests, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for ResolvePullRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvePullRequests")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

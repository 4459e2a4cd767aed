//! Where everything begins: the client, and what it is asked about.
mod builder;
mod places;

pub use builder::ClientBuilder;
pub use places::{Repo, TaskRef};

use agents_api_raw as raw;

use crate::Error;
use crate::tasks::ListTasks;

/// A client of the agent tasks API. Cheap to clone; clones share the connections.
///
/// ```no_run
/// # async fn run() -> Result<(), agents_api::Error> {
/// let client = agents_api::Client::from_env()?;
/// let task = client.repo("octocat", "hello-world")?.start_task("Fix the login button").await?;
/// println!("{} is {}", task.id, task.state);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    raw: raw::Client,
}

impl Client {
    /// A client with the token in `GH_TOKEN` or `GITHUB_TOKEN`, of the server in `GITHUB_API_URL` or else GitHub.
    ///
    /// An empty variable counts as none.
    ///
    /// # Errors
    /// When no token is set, or it is of a kind the API refuses, or the address cannot be used.
    pub fn from_env() -> Result<Self, Error> {
        let read = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let token = read("GH_TOKEN").or_else(|| read("GITHUB_TOKEN"));
        let token = token.ok_or_else(|| Error::invalid("no token: set GH_TOKEN or GITHUB_TOKEN"))?;
        let mut builder = Self::builder().token(token);
        if let Some(url) = read("GITHUB_API_URL") {
            builder = builder.base_url(url);
        }
        builder.build()
    }

    /// Sets up a client by hand.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn new(raw: raw::Client) -> Self {
        Self { raw }
    }

    /// A repository, whose tasks can be started and listed. Nothing is sent yet.
    ///
    /// # Errors
    /// When a name could not stand in a path: empty, `.`, `..`, or with a slash.
    pub fn repo(&self, owner: impl Into<String>, name: impl Into<String>) -> Result<Repo, Error> {
        Repo::new(self.clone(), owner.into(), name.into())
    }

    /// A task by its id, which another process may have started. Nothing is sent yet.
    pub fn task(&self, id: impl Into<String>) -> TaskRef {
        TaskRef::new(self.clone(), id.into())
    }

    /// The tasks of the token's owner, in all repositories.
    pub fn list_tasks(&self) -> ListTasks {
        ListTasks::new(self.clone(), None)
    }

    /// The generated client underneath.
    pub fn raw(&self) -> &raw::Client {
        &self.raw
    }
}

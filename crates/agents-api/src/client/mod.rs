//! Where everything begins: the client, and what it is asked about.
mod builder;
mod env;
mod places;

pub use builder::ClientBuilder;
pub use places::{Repo, TaskRef};

use std::sync::Arc;

use agents_api_raw as raw;

use crate::fleet::Fleet;
use crate::tasks::{Ledger, ListTasks};
use crate::transport::{Core, Credentials, Settings};
use crate::{Error, RateLimit};

/// A client of the agent tasks API. Cheap to clone; clones share the connections, the token, what is known of the quota
/// and the budget of repetitions. No task runs in the background.
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
    core: Arc<Core>,
    starts: Arc<Ledger>,
}

impl Client {
    fn new(core: Core) -> Self {
        Self {
            core: Arc::new(core),
            starts: Arc::default(),
        }
    }

    /// A client with the token in `GH_TOKEN` or `GITHUB_TOKEN`, of the server in `GITHUB_API_URL` or else GitHub.
    ///
    /// White space around a value is ignored; a variable that holds nothing else counts as not set.
    ///
    /// # Errors
    /// When no token is set, or it cannot be one or is of a kind the API refuses, or the address cannot be used, or a
    /// variable is not UTF-8.
    pub fn from_env() -> Result<Self, Error> {
        env::builder(|name| std::env::var_os(name))?.build()
    }

    /// Sets up a client by hand.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A repository, whose tasks can be started and listed. Nothing is sent yet.
    ///
    /// # Errors
    /// When a name could not stand in a path: empty, `.`, `..`, or with a slash or a control character.
    pub fn repo(&self, owner: impl Into<String>, name: impl Into<String>) -> Result<Repo, Error> {
        Repo::new(self.clone(), owner.into(), name.into())
    }

    /// A repository by both its names, `owner/name`, as Actions jobs find it in `GITHUB_REPOSITORY`.
    ///
    /// ```
    /// # fn main() -> Result<(), agents_api::Error> {
    /// let client = agents_api::Client::builder().token("ghp_example").build()?;
    /// let repo = client.repo_named("octocat/hello-world")?;
    /// assert_eq!((repo.owner(), repo.name()), ("octocat", "hello-world"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it is not two names with a slash between, or [`Client::repo`] refuses one.
    pub fn repo_named(&self, full_name: &str) -> Result<Repo, Error> {
        match full_name.split_once('/') {
            Some((owner, name)) if !name.contains('/') => self.repo(owner, name),
            _ => Err(Error::invalid(format!(
                "{full_name:?} does not name a repository; write owner/name"
            ))),
        }
    }

    /// A task by its id, which another process may have started. Nothing is sent yet.
    pub fn task(&self, id: impl Into<String>) -> TaskRef {
        TaskRef::new(self.clone(), id.into())
    }

    /// The tasks of the token's owner, in all repositories.
    pub fn list_tasks(&self) -> ListTasks {
        ListTasks::new(self.clone(), None)
    }

    /// Follows many tasks at once: all of the token's owner, or those that are tracked by id. See [`fleet`](crate::fleet).
    pub fn fleet(&self) -> Fleet {
        Fleet::new(self.clone(), None)
    }

    /// What GitHub said last of the quota, to any clone of this client; `None` before the first answer.
    /// What GitHub said last of the quota of its REST API, to any clone of this client; `None` before the first answer.
    ///
    /// ```no_run
    /// # async fn run(client: agents_api::Client) -> Result<(), agents_api::Error> {
    /// client.task("TASK_ID").get().await?;
    /// if let Some(quota) = client.rate_limit() {
    ///     println!("{} of {} requests left until {}", quota.remaining, quota.limit, quota.reset);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.core.rate_limit("core")
    }

    /// The generated client underneath, for what this crate does not offer. Its requests are sent as they are: once, at
    /// once, and without the token of a [`TokenProvider`](crate::TokenProvider).
    /// What is remembered of starts.
    pub(crate) fn starts(&self) -> &Ledger {
        &self.starts
    }

    /// The generated client underneath.
    pub fn raw(&self) -> &raw::Client {
        self.core.raw()
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }
}

/// A client made by hand below, with a request configuration of your own. Its token is taken as it is.
impl From<raw::Client> for Client {
    fn from(raw: raw::Client) -> Self {
        let credentials = Credentials::Fixed(Arc::new(raw));
        Self::new(Core::new(credentials, Settings::default()))
    }
}

//! The client.
use std::fmt;
use std::sync::Arc;

use agents_api_raw as raw;

use super::key_store::KeyStore;
use super::start_registry::StartRegistry;
use crate::error::RateLimit;
use crate::transport::{Credentials, Executor, Settings};

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
#[derive(Clone)]
pub struct Client {
    executor: Arc<Executor>,
    starts: Arc<StartRegistry>,
    key_store: Option<Arc<dyn KeyStore>>,
}

impl Client {
    pub(super) fn new(executor: Executor) -> Self {
        Self {
            executor: Arc::new(executor),
            starts: Arc::default(),
            key_store: None,
        }
    }

    pub(super) fn with_key_store(mut self, store: Option<Arc<dyn KeyStore>>) -> Self {
        self.key_store = store;
        self
    }

    pub(crate) fn key_store(&self) -> Option<&Arc<dyn KeyStore>> {
        self.key_store.as_ref()
    }

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
        self.executor.rate_limit("core")
    }

    /// What is remembered of starts.
    pub(crate) fn starts(&self) -> &StartRegistry {
        &self.starts
    }

    /// The generated client underneath, for what this crate does not offer. Its requests are sent as they are: once, at
    /// once, and without the token of a [`TokenProvider`](crate::TokenProvider).
    pub fn raw(&self) -> &raw::Client {
        self.executor.raw()
    }

    pub(crate) fn executor(&self) -> &Executor {
        &self.executor
    }
}

/// `Client("https://api.github.com/")`.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({:?})", self.raw().base_url().as_str())
    }
}

/// A client made by hand below, with a pipeline of your own. Its token is taken as it is.
impl From<raw::Client> for Client {
    fn from(raw: raw::Client) -> Self {
        let credentials = Credentials::Fixed(Arc::new(raw));
        Self::new(Executor::new(credentials, Settings::default()))
    }
}

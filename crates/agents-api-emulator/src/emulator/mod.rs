//! The handle of a running emulator.

pub(crate) mod builder;
pub(crate) mod error;
pub(crate) mod handle;
mod start;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::state::{App, SeedError};
use crate::clock::Clock;
use crate::faults::Fault;
use crate::life::Script;
use crate::limits::Limits;
use crate::log::RequestRecord;
use crate::model::TaskState;
use crate::world::account::Token;
use crate::world::seed::TaskSeed;
use builder::Builder;
use error::Error;
use handle::TaskHandle;

/// An in-memory GitHub, listening on a port of its own until it is dropped.
///
/// ```
/// use std::time::Duration;
/// use agents_api_emulator::{Emulator, TaskSeed, TaskState};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let github = Emulator::start().await?;
/// let task = github.seed_task(TaskSeed::new("Fix the login button"))?;
/// assert!(github.base_url().starts_with("http://127.0.0.1:"));
///
/// task.run(agents_api_emulator::Script::quick_success());
/// github.advance(Duration::from_secs(60));
/// assert_eq!(task.state(), TaskState::Completed);
/// # Ok::<(), agents_api_emulator::Error>(())
/// # }).unwrap();
/// ```
pub struct Emulator {
    pub(crate) app: Arc<App>,
    address: SocketAddr,
    base_url: String,
    token: String,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Emulator {
    /// Starts an emulator fit for tests on a free loopback port: a clock that only tests advance, the repository
    /// `octocat/hello-world`, one token, tasks that succeed quickly as the clock advances.
    ///
    /// It must be called inside a tokio runtime with I/O and time enabled, which serves it.
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// Configures an emulator.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The base URL, like `http://127.0.0.1:40123`, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The token to send: the one set on the builder, else [`DEFAULT_TOKEN`](crate::DEFAULT_TOKEN).
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The clock everything reads.
    pub fn clock(&self) -> &Clock {
        &self.app.clock
    }

    /// The current time on its clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// Advances the clock: everything due happens in order, each change at its own time.
    pub fn advance(&self, by: Duration) {
        self.app.clock.advance(by);
    }

    /// Adds a repository, and its owner if there is none of that name. Adding it twice changes nothing.
    pub fn add_repository(&self, owner: &str, repo: &str) {
        self.app.world.lock().add_repo(owner, repo);
    }

    /// Adds a user if there is none of that name, and returns its id.
    pub fn add_user(&self, login: &str) -> i64 {
        let mut world = self.app.world.lock();
        let index = world.user_named(login);
        world.user(index).map_or(0, |user| user.id)
    }

    /// Adds a token, or replaces what a token of the same secret may do.
    pub fn add_token(&self, token: &Token) {
        self.app.world.lock().add_token(token);
    }

    /// Puts a task into the world without a request.
    ///
    /// # Errors
    ///
    /// When its repository was not added, or the emulator holds its maximum of tasks.
    pub fn seed_task(&self, seed: TaskSeed) -> Result<TaskHandle, Error> {
        let index = self.app.seed(seed).map_err(|error| match error {
            SeedError::UnknownRepository(name) => Error::UnknownRepository(name.to_string()),
            SeedError::TooManyTasks(max) => Error::TooManyTasks(max),
        })?;
        Ok(TaskHandle::new(Arc::clone(&self.app), index))
    }

    /// Seeds `count` tasks with random histories, drawn from the seed: one every ten minutes up to now,
    /// half of them in the first repository.
    pub fn seed_tasks(&self, count: u32) {
        self.app.seed_random(count);
    }

    /// The task with this id.
    pub fn task(&self, id: &str) -> Option<TaskHandle> {
        let index = self.app.world.lock().task_with_id(id)?;
        Some(TaskHandle::new(Arc::clone(&self.app), index))
    }

    /// Every task, in the order in which they entered the world.
    pub fn tasks(&self) -> Vec<TaskHandle> {
        let count = self.app.world.lock().task_count();
        (0..count)
            .map(|index| TaskHandle::new(Arc::clone(&self.app), index))
            .collect()
    }

    /// Every change of a task's state so far, in order: what a client that follows tasks should have
    /// seen. Seeded pasts and scripts that ran before a task was seeded are not in it.
    pub fn transitions(&self) -> Vec<Transition> {
        let world = self.app.world.lock();
        let transitions = world.transitions().iter().filter_map(|record| {
            let task_id = world.task(record.task)?.id.to_string();
            let at = DateTime::from_timestamp_millis(record.at)?;
            Some(Transition {
                at,
                task_id,
                from: record.from,
                to: record.to,
            })
        });
        transitions.collect()
    }

    /// Gives the next task that is started this life. Called repeatedly, scripts queue up.
    pub fn next_script(&self, script: Script) {
        self.app.world.lock().queue_script(script);
    }

    /// Adds a fault; it counts requests from now on.
    pub fn inject(&self, fault: Fault) {
        self.app.faults.add(fault);
    }

    /// Removes every fault.
    pub fn clear_faults(&self) {
        self.app.faults.clear();
    }

    /// Replaces the limits of every token; what was used stays used.
    pub fn set_limits(&self, limits: Limits) {
        self.app.limiter.set(limits);
    }

    /// Leaves a token this many requests of its quota until its window ends. An unknown token is ignored.
    pub fn set_remaining(&self, token: &str, requests: u32) {
        let account = self.app.world.lock().account(token).map(|account| account.number);
        if let Some(account) = account {
            self.app.limiter.leave(account, requests, self.app.clock.millis());
        }
    }

    /// The log of requests so far, in order of arrival. A request appears once it has its response or its client has disconnected.
    pub fn requests(&self) -> Vec<RequestRecord> {
        let records = self.app.log.all().into_iter();
        records.map(|record| RequestRecord::clone(&record)).collect()
    }

    /// Empties the log.
    pub fn clear_requests(&self) {
        self.app.log.clear();
    }

    /// Stops listening, ends every connection, and returns when the port is free again. Dropping the emulator does
    /// the same without waiting.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        let _ = (&mut self.server).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither its secrets nor a hundred thousand tasks.
        f.debug_struct("Emulator")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// A change of a task's state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// When it happened, on the emulator's clock.
    pub at: DateTime<Utc>,
    /// The task.
    pub task_id: String,
    /// The state it left.
    pub from: TaskState,
    /// The state it entered.
    pub to: TaskState,
}

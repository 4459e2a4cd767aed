//! Gets one task, with its sessions.
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use agents_api_raw::{self as raw, check_path_segment};
use tokio::time::Instant;

use crate::client::TaskRef;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::transport::{EtagCache, Operation, Revalidated};
use agents_api_raw::types::Task;

/// Gets a task with its sessions when awaited; made by [`TaskRef::get`].
///
/// ```no_run
/// # async fn run(client: agents_api::Client) -> Result<(), agents_api::Error> {
/// let task = client.task("TASK_ID").get().await?;
/// println!("{}: {} sessions", task.state, task.sessions.map_or(0, |sessions| sessions.len()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct GetTask {
    task: TaskRef,
    timeout: Option<Duration>,
}

impl GetTask {
    fn new(task: TaskRef) -> Self {
        Self { task, timeout: None }
    }

    /// How long it may take, including retries and pauses; by default the client's timeout.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Sends the request: the same as awaiting the builder.
    ///
    /// # Errors
    /// When the task could not be fetched; see [`Error`].
    pub async fn send(self) -> Result<Task, Error> {
        let call = self.task.call()?;
        let executor = self.task.client().executor();
        let response = executor
            .run(call, self.timeout, |client| self.task.request(client))
            .await?;
        Ok(response.into_inner())
    }
}

impl TaskRef {
    /// The task as it is now, with its sessions.
    pub fn get(&self) -> GetTask {
        GetTask::new(self.clone())
    }

    /// Polls the task once: without retries, and a rate limit is an error at once.
    pub(crate) async fn poll(
        &self,
        cache: &mut EtagCache<Task>,
        deadline: Instant,
    ) -> Result<Revalidated<Task>, Error> {
        let call = self.call()?;
        let executor = self.client().executor();
        let response = executor
            .poll(call, cache.tag(), deadline, |client| self.request(client))
            .await?;
        cache.update(response, |response| Ok(response.into_inner()))
    }

    /// The operation that gets the task, if its id is valid.
    fn call(&self) -> Result<Operation, Error> {
        let id = self.id();
        check_path_segment(id)
            .map_err(|reason| Error::invalid(format!("task id {id:?} {reason}; pass the `id` of a task")))?;
        Ok(match self.repo() {
            Some(_) => Operation::GET_TASK_FOR_REPO,
            None => Operation::GET_TASK,
        })
    }

    async fn request(&self, client: Arc<raw::Client>) -> Result<raw::ResponseValue<Task>, raw::Error> {
        match self.repo() {
            Some(repo) => {
                let call = client.get_task_for_repo().owner(repo.owner()).repo(repo.name());
                call.task_id(self.id()).send().await
            }
            None => client.get_task().task_id(self.id()).send().await,
        }
    }
}

impl IntoFuture for GetTask {
    type Output = Result<Task, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

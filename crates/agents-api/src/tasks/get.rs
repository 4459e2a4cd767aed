//! Gets one task.
use std::future::IntoFuture;

use agents_api_raw::check_path_segment;

use tokio::time::Instant;

use super::BoxFuture;
use crate::transport::{Look, Memory};
use crate::{Error, Task, TaskRef};

/// Gets a task with its sessions when awaited; made by [`TaskRef::get`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct GetTask {
    task: TaskRef,
}

impl GetTask {
    pub(crate) fn new(task: TaskRef) -> Self {
        Self { task }
    }

    async fn send(self) -> Result<Task, Error> {
        let raw = self.task.client().raw();
        let id = self.task.id().to_owned();
        check_path_segment(&id).map_err(|reason| Error::invalid(format!("task id {id:?} {reason}")))?;
        let answer = match self.task.repo() {
            Some(repo) => {
                raw.get_task_for_repo()
                    .owner(repo.owner())
                    .repo(repo.name())
                    .task_id(id)
                    .send()
                    .await
            }
            None => raw.get_task().task_id(id).send().await,
        };
        Ok(answer?.into_inner())
    }
}

impl TaskRef {
    /// Looks at the task once, for a poller: nothing is repeated, and no wait for a quota is longer than `deadline`.
    pub(crate) async fn look(
        &self,
        memory: &mut Memory<Task>,
        deadline: Instant,
    ) -> Result<Look<Task>, Error> {
        let _ = deadline;
        Ok(memory.remember(self.get().await?))
    }
}

impl IntoFuture for GetTask {
    type Output = Result<Task, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

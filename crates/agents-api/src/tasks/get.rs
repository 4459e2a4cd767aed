//! Gets one task.
use std::future::IntoFuture;

use agents_api_raw::check_path_segment;

use super::BoxFuture;
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

impl IntoFuture for GetTask {
    type Output = Result<Task, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

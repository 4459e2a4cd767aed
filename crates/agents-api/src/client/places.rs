//! What a client is asked about: a repository, a task.
use std::fmt;
use std::sync::Arc;

use agents_api_raw::check_path_segment;

use crate::fleet::Fleet;
use crate::tasks::{GetTask, ListTasks, StartTask};
use crate::wait::{Condition, WaitUntil, Watch};
use crate::{Client, Error, Task};

/// A repository. It is shown as `owner/name`.
#[derive(Clone, Debug)]
pub struct Repo {
    client: Client,
    // Shared by all that is made of it: each operation keeps a copy.
    owner: Arc<str>,
    name: Arc<str>,
}

impl Repo {
    pub(super) fn new(client: Client, owner: String, name: String) -> Result<Self, Error> {
        for (what, value) in [("owner", &owner), ("repository", &name)] {
            check_path_segment(value)
                .map_err(|reason| Error::invalid(format!("{what} {value:?} {reason}")))?;
        }
        Ok(Self {
            client,
            owner: owner.into(),
            name: name.into(),
        })
    }

    /// The account that owns the repository.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts a task with what the agent is to do. Nothing is sent until it is awaited, and a
    /// start whose answer is lost is not sent again.
    pub fn start_task(&self, prompt: impl Into<String>) -> StartTask {
        StartTask::new(self.clone(), prompt.into())
    }

    /// The repository's tasks.
    pub fn list_tasks(&self) -> ListTasks {
        ListTasks::new(self.client.clone(), Some(self.clone()))
    }

    /// Follows the repository's tasks, all or those that are tracked by id. See [`fleet`](crate::fleet).
    pub fn fleet(&self) -> Fleet {
        Fleet::new(self.client.clone(), Some(self.clone()))
    }

    /// A task of this repository by its id. Nothing is sent yet.
    pub fn task(&self, id: impl Into<String>) -> TaskRef {
        TaskRef {
            client: self.client.clone(),
            repo: Some(self.clone()),
            id: id.into().into(),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// A task by its id. An id that cannot be one is refused when it is used.
#[derive(Clone, Debug)]
pub struct TaskRef {
    client: Client,
    repo: Option<Repo>,
    id: Arc<str>,
}

impl TaskRef {
    pub(super) fn new(client: Client, id: String) -> Self {
        Self {
            client,
            repo: None,
            id: id.into(),
        }
    }

    /// The task's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The task as it is now, with its sessions.
    pub fn get(&self) -> GetTask {
        GetTask::new(self.clone())
    }

    /// Waits until the task meets a condition, such as [`until::settled()`](crate::until::settled); two hours at most, if
    /// nothing else is said.
    pub fn wait_until<C: Condition>(&self, condition: C) -> WaitUntil<C> {
        WaitUntil::new(self.clone(), condition)
    }

    /// Waits until `condition` holds of the task: as [`TaskRef::wait_until`], for a closure.
    ///
    /// ```no_run
    /// # async fn run(client: agents_api::Client) -> Result<(), agents_api::wait::WaitError> {
    /// let task = client.task("TASK_ID").wait_for(|task| task.session_count > Some(1)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_for<F: FnMut(&Task) -> bool + Send + 'static>(&self, condition: F) -> WaitUntil<F> {
        WaitUntil::new(self.clone(), condition)
    }

    /// The task's changes as a stream: the task as it is at once, then each change, up to its end.
    ///
    /// ```no_run
    /// # async fn run(client: agents_api::Client) -> Result<(), agents_api::Error> {
    /// let mut updates = client.task("TASK_ID").watch();
    /// while let Some(update) = updates.try_next().await? {
    ///     println!("{}", update.task.state);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self) -> Watch {
        Watch::new(self.clone())
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn repo(&self) -> Option<&Repo> {
        self.repo.as_ref()
    }
}

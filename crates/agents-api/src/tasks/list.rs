//! Lists tasks.
use agents_api_raw as raw;
use agents_api_raw::types::TaskList;
use chrono::{DateTime, Utc};

use crate::pages::{Items, Pages};
use crate::{Client, Error, Repo, SortDirection, TaskSort, TaskState};

/// Which tasks to list, and in which order; made by [`Client::list_tasks`] and [`Repo::list_tasks`].
///
/// ```no_run
/// # async fn run(repo: agents_api::Repo) -> Result<(), agents_api::Error> {
/// use agents_api::TaskState;
///
/// let mut failed = repo.list_tasks().states([TaskState::Failed, TaskState::TimedOut]).items();
/// while let Some(task) = failed.try_next().await? {
///     println!("{} {}", task.id, task.name.unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "call `items` or `pages`"]
pub struct ListTasks {
    client: Client,
    repo: Option<Repo>,
    states: Vec<TaskState>,
    sort: Option<TaskSort>,
    direction: Option<SortDirection>,
    since: Option<DateTime<Utc>>,
    archived: Option<bool>,
    creators: Vec<i64>,
    per_page: u64,
}

/// As many tasks a page as GitHub gives: the fewest requests.
const PER_PAGE: u64 = 100;

impl ListTasks {
    pub(crate) fn new(client: Client, repo: Option<Repo>) -> Self {
        Self {
            client,
            repo,
            states: Vec::new(),
            sort: None,
            direction: None,
            since: None,
            archived: None,
            creators: Vec::new(),
            per_page: PER_PAGE,
        }
    }

    /// Only tasks in one of these states; by default all.
    pub fn states(mut self, states: impl IntoIterator<Item = TaskState>) -> Self {
        self.states = states.into_iter().collect();
        self
    }

    /// By which time to sort; by default when the task was last updated.
    pub fn sort(mut self, sort: TaskSort) -> Self {
        self.sort = Some(sort);
        self
    }

    /// In which direction to sort; by default the newest first.
    pub fn direction(mut self, direction: SortDirection) -> Self {
        self.direction = Some(direction);
        self
    }

    /// Only tasks updated at this time or later.
    pub fn since(mut self, time: DateTime<Utc>) -> Self {
        self.since = Some(time);
        self
    }

    /// The archived tasks instead of the others. GitHub lists either, never both: a full inventory takes two lists.
    pub fn archived(mut self) -> Self {
        self.archived = Some(true);
        self
    }

    /// Only tasks of these creators, by user id. Only lists of a repository can be filtered so.
    pub fn creators(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.creators = ids.into_iter().collect();
        self
    }

    /// How many tasks a page, from 1 to 100; by default 100.
    pub fn per_page(mut self, count: u64) -> Self {
        self.per_page = count;
        self
    }

    /// The tasks, one after the other; pages are fetched as they are needed.
    pub fn items(self) -> Items {
        Items::new(self.pages())
    }

    /// The tasks, page by page.
    pub fn pages(self) -> Pages {
        Pages::new(self)
    }

    /// Gets one page.
    pub(crate) async fn page(self, number: u64) -> Result<raw::ResponseValue<TaskList>, Error> {
        let client = self.client.raw();
        let states: Vec<_> = self.states.iter().map(TaskState::as_str).collect();
        let states = (!states.is_empty()).then(|| states.join(","));
        // The two operations take the same arguments, but their builders are two types.
        macro_rules! filtered {
            ($call:expr) => {{
                let mut call = $call.per_page(self.per_page).page(number);
                if let Some(states) = states {
                    call = call.state(states);
                }
                if let Some(sort) = self.sort {
                    call = call.sort(sort);
                }
                if let Some(direction) = self.direction {
                    call = call.direction(direction);
                }
                if let Some(since) = self.since {
                    call = call.since(since);
                }
                if let Some(archived) = self.archived {
                    call = call.is_archived(archived);
                }
                call
            }};
        }
        match &self.repo {
            Some(repo) => {
                let mut call = filtered!(client.list_tasks_for_repo().owner(repo.owner()).repo(repo.name()));
                if !self.creators.is_empty() {
                    call = call.creator_id(self.creators);
                }
                Ok(call.send().await?)
            }
            None if !self.creators.is_empty() => Err(Error::invalid(
                "only the tasks of a repository can be filtered by creator; list them with `client.repo(…)`",
            )),
            None => Ok(filtered!(client.list_tasks()).send().await?),
        }
    }
}

//! Lists tasks.
use std::sync::Arc;

use agents_api_raw as raw;
use agents_api_raw::types::TaskList;
use chrono::{DateTime, Utc};

use tokio::time::Instant;

use crate::pages::{Items, Page, Pages, read_page};
use crate::transport::{Call, Look, Memory};
use crate::{Client, Error, Repo, SortDirection, TaskSort, TaskState};

/// Which tasks to list, and in which order; made by [`Client::list_tasks`] and [`Repo::list_tasks`].
///
/// # Lists that move
/// By default the task updated last comes first. Such a list is reshuffled by every update: a task that changes while
/// the list is walked moves to the front and pushes others to the next page, and one that is archived, or leaves the
/// states asked for, pulls others to the page before. [`Items`] drops what comes twice, but what slips to a page that
/// was read before is *missed*. For a full inventory take [`in_creation_order`](Self::in_creation_order), without a
/// filter by state: there an update moves nothing and new tasks come last. Only a task that is archived meanwhile
/// still moves those after it; walk again, or list the archived ones too, if that matters.
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
    states: Option<Vec<TaskState>>,
    sort: Option<TaskSort>,
    direction: Option<SortDirection>,
    since: Option<DateTime<Utc>>,
    archived: Option<bool>,
    creators: Option<Vec<i64>>,
    per_page: u64,
    first_page: u64,
}

/// As many tasks a page as GitHub gives: the fewest requests.
const PER_PAGE: u64 = 100;

impl ListTasks {
    pub(crate) fn new(client: Client, repo: Option<Repo>) -> Self {
        Self {
            client,
            repo,
            states: None,
            sort: None,
            direction: None,
            since: None,
            archived: None,
            creators: None,
            per_page: PER_PAGE,
            first_page: 1,
        }
    }

    /// Only tasks in one of these states; by default all.
    ///
    /// No state at all is refused when the first page is asked for: GitHub would list everything.
    pub fn states(mut self, states: impl IntoIterator<Item = TaskState>) -> Self {
        self.states = Some(states.into_iter().collect());
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

    /// Oldest first, by the time of creation, which never changes: the order in which a walk misses least.
    pub fn in_creation_order(self) -> Self {
        self.sort(TaskSort::CreatedAt).direction(SortDirection::Asc)
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
    ///
    /// No id at all is refused when the first page is asked for: GitHub would list everything.
    pub fn creators(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.creators = Some(ids.into_iter().collect());
        self
    }

    /// How many tasks a page, from 1 to 100; by default 100.
    pub fn per_page(mut self, count: u64) -> Self {
        self.per_page = count;
        self
    }

    /// Begins at this page instead of the first, such as at the one that [`Pages::next_page`] named in another process.
    ///
    /// The other settings, [`per_page`](Self::per_page) among them, must be those of the walk that is resumed.
    pub fn start_at(mut self, page: u64) -> Self {
        self.first_page = page;
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

    pub(crate) fn first_page(&self) -> u64 {
        self.first_page
    }

    /// Looks at one page once, for a poller: nothing is repeated, and no wait for a quota is longer than `deadline`.
    ///
    /// The second value is the number of the page after it.
    pub(crate) async fn look(
        &self,
        number: u64,
        memory: &mut Memory<(Page, Option<u64>)>,
        deadline: Instant,
    ) -> Result<Look<(Page, Option<u64>)>, Error> {
        let call = self.check()?;
        let core = self.client.core();
        let answer = core.look(call, memory.tag(), deadline, |client| {
            self.clone().request(client, number)
        });
        memory.take(answer.await?, |answer| {
            let (page, next) = read_page(answer, number);
            Ok((page, next?))
        })
    }

    /// Gets one page.
    pub(crate) async fn page(self, number: u64) -> Result<raw::ResponseValue<TaskList>, Error> {
        let call = self.check()?;
        let core = self.client.core();
        core.run(call, None, |client| self.clone().request(client, number))
            .await
    }

    /// Which operation lists this, if it can be listed.
    fn check(&self) -> Result<Call, Error> {
        self.states.as_deref().map(joined).transpose()?;
        match (&self.repo, &self.creators) {
            (_, Some(creators)) if creators.is_empty() => Err(Error::invalid(
                "the filter by creators names none; leave it out to list the tasks of all",
            )),
            (None, Some(_)) => Err(Error::invalid(
                "only the tasks of a repository can be filtered by creator; list them with `client.repo(…)`",
            )),
            (Some(_), _) => Ok(Call::LIST_TASKS_FOR_REPO),
            (None, None) => Ok(Call::LIST_TASKS),
        }
    }

    async fn request(
        self,
        client: Arc<raw::Client>,
        number: u64,
    ) -> Result<raw::ResponseValue<TaskList>, raw::Error> {
        let states = self.states.as_deref().and_then(|states| joined(states).ok());
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
                if let Some(creators) = self.creators {
                    call = call.creator_id(creators);
                }
                call.send().await
            }
            None => filtered!(client.list_tasks()).send().await,
        }
    }
}

/// The states as GitHub takes them: in one parameter, with commas between.
fn joined(states: &[TaskState]) -> Result<String, Error> {
    if states.is_empty() {
        return Err(Error::invalid(
            "the filter by states names none; leave it out to list the tasks in all states",
        ));
    }
    let texts: Vec<_> = states.iter().map(TaskState::as_str).collect();
    match texts
        .iter()
        .find(|text| text.trim().is_empty() || text.contains(','))
    {
        Some(text) => Err(Error::invalid(format!("{text:?} is not one state"))),
        None => Ok(texts.join(",")),
    }
}

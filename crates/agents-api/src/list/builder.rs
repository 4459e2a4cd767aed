//! The settings of a list: which tasks, in which order, from where.
use std::time::Duration;

use agents_api_raw::types::{SortDirection, TaskSort, TaskState};
use chrono::{DateTime, Utc};

use super::cursor::Cursor;
use super::position::{PageOffset, Position};
use crate::client::{Client, Repo};

/// Which tasks to list, and in which order; made by [`Client::list_tasks`] and [`Repo::list_tasks`].
///
/// # Lists that move
/// By default the task updated last comes first, so every update reorders the list: a task that changes while the list
/// is read moves to the front and pushes others to the next page, and one that is archived, or leaves the requested
/// states, pulls others to the page before. [`TaskStream`](super::TaskStream) drops duplicates, but a task that moves to a
/// page read before is *missed*: the task that changed, if it was still to come, and those that fill the gap of another.
///
/// For a full inventory use [`in_creation_order`](Self::in_creation_order) and
/// [`including_archived`](Self::including_archived), without a filter by state or time. In that order an update moves
/// nothing and new tasks come last. Only a task that leaves the list, usually into the archive, moves others.
/// [`TaskStream`](super::TaskStream) detects that by the totals that come with each page and reads the page before again.
/// It therefore misses no task that existed throughout, except one taken *out* of the archive meanwhile; unless GitHub
/// sends no totals, or tasks that enter at the same time hide those that left.
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
///
/// # Errors
/// A setting that makes no sense is an error of kind [`InvalidInput`](crate::ErrorKind::InvalidInput) when the first page
/// is polled for, and nothing is sent.
#[derive(Clone, Debug)]
#[must_use = "call `items` or `pages`"]
pub struct ListTasks {
    pub(super) client: Client,
    pub(super) repo: Option<Repo>,
    pub(super) states: Option<Vec<TaskState>>,
    pub(super) sort: Option<TaskSort>,
    pub(super) direction: Option<SortDirection>,
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) archived: Option<bool>,
    /// Whether the archived tasks follow the others; `archived` is `None` then.
    pub(super) then_archived: bool,
    pub(super) creators: Option<Vec<i64>>,
    pub(super) per_page: u64,
    pub(super) timeout: Option<Duration>,
    pub(super) start: Start,
    pub(super) concurrency: usize,
    pub(super) limit: Option<usize>,
}

/// Where the list begins.
#[derive(Clone, Debug)]
pub(super) enum Start {
    Page(u64),
    Cursor(Cursor),
}

/// The largest page that GitHub returns: the fewest requests.
const PER_PAGE: u64 = 100;

impl Client {
    /// The tasks of the token's owner, in all repositories.
    pub fn list_tasks(&self) -> ListTasks {
        ListTasks::new(self.clone(), None)
    }
}

impl Repo {
    /// The repository's tasks.
    pub fn list_tasks(&self) -> ListTasks {
        ListTasks::new(self.client().clone(), Some(self.clone()))
    }
}

impl ListTasks {
    fn new(client: Client, repo: Option<Repo>) -> Self {
        Self {
            client,
            repo,
            states: None,
            sort: None,
            direction: None,
            since: None,
            archived: None,
            then_archived: false,
            creators: None,
            per_page: PER_PAGE,
            timeout: None,
            start: Start::Page(1),
            concurrency: 1,
            limit: None,
        }
    }

    /// Only tasks in this state; by default in any. Replaces earlier calls of `state` and [`states`](Self::states).
    ///
    /// ```no_run
    /// # async fn run(repo: agents_api::Repo) -> Result<(), agents_api::Error> {
    /// use agents_api::TaskState;
    ///
    /// let newest = repo.list_tasks().state(TaskState::Failed).limit(10).items().next_batch(10).await?;
    /// println!("{} failed", newest.tasks.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn state(self, state: TaskState) -> Self {
        self.states([state])
    }

    /// Only tasks in one of these states; by default in any.
    ///
    /// An empty filter is an error when the first page is polled for: GitHub would list everything.
    pub fn states(mut self, states: impl IntoIterator<Item = TaskState>) -> Self {
        self.states = Some(states.into_iter().collect());
        self
    }

    /// The time to sort by; by default the time of the last update.
    pub fn sort(mut self, sort: TaskSort) -> Self {
        self.sort = Some(sort);
        self
    }

    /// The direction to sort in; by default newest first.
    pub fn direction(mut self, direction: SortDirection) -> Self {
        self.direction = Some(direction);
        self
    }

    /// Oldest first, by the time of creation, which never changes: the order in which
    /// [`TaskStream`](super::TaskStream) misses nothing, see [Lists that move](Self#lists-that-move).
    pub fn in_creation_order(self) -> Self {
        self.sort(TaskSort::CreatedAt).direction(SortDirection::Asc)
    }

    /// Only tasks updated at this time or later.
    pub fn since(mut self, time: DateTime<Utc>) -> Self {
        self.since = Some(time);
        self
    }

    /// The archived tasks instead of the others.
    pub fn archived(mut self) -> Self {
        self.archived = Some(true);
        self.then_archived = false;
        self
    }

    /// The archived tasks after the others. GitHub lists either, never both, so this is two lists, each in its order.
    ///
    /// [`TaskStream`](super::TaskStream) yields a task once even if it is archived in between. [`Pages`](super::Pages)
    /// numbers the pages of the second list from 1 again.
    pub fn including_archived(mut self) -> Self {
        self.archived = None;
        self.then_archived = true;
        self
    }

    /// Only tasks of these creators, by user id. GitHub offers this filter only for lists of a repository.
    ///
    /// An empty filter is an error when the first page is polled for: GitHub would list everything.
    pub fn creators(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.creators = Some(ids.into_iter().collect());
        self
    }

    /// How long each page may take, including retries and pauses; by default the client's timeout.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// How many tasks a page, from 1 to 100; by default 100.
    pub fn per_page(mut self, count: u64) -> Self {
        self.per_page = count;
        self
    }

    /// How many pages may be in flight at a time, from 1 to 100; by default 1, since GitHub asks for serial requests.
    ///
    /// Pages, tasks and errors come in the same order as without it. At most this number of pages is kept in memory. The
    /// client's rate limits apply as to any other request. More than
    /// [`ClientBuilder::max_in_flight`](crate::ClientBuilder::max_in_flight) (10 by default) is an error, since the client
    /// would not send them.
    ///
    /// It costs few additional requests: the first page is fetched alone, and its totals bound how far ahead to fetch.
    /// With filters, up to `pages` requests may be for pages that do not exist. A page that was read before the totals
    /// changed is read again in its turn, so creations and archivals do no more harm than in a serial walk. Updates do, in
    /// the order of updates: a task that moves from one page to another while both are read is missed.
    ///
    /// ```no_run
    /// # async fn run(repo: agents_api::Repo) -> Result<(), agents_api::Error> {
    /// let mut all = repo.list_tasks().in_creation_order().concurrency(8).items();
    /// while let Some(task) = all.try_next().await? {
    ///     println!("{}", task.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn concurrency(mut self, pages: usize) -> Self {
        self.concurrency = pages;
        self
    }

    /// How many tasks to list at most; by default all. [`Pages`](super::Pages) are never cut: they end with the page that
    /// reaches the limit. What follows can be listed by resuming from the stream's cursor.
    ///
    /// ```no_run
    /// # async fn run(repo: agents_api::Repo) -> Result<(), agents_api::Error> {
    /// let mut newest = repo.list_tasks().limit(20).items();
    /// while let Some(task) = newest.try_next().await? {
    ///     println!("{}", task.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn limit(mut self, tasks: usize) -> Self {
        self.limit = Some(tasks);
        self
    }

    /// Begins at this page, from 1, instead of the first; of two lists, at this page of the one that comes first. To
    /// continue an earlier walk, [`resume`](Self::resume) it.
    pub fn start_page(mut self, page: u64) -> Self {
        self.start = Start::Page(page);
        self
    }

    /// Continues from a cursor of this list, from this process or another, and repeats rather than skips.
    ///
    /// The cursor of another list is an error: repository, filters, order and page size must be the same.
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.start = Start::Cursor(cursor);
        self
    }

    /// Where the list begins.
    pub(crate) fn first_position(&self) -> Position {
        match &self.start {
            Start::Page(page) => Position::new(self.is_archived(), *page),
            Start::Cursor(cursor) => cursor.position,
        }
    }

    /// Which tasks of the first page were yielded before.
    pub(crate) fn resume_offset(&self) -> PageOffset {
        match &self.start {
            Start::Page(_) => PageOffset::start(),
            Start::Cursor(cursor) => cursor.offset,
        }
    }

    /// A cursor of this list.
    pub(crate) fn cursor_at(&self, position: Position, offset: PageOffset) -> Cursor {
        let list = self.fingerprint();
        Cursor {
            position,
            offset,
            list,
        }
    }

    /// The one list of archived tasks or of the others, where this one consists of both.
    pub(super) fn with_archive_state(&self, archived: bool) -> Self {
        let mut list = self.clone();
        if self.then_archived {
            list.archived = archived.then_some(true);
        }
        list
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.archived == Some(true)
    }

    /// Whether the order of tasks never changes.
    pub(crate) fn has_stable_order(&self) -> bool {
        self.sort == Some(TaskSort::CreatedAt)
    }
}

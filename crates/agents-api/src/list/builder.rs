//! Lists tasks: which ones, in which order, from where on.
use std::sync::Arc;
use std::time::Duration;

use agents_api_raw as raw;
use agents_api_raw::types::TaskList;
use chrono::{DateTime, Utc};

use tokio::time::Instant;

use super::cursor::{Cursor, Place};
use super::fetch::read_page;
use super::pages::Page;
use super::stall_guard::Given;
use crate::client::{Client, Repo};
use crate::error::Error;
use crate::transport::{Call, Look, Memory};
use agents_api_raw::types::{SortDirection, TaskSort, TaskState};

/// Which tasks to list, and in which order; made by [`Client::list_tasks`] and [`Repo::list_tasks`].
///
/// # Lists that move
/// By default the task updated last comes first. Such a list is reshuffled by every update: a task that changes while
/// the list is walked moves to the front and pushes others to the next page, and one that is archived, or leaves the
/// states asked for, pulls others to the page before. [`TaskStream`] drops what comes twice, but what slips to a page that
/// was read before is *missed*: the task that changed, if it was still to come, and those that others left room for.
///
/// For a full inventory take [`in_creation_order`](Self::in_creation_order) and
/// [`including_archived`](Self::including_archived), without a filter by state or time. There an update moves nothing and
/// new tasks come last. Only a task that leaves the list, as a rule into the archive, pulls others over. [`TaskStream`] sees that
/// in the totals that come with each page and reads the page before again. So no task is missed that was there all the
/// time, except one that is taken *out* of the archive meanwhile; unless GitHub sends no totals, or others enter and hide
/// what left.
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
/// # What is refused
/// A setting that cannot be meant is an error of kind [`InvalidInput`](crate::ErrorKind::InvalidInput) when the first
/// page is asked for, and nothing is sent.
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
    /// Whether the archived tasks follow the others; `archived` is not set then.
    pub(super) then_archived: bool,
    pub(super) creators: Option<Vec<i64>>,
    pub(super) per_page: u64,
    pub(super) timeout: Option<Duration>,
    pub(super) start: Start,
    pub(super) concurrency: usize,
}

/// Where a walk begins.
#[derive(Clone, Debug)]
pub(super) enum Start {
    Page(u64),
    Cursor(Cursor),
}

/// As many tasks a page as GitHub gives: the fewest requests.
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

    /// Oldest first, by the time of creation, which never changes: the order in which [`TaskStream`] misses nothing, as told
    /// in [Lists that move](Self#lists-that-move).
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
    /// [`TaskStream`] gives out once what is archived in between. [`Pages`] counts the pages of the second list from 1 again.
    pub fn including_archived(mut self) -> Self {
        self.archived = None;
        self.then_archived = true;
        self
    }

    /// Only tasks of these creators, by user id. Only lists of a repository can be filtered so.
    ///
    /// No id at all is refused when the first page is asked for: GitHub would list everything.
    pub fn creators(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.creators = Some(ids.into_iter().collect());
        self
    }

    /// How long each page may take, repetitions and pauses included; by default as the client was set up.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// How many tasks a page, from 1 to 100; by default 100.
    pub fn per_page(mut self, count: u64) -> Self {
        self.per_page = count;
        self
    }

    /// How many pages may be asked for at a time, from 1 to 100; by default 1, since GitHub asks for one request after
    /// the other.
    ///
    /// Pages and tasks come in the same order as without, and so does an error. No more than this number of pages is
    /// kept in memory. The client's own limits hold as for any other request.
    ///
    /// It costs few requests more: the first page is asked for alone, and the totals on it bound how far ahead to ask.
    /// With filters up to `pages` requests may be for pages that turn out not to be there. A page that was read before
    /// the totals changed is read again when it is its turn, so that creations and archivals do no more harm than in a walk
    /// without this. Updates do, in the order of updates: what moves from one page to another while both are read is missed.
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

    /// Begins at this page, from 1, instead of the first; of two lists, at this page of the one that comes first. To go on with a walk, [`resume`](Self::resume) it.
    pub fn start_page(mut self, page: u64) -> Self {
        self.start = Start::Page(page);
        self
    }

    /// Goes on where another walk of this list stood, in this process or another, and repeats rather than skips.
    ///
    /// The cursor of another list is refused: repository, filters, order and page size have to be the same.
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.start = Start::Cursor(cursor);
        self
    }

    /// Where the walk begins.
    pub(crate) fn first_place(&self) -> Place {
        match &self.start {
            Start::Page(page) => Place::new(self.is_archived(), *page),
            Start::Cursor(cursor) => cursor.place,
        }
    }

    /// What was given out of the page where the walk begins.
    pub(crate) fn given_before(&self) -> Given {
        match &self.start {
            Start::Page(_) => Given::nothing(),
            Start::Cursor(cursor) => cursor.given,
        }
    }

    /// Where a walk of this list stands.
    pub(crate) fn cursor_at(&self, place: Place, given: Given) -> Cursor {
        let list = self.fingerprint();
        Cursor { place, given, list }
    }

    /// The list that a page is of, where this one consists of two.
    pub(crate) fn lane(&self, archived: bool) -> Self {
        let mut lane = self.clone();
        if self.then_archived {
            lane.archived = archived.then_some(true);
        }
        lane
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.archived == Some(true)
    }

    pub(crate) fn then_archived(&self) -> bool {
        self.then_archived
    }

    /// Whether tasks stay in their order whatever happens to them.
    pub(crate) fn keeps_its_order(&self) -> bool {
        self.sort == Some(TaskSort::CreatedAt)
    }

    pub(crate) fn tasks_a_page(&self) -> u64 {
        self.per_page
    }

    pub(crate) fn width(&self) -> usize {
        self.concurrency
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
            let (page, next) = read_page(answer, number, self.is_archived());
            Ok((page, next?))
        })
    }

    /// Gets one page.
    pub(crate) async fn page(self, number: u64) -> Result<raw::ResponseValue<TaskList>, Error> {
        let call = self.check()?;
        let core = self.client.core();
        core.run(call, self.timeout, |client| self.clone().request(client, number))
            .await
    }

    /// Which operation lists this, if it can be listed.
    fn check(&self) -> Result<Call, Error> {
        self.check_settings()?;
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

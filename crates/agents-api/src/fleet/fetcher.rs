//! The requests of a fleet: where its lists and tasks are, and which responses are cached.
use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::machine::{Action, Observation};
use super::recent_scan::RecentPage;
use super::scan::{ArchiveState, ListPage};
use crate::client::{Client, Repo, TaskRef};
use crate::future::BoxFuture;
use crate::list::{ListTasks, Page};
use crate::transport::{EtagCache, Revalidated};
use agents_api_raw::types::{SortDirection, Task, TaskSort};

/// The timeout of a request, waiting for a connection included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

type PageCache = EtagCache<(Page, Option<u64>)>;

/// What came back from a request, with the cache that went with it.
pub(super) struct Response {
    observation: Observation,
    cache: Cache,
}

enum Cache {
    Page(PageCache),
    Task(EtagCache<Task>),
}

/// Makes the requests of a fleet, which are conditional where the same is requested again and again.
pub(super) struct Fetcher {
    pub(super) client: Client,
    pub(super) repo: Option<Repo>,
    /// Lists begin with what was updated at this time.
    pub(super) since: Option<DateTime<Utc>>,
    first_page: PageCache,
    /// The tasks that are polled one by one.
    polled: HashMap<String, EtagCache<Task>>,
}

impl Fetcher {
    pub(super) fn new(client: Client, repo: Option<Repo>, since: Option<DateTime<Utc>>) -> Self {
        Self {
            client,
            repo,
            since,
            first_page: EtagCache::new(),
            polled: HashMap::new(),
        }
    }

    /// The request, which takes its cache along; [`complete`](Self::complete) puts it back.
    pub(super) fn request(&mut self, action: &Action) -> BoxFuture<Response> {
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        let nothing = EtagCache::new();
        match action {
            Action::Poll {
                archive,
                page: RecentPage::First,
            } => {
                let cache = if action.is_first_page() {
                    std::mem::replace(&mut self.first_page, nothing)
                } else {
                    nothing
                };
                fetch_page(self.list(*archive), 1, cache, deadline)
            }
            Action::Poll {
                archive,
                page: RecentPage::Since(since, page),
            } => {
                let since = self.since.map_or(*since, |begin| begin.max(*since));
                let list = self.list(*archive).since(since);
                let list = list.sort(TaskSort::UpdatedAt).direction(SortDirection::Asc);
                fetch_page(list, *page, nothing, deadline)
            }
            Action::Scan { archive, page } => {
                let list = self.list(*archive).in_creation_order();
                fetch_page(list, *page, nothing, deadline)
            }
            Action::Fetch { id, polled } => {
                let cache = if *polled { self.polled.remove(id) } else { None };
                fetch_task(self.task(id), cache.unwrap_or_else(EtagCache::new), deadline)
            }
        }
    }

    /// Puts the cache back and hands the observation out.
    pub(super) fn complete(&mut self, action: &Action, response: Response) -> Observation {
        match response.cache {
            Cache::Page(cache) if action.is_first_page() => self.first_page = cache,
            Cache::Page(_) => {}
            Cache::Task(cache) => {
                if let (Action::Fetch { id, polled: true }, Observation::Task(_)) =
                    (action, &response.observation)
                {
                    self.polled.insert(id.clone(), cache);
                }
            }
        }
        response.observation
    }

    /// A task is not polled any more.
    pub(super) fn forget(&mut self, id: &str) {
        self.polled.remove(id);
    }

    fn list(&self, archive: ArchiveState) -> ListTasks {
        let list = match &self.repo {
            Some(repo) => repo.list_tasks(),
            None => self.client.list_tasks(),
        };
        let list = match self.since {
            Some(time) => list.since(time),
            None => list,
        };
        match archive {
            ArchiveState::Active => list,
            ArchiveState::Archived => list.archived(),
        }
    }

    fn task(&self, id: &str) -> TaskRef {
        match &self.repo {
            Some(repo) => repo.task(id),
            None => self.client.task(id),
        }
    }
}

fn fetch_page(list: ListTasks, page: u64, mut cache: PageCache, deadline: Instant) -> BoxFuture<Response> {
    Box::pin(async move {
        let fetched = list.poll_page(page, &mut cache, deadline).await;
        let page = |Revalidated { value, modified }| {
            Observation::Page(ListPage {
                content: value,
                modified,
            })
        };
        Response {
            observation: fetched.map_or_else(Observation::Failed, page),
            cache: Cache::Page(cache),
        }
    })
}

fn fetch_task(task: TaskRef, mut cache: EtagCache<Task>, deadline: Instant) -> BoxFuture<Response> {
    Box::pin(async move {
        let fetched = task.poll(&mut cache, deadline).await;
        Response {
            observation: fetched.map_or_else(Observation::Failed, |fetched| Observation::Task(fetched.value)),
            cache: Cache::Task(cache),
        }
    })
}

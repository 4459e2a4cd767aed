//! The requests of a fleet: where its lists and tasks are, and what is remembered of them.
use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::machine::{Ask, Sight};
use super::sight::{Lane, PageSight, Totals};
use crate::client::{Client, Repo, TaskRef};
use crate::error::Error;
use crate::future::BoxFuture;
use crate::list::ListTasks;
use crate::list::Page;
use crate::transport::{EtagCache, Revalidated};
use agents_api_raw::types::Task;

/// A request may take so long, waits for a connection included.
const LOOK: Duration = Duration::from_secs(60);

/// A page, and the number of the one after it.
type Listed = (Page, Option<u64>);

/// What a request met, and what to remember of it.
pub(super) enum Answer {
    Page(Result<Revalidated<Listed>, Error>, EtagCache<Listed>),
    Task(Result<Revalidated<Task>, Error>, EtagCache<Task>),
}

/// What GitHub answered.
pub(super) enum Met {
    Page(Revalidated<Listed>),
    Task(Revalidated<Task>),
}

impl Met {
    pub(super) fn sight(&self) -> Sight<'_> {
        match self {
            Self::Page(polled) => {
                let (page, next) = &*polled.value;
                Sight::Page(PageSight {
                    tasks: &page.tasks,
                    next: *next,
                    totals: Totals {
                        active: page.total_active_count,
                        archived: page.total_archived_count,
                    },
                    fresh: polled.modified,
                })
            }
            Self::Task(polled) => Sight::Task(&polled.value),
        }
    }
}

/// Makes the requests of a fleet, which are conditional where the same is asked again and again.
pub(super) struct Requests {
    pub(super) client: Client,
    pub(super) repo: Option<Repo>,
    /// Lists begin with what was updated then.
    pub(super) since: Option<DateTime<Utc>>,
    /// The first page.
    front: EtagCache<Listed>,
    /// The tasks that no list shows.
    polled: HashMap<String, EtagCache<Task>>,
}

impl Requests {
    pub(super) fn new(client: Client, repo: Option<Repo>, since: Option<DateTime<Utc>>) -> Self {
        Self {
            client,
            repo,
            since,
            front: EtagCache::new(),
            polled: HashMap::new(),
        }
    }

    /// The request, which takes with it what is remembered; [`keep`](Self::keep) takes it back.
    pub(super) fn make(&mut self, ask: &Ask) -> BoxFuture<Answer> {
        let deadline = Instant::now() + LOOK;
        match ask {
            Ask::Newest { lane, page } => {
                let cache = if ask.is_front() {
                    std::mem::replace(&mut self.front, EtagCache::new())
                } else {
                    EtagCache::new()
                };
                look_at_page(self.list(*lane), *page, cache, deadline)
            }
            Ask::Inventory { lane, page } => {
                let list = self.list(*lane).in_creation_order();
                look_at_page(list, *page, EtagCache::new(), deadline)
            }
            Ask::Task { id, polled } => {
                let cache = if *polled { self.polled.remove(id) } else { None };
                let cache = cache.unwrap_or_else(EtagCache::new);
                look_at_task(self.task(id), cache, deadline)
            }
        }
    }

    /// Takes an answer apart.
    pub(super) fn keep(&mut self, ask: &Ask, answer: Answer) -> Result<Met, Error> {
        match answer {
            Answer::Page(look, cache) => {
                if ask.is_front() {
                    self.front = cache;
                }
                look.map(Met::Page)
            }
            Answer::Task(look, cache) => {
                if let (Ask::Task { id, polled: true }, Ok(_)) = (ask, &look) {
                    self.polled.insert(id.clone(), cache);
                }
                look.map(Met::Task)
            }
        }
    }

    /// This task is not asked for again and again any more.
    pub(super) fn forget(&mut self, id: &str) {
        self.polled.remove(id);
    }

    fn list(&self, lane: Lane) -> ListTasks {
        let list = match &self.repo {
            Some(repo) => repo.list_tasks(),
            None => self.client.list_tasks(),
        };
        let list = match self.since {
            Some(time) => list.since(time),
            None => list,
        };
        match lane {
            Lane::Active => list,
            Lane::Archived => list.archived(),
        }
    }

    fn task(&self, id: &str) -> TaskRef {
        match &self.repo {
            Some(repo) => repo.task(id),
            None => self.client.task(id),
        }
    }
}

fn look_at_page(
    list: ListTasks,
    page: u64,
    mut cache: EtagCache<Listed>,
    deadline: Instant,
) -> BoxFuture<Answer> {
    Box::pin(async move {
        let look = list.poll_page(page, &mut cache, deadline).await;
        Answer::Page(look, cache)
    })
}

fn look_at_task(task: TaskRef, mut cache: EtagCache<Task>, deadline: Instant) -> BoxFuture<Answer> {
    Box::pin(async move {
        let look = task.poll(&mut cache, deadline).await;
        Answer::Task(look, cache)
    })
}

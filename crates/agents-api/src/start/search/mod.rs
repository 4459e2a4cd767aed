//! Looks for the task of a start: list what is young enough, get what has not been classified yet, compare.
mod matching;
mod pace;
mod scan;
mod window;

pub(crate) use matching::{SearchTarget, differences, model_of};
pub(crate) use window::{Since, Timestamp};

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use tokio::time::{Instant, sleep_until};

use crate::client::Repo;
use crate::error::{Error, Retry};
use crate::list::ListTasks;
use crate::list::next_page;
use agents_api_raw::types::{SortDirection, Task, TaskSort};
use matching::{Match, classify, prompt_key};
use pace::Pace;
use scan::{Proof, Row, Scan, Step};
use window::date;

/// How many lists a look reads before it gives up waiting for their totals to stay the same. Three suffice if they do.
const MAX_SCANS: usize = 15;

/// Why a search has no result.
pub(crate) const UNSETTLED: &str = "the lists of tasks kept changing while they were read: tasks were archived or \
    unarchived all the time, so one may have been missed; try again when that has ended";

/// A search that can be repeated: what was classified is not got again, so it gets on even where every other request fails.
pub(crate) struct Search {
    repo: Repo,
    target: SearchTarget,
    pub(super) since: Since,
    pub(crate) creator: Option<i64>,
    pub(super) excluded: HashSet<String>,
    classified: HashMap<String, Match>,
    matches: Vec<Task>,
    /// Tasks created before are not looked at, as the last look had it.
    bound: Option<DateTime<Utc>>,
}

/// What a look has seen.
#[derive(Debug, Default)]
pub(crate) struct Observation {
    /// The tasks that fit; those that fit best, if some fit better.
    pub(crate) matches: Vec<Task>,
    /// The ids of tasks of which this cannot be told.
    pub(crate) unreadable: Vec<String>,
    /// Whether the lists kept changing while they were read, so that a task may have been missed.
    pub(crate) unsettled: bool,
}

impl Observation {
    /// Whether a task was found.
    pub(crate) fn is_match(&self) -> bool {
        !self.matches.is_empty()
    }

    /// Whether all is known: a task was found, or none is there that could be it.
    pub(crate) fn is_clear(&self) -> bool {
        self.is_match() || (self.unreadable.is_empty() && !self.unsettled)
    }
}

impl Search {
    pub(crate) fn new(repo: Repo, target: SearchTarget, since: Since) -> Self {
        Self {
            repo,
            target,
            since,
            creator: None,
            excluded: HashSet::new(),
            classified: HashMap::new(),
            matches: Vec::new(),
            bound: None,
        }
    }

    /// The time before which nothing was looked at, by GitHub's clock; `None` if nothing was searched.
    pub(crate) fn bound(&self) -> Option<DateTime<Utc>> {
        self.bound
    }

    /// Looks once more at the newest tasks, after `own` was started; all that fit, and `own`. If the look fails, those
    /// that are known.
    pub(crate) async fn matches_besides(&mut self, own: Task) -> Vec<Task> {
        self.classified.insert(own.id.clone(), Match::Exact);
        self.matches.push(own);
        let [active, _] = self.lists();
        let mut candidates = Candidates::default();
        if self.scan(&active, &mut candidates).await.is_ok() {
            let _ = self.compare(candidates.ids).await;
        }
        self.best()
    }

    /// Looks until what is seen is enough, for the last time at `deadline`.
    ///
    /// An error is one that does not pass, or the last look's.
    pub(crate) async fn follow(
        &mut self,
        deadline: Instant,
        enough: impl Fn(&Observation) -> bool,
    ) -> Result<Observation, Error> {
        let mut pace = Pace::until(deadline);
        loop {
            let begun = Instant::now();
            let seen = self.look().await;
            let retry_after = match &seen {
                Ok(seen) if !enough(seen) => None,
                Err(error) if error.retry() != Retry::No => error.retry_after(),
                Ok(_) | Err(_) => return seen,
            };
            match pace.next(retry_after, begun, Instant::now(), fastrand::f64()) {
                Some(at) => sleep_until(at).await,
                None => return seen,
            }
        }
    }

    /// Looks once.
    async fn look(&mut self) -> Result<Observation, Error> {
        let (candidates, settled) = self.candidates().await?;
        let unreadable = self.compare(candidates).await?;
        Ok(Observation {
            matches: self.best(),
            unreadable,
            unsettled: !settled,
        })
    }

    /// Fetches the tasks that are not classified yet; those that cannot be.
    async fn compare(&mut self, candidates: Vec<String>) -> Result<Vec<String>, Error> {
        let mut unreadable = Vec::new();
        for id in candidates {
            if self.classified.contains_key(&id) || self.is_left_out(&id) {
                continue;
            }
            let task = match self.repo.task(id.as_str()).get().await {
                Ok(task) => task,
                // It is gone, and the next list will not show it; or the server that was asked does not know it yet.
                Err(error) if error.is_not_found() => {
                    unreadable.push(id);
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Some(key) = prompt_key(&task) {
                self.repo.client().starts().note_prompt_key(&id, key);
            }
            match classify(&self.target, &task) {
                Match::Unreadable => unreadable.push(id),
                verdict @ Match::None => {
                    self.classified.insert(id, verdict);
                }
                verdict @ (Match::Probable | Match::Exact) => {
                    self.classified.insert(id, verdict);
                    self.matches.push(task);
                }
            }
        }
        Ok(unreadable)
    }

    /// Whether the task need not be got.
    fn is_left_out(&self, id: &str) -> bool {
        if self.excluded.contains(id) {
            return true;
        }
        let known = self.repo.client().starts();
        match &self.target {
            SearchTarget::Key(key) => known
                .prompt_key(id)
                .is_some_and(|known| known.0.as_deref() != Some(key.as_str())),
            // It is the answer to another start, or this one's answer was not lost.
            SearchTarget::Request(_) => known.was_answered(id),
        }
    }

    fn best(&self) -> Vec<Task> {
        let with = |verdict| {
            let fits = |task: &&Task| self.classified.get(&task.id) == Some(&verdict);
            self.matches.iter().filter(fits).cloned().collect()
        };
        let same: Vec<_> = with(Match::Exact);
        if same.is_empty() {
            with(Match::Probable)
        } else {
            same
        }
    }

    /// The ids of the repository's tasks that are young enough, archived or not, newest first; and whether it is proven
    /// that none is missing, see [`scan`].
    async fn candidates(&mut self) -> Result<(Vec<String>, bool), Error> {
        let mut found = Candidates::default();
        let mut settled = false;
        for list in self.lists().iter().cycle().take(MAX_SCANS) {
            settled = self.scan(list, &mut found).await?;
            if settled {
                break;
            }
        }
        self.bound = found.bound;
        Ok((found.ids, settled))
    }

    /// The tasks that are not archived, and the others.
    fn lists(&self) -> [ListTasks; 2] {
        let list = self.repo.list_tasks().sort(TaskSort::CreatedAt);
        let mut active = list.direction(SortDirection::Desc);
        if let Some(creator) = self.creator {
            active = active.creators([creator]);
        }
        let archived = active.clone().archived();
        [active, archived]
    }

    /// Scans one list; whether the scans so far prove enough.
    async fn scan(&self, list: &ListTasks, found: &mut Candidates) -> Result<bool, Error> {
        let mut scan = Scan::new();
        let mut step = Step::Request(scan.first());
        let mut is_first = true;
        while let Step::Request(request) = step {
            let answer = list
                .clone()
                .per_page(request.size)
                .fetch_response(request.number)
                .await?;
            let (page, _, headers) = answer.into_parts();
            let github = || self.since.bound(date(&headers), Timestamp::now());
            let bound = *found.bound.get_or_insert_with(github);
            found.proof.page(page.total_archived_count, is_first);
            is_first = false;
            let rows: Vec<_> = page.tasks.iter().map(Row::of).collect();
            step = scan.received(&rows, next_page(&headers)?, bound);
            for task in page.tasks {
                if task.created_at >= bound && found.known.insert(task.id.clone()) {
                    found.ids.push(task.id);
                }
            }
        }
        if step == Step::Endless {
            return Err(Error::unexpected(
                "GitHub's list of tasks has no end: it names page after page; nothing can be searched in it",
            ));
        }
        Ok(found.proof.scanned())
    }
}

/// What the scans of one look have found.
#[derive(Default)]
struct Candidates {
    ids: Vec<String>,
    known: HashSet<String>,
    /// Tasks created before are too old.
    bound: Option<DateTime<Utc>>,
    proof: Proof,
}

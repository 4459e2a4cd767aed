//! Looks for the task of a start: list what is young enough, get what has not been judged yet, compare.
mod matching;
mod pace;
mod scan;
mod window;

pub(crate) use matching::{Sought, model_of};
pub(crate) use window::{Moment, Since};

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use tokio::time::{Instant, sleep_until};

use crate::client::Repo;
use crate::error::{Error, Retry};
use crate::list::ListTasks;
use crate::list::next_page;
use agents_api_raw::types::{SortDirection, Task, TaskSort};
use matching::{Verdict, judge, prompt_key};
use pace::Pace;
use scan::{Proof, Row, Scan, Step};
use window::date;

/// How many lists a look reads before it gives up waiting for their totals to stay the same. Three suffice if they do.
const MAX_SCANS: usize = 15;

/// Why a search has no result.
pub(crate) const UNSETTLED: &str = "the lists of tasks kept changing while they were read: tasks were archived or \
    unarchived all the time, so one may have been missed; try again when that has ended";

/// A search that can be repeated: what was judged is not got again, so it gets on even where every other request fails.
pub(crate) struct Search {
    repo: Repo,
    sought: Sought,
    pub(super) since: Since,
    pub(crate) creator: Option<i64>,
    pub(super) excluded: HashSet<String>,
    judged: HashMap<String, Verdict>,
    matches: Vec<Task>,
}

/// What a look has seen.
#[derive(Debug, Default)]
pub(crate) struct Sighting {
    /// The tasks that fit; those that fit best, if some fit better.
    pub(crate) matches: Vec<Task>,
    /// The ids of tasks of which this cannot be told.
    pub(crate) unreadable: Vec<String>,
    /// Whether the lists kept changing while they were read, so that a task may have been missed.
    pub(crate) unsettled: bool,
}

impl Sighting {
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
    pub(crate) fn new(repo: Repo, sought: Sought, since: Since) -> Self {
        Self {
            repo,
            sought,
            since,
            creator: None,
            excluded: HashSet::new(),
            judged: HashMap::new(),
            matches: Vec::new(),
        }
    }

    /// Looks until what is seen is enough, for the last time at `deadline`.
    ///
    /// An error is one that does not pass, or the last look's.
    pub(crate) async fn follow(
        &mut self,
        deadline: Instant,
        enough: impl Fn(&Sighting) -> bool,
    ) -> Result<Sighting, Error> {
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
    async fn look(&mut self) -> Result<Sighting, Error> {
        let mut unreadable = Vec::new();
        let (candidates, settled) = self.candidates().await?;
        for id in candidates {
            if self.judged.contains_key(&id) || self.is_left_out(&id) {
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
                let key = key.map(|key| key.as_str().to_owned());
                self.repo.client().starts().note_prompt_key(&id, key);
            }
            match judge(&self.sought, &task) {
                Verdict::Unreadable => unreadable.push(id),
                verdict @ Verdict::Other => {
                    self.judged.insert(id, verdict);
                }
                verdict @ (Verdict::Likely | Verdict::Same) => {
                    self.judged.insert(id, verdict);
                    self.matches.push(task);
                }
            }
        }
        Ok(Sighting {
            matches: self.best(),
            unreadable,
            unsettled: !settled,
        })
    }

    /// Whether the task need not be got.
    fn is_left_out(&self, id: &str) -> bool {
        if self.excluded.contains(id) {
            return true;
        }
        let known = self.repo.client().starts();
        match &self.sought {
            Sought::Key(key) => known
                .prompt_key(id)
                .is_some_and(|known| known.as_deref() != Some(key.as_str())),
            // It is the answer to another start, or this one's answer was not lost.
            Sought::Intent(_) => known.was_answered(id),
        }
    }

    fn best(&self) -> Vec<Task> {
        let with = |verdict| {
            let fits = |task: &&Task| self.judged.get(&task.id) == Some(&verdict);
            self.matches.iter().filter(fits).cloned().collect()
        };
        let same: Vec<_> = with(Verdict::Same);
        if same.is_empty() {
            with(Verdict::Likely)
        } else {
            same
        }
    }

    /// The ids of the repository's tasks that are young enough, archived or not, newest first; and whether it is proven
    /// that none is missing, see [`scan`].
    async fn candidates(&self) -> Result<(Vec<String>, bool), Error> {
        let mut active = self.repo.list_tasks().sort(TaskSort::CreatedAt);
        active = active.direction(SortDirection::Desc);
        if let Some(creator) = self.creator {
            active = active.creators([creator]);
        }
        let archived = active.clone().archived();
        let mut found = Candidates::default();
        for list in [active, archived].iter().cycle().take(MAX_SCANS) {
            if self.scan(list, &mut found).await? {
                return Ok((found.ids, true));
            }
        }
        Ok((found.ids, false))
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
            let github = || self.since.bound(date(&headers), Moment::now());
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

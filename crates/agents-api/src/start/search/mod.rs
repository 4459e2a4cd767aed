//! Looks for the task of a start: list what is young enough, get what has not been judged yet, compare.
mod matching;
mod pace;
mod window;

pub(crate) use matching::{Sought, model_of};
pub(crate) use pace::later;
pub(crate) use window::{Moment, Since};

use std::collections::{HashMap, HashSet};

use agents_api_raw::types::TaskList;
use reqwest::header::HeaderMap;
use tokio::time::{Instant, sleep_until};

use crate::client::Repo;
use crate::error::Error;
use crate::list::ListTasks;
use crate::list::next_page;
use agents_api_raw::types::{SortDirection, Task, TaskSort};
use matching::{Verdict, judge, prompt_key};
use pace::{Pace, Saw};
use window::date;

/// More pages than this are no list of a repository's last hours, but one that does not end.
const MAX_PAGES: u64 = 1_000;

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
}

impl Sighting {
    /// Whether a task was found.
    pub(crate) fn is_match(&self) -> bool {
        !self.matches.is_empty()
    }

    /// Whether all is known: a task was found, or none is there that could be it.
    pub(crate) fn is_clear(&self) -> bool {
        self.is_match() || self.unreadable.is_empty()
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
            let saw = match &seen {
                Ok(seen) if !enough(seen) => Saw::Nothing,
                Err(error) if error.is_rate_limited() => Saw::RateLimit(error.retry_after()),
                Err(error) if error.is_passing() => Saw::Failure(error.retry_after()),
                Ok(_) | Err(_) => return seen,
            };
            match pace.next(saw, begun, Instant::now(), fastrand::f64()) {
                Some(at) => sleep_until(at).await,
                None => return seen,
            }
        }
    }

    /// Looks once.
    async fn look(&mut self) -> Result<Sighting, Error> {
        let mut unreadable = Vec::new();
        for id in self.candidates().await? {
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

    /// The ids of the repository's tasks that are young enough, of both lanes, newest first.
    async fn candidates(&self) -> Result<Vec<String>, Error> {
        // In the order of creation no update moves a task. What is archived meanwhile moves to the lane that is read
        // second.
        let active = self.repo.list_tasks().sort(TaskSort::CreatedAt);
        let mut active = active.direction(SortDirection::Desc);
        if let Some(creator) = self.creator {
            active = active.creators([creator]);
        }
        let archived = active.clone().archived();
        let mut bound = None;
        let mut ids = Vec::new();
        let mut known = HashSet::new();
        for lane in [active, archived] {
            let mut number = 1;
            loop {
                let (page, headers) = fetch(&lane, number).await?;
                let bound = *bound.get_or_insert_with(|| self.since.bound(date(&headers), Moment::now()));
                let mut reached = false;
                for task in page.tasks {
                    if task.created_at < bound {
                        reached = true;
                    } else if known.insert(task.id.clone()) {
                        ids.push(task.id);
                    }
                }
                match next_page(&headers)? {
                    _ if reached => break,
                    None => break,
                    Some(next) if next > number && next <= MAX_PAGES => number = next,
                    Some(next) => {
                        return Err(Error::unexpected(format!(
                            "GitHub names page {next} as the one after page {number}; the list would have no end"
                        )));
                    }
                }
            }
        }
        Ok(ids)
    }
}

/// The one place that gets a page. It keeps the headers: they tell GitHub's time.
async fn fetch(lane: &ListTasks, number: u64) -> Result<(TaskList, HeaderMap), Error> {
    let (page, _, headers) = lane.clone().page(number).await?.into_parts();
    Ok((page, headers))
}

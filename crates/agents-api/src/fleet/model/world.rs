//! A model of GitHub: tasks with random lives, servers that lag behind and do not agree on the time.
use std::sync::Arc;
use std::time::Duration;

use agents_api_raw as raw;
use chrono::{DateTime, Utc};
use fastrand::Rng;
use reqwest::StatusCode;

use super::case::Case;
use crate::error::Error;
use crate::fleet::machine::{Action, Machine, Observation};
use crate::fleet::recent_scan::RecentPage;
use crate::fleet::scan::{ArchiveState, Totals, tests::page};
use agents_api_raw::types::{Task, TaskState};

/// Small, so that a few dozen tasks need many pages.
pub(super) const PER_PAGE: usize = 5;
const STATES: [TaskState; 5] = [
    TaskState::InProgress,
    TaskState::WaitingForUser,
    TaskState::Completed,
    TaskState::Failed,
    TaskState::Idle,
];

#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) task: Task,
    /// As a server that lags behind knows it.
    lagging: Task,
    /// In milliseconds; GitHub orders by more than it shows.
    updated: u64,
    pub(super) listed: bool,
    pub(super) deleted: bool,
    /// When it changed, and whether a poll can see that, or only a full scan.
    pub(super) changes: Vec<(u64, bool)>,
    pub(super) left: Option<(u64, bool)>,
}

/// GitHub, on a clock in milliseconds.
pub(super) struct World {
    pub(super) facts: Vec<Fact>,
    plan: Vec<(u64, usize, u32)>,
    done: usize,
    silent: bool,
    pub(super) sent: Option<(Vec<Task>, Totals, Option<u64>)>,
}

fn stamp(millis: u64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + i64::try_from(millis / 1000).unwrap(), 0).unwrap()
}

impl World {
    pub(super) fn new(case: &Case, rng: &mut Rng) -> Self {
        let end = case.minutes * 60_000;
        let json = r#"{"id":"","state":"queued","created_at":"2026-01-01T00:00:00Z","session_count":1}"#;
        let blank: Task = serde_json::from_str(json).unwrap();
        let mut plan = Vec::new();
        let facts = (0..case.tasks).map(|number| {
            let mut task = blank.clone();
            task.id = format!("task-{number:03}");
            let born = if rng.bool() { 0 } else { rng.u64(0..end) };
            plan.push((born, number, 100));
            for _ in 0..rng.usize(0..8) {
                let mut at = rng.u64(born..=end);
                if rng.bool() {
                    // Changes come in bursts, so that a look finds more than a page.
                    at = (at - at % 120_000 + rng.u64(0..3000)).max(born);
                }
                plan.push((at, number, rng.u32(0..40)));
            }
            Fact {
                lagging: task.clone(),
                task,
                updated: 0,
                listed: !case.tracked || rng.u32(0..4) > 0,
                deleted: true,
                changes: Vec::new(),
                left: None,
            }
        });
        let facts = facts.collect();
        plan.sort_by_key(|(at, number, what)| (*at, *number, std::cmp::Reverse(*what)));
        Self {
            facts,
            plan,
            done: 0,
            silent: case.silent,
            sent: None,
        }
    }

    pub(super) fn advance(&mut self, now: u64) {
        while let Some((at, number, what)) = self.plan.get(self.done).copied().filter(|(at, ..)| *at <= now) {
            self.done += 1;
            let fact = &mut self.facts[number];
            if what == 100 {
                fact.deleted = false;
                fact.task.created_at = stamp(at);
                fact.task.updated_at = Some(stamp(at));
                fact.updated = at;
                fact.lagging = fact.task.clone();
                fact.changes.push((at, true));
                continue;
            }
            if fact.left.is_some() {
                continue;
            }
            fact.lagging = fact.task.clone();
            match what {
                0 => fact.deleted = true,
                1 => fact.task.archived_at = Some(stamp(at)),
                what => {
                    let state = STATES[what as usize % STATES.len()].clone();
                    if state == fact.task.state {
                        continue;
                    }
                    fact.task.state = state;
                }
            }
            let silent = what == 0 || (self.silent && what % 7 == 2);
            if what < 2 {
                fact.left = Some((at, !silent));
            } else {
                fact.changes.push((at, !silent));
            }
            if !silent {
                // Servers do not agree on the time.
                let skew = at.saturating_sub(number as u64 * 1777 % 8000);
                fact.updated = skew.max(fact.updated);
                fact.task.updated_at = Some(stamp(fact.updated));
            }
        }
    }

    /// A page of the tasks in this archive state, in the order of the action.
    fn list(&self, action: &Action, archive: ArchiveState) -> (Vec<Task>, Totals, Option<u64>) {
        let count = |archive| i64::try_from(self.listed(archive).count()).ok();
        let totals = Totals {
            active: count(ArchiveState::Active),
            archived: count(ArchiveState::Archived),
        };
        let mut facts: Vec<_> = self.listed(archive).collect();
        let updated = |fact: &&Fact| (fact.task.updated_at, fact.updated);
        let number = match action {
            Action::Poll {
                page: RecentPage::Since(since, number),
                ..
            } => {
                facts.retain(|fact| fact.task.updated_at >= Some(*since));
                facts.sort_by_key(updated);
                *number
            }
            Action::Scan { page, .. } => {
                facts.sort_by_key(|fact| (fact.task.created_at, fact.task.id.clone()));
                *page
            }
            _ => {
                facts.sort_by_key(|fact| std::cmp::Reverse(updated(fact)));
                1
            }
        };
        let skip = (usize::try_from(number).unwrap() - 1) * PER_PAGE;
        let more = facts.len() > skip + PER_PAGE;
        let tasks = facts.into_iter().skip(skip).take(PER_PAGE);
        (
            tasks.map(|fact| fact.task.clone()).collect(),
            totals,
            more.then_some(number + 1),
        )
    }

    fn listed(&self, archive: ArchiveState) -> impl Iterator<Item = &Fact> {
        let archived = archive == ArchiveState::Archived;
        self.facts
            .iter()
            .filter(move |fact| fact.listed && !fact.deleted && fact.task.archived_at.is_some() == archived)
    }

    /// Responds to a request, in the case of a fetch perhaps from a server that `lags`.
    pub(super) fn respond(
        &mut self,
        lags: bool,
        machine: &mut Machine,
        now: Duration,
        action: &Action,
        jitter: f64,
    ) {
        let observation = match action {
            Action::Poll { archive, .. } | Action::Scan { archive, .. } => {
                let (tasks, totals, next) = self.list(action, *archive);
                let mut fetched = page(tasks.clone(), next, totals);
                if action.is_first_page() {
                    let sent = Some((tasks, totals, next));
                    fetched.modified = self.sent != sent;
                    self.sent = sent;
                }
                Observation::Page(fetched)
            }
            Action::Fetch { id, .. } => {
                let fact = self
                    .facts
                    .iter()
                    .find(|fact| fact.task.id == *id && !fact.deleted);
                match fact {
                    Some(fact) if lags && fact.lagging.updated_at < fact.task.updated_at => {
                        Observation::Task(Arc::new(fact.lagging.clone()))
                    }
                    Some(fact) => Observation::Task(Arc::new(fact.task.clone())),
                    None => Observation::Failed(refusal(404, None)),
                }
            }
        };
        machine.observe(now, action, observation, jitter);
    }
}

pub(super) fn refusal(status: u16, retry_after: Option<&'static str>) -> Error {
    let mut headers = reqwest::header::HeaderMap::new();
    if let Some(seconds) = retry_after {
        headers.insert("retry-after", seconds.parse().unwrap());
    }
    let status = StatusCode::from_u16(status).unwrap();
    Error::from(raw::Error::Status(Box::new(raw::RawResponse::new(
        status,
        headers,
        "".into(),
    ))))
}

//! A model of GitHub: tasks with random lives, servers that lag behind and do not agree on the time.
use std::time::Duration;

use agents_api_raw as raw;
use chrono::{DateTime, Utc};
use fastrand::Rng;
use reqwest::StatusCode;

use super::Case;
use crate::error::Error;
use crate::fleet::machine::{Ask, Machine, Sight};
use crate::fleet::sight::{Lane, PageSight, Totals};
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
    /// When a change that can be seen at a look, or by a comparison only, happened last.
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

    pub(super) fn page(&self, lane: Lane, page: u64, newest: bool) -> (Vec<Task>, Totals, Option<u64>) {
        let count = |lane| self.lane(lane).count();
        let totals = Totals {
            active: i64::try_from(count(Lane::Active)).ok(),
            archived: i64::try_from(count(Lane::Archived)).ok(),
        };
        let mut facts: Vec<_> = self.lane(lane).collect();
        if newest {
            facts.sort_by_key(|fact| std::cmp::Reverse((fact.task.updated_at, fact.updated)));
        } else {
            facts.sort_by_key(|fact| (fact.task.created_at, fact.task.id.clone()));
        }
        let skip = (usize::try_from(page).unwrap() - 1) * PER_PAGE;
        let more = facts.len() > skip + PER_PAGE;
        let tasks = facts.into_iter().skip(skip).take(PER_PAGE);
        (
            tasks.map(|fact| fact.task.clone()).collect(),
            totals,
            more.then_some(page + 1),
        )
    }

    fn lane(&self, lane: Lane) -> impl Iterator<Item = &Fact> {
        let archived = lane == Lane::Archived;
        self.facts
            .iter()
            .filter(move |fact| fact.listed && !fact.deleted && fact.task.archived_at.is_some() == archived)
    }

    pub(super) fn answer(
        &mut self,
        lags: bool,
        machine: &mut Machine,
        now: Duration,
        ask: &Ask,
        jitter: f64,
    ) {
        match ask {
            Ask::Newest { lane, page } | Ask::Inventory { lane, page } => {
                let newest = matches!(ask, Ask::Newest { .. });
                let (tasks, totals, next) = self.page(*lane, *page, newest);
                let mut fresh = true;
                if matches!(
                    ask,
                    Ask::Newest {
                        lane: Lane::Active,
                        page: 1
                    }
                ) {
                    let sent = Some((tasks.clone(), totals, next));
                    fresh = self.sent != sent;
                    self.sent = sent;
                }
                let sight = PageSight {
                    tasks: &tasks,
                    next,
                    totals,
                    fresh,
                };
                machine.observe(now, ask, Sight::Page(sight), jitter);
            }
            Ask::Task { id, .. } => match self
                .facts
                .iter()
                .find(|fact| fact.task.id == *id && !fact.deleted)
            {
                Some(fact) if lags && fact.lagging.updated_at < fact.task.updated_at => {
                    machine.observe(now, ask, Sight::Task(&fact.lagging), jitter);
                }
                Some(fact) => machine.observe(now, ask, Sight::Task(&fact.task), jitter),
                None => machine.observe(now, ask, Sight::Failed(refusal(404, None)), jitter),
            },
        }
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

//! The machine against a model of GitHub: random lives, faults, crashes; every promise of the module checked.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use agents_api_raw as raw;
use chrono::{DateTime, Utc};
use fastrand::Rng;
use proptest::prelude::*;
use reqwest::StatusCode;

use super::event::{FleetEvent, GoneReason};
use super::known::Following;
use super::machine::{Ask, Machine, Settings, Sight, Step};
use super::sight::{Lane, PageSight, Totals};
use crate::{Error, Task, TaskState, TaskStateExt as _};

const EVERY: u64 = 30;
const RESYNC: u64 = 600;
/// Small, so that a few dozen tasks need many pages.
const PER_PAGE: usize = 5;
/// Looks, walks and gets take this long at most, each.
const LATENCY: u64 = 900;
const STATES: [TaskState; 5] = [
    TaskState::InProgress,
    TaskState::WaitingForUser,
    TaskState::Completed,
    TaskState::Failed,
    TaskState::Idle,
];

/// What a case is made of.
#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    tasks: usize,
    minutes: u64,
    /// Of a hundred requests, so many fail.
    faults: u32,
    crashes: u32,
    /// Changes that do not touch the time of the update.
    silent: bool,
    /// Follow these of the tasks only; some are not listed.
    tracked: bool,
    details: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    (
        any::<u64>(),
        0..60_usize,
        20..90_u64,
        prop_oneof![Just(0), 1..40_u32],
        0..4_u32,
        (any::<bool>(), any::<bool>(), any::<bool>()),
    )
        .prop_map(
            |(seed, tasks, minutes, faults, crashes, (silent, tracked, details))| Case {
                seed,
                tasks,
                minutes,
                faults,
                crashes,
                silent,
                tracked,
                details,
            },
        )
}

#[derive(Clone, Debug)]
struct Fact {
    task: Task,
    /// As a server that lags behind knows it.
    lagging: Task,
    /// In milliseconds; GitHub orders by more than it shows.
    updated: u64,
    listed: bool,
    deleted: bool,
    /// When a change that can be seen at a look, or by a comparison only, happened last.
    changes: Vec<(u64, bool)>,
    left: Option<(u64, bool)>,
}

/// GitHub, on a clock in milliseconds.
struct World {
    facts: Vec<Fact>,
    plan: Vec<(u64, usize, u32)>,
    done: usize,
    silent: bool,
    sent: Option<(Vec<Task>, Totals, Option<u64>)>,
}

fn stamp(millis: u64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + i64::try_from(millis / 1000).unwrap(), 0).unwrap()
}

impl World {
    fn new(case: &Case, rng: &mut Rng) -> Self {
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

    fn advance(&mut self, now: u64) {
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

    fn page(&self, lane: Lane, page: u64, newest: bool) -> (Vec<Task>, Totals, Option<u64>) {
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

    fn answer(&mut self, lags: bool, machine: &mut Machine, now: Duration, ask: &Ask, jitter: f64) {
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

fn refusal(status: u16, retry_after: Option<&'static str>) -> Error {
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

/// What the caller was told, when.
type Told = Vec<(u64, FleetEvent)>;

struct Run {
    world: World,
    told: Told,
    /// When each request was made.
    requests: Vec<u64>,
    end: u64,
}

fn settings(case: &Case) -> Settings {
    Settings {
        every: Duration::from_secs(EVERY),
        resync: Duration::from_secs(RESYNC),
        share: 0.5,
        details: case.details,
    }
}

fn run(case: &Case) -> Run {
    let mut rng = Rng::with_seed(case.seed);
    let mut world = World::new(case, &mut rng);
    let following = Following {
        everything: !case.tracked,
        tracked: world
            .facts
            .iter()
            .filter(|_| case.tracked)
            .map(|fact| fact.task.id.clone())
            .collect(),
        ..Following::default()
    };
    let mut machine = Machine::new(settings(case), following, [], None, None);
    let quiet = case.minutes * 60_000;
    // After the last change and fault all must be known: two comparisons, and what failures may have put off.
    let end = quiet + 2 * RESYNC * 1000 + 400_000 + if case.faults > 0 { 3_600_000 } else { 0 };
    let (mut now, mut origin) = (0_u64, 0_u64);
    let mut crashes: Vec<u64> = (0..case.crashes).map(|_| rng.u64(0..quiet)).collect();
    crashes.sort_unstable();
    let (mut told, mut requests): (Told, Vec<u64>) = (Vec::new(), Vec::new());
    let mut saved = (machine.known.told(), machine.told(), 0);
    while now < end {
        // The caller deals with some events, and sometimes saves.
        while let Some(event) = machine.pop() {
            told.push((now, event));
            if rng.u32(0..3) == 0 {
                saved = (machine.known.told(), machine.told(), told.len());
            }
            if crashes.first().is_some_and(|at| *at <= now) {
                break;
            }
        }
        if crashes.first().is_some_and(|at| *at <= now) {
            // What came after the last save was never dealt with.
            crashes.remove(0);
            told.truncate(saved.2);
            let ((following, tasks), (mark, tokens), _) = saved.clone();
            machine = Machine::new(settings(case), following, tasks, mark, Some(tokens));
            world.sent = None;
            now += rng.u64(0..120_000);
            origin = now;
            continue;
        }
        match machine.next(Duration::from_millis(now - origin)) {
            Step::Sleep(until) => {
                let until = u64::try_from(until.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
                now = until.saturating_add(origin).min(end).max(now);
                if let Some(crash) = crashes.first() {
                    now = now.min(*crash).max(origin);
                }
            }
            Step::Ask(ask) => {
                requests.push(now);
                // The answer is of a moment between the request and its arrival.
                now += rng.u64(0..LATENCY / 2);
                world.advance(now);
                let jitter = rng.f64();
                if rng.u32(0..100) < case.faults && now < quiet {
                    let error = match rng.u32(0..12) {
                        0 => refusal(429, None),
                        1 => refusal(403, Some("20")),
                        2 if !matches!(ask, Ask::Task { .. }) && world.sent.is_some() => refusal(403, None),
                        _ => refusal(502, None),
                    };
                    let at = Duration::from_millis(now - origin);
                    machine.observe(at, &ask, Sight::Failed(error), jitter);
                } else {
                    let at = Duration::from_millis(now - origin);
                    let lags = case.faults > 0 && now < quiet && rng.u32(0..10) == 0;
                    world.answer(lags, &mut machine, at, &ask, jitter);
                    now += rng.u64(0..LATENCY / 2);
                }
            }
            Step::End(error) => panic!("{error}"),
        }
    }
    Run {
        world,
        told,
        requests,
        end,
    }
}

/// Each task's story has no gap and nothing twice: it begins with `Added`, every `Changed` goes on where the event before
/// ended and tells something, and nothing follows `Gone`. Answers how it ends.
fn stories(told: &Told) -> BTreeMap<String, Option<Arc<Task>>> {
    let mut stories: BTreeMap<String, Option<Arc<Task>>> = BTreeMap::new();
    for (at, event) in told {
        match event {
            FleetEvent::Added { task } => {
                let last = stories.insert(task.id.clone(), Some(task.clone()));
                assert!(last.is_none(), "{} added twice, at {at}", task.id);
            }
            FleetEvent::Changed { before, after } => {
                let last = stories.insert(after.id.clone(), Some(after.clone())).flatten();
                assert_eq!(last.as_deref(), Some(&**before), "at {at}");
                assert_ne!(before, after, "at {at}");
            }
            FleetEvent::Gone { id, last, .. } => {
                let known = stories.insert(id.clone(), None).flatten();
                assert_eq!(&known, last, "at {at}");
            }
            _ => {}
        }
    }
    stories
}

fn check(case: &Case) {
    let run = run(case);
    let stories = stories(&run.told);
    for fact in &run.world.facts {
        let id = &fact.task.id;
        let story = stories.get(id).cloned();
        let followed = case.tracked || fact.listed;
        let is_there = !fact.deleted && fact.task.archived_at.is_none();
        match story {
            Some(Some(last)) => {
                assert!(is_there, "{id} is not there any more");
                assert_eq!(
                    (&last.state, last.updated_at),
                    (&fact.task.state, fact.task.updated_at)
                );
            }
            _ => assert!(
                !is_there || !followed || gave_up_before_birth(&run.told, fact),
                "{id} is there, and was not told"
            ),
        }
        // However it left: an end that lasted to a look was told.
        if fact.task.state.has_ended() && fact.left.is_none() && followed && is_there {
            let ends = run.told.iter().filter(|(_, event)| {
                event.task_id() == Some(id)
                    && event.new_state() == Some(&fact.task.state)
                    && event
                        .task()
                        .is_some_and(|task| task.updated_at == fact.task.updated_at)
            });
            assert!(ends.count() <= 1 || case.silent, "{id} settled twice");
        }
        if case.faults == 0 && case.crashes == 0 && fact.listed && !case.details && !case.tracked {
            in_time(&run, fact);
        }
    }
    for (index, at) in run.requests.iter().enumerate() {
        let hour = run.requests[index..]
            .iter()
            .take_while(|later| **later < at + 3_600_000);
        // A crash loses what was paid since the last save.
        let most = 2500 + 2500 / 5 * case.crashes as usize;
        assert!(hour.count() <= most, "too many requests");
    }
    if case.faults == 0 && case.crashes == 0 && !case.tracked && !case.details {
        let changes: usize = run.world.facts.iter().map(|fact| 1 + fact.changes.len()).sum();
        let pages = 2 + run.world.facts.len() / PER_PAGE;
        let looks = run.end / 1000 / EVERY + 1;
        let walks = run.end / 1000 / RESYNC + 2;
        let most = usize::try_from(looks + walks).unwrap()
            + changes * 4
            + usize::try_from(walks).unwrap() * pages * 2;
        assert!(run.requests.len() <= most, "{} > {most}", run.requests.len());
    }
}

/// A tracked id that is not there yet is gone after two tries.
fn gave_up_before_birth(told: &Told, fact: &Fact) -> bool {
    told.iter().any(|(at, event)| {
        matches!(event, FleetEvent::Gone { id, last: None, why: GoneReason::NotFound } if *id == fact.task.id)
            && fact
                .changes
                .first()
                .is_none_or(|(born, _)| born < at || *born >= at - 1000)
    })
}

/// No change was told later than promised: a tick for what looks see, a comparison and a tick for the rest.
fn in_time(run: &Run, fact: &Fact) {
    // A walk takes a while, and is repeated if tasks left the list meanwhile.
    let slack = 2 * 16 * LATENCY;
    for (at, by_look) in fact.changes.iter().chain(&fact.left).copied() {
        let most = if by_look {
            EVERY * 1000
        } else {
            (RESYNC + 2 * EVERY) * 1000 + slack
        };
        let most = most + slack;
        // Who is deleted before it was looked at was never seen.
        if fact
            .left
            .is_some_and(|(left, by_look)| !by_look && left < at + most)
        {
            continue;
        }
        // What a silent change did, another one may have undone, or may undo.
        let near = at.saturating_sub(most)..at + most;
        let near = fact.changes.iter().filter(|(other, _)| near.contains(other));
        if !by_look && near.count() > 1 {
            continue;
        }
        // Nor is a new task sought in the archive.
        let born = fact.changes.first().is_some_and(|(born, _)| at < born + most);
        if born && fact.left.is_some_and(|(left, _)| left < at + most) {
            continue;
        }
        let seen = run
            .told
            .iter()
            .any(|(told, event)| event.task_id() == Some(&fact.task.id) && *told >= at && *told <= at + most);
        assert!(
            seen,
            "{} changed at {at} ({by_look}) and was not told in time",
            fact.task.id
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_promise_holds_against_a_model_of_github(case in cases()) {
        check(&case);
    }
}

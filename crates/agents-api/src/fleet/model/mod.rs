//! The machine against a model of GitHub: random lives, faults, crashes; every promise of the module checked.
mod case;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use proptest::prelude::*;

use self::case::{Case, cases};
use self::world::{Fact, PER_PAGE, World, refusal};
use super::event::{FleetEvent, RemovalReason};
use super::machine::{Action, Machine, Observation, Settings, Step};
use super::task_store::Subscription;
use crate::state::TaskStateExt as _;
use agents_api_raw::types::Task;

const POLL_INTERVAL: u64 = 30;
const RESYNC: u64 = 600;
/// The longest that a request takes, in milliseconds.
const LATENCY: u64 = 900;

/// The events that the caller took, and when.
type Reported = Vec<(u64, FleetEvent)>;

struct Run {
    world: World,
    reported: Reported,
    /// When each request was made.
    requests: Vec<u64>,
    end: u64,
}

fn settings(case: &Case) -> Settings {
    Settings {
        poll_interval: Duration::from_secs(POLL_INTERVAL),
        resync_interval: Duration::from_secs(RESYNC),
        quota_share: 0.5,
        details: case.details,
    }
}

/// What a checkpoint stores.
fn stored(machine: &Machine) -> (Subscription, Vec<Arc<Task>>) {
    let tasks = machine.store.tasks().map(|known| known.task.clone());
    (machine.store.subscription.clone(), tasks.collect())
}

fn run(case: &Case) -> Run {
    let mut rng = Rng::with_seed(case.seed);
    let mut world = World::new(case, &mut rng);
    let subscription = Subscription {
        all: !case.tracked,
        included: world
            .facts
            .iter()
            .filter(|_| case.tracked)
            .map(|fact| fact.task.id.clone())
            .collect(),
        ..Subscription::default()
    };
    let mut machine = Machine::new(settings(case), subscription, [], None, None);
    let quiet = case.minutes * 60_000;
    // After the last change and fault all must be known: two comparisons, and what failures may have put off.
    let end = quiet + 2 * RESYNC * 1000 + 400_000 + if case.faults > 0 { 3_600_000 } else { 0 };
    let (mut now, mut origin) = (0_u64, 0_u64);
    let mut crashes: Vec<u64> = (0..case.crashes).map(|_| rng.u64(0..quiet)).collect();
    crashes.sort_unstable();
    let (mut reported, mut requests): (Reported, Vec<u64>) = (Vec::new(), Vec::new());
    let mut saved = (stored(&machine), machine.position(), 0);
    while now < end {
        // The caller handles some events, and sometimes saves.
        while let Some(event) = machine.next_event(Duration::from_millis(now - origin)) {
            reported.push((now, event));
            if rng.u32(0..3) == 0 {
                saved = (stored(&machine), machine.position(), reported.len());
            }
            if crashes.first().is_some_and(|at| *at <= now) {
                break;
            }
        }
        if crashes.first().is_some_and(|at| *at <= now) {
            // What came after the last save was never handled.
            crashes.remove(0);
            reported.truncate(saved.2);
            let ((subscription, tasks), (watermark, tokens), _) = saved.clone();
            machine = Machine::new(settings(case), subscription, tasks, watermark, Some(tokens));
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
            Step::Request(action) => {
                requests.push(now);
                // The response is of a moment between the request and its arrival.
                now += rng.u64(0..LATENCY / 2);
                world.advance(now);
                let jitter = rng.f64();
                if rng.u32(0..100) < case.faults && now < quiet {
                    let error = match rng.u32(0..12) {
                        0 => refusal(429, None),
                        1 => refusal(403, Some("20")),
                        2 if !matches!(action, Action::Fetch { .. }) && world.sent.is_some() => {
                            refusal(403, None)
                        }
                        _ => refusal(502, None),
                    };
                    let at = Duration::from_millis(now - origin);
                    machine.observe(at, &action, Observation::Failed(error), jitter);
                } else {
                    let at = Duration::from_millis(now - origin);
                    let lags = case.faults > 0 && now < quiet && rng.u32(0..10) == 0;
                    world.respond(lags, &mut machine, at, &action, jitter);
                    now += rng.u64(0..LATENCY / 2);
                }
            }
            Step::End(error) => panic!("{error}"),
        }
    }
    Run {
        world,
        reported,
        requests,
        end,
    }
}

/// Checks that each task's events have no gap and repeat nothing: they begin with `Added`, every `Changed` goes on where
/// the event before ended and differs from it, and nothing follows `Removed`. Returns how each task ends.
fn stories(reported: &Reported) -> BTreeMap<String, Option<Arc<Task>>> {
    let mut stories: BTreeMap<String, Option<Arc<Task>>> = BTreeMap::new();
    for (at, event) in reported {
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
            FleetEvent::Removed { id, last, .. } => {
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
    let stories = stories(&run.reported);
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
                !is_there || !followed || gave_up_before_birth(&run.reported, fact),
                "{id} is there, and was not reported"
            ),
        }
        // An ended state is reported at most once.
        if fact.task.state.has_ended() && fact.left.is_none() && followed && is_there {
            let ends = run.reported.iter().filter(|(_, event)| {
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
        let looks = run.end / 1000 / POLL_INTERVAL + 1;
        let walks = run.end / 1000 / RESYNC + 2;
        let most = usize::try_from(looks + walks).unwrap()
            + changes * 4
            + usize::try_from(walks).unwrap() * pages * 2;
        assert!(run.requests.len() <= most, "{} > {most}", run.requests.len());
    }
}

/// A tracked id that is not there yet is gone after two tries.
fn gave_up_before_birth(reported: &Reported, fact: &Fact) -> bool {
    reported.iter().any(|(at, event)| {
        matches!(event, FleetEvent::Removed { id, last: None, reason: RemovalReason::NotFound } if *id == fact.task.id)
            && fact
                .changes
                .first()
                .is_none_or(|(born, _)| born < at || *born >= at - 1000)
    })
}

/// No change was reported later than promised: a tick for what looks see, a comparison and a tick for the rest.
fn in_time(run: &Run, fact: &Fact) {
    // A walk takes a while, and is repeated if tasks left the list meanwhile.
    let slack = 2 * 16 * LATENCY;
    for (at, by_look) in fact.changes.iter().chain(&fact.left).copied() {
        let most = if by_look {
            POLL_INTERVAL * 1000
        } else {
            (RESYNC + 2 * POLL_INTERVAL) * 1000 + slack
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
        let seen = run.reported.iter().any(|(reported, event)| {
            event.task_id() == Some(&fact.task.id) && *reported >= at && *reported <= at + most
        });
        assert!(
            seen,
            "{} changed at {at} ({by_look}) and was not reported in time",
            fact.task.id
        );
    }
}

/// 300 cases, or more by `PROPTEST_CASES`.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: config.cases.max(300),
        failure_persistence: None,
        ..config
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_promise_holds_against_a_model_of_github(case in cases()) {
        check(&case);
    }
}

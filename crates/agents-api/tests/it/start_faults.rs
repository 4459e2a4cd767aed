//! Starts in bad weather: whatever is lost, and however often, each intent ends with exactly one task.

use std::collections::HashMap;
use std::time::Duration;

use crate::support::connect;
use agents_api::start::Reconciled;
use agents_api::{Delivery, Repo};
use agents_api_emulator::{Clock, Effect, Emulator, Fault, Operation, Target};
use futures_util::future::join_all;
use proptest::prelude::*;

/// How many intents each emulator is asked for.
const INTENTS: usize = 50;

/// So many attempts are never needed, at any rate of faults below.
const ATTEMPTS: usize = 1_000;

/// The rates of faults: of starts, and of the reads that look for them.
const RATES: [(f64, f64); 4] = [(0.0, 0.3), (0.3, 0.0), (0.5, 0.3), (0.8, 0.4)];

/// An emulator on tokio's clock that loses so many starts, applied or not, and so many reads.
async fn weather(seed: u64, starts: f64, reads: f64) -> Emulator {
    let lost = [
        Effect::Reset,
        Effect::Close,
        Effect::Hang,
        Effect::Html { status: 502 },
        Effect::Status { status: 500 },
    ];
    let broken = [
        Effect::Truncate { after: None },
        Effect::EmptyBody,
        Effect::BrokenJson,
        Effect::CutChunks { after: Some(9) },
    ];
    // A request is spared if none of the kinds strikes.
    let each = |rate: f64, kinds: i32| 1.0 - (1.0 - rate).powf(1.0 / f64::from(kinds));
    let mut builder = Emulator::builder().clock(Clock::real()).seed(seed);
    for effect in lost.clone() {
        let fault = Fault::on(Operation::StartTask, effect).chance(each(starts, 14));
        builder = builder.fault(fault.clone()).fault(fault.after_applied());
    }
    for effect in broken {
        builder = builder.fault(Fault::on(Operation::StartTask, effect).chance(each(starts, 14)));
    }
    for target in [Target::Lists, Target::Gets] {
        for effect in [
            Effect::Reset,
            Effect::Html { status: 502 },
            Effect::Truncate { after: None },
            Effect::Hang,
        ] {
            builder = builder.fault(Fault::on(target, effect).chance(each(reads, 4)));
        }
    }
    let quota = agents_api_emulator::Limits {
        quota: 1_000_000,
        ..agents_api_emulator::Limits::default()
    };
    builder.limits(quota).start().await.unwrap()
}

/// Awaits a start with a key again and again.
async fn with_a_key(repo: Repo, intent: usize) -> String {
    let key = format!("intent-{intent}");
    for _ in 0..ATTEMPTS {
        if let Ok(started) = repo.start_task("Fix it").idempotency_key(key.as_str()).await {
            assert!(started.duplicates.is_empty());
            return started.task.id;
        }
    }
    panic!("intent {intent} was never started");
}

/// Starts and reconciles by hand.
async fn by_hand(repo: Repo, intent: usize) -> String {
    for _ in 0..ATTEMPTS {
        let start = repo.start_task(format!("Fix number {intent}"));
        match start.clone().await {
            Ok(task) => return task.task.id,
            Err(error) if error.delivery() == Delivery::Unknown => loop {
                match start.reconcile().timeout(Duration::from_secs(60)).await {
                    Ok(Reconciled::Found(task)) => return task.id,
                    Ok(Reconciled::NotFound) => break,
                    Ok(other) => panic!("{other:?}"),
                    Err(_) => {}
                }
            },
            Err(_) => {}
        }
    }
    panic!("intent {intent} was never started");
}

/// Each intent has a task of its own, and there are no others.
fn check(github: &Emulator, ids: &[String]) {
    let mut owners: HashMap<&String, usize> = HashMap::new();
    for id in ids {
        *owners.entry(id).or_default() += 1;
    }
    assert!(
        owners.values().all(|count| *count == 1),
        "two intents share a task"
    );
    assert_eq!(github.tasks().len(), ids.len());
    for task in github.tasks() {
        assert!(owners.contains_key(&task.id()), "nobody knows of {task:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_key_each_intent_ends_with_one_task() {
    for (seed, (starts, reads)) in (1..).zip(RATES) {
        let github = weather(seed, starts, reads).await;
        let (_, repo) = connect(&github);
        let mut ids = Vec::new();
        for intent in 0..INTENTS {
            ids.push(with_a_key(repo.clone(), intent).await);
        }
        check(&github, &ids);
        let lost = github
            .requests()
            .iter()
            .filter(|request| request.method == "POST")
            .count()
            - INTENTS;
        assert_eq!(lost > 0, starts > 0.0, "{lost} starts were sent again");
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_key_and_a_new_process_each_time_each_intent_ends_with_one_task() {
    let github = weather(7, 0.6, 0.0).await;
    let mut ids = Vec::new();
    for intent in 0..INTENTS / 2 {
        let key = format!("intent-{intent}");
        loop {
            // Nothing is remembered from one attempt to the next.
            let (_, repo) = connect(&github);
            let start = repo.start_task("Fix it").idempotency_key(key.as_str());
            if let Ok(started) = start.await {
                ids.push(started.task.id);
                break;
            }
        }
    }
    check(&github, &ids);
}

#[tokio::test(start_paused = true)]
async fn by_hand_each_intent_ends_with_one_task() {
    for (seed, (starts, reads)) in (11..).zip(RATES) {
        let github = weather(seed, starts, reads).await;
        let (_, repo) = connect(&github);
        let mut ids = Vec::new();
        for intent in 0..INTENTS {
            ids.push(by_hand(repo.clone(), intent).await);
        }
        check(&github, &ids);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn at_once_and_at_any_rate_each_intent_ends_with_one_task(
        seed in any::<u64>(), starts in 0.0..0.9_f64, reads in 0.0..0.4_f64, keyed in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let github = weather(seed, starts, reads).await;
            let (_, repo) = connect(&github);
            let ids = if keyed {
                join_all((0..10).map(|intent| with_a_key(repo.clone(), intent))).await
            } else {
                join_all((0..10).map(|intent| by_hand(repo.clone(), intent))).await
            };
            check(&github, &ids);
        });
    }
}

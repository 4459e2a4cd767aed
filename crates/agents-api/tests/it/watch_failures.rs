//! Watches through random lives, bad weather and restarts: the chain of updates has no gap and nothing twice.

use std::time::Duration;

use crate::support::connect;
use agents_api::chrono::TimeDelta;
use agents_api::wait::{PollInterval, Watch};
use agents_api::{Task, TaskRef, until};
use agents_api_emulator::TaskState::{Completed, Failed, Idle, InProgress, WaitingForUser};
use agents_api_emulator::{
    Change, Clock, Effect, Emulator, Fault, RateLimitResponse, RetryAfter, Script, Target, TaskSeed,
};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A random life of some hours that ends.
fn life(random: &mut fastrand::Rng) -> Script {
    let mut life = Script::new("random");
    for _ in 0..random.usize(2..12) {
        let change = match random.u8(0..6) {
            0 => Change::Rename(format!("name {}", random.u32(..))),
            1 => Change::Branch,
            2 => Change::FollowUp("Go on".to_owned()),
            3 => Change::State(Idle),
            4 => Change::State(WaitingForUser),
            _ => Change::State(InProgress),
        };
        life = life.then(Duration::from_secs(random.u64(0..900)), change);
    }
    let end = if random.bool() { Completed } else { Failed };
    life.then(Duration::from_secs(random.u64(1..600)), Change::State(end))
}

/// An emulator whose clock is tokio's, where a third of all looks fail.
async fn stormy(seed: u64) -> Emulator {
    let hasty = RateLimitResponse::too_many_requests().retry_after(RetryAfter::Seconds(90));
    Emulator::builder()
        .clock(Clock::real())
        .seed(seed)
        .fault(Fault::on(Target::Gets, Effect::Html { status: 502 }).chance(0.15))
        .fault(Fault::on(Target::Gets, Effect::Reset).chance(0.1))
        .fault(Fault::on(Target::Gets, Effect::BrokenJson).chance(0.05))
        .fault(
            Fault::on(
                Target::Gets,
                Effect::State {
                    value: "unheard_of".to_owned(),
                },
            )
            .chance(0.05),
        )
        .fault(Fault::on(Target::Gets, Effect::SecondaryLimit(hasty)).chance(0.03))
        .start()
        .await
        .unwrap()
}

fn watch(task: &TaskRef, last: Option<&Task>) -> Watch {
    let interval = PollInterval::adaptive(Duration::from_secs(5), Duration::from_secs(60));
    let watch = task.watch().poll_interval(interval).max_failure_duration(HOUR);
    match last {
        // As another process reads it.
        Some(last) => watch.resume_from(serde_json::from_str(&serde_json::to_string(last).unwrap()).unwrap()),
        None => watch,
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_misses_nothing_that_lasts_and_tells_nothing_twice() {
    for seed in 0..5 {
        let mut random = fastrand::Rng::with_seed(seed);
        let github = stormy(seed).await;
        let handle = github
            .seed_task(TaskSeed::new("p").script(life(&mut random)))
            .unwrap();
        let task = connect(&github).0.task(handle.id());
        let mut last: Option<Task> = None;
        let mut updates = watch(&task, None);
        let mut seen = Vec::new();
        loop {
            let patience = Duration::from_secs(random.u64(1..900));
            match tokio::time::timeout(patience, updates.try_next()).await {
                Ok(Ok(Some(update))) => {
                    assert_eq!(update.previous, last, "seed {seed}: a gap");
                    assert_ne!(Some(&update.task), last.as_ref(), "seed {seed}: nothing new");
                    seen.push((github.now(), update.task.state.to_string()));
                    last = Some(update.task);
                }
                Ok(Ok(None)) => break,
                Ok(Err(error)) => panic!("seed {seed}: {error}"),
                // Killed, and begun again from what was kept.
                Err(_) if random.bool() => updates = watch(&task, last.as_ref()),
                Err(_) => {}
            }
        }
        assert_eq!(
            last.unwrap().state.as_str(),
            handle.state().as_str(),
            "seed {seed}"
        );

        // The longest silence: a run of failures and limits in a row. What lasted longer was told.
        let transitions = github.transitions();
        for (passed, next) in transitions.iter().zip(&transitions[1..]) {
            let told = seen
                .iter()
                .any(|(at, state)| *state == passed.to.as_str() && (passed.at..=next.at).contains(at));
            let lasted = next.at - passed.at;
            assert!(
                told || lasted.num_seconds() < 600,
                "seed {seed}: {passed:?} was not told, {lasted}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn in_fair_weather_what_lasts_for_a_pause_is_told_within_it() {
    for seed in 0..5 {
        let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
        let life = life(&mut fastrand::Rng::with_seed(seed));
        let handle = github.seed_task(TaskSeed::new("p").script(life)).unwrap();
        let mut updates = watch(&connect(&github).0.task(handle.id()), None);
        let mut seen = Vec::new();
        while let Some(update) = updates.try_next().await.unwrap() {
            seen.push((github.now(), update.task.state.to_string()));
        }
        let transitions = github.transitions();
        for (passed, next) in transitions.iter().zip(&transitions[1..]) {
            let pause = TimeDelta::seconds(60);
            let told = seen.iter().any(|(at, state)| {
                *state == passed.to.as_str() && (passed.at..=passed.at + pause).contains(at)
            });
            assert!(
                told || next.at - passed.at < pause,
                "seed {seed}: {passed:?} was not told in time"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_where_the_task_does_in_any_weather() {
    for seed in 0..5 {
        let github = stormy(seed).await;
        let life = life(&mut fastrand::Rng::with_seed(seed));
        let handle = github.seed_task(TaskSeed::new("p").script(life)).unwrap();
        let task = connect(&github).0.task(handle.id());
        let wait = task
            .wait_until(until::ended())
            .timeout(24 * HOUR)
            .max_failure_duration(HOUR);
        let done = wait.await.unwrap();
        let end = github.transitions().last().unwrap().at;
        assert_eq!(done.state.as_str(), handle.state().as_str(), "seed {seed}");
        assert!((github.now() - end).num_seconds() < 600, "seed {seed}");
    }
}

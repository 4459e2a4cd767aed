//! An hour of many tasks, polled every 30 seconds: how late each change is reported, and how many requests that takes.
//!
//! `cargo run --example fleet_hour` lives through the hour on tokio's paused clock against an embedded emulator of GitHub,
//! once for each size of the fleet: 10, 100 and 1,000 tasks, or the sizes given as arguments, such as `10000`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use agents_api::{Client, FleetEvent};
use agents_api_emulator::{Change, Clock, Emulator, Script, TaskSeed, TaskState};
use tokio::time::{Instant, timeout_at};

const HOUR: Duration = Duration::from_secs(60 * 60);
const TICK: Duration = Duration::from_secs(30);
/// What a poll of several pages may take on top.
const POLL: Duration = Duration::from_secs(1);
const QUOTA: usize = 5000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let sizes: Result<Vec<usize>, _> = std::env::args().skip(1).map(|size| size.parse()).collect();
    let sizes = match sizes {
        Ok(sizes) if sizes.is_empty() => vec![10, 100, 1000],
        Ok(sizes) => sizes,
        Err(error) => {
            eprintln!("error: {error}\nusage: fleet_hour [NUMBER OF TASKS]…");
            return ExitCode::FAILURE;
        }
    };
    // From here on an hour of sleep takes no time.
    tokio::time::pause();
    println!(" tasks | changes | missed | latest | requests | one poll a task and tick | quota used");
    let mut fine = true;
    for size in sizes {
        match an_hour_of(size).await {
            Ok(hour) => {
                println!("{hour}");
                fine &= hour.keeps_its_promises();
            }
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    if fine {
        ExitCode::SUCCESS
    } else {
        eprintln!("error: a promise was broken");
        ExitCode::FAILURE
    }
}

async fn an_hour_of(size: usize) -> Result<Hour, Box<dyn Error>> {
    let github = Emulator::builder().clock(Clock::real()).start().await?;
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .build()?;
    let mut rng = fastrand::Rng::with_seed(size as u64);
    for _ in 0..size {
        github.seed_task(TaskSeed::new("Fix the login button").script(life(&mut rng)))?;
    }

    let mut watch = client.fleet().poll_interval(TICK).watch();
    let mut told: HashMap<String, Vec<chrono::DateTime<chrono::Utc>>> = HashMap::new();
    // Changes of the last moment are told by the look after the hour.
    let end = Instant::now() + HOUR + TICK + POLL;
    while let Ok(event) = timeout_at(end, watch.try_next()).await {
        if let Some(FleetEvent::Added { task, .. } | FleetEvent::Changed { after: task, .. }) = event? {
            told.entry(task.id.clone()).or_default().push(github.now());
        }
    }

    let begin = github.now() - HOUR - TICK - POLL;
    let mut hour = Hour {
        size,
        requests: github.requests().len(),
        ..Hour::default()
    };
    for transition in github.transitions() {
        if transition.at > begin + HOUR {
            continue;
        }
        hour.changes += 1;
        let told = told.get(&transition.task_id).into_iter().flatten();
        match told.filter(|at| **at >= transition.at).min() {
            Some(at) => hour.latest = hour.latest.max((*at - transition.at).to_std()?),
            None => hour.missed += 1,
        }
    }
    Ok(hour)
}

/// A task begins within the first half of the hour, works, and ends in one way or another; some are asked for more.
fn life(rng: &mut fastrand::Rng) -> Script {
    let mut seconds = |from, to| Duration::from_secs(rng.u64(from..to));
    let life = Script::new("life")
        .then(seconds(0, 1800), Change::State(TaskState::InProgress))
        .then(seconds(20, 120), Change::Branch)
        .then(seconds(20, 120), Change::PullRequest);
    let (work, pause, more) = (seconds(60, 1200), seconds(60, 600), seconds(60, 600));
    match rng.u32(0..10) {
        0 => life.then(work, Change::Fail("The tests still fail.".to_owned())),
        1 => life.then(work, Change::State(TaskState::WaitingForUser)),
        2 | 3 => life
            .then(work, Change::State(TaskState::Completed))
            .then(pause, Change::FollowUp("Address the review comments".to_owned()))
            .then(more, Change::State(TaskState::Completed)),
        _ => life.then(work, Change::State(TaskState::Completed)),
    }
}

/// What an hour was like.
#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    size: usize,
    changes: usize,
    missed: usize,
    latest: Duration,
    requests: usize,
}

impl Hour {
    /// What looking at each task would take.
    fn one_by_one(&self) -> usize {
        self.size * 120
    }

    fn keeps_its_promises(&self) -> bool {
        let frugal = self.size < 1000 || self.requests * 100 <= self.one_by_one();
        // Every hundred updates take a request. Ten thousand such tasks have more than a quarter of the quota pays for,
        // so that looks become rarer.
        let in_time = self.size > 1000 || self.latest <= TICK + POLL;
        self.missed == 0 && in_time && frugal && self.requests <= QUOTA / 4
    }
}

impl std::fmt::Display for Hour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let latest = self.latest.as_secs_f32();
        let share = self.requests * 1000 / QUOTA;
        write!(
            f,
            "{:>6} | {:>7} | {:>6} | {latest:>4.1} s | {:>8} | {:>24} | {:>7}.{} %",
            self.size,
            self.changes,
            self.missed,
            self.requests,
            self.one_by_one(),
            share / 10,
            share % 10,
        )
    }
}

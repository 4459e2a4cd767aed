//! Surviving a bad network: many starts, of which most lose their answer, and yet one task for each.
//!
//! `cargo run --example bad_network` runs against an embedded emulator of GitHub that breaks connections, hangs, and
//! answers with a proxy's pages, before and after it has started the task. A seed may be given: another seed, another
//! weather.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

use agents_api::start::{StartOrigin, Started};
use agents_api::{Client, Repo};
use agents_api_emulator::{Clock, Effect, Emulator, Fault, Limits, Operation, Target};
use tokio::time::Instant;

/// What is to be done: a task for each of these issues.
const ISSUES: std::ops::RangeInclusive<u32> = 1..=20;

/// More attempts than this are not made for an issue.
const ATTEMPTS: u32 = 100;

// Tokio's clock is paused: it jumps to the next timer when there is nothing else to do. So time limits of a minute cost
// nothing here; leave `start_paused` out in a program of your own.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |seed| seed.parse())?;
    let github = bad_weather(seed).await?;
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .build()?;
    let repo = client.repo("octocat", "hello-world")?;

    let begun = Instant::now();
    let mut tasks = BTreeMap::new();
    for issue in ISSUES {
        let started = start(&repo, issue).await?;
        if let Some(other) = tasks.insert(started.task.id, issue) {
            return Err(format!("issues {issue} and {other} have the same task").into());
        }
    }
    println!("\nall are started after {} s", begun.elapsed().as_secs());
    prove(&github, &tasks)
}

/// Starts the task of an issue: tries until it is there. The key makes that safe.
async fn start(repo: &Repo, issue: u32) -> Result<Started, Box<dyn Error>> {
    for attempt in 1..=ATTEMPTS {
        let start = repo
            .start_task(format!("Fix issue {issue}"))
            .idempotency_key(format!("issue-{issue}"));
        match start.await {
            Ok(started) => {
                let how = match started.origin {
                    StartOrigin::Created => "GitHub answered",
                    StartOrigin::Recovered => "the answer was lost, the task found",
                    StartOrigin::Existing => "an earlier attempt had started it",
                    _ => "it is there",
                };
                println!("issue {issue:2}: attempt {attempt}: {how}: {}", started.id);
                return Ok(started);
            }
            Err(error) => {
                println!(
                    "issue {issue:2}: attempt {attempt}: {:?}: {error}",
                    error.delivery()
                );
            }
        }
    }
    Err(format!("issue {issue} could not be started in {ATTEMPTS} attempts").into())
}

/// Looks at the emulator from behind: what it was asked, and what it has.
fn prove(github: &Emulator, tasks: &BTreeMap<String, u32>) -> Result<(), Box<dyn Error>> {
    let requests = github.requests();
    let starts = requests
        .iter()
        .filter(|request| request.operation == Some(Operation::StartTask));
    let lost = starts.clone().filter(|start| !start.faults.is_empty());
    println!(
        "{} starts were sent, {} of them lost; {} requests in all",
        starts.count(),
        lost.count(),
        requests.len()
    );
    let there = github.tasks();
    if there.len() != tasks.len() || !there.iter().all(|task| tasks.contains_key(&task.id())) {
        return Err(format!("{} tasks for {} issues", there.len(), tasks.len()).into());
    }
    println!("exactly one task for each of {} issues", tasks.len());
    Ok(())
}

/// A GitHub of which two starts in three lose their answer, and one read in five fails.
async fn bad_weather(seed: u64) -> Result<Emulator, Box<dyn Error>> {
    // At this speed the emulator follows tokio's clock. A quota for such a day:
    let limits = Limits {
        quota: 100_000,
        ..Limits::default()
    };
    let mut builder = Emulator::builder().seed(seed).clock(Clock::real()).limits(limits);
    for effect in [
        Effect::Reset,
        Effect::Hang,
        Effect::Html { status: 502 },
        Effect::Status { status: 503 },
    ] {
        let fault = Fault::on(Operation::StartTask, effect).chance(0.12);
        builder = builder.fault(fault.clone()).fault(fault.after_applied());
    }
    for target in [Operation::StartTask.into(), Target::Lists, Target::Gets] {
        builder = builder
            .fault(Fault::on(target, Effect::Truncate { after: None }).chance(0.1))
            .fault(Fault::on(target, Effect::Close).chance(0.1));
    }
    Ok(builder.start().await?)
}

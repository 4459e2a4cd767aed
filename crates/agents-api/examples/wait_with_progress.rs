//! Waits for a task and prints a line for everything that happens to it: states, sessions, artifacts, usage.
//!
//! `cargo run --example wait_with_progress` runs against an embedded emulator of GitHub, where a minute takes a second: no
//! token, no network, no bill.
//!
//! `GH_TOKEN=… cargo run --example wait_with_progress -- TASK_ID` follows a task of yours on GitHub. It only reads.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use agents_api::wait::{PollInterval, Update, WaitError};
use agents_api::{ArtifactData, Client, Task, TaskRef, until};
use agents_api_emulator::{Emulator, Script};

#[tokio::main]
async fn main() -> ExitCode {
    let result = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => on_the_emulator().await,
        [id] => on_github(id).await,
        _ => Err("usage: wait_with_progress [TASK_ID]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn on_github(id: &str) -> Result<(), Box<dyn Error>> {
    let task = Client::from_env()?.task(id);
    println!("{}", outcome(&follow(&task, PollInterval::default()).await?));
    Ok(())
}

async fn on_the_emulator() -> Result<(), Box<dyn Error>> {
    let github = Emulator::builder().speed(60.0).start().await?;
    github.next_script(Script::follow_up_after_completion());
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .build()?;
    let repo = client.repo("octocat", "hello-world")?;
    let task = repo
        .start_task("Fix the login button")
        .create_pull_request(true)
        .await?;
    println!("Started {} in {repo}", task.id);

    // Sixty times as often as on GitHub, since time runs sixty times as fast.
    let often = PollInterval::adaptive(Duration::from_millis(30), Duration::from_millis(500));
    println!("{}", outcome(&follow(&repo.task(&task.id), often).await?));
    Ok(())
}

/// Waits for the agent to stop, at most an hour, and prints what happens on the way.
async fn follow(task: &TaskRef, interval: PollInterval) -> Result<Task, WaitError> {
    let begun = Instant::now();
    task.wait_until(until::settled())
        .timeout(Duration::from_secs(60 * 60))
        .poll_interval(interval)
        .on_update(move |update| {
            for line in lines(update) {
                println!("{:6.1} s  {line}", begun.elapsed().as_secs_f64());
            }
        })
        .await
}

/// What there is to say of a change.
fn lines(update: &Update) -> Vec<String> {
    let (task, before) = (&update.task, update.previous.as_ref());
    let mut lines = Vec::new();
    if update.is_new_state() {
        lines.push(format!("the task is {}", task.state));
    }
    if before.is_some_and(|before| before.name != task.name) {
        let name = task.name.as_deref().unwrap_or_default();
        lines.push(format!("it is called {name:?}"));
    }
    for artifact in update.new_artifacts() {
        lines.push(match &artifact.data {
            ArtifactData::BranchRef(branch) => format!("there is a branch: {}", branch.head_ref),
            _ => format!("there is a new artifact: {}", artifact.type_),
        });
    }
    for change in &update.changed_sessions {
        let (session, before) = (&change.session, change.previous.as_ref());
        if change.is_new_state() {
            lines.push(format!("session {} is {}", session.id, session.state));
        }
        let is_billed = before.is_none_or(|before| before.usage != session.usage);
        if let Some(usage) = session.usage.as_ref().filter(|_| is_billed) {
            lines.push(format!(
                "session {} has used {} {}",
                session.id, usage.amount, usage.type_
            ));
        }
    }
    if lines.is_empty() {
        lines.push("something else has changed".to_owned());
    }
    lines
}

fn outcome(task: &Task) -> String {
    let place = task.html_url.as_deref().unwrap_or(&task.id);
    format!("{}: {place}", task.state)
}

//! A gate for pipelines: starts a task, waits until its agent stops, and tells by its exit status how that went.
//!
//! | status | meaning |
//! |---|---|
//! | 0 | the task completed |
//! | 1 | it failed, timed out or was cancelled |
//! | 2 | it needs a person: the agent asks something, or has gone idle |
//! | 3 | nobody knows: the start or the wait failed; standard error says why, and whether an agent may be running |
//!
//! `cargo run --example ci_gate -- --script waits-for-user` runs against an embedded emulator of GitHub, where the task
//! lives as one of its scripts says (`quick-success`, `fails`, `goes-idle`, …): no token, no network, no bill.
//!
//! `GH_TOKEN=… cargo run --example ci_gate -- OWNER/REPO "what the agent is to do"` starts a real agent on GitHub. The token
//! that GitHub hands an Actions job cannot use this API: put a personal one into a secret.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use agents_api::start::StartTask;
use agents_api::wait::{PollInterval, StartAndWaitError};
use agents_api::{Client, TaskState, until};
use agents_api_emulator::{Emulator, Script};

const SUCCEEDED: u8 = 0;
const FAILED: u8 = 1;
const NEEDS_A_PERSON: u8 = 2;
const UNKNOWN: u8 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["--script", script] => on_the_emulator(script).await,
        [repository, prompt] => on_github(repository, prompt).await,
        _ => Err("usage: ci_gate --script NAME | OWNER/REPO \"what the agent is to do\"".into()),
    };
    ExitCode::from(result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        UNKNOWN
    }))
}

async fn on_github(repository: &str, prompt: &str) -> Result<u8, Box<dyn Error>> {
    let repo = Client::from_env()?.repo_from_full_name(repository)?;
    Ok(gate(repo.start_task(prompt), PollInterval::default()).await)
}

async fn on_the_emulator(script: &str) -> Result<u8, Box<dyn Error>> {
    let script = Script::builtin(script)
        .ok_or_else(|| format!("no script is called {script:?}; use one of {:?}", Script::BUILTIN))?;
    // Five minutes take a third of a second.
    let github = Emulator::builder().speed(1000.0).start().await?;
    github.next_script(script);
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .build()?;
    let repo = client.repo("octocat", "hello-world")?;
    let often = PollInterval::fixed(Duration::from_millis(10));
    Ok(gate(repo.start_task("Fix the login button"), often).await)
}

/// Starts the task and waits for it; the exit status.
async fn gate(start: StartTask, interval: PollInterval) -> u8 {
    let wait = start
        .create_pull_request(true)
        .wait_until(until::settled())
        .timeout(Duration::from_secs(90 * 60))
        .poll_interval(interval)
        .on_update(|update| {
            if update.is_new_state() {
                println!("{}", update.task.state);
            }
        });
    match wait.await {
        Ok(task) => match task.state {
            TaskState::Completed => SUCCEEDED,
            TaskState::WaitingForUser | TaskState::Idle => NEEDS_A_PERSON,
            _ => FAILED,
        },
        Err(StartAndWaitError::Start(error)) => {
            eprintln!(
                "not started, or not known to be ({:?}): {error}",
                error.delivery()
            );
            UNKNOWN
        }
        Err(error) => {
            let id = error.task().map(|task| task.id.as_str());
            eprintln!(
                "task {} was started and may be running: {error}",
                id.unwrap_or_default()
            );
            UNKNOWN
        }
    }
}

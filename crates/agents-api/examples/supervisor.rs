//! A supervisor that survives `kill -9`: it reports every task that ends, once, whatever happens to its process.
//!
//! `cargo run --example supervisor` shows it: an emulator of GitHub in this process, the supervisor in another one, which is
//! killed again and again and started anew. At the end its reports are compared with what happened.
//!
//! `GH_TOKEN=… cargo run --example supervisor -- FILE` follows your own tasks on GitHub and keeps where it stands in FILE.
//!
//! The point is in `follow`: what was done and where the watch stands are saved in one file, at once, when everything was
//! compared and otherwise once a second. After a crash either both are there or neither, so each event counts once. What
//! cannot be in that file, such as a mail, is done once or, if it was done after the last save, twice.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

use agents_api::fleet::{Checkpoint, Fleet, FleetWatch};
use agents_api::{Client, FleetEvent, TaskState, TaskStateExt as _};
use agents_api_emulator::{Change, Emulator, Script, TaskSeed};
use serde::{Deserialize, Serialize};

type AnyError = Box<dyn Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => demonstrate().await,
        [file] => on_github(Path::new(file)).await,
        [mode, file] if mode == "demonstration" => on_the_emulator(Path::new(file)).await,
        _ => Err("usage: supervisor [FILE]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn on_github(file: &Path) -> Result<(), AnyError> {
    follow(Client::from_env()?.fleet(), file, |_| false).await
}

/// The supervisor of the demonstration, which has an end.
async fn on_the_emulator(file: &Path) -> Result<(), AnyError> {
    let fleet = Client::from_env()?.fleet();
    // Time is fast there, so polls are as well.
    let fleet = fleet.poll_interval(Duration::from_millis(50)).quota_share(1.0);
    let following = follow(fleet, file, |watch| {
        watch.tasks().all(|task| task.state.has_ended())
    });
    // Should the demonstration be gone, this process does not stay for ever.
    tokio::time::timeout(Duration::from_secs(120), following).await?
}

/// The time between two saves: each writes all tasks.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// Where the supervisor stands, and what it has done so far.
#[derive(Serialize, Deserialize)]
struct Saved {
    checkpoint: Checkpoint,
    reports: Vec<Report>,
}

#[derive(Serialize, Deserialize)]
struct Report {
    task: String,
    state: TaskState,
}

/// Reports every task that ends, until it is `done`.
async fn follow(fleet: Fleet, file: &Path, done: impl Fn(&FleetWatch) -> bool) -> Result<(), AnyError> {
    let (fleet, mut reports) = match load(file)? {
        Some(saved) => (fleet.resume(saved.checkpoint), saved.reports),
        None => (fleet, Vec::new()),
    };
    let mut watch = fleet.watch();
    let mut last_save = Instant::now();
    while let Some(event) = watch.try_next().await? {
        if let (Some(_), Some(task)) = (event.new_state(), event.task())
            && task.state.has_ended()
        {
            println!("{} is {}", task.id, task.state);
            reports.push(Report {
                task: task.id.clone(),
                state: task.state.clone(),
            });
        }
        let is_synced = matches!(event, FleetEvent::Synced { .. });
        let is_done = (is_synced || matches!(event, FleetEvent::Changed { .. })) && done(&watch);
        if is_synced || is_done || last_save.elapsed() >= SAVE_INTERVAL {
            let saved = Saved {
                checkpoint: watch.checkpoint(),
                reports,
            };
            save(file, &saved)?;
            reports = saved.reports;
            last_save = Instant::now();
        }
        if is_done {
            break;
        }
    }
    Ok(())
}

fn load(file: &Path) -> Result<Option<Saved>, AnyError> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes beside the file and puts it in its place, so that there is a whole one at any time. To outlive a crash of the
/// machine as well, sync the file before the rename.
fn save(file: &Path, saved: &Saved) -> Result<(), AnyError> {
    let beside = file.with_extension("new");
    fs::write(&beside, serde_json::to_vec(saved)?)?;
    fs::rename(&beside, file)?;
    Ok(())
}

/// Kills a supervisor again and again, and looks whether its reports are right all the same.
async fn demonstrate() -> Result<(), AnyError> {
    // A minute passes in half a second.
    let github = Emulator::builder().speed(120.0).start().await?;
    for number in 0..40 {
        let end = if number % 5 == 0 {
            agents_api_emulator::TaskState::Failed
        } else {
            agents_api_emulator::TaskState::Completed
        };
        let life = Script::new("life")
            .then(
                Duration::from_secs(5 * number),
                Change::State(agents_api_emulator::TaskState::InProgress),
            )
            .then(Duration::from_secs(60 + 3 * number), Change::State(end));
        github.seed_task(TaskSeed::new("Fix the login button").script(life))?;
    }
    let file = std::env::temp_dir().join(format!("supervisor-{}.json", std::process::id()));
    let mut kills = 0;
    let mut supervisor = start(&github, &file)?;
    let status = loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        if let Some(status) = supervisor.try_wait()? {
            break status;
        }
        if kills < 6 {
            // On Unix this is `kill -9`.
            supervisor.kill()?;
            supervisor.wait()?;
            kills += 1;
            println!("-- killed, the {kills}. time");
            supervisor = start(&github, &file)?;
        }
    };
    let saved = load(&file)?.ok_or("nothing was saved")?;
    let _ = fs::remove_file(&file);
    if !status.success() {
        return Err("the supervisor failed".into());
    }
    check(&github, &saved.reports)?;
    println!(
        "{} tasks ended, {} reports, {kills} kills: nothing missed, nothing twice",
        github.tasks().len(),
        saved.reports.len()
    );
    Ok(())
}

fn start(github: &Emulator, file: &Path) -> Result<Child, AnyError> {
    let child = Command::new(std::env::current_exe()?)
        .arg("demonstration")
        .arg(file)
        .env("GITHUB_API_URL", github.base_url())
        .env("GH_TOKEN", github.token())
        .spawn()?;
    Ok(child)
}

/// Compares the reports with what happened.
fn check(github: &Emulator, reports: &[Report]) -> Result<(), AnyError> {
    let mut of_task: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for report in reports {
        of_task
            .entry(&report.task)
            .or_default()
            .push(report.state.as_str());
    }
    for task in github.tasks() {
        let reported = of_task.get(task.id().as_str()).cloned().unwrap_or_default();
        if reported != [task.state().as_str()] {
            return Err(format!(
                "{} is {}, and was reported {reported:?}",
                task.id(),
                task.state().as_str()
            )
            .into());
        }
    }
    Ok(())
}

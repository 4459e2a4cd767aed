//! A live board of a fleet in the terminal: one line a task, redrawn as they change.
//!
//! `cargo run --example board` shows a dozen tasks of an embedded emulator of GitHub, where a minute passes in half a
//! second, and ends when all have ended.
//!
//! `GH_TOKEN=… cargo run --example board -- OWNER/REPO` shows the tasks of a repository on GitHub until you stop it. It
//! reads only. Where the output is no terminal, each change is a line of its own.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use agents_api::fleet::{Fleet, FleetWatch};
use agents_api::{Client, FleetEvent, Task, TaskState, TaskStateExt as _};
use agents_api_emulator::{Emulator, Script, TaskSeed};

/// How many tasks fit on the board: those updated last.
const ROWS: usize = 20;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => on_the_emulator().await,
        [repository] => on_github(repository).await,
        _ => Err("usage: board [OWNER/REPO]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn on_github(repository: &str) -> Result<(), Box<dyn Error>> {
    let fleet = Client::from_env()?.repo_from_full_name(repository)?.fleet();
    show(fleet, |_| false).await
}

async fn on_the_emulator() -> Result<(), Box<dyn Error>> {
    let github = Emulator::builder().speed(120.0).start().await?;
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .build()?;
    let repo = client.repo("octocat", "hello-world")?;
    let scripts = [
        Script::quick_success(),
        Script::fails(),
        Script::cancelled(),
        Script::follow_up_after_completion(),
    ];
    for (number, script) in scripts.into_iter().cycle().take(12).enumerate() {
        github.seed_task(TaskSeed::new(format!("Fix issue {number}")).script(script))?;
    }
    // Time is fast here, so polls are as well.
    let fleet = repo
        .fleet()
        .poll_interval(Duration::from_millis(100))
        .quota_share(1.0);
    show(fleet, |watch| watch.tasks().all(|task| task.state.has_ended())).await
}

/// Shows a fleet until it is `done`.
async fn show(fleet: Fleet, done: impl Fn(&FleetWatch) -> bool) -> Result<(), Box<dyn Error>> {
    let mut watch = fleet.watch();
    let mut board = Board::new();
    let mut synced = false;
    while let Some(event) = watch.try_next().await? {
        synced |= matches!(event, FleetEvent::Synced { .. });
        board.draw(&watch, &event)?;
        if synced && done(&watch) {
            break;
        }
    }
    println!(
        "{} tasks, {} requests",
        watch.tasks().len(),
        watch.request_count()
    );
    Ok(())
}

struct Board {
    is_terminal: bool,
    /// How many lines are drawn, to be drawn over.
    lines: usize,
    health: String,
}

impl Board {
    fn new() -> Self {
        Self {
            is_terminal: std::io::stdout().is_terminal(),
            lines: 0,
            health: String::new(),
        }
    }

    fn draw(&mut self, watch: &FleetWatch, event: &FleetEvent) -> std::io::Result<()> {
        match event {
            FleetEvent::Degraded { error, retry_in, .. } => {
                self.health = format!("{error}; again in {} s", retry_in.as_secs());
            }
            FleetEvent::Recovered => self.health.clear(),
            _ => {}
        }
        if self.is_terminal {
            return self.redraw(watch);
        }
        match (event, event.task()) {
            (FleetEvent::Removed { id, .. }, _) => println!("{id} is gone"),
            (_, Some(task)) if event.new_state().is_some() => println!("{}", row(task)),
            (FleetEvent::Degraded { .. }, _) => println!("{}", self.health),
            _ => {}
        }
        Ok(())
    }

    fn redraw(&mut self, watch: &FleetWatch) -> std::io::Result<()> {
        let mut tasks: Vec<&Task> = watch.tasks().map(|task| &**task).collect();
        tasks.sort_by_key(|task| std::cmp::Reverse((task.updated_at, task.created_at)));
        let mut out = std::io::stdout().lock();
        if self.lines > 0 {
            // Up to the first line of the board, and clear from there.
            write!(out, "\x1b[{}A\x1b[J", self.lines)?;
        }
        let rows = tasks.iter().take(ROWS);
        self.lines = rows.len() + 1;
        for task in rows {
            let color = match task.state {
                TaskState::Completed => 32,
                TaskState::Failed | TaskState::TimedOut => 31,
                TaskState::WaitingForUser => 33,
                TaskState::InProgress => 36,
                _ => 0,
            };
            writeln!(out, "\x1b[{color}m{}\x1b[0m", row(task))?;
        }
        let over = tasks.iter().filter(|task| task.state.has_ended()).count();
        writeln!(out, "{over} of {} are over  {}", tasks.len(), self.health)?;
        out.flush()
    }
}

/// One line, which fits a terminal and holds no control characters.
fn row(task: &Task) -> String {
    let name = task.name.as_deref().unwrap_or("without a name");
    let name: String = name.chars().filter(|c| !c.is_control()).take(44).collect();
    format!("{:<16} {name:<44} {:.8}", task.state.as_str(), task.id)
}

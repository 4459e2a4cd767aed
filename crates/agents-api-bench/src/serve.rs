//! The emulator in a process of its own, so that no instruction of it is counted.
use std::io::Write as _;
use std::time::Duration;

use agents_api_emulator::{Effect, Emulator, Fault, Limits, Script, Target, TaskSeed};

/// What is served.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) tasks: u32,
    pub(crate) latency: Duration,
}

/// Serves until standard input ends, and so not longer than whoever began it lives.
///
/// The first line it prints holds the address, the id of a task with one session, and that of one with twenty.
pub(crate) async fn serve(served: Served) -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = Emulator::builder()
        .tasks(served.tasks)
        .limits(Limits {
            quota: u32::MAX / 2,
            ..Limits::default()
        })
        .log_capacity(0);
    if !served.latency.is_zero() {
        builder = builder.fault(Fault::on(
            Target::Any,
            Effect::Latency {
                delay: served.latency,
            },
        ));
    }
    let github = builder.start().await?;
    let seed = |prompt: &str| {
        TaskSeed::new(prompt)
            .create_pull_request()
            .script(Script::quick_success())
    };
    let prompt = "Fix the login button on the homepage, which does nothing when it is pressed twice";
    let one = github.seed_task(seed(prompt))?;
    let twenty = github.seed_task(seed(prompt))?;
    github.advance(Duration::from_secs(3600));
    for round in 2..=20 {
        twenty.follow_up(format!("Round {round}: {prompt}"));
        twenty.run(Script::quick_success());
        github.advance(Duration::from_secs(3600));
    }
    // A walk sees one lane only: all tasks are in it.
    for task in github.tasks() {
        if task.is_archived() {
            task.unarchive();
        }
    }
    let mut out = std::io::stdout();
    writeln!(out, "{} {} {}", github.base_url(), one.id(), twenty.id())?;
    out.flush()?;
    let wait = || std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
    tokio::task::spawn_blocking(wait).await??;
    Ok(())
}

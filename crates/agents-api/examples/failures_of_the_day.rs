//! What failed since yesterday: one list with filters, and the reasons from the tasks themselves.
//!
//! `cargo run --example failures_of_the_day` runs against an embedded emulator of GitHub: no token, no network.
//!
//! `GH_TOKEN=… cargo run --example failures_of_the_day -- OWNER/REPO` lists the failures of a repository of yours; it
//! only reads.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use agents_api::chrono::{DateTime, TimeDelta, Utc};
use agents_api::{Client, Error, Repo, TaskState};
use agents_api_emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(repository) = std::env::args().nth(1) {
        let repo = Client::from_env()?.repo_from_full_name(&repository)?;
        return Ok(report(&repo, Utc::now() - TimeDelta::days(1)).await?);
    }
    // Six hundred tasks with random pasts, one every ten minutes: some four days of them.
    let github = Emulator::builder().tasks(600).start().await?;
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .build()?;
    let repo = client.repo("octocat", "hello-world")?;
    Ok(report(&repo, github.now() - TimeDelta::days(1)).await?)
}

async fn report(repo: &Repo, since: DateTime<Utc>) -> Result<(), Error> {
    let mut failed = repo
        .list_tasks()
        .states([TaskState::Failed, TaskState::TimedOut])
        .since(since)
        .including_archived()
        .items();
    let mut count = 0;
    while let Some(task) = failed.try_next().await? {
        count += 1;
        let when = task.updated_at.unwrap_or(task.created_at).format("%a %H:%M");
        println!(
            "{when}  {:<9}  {}",
            task.state,
            task.name.as_deref().unwrap_or(&task.id)
        );
        // Only a get tells the sessions, and with them the reason.
        let task = repo.task(task.id).get().await?;
        let last = task.sessions.iter().flatten().last();
        if let Some(reason) = last.and_then(|session| session.error.as_ref()?.message.as_ref()) {
            println!("                      {reason}");
        }
    }
    println!(
        "\n{count} tasks of {repo} failed since {}.",
        since.format("%F %R UTC")
    );
    Ok(())
}

//! The main job: start a task, follow it to its end, show the result, list tasks over several pages.
//!
//! `cargo run --example quickstart` runs against an embedded emulator of GitHub: no token, no network, no bill.
//!
//! `GH_TOKEN=… cargo run --example quickstart -- OWNER/REPO "what the agent is to do"` runs against GitHub and
//! starts a real agent there. Without `OWNER/REPO` and a prompt it never leaves this machine, token or not.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use agents_api::{ArtifactData, Client, Repo, Task, Usage, until};
use agents_api_emulator::Emulator;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => on_the_emulator().await,
        [repository, prompt] => on_github(repository, prompt).await,
        _ => Err("usage: quickstart [OWNER/REPO \"what the agent is to do\"]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn on_github(repository: &str, prompt: &str) -> Result<(), Box<dyn Error>> {
    let client = Client::from_env()?;
    let repo = client.repo_from_full_name(repository)?;
    run(&client, &repo, prompt, Duration::from_secs(5)).await
}

async fn on_the_emulator() -> Result<(), Box<dyn Error>> {
    // A hundred times as fast as life: a task of two minutes takes a second.
    let github = Emulator::builder().speed(100.0).tasks(120).start().await?;
    println!("An emulator of GitHub answers at {}\n", github.base_url());
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .build()?;
    run(
        &client,
        &client.repo("octocat", "hello-world")?,
        "Fix the login button",
        Duration::from_millis(50),
    )
    .await
}

async fn run(client: &Client, repo: &Repo, prompt: &str, interval: Duration) -> Result<(), Box<dyn Error>> {
    println!("Starting a task in {repo}: {prompt}");
    let task = repo.start_task(prompt).create_pull_request(true).await?;
    println!("  {}", task.id);

    let done = client
        .task(&task.id)
        .wait_until(until::settled())
        .timeout(Duration::from_secs(60 * 60))
        .poll_interval(interval)
        .on_update(|update| {
            if update.is_new_state() {
                println!("  {}", update.task.state);
            }
        })
        .await?;
    show(&done);
    let pulls = repo.resolve_pull_requests([&done]).await?;
    for pull in &pulls.resolved {
        println!("  pull request #{}, {}", pull.number, pull.state);
    }
    for missing in &pulls.unresolved {
        println!("  {missing}");
    }

    println!("\nThe repository's tasks, 50 a page:");
    let mut pages = repo.list_tasks().per_page(50).pages();
    while let Some(page) = pages.try_next().await? {
        let newest = page
            .tasks
            .first()
            .map(|task| task.name.clone().unwrap_or_default());
        println!(
            "  page {}: {} tasks, the first: {}",
            page.number,
            page.tasks.len(),
            newest.unwrap_or_else(|| "none".to_owned())
        );
    }
    Ok(())
}

/// Prints what came of a task.
fn show(task: &Task) {
    println!(
        "\n{} ({})",
        task.name.as_deref().unwrap_or("without a name"),
        task.state
    );
    for session in task.sessions.iter().flatten() {
        let model = session.model.as_deref().unwrap_or("unknown model");
        println!("  session {}: {}, {model}", session.id, session.state);
        if let Some(message) = session.error.as_ref().and_then(|error| error.message.as_ref()) {
            println!("    failed: {message}");
        }
    }
    for artifact in task.artifacts.iter().flatten() {
        match &artifact.data {
            ArtifactData::BranchRef(branch) => {
                println!("  branch {} from {}", branch.head_ref, branch.base_ref);
            }
            ArtifactData::GitHubResource(resource) => {
                println!("  {} with the database id {}", artifact.type_, resource.id);
            }
            ArtifactData::Other(data) => println!("  {}: {data}", artifact.type_),
            other => println!("  {}: {other:?}", artifact.type_),
        }
    }
    if let Some(usage) = Usage::from_task(task) {
        println!("  used {usage}");
    }
    if let Some(url) = &task.html_url {
        println!("  {url}");
    }
}

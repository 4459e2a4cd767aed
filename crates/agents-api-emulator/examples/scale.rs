//! Prints what a hundred thousand tasks cost: time to seed, memory, and time to a page from the middle.
//!
//! Run it with optimisations: `cargo run --release -p agents-api-emulator --example scale -- 100000`.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use agents_api_emulator::{Emulator, Limits};

/// How often each request is repeated.
const TIMES: u32 = 50;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tasks: u32 = std::env::args()
        .nth(1)
        .map_or(Ok(100_000), |count| count.parse())?;
    let before = resident_kib();
    let begun = Instant::now();
    let limits = Limits {
        quota: u32::MAX,
        ..Limits::default()
    };
    let github = Emulator::builder()
        .repository("octocat", "hello-world")
        .tasks(tasks)
        .limits(limits)
        .start()
        .await?;
    println!("seeding {tasks} tasks: {} ms", begun.elapsed().as_millis());
    if let (Some(before), Some(after)) = (before, resident_kib()) {
        let grown = after.saturating_sub(before);
        println!(
            "resident memory: {} MiB, {} bytes a task",
            grown / 1024,
            grown * 1024 / u64::from(tasks.max(1))
        );
    }
    let client = reqwest::Client::builder()
        .user_agent("scale")
        .no_proxy()
        .build()?;
    let middle = tasks / 200;
    let repo = "/agents/repos/octocat/hello-world/tasks";
    for (what, path) in [
        ("first page of 100", format!("{repo}?per_page=100")),
        ("middle page of 100", format!("{repo}?per_page=100&page={middle}")),
        (
            "middle page, oldest first",
            format!("{repo}?per_page=100&page={middle}&sort=created_at&direction=asc"),
        ),
        (
            "middle page of the archive",
            format!("{repo}?per_page=100&page={}&is_archived=true", middle / 5),
        ),
        (
            "middle page by state",
            format!("{repo}?per_page=100&page={}&state=completed,failed", middle / 2),
        ),
        (
            "a state that is rare",
            format!("{repo}?per_page=100&state=queued"),
        ),
        (
            "middle page of a user's",
            format!("/agents/tasks?per_page=100&page={}", middle / 2),
        ),
    ] {
        let mut fastest = Duration::MAX;
        let mut total = Duration::ZERO;
        let mut bytes = 0;
        for _ in 0..TIMES {
            let begun = Instant::now();
            let url = format!("{}{path}", github.base_url());
            let response = client
                .get(url)
                .bearer_auth(github.token())
                .send()
                .await?
                .error_for_status()?;
            bytes = response.bytes().await?.len();
            let took = begun.elapsed();
            fastest = fastest.min(took);
            total += took;
        }
        println!(
            "{what}: mean {:?}, fastest {fastest:?}, {bytes} bytes",
            total / TIMES
        );
    }
    Ok(())
}

/// The resident set of this process, where the system tells it as Linux does.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

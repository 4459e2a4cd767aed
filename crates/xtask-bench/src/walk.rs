//! A walk through a long list.
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::document::{Chapter, Goal, Table, thousands};
use super::process::{median, run};
use super::server::Server;

const TASKS: u32 = 10_000;

/// How often each walk is walked.
const ROUNDS: usize = 3;

/// Who walks: the name here, that in the programs, how many pages at a time.
const WALKERS: [(&str, &str, u32); 5] = [
    ("by hand, serial", "by-hand", 1),
    ("octocrab, serial", "octocrab", 1),
    ("library, serial", "library", 1),
    ("library, looking one page ahead: `concurrency(2)`", "library", 2),
    ("library, `concurrency(8)`", "library", 8),
];

/// What a walk took.
#[derive(Clone, Copy)]
struct Walk {
    milliseconds: f64,
    kib: f64,
}

pub(super) fn measure(programs: &Path) -> Result<Chapter> {
    let mut tables = Vec::new();
    let mut goals = Vec::new();
    for latency in [0, 10, 50] {
        // Two of its tasks are seeded besides.
        let server = Server::start(programs, TASKS - 2, latency)?;
        let head = format!("{latency} ms latency");
        let mut table = Table::new([&head, "ms", "× faster than serial", "KiB of memory"]);
        let mut walks = Vec::new();
        for (name, peer, concurrency) in WALKERS {
            let walk = walk(programs, &server, peer, concurrency)?;
            walks.push(walk);
            let serial = walks.get(2).copied().unwrap_or(walk);
            let faster = match walks.len() {
                ..=2 => String::new(),
                _ => format!("{:.1}", serial.milliseconds / walk.milliseconds),
            };
            table.row([
                name.to_owned(),
                thousands(walk.milliseconds),
                faster,
                thousands(walk.kib),
            ]);
        }
        tables.push(table);
        if let ([_, _, serial, _, eight], 50) = (walks.as_slice(), latency) {
            let faster = serial.milliseconds / eight.milliseconds;
            goals.push(Goal {
                wanted: "10,000 tasks at 50 ms with `concurrency(8)` ≥ 6 × faster than serially".to_owned(),
                measured: format!("{faster:.1} ×"),
                met: faster >= 6.0,
            });
        }
    }
    Ok(Chapter {
        title: "A walk through 10,000 tasks",
        method: format!(
            "In pages of 100, in the order of creation, each task dropped at once; the middle one of {ROUNDS} walks, each \
             in a process of its own. Memory is the highest resident size above that after a first page (`VmHWM`). The \
             library remembers every id, so that no task comes twice."
        ),
        tables,
        goals,
        weak: Vec::new(),
    })
}

fn walk(programs: &Path, server: &Server, peer: &str, concurrency: u32) -> Result<Walk> {
    let mut walks = Vec::new();
    for _ in 0..ROUNDS {
        let mut command = Command::new(programs);
        command.args(["walk", peer, &concurrency.to_string(), &server.base]);
        let said = run(&mut command, Duration::from_secs(300))?.stdout;
        let numbers: Vec<f64> = said
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [tasks, milliseconds, kib] = numbers[..] else {
            anyhow::bail!("a walk said {said:?}");
        };
        if (tasks - f64::from(TASKS)).abs() > 0.5 {
            anyhow::bail!("a walk by {peer} met {tasks} tasks in place of {TASKS}");
        }
        walks.push(Walk { milliseconds, kib });
    }
    let middle = |of: fn(&Walk) -> f64| median(walks.iter().map(of).collect());
    Ok(Walk {
        milliseconds: middle(|walk| walk.milliseconds).context("nobody walked")?,
        kib: middle(|walk| walk.kib).context("nobody walked")?,
    })
}

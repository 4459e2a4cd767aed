//! Watching many tasks for an hour.
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::document::{Chapter, Goal, Table, thousands};
use super::process::run;

/// A fleet of these sizes is compared with one poll for each task.
const SIZES: [u32; 3] = [10, 100, 1000];

/// Polls in an hour, one every 30 seconds.
const TICKS: u32 = 120;

/// What GitHub allows in an hour.
const QUOTA: f64 = 5000.0;

/// The delay that a poll every 30 seconds allows, and a second to make it.
const TICK_MS: f64 = 31_000.0;

/// A large fleet.
struct Large {
    name: &'static str,
    tasks: u32,
    active: u32,
    tracked: u32,
    /// What the first version did: changes not seen, nine in ten and the latest in seconds.
    first_version: [f64; 3],
    /// The goal for nine in ten changes, in milliseconds.
    goal: f64,
}

const LARGE: [Large; 4] = [
    Large {
        name: "10,000, all busy",
        tasks: 10_000,
        active: 10_000,
        tracked: 0,
        first_version: [0.0, 57.4, 175.4],
        goal: TICK_MS,
    },
    Large {
        name: "50,000, 10 % active",
        tasks: 50_000,
        active: 5000,
        tracked: 0,
        first_version: [0.0, 1218.4, 2538.4],
        goal: TICK_MS,
    },
    Large {
        name: "50,000, all busy",
        tasks: 50_000,
        active: 50_000,
        tracked: 0,
        first_version: [23_882.0, 3571.7, 3571.7],
        goal: 900_000.0,
    },
    Large {
        name: "10 tracked in 50,000 busy",
        tasks: 50_000,
        active: 50_000,
        tracked: 10,
        first_version: [8.0, 2169.9, 2169.9],
        goal: TICK_MS,
    },
];

/// What an hour took; delays in milliseconds.
struct Hour {
    requests: f64,
    changes: f64,
    missed: f64,
    median: f64,
    most: f64,
    latest: f64,
    processor: f64,
    ideal_requests: f64,
    ideal_missed: f64,
    ideal_most: f64,
}

pub(super) fn measure(programs: &Path) -> Result<Chapter> {
    let mut goals = Vec::new();
    let mut weak = vec![
        "the emulator's time is in the processor's time here: it has to live in the process of the paused clock."
            .to_owned(),
    ];
    let small = small(programs, &mut goals)?;
    let large = large(programs, &mut goals, &mut weak)?;
    Ok(Chapter {
        title: "An hour of a fleet",
        method: "Tasks that begin, work, end and receive follow-ups within an hour of emulated time; a poll every 30 seconds, by \
                 `client.fleet()`, and by a get of each task. The last poll, after the hour, counts too. All tasks are created \
                 in the same second, and a fleet may make 1,250 requests an hour.\n\nThe ideal reader knows which tasks have \
                 changed and gets any hundred of them with one request, those that changed first; it makes at least one request a \
                 tick, reads the initial state once, and has the same token bucket. No client can do that: a list cannot be asked \
                 for a hundred given tasks, and only a request tells that something changed. Its requests are what a fleet's are \
                 divided by. Before: the first version of the fleet, by the same program."
            .to_owned(),
        tables: vec![small, large],
        goals,
        weak,
    })
}

fn small(programs: &Path, goals: &mut Vec<Goal>) -> Result<Table> {
    let mut table = Table::new([
        "tasks",
        "changes",
        "not seen",
        "seen at the latest after, s",
        "requests",
        "one poll a task",
        "ratio",
        "ms of processor",
        "one poll a task, ms",
    ]);
    for tasks in SIZES {
        let fleet = hour(programs, "fleet", tasks, tasks, 0)?;
        let polls = hour(programs, "polls", tasks, tasks, 0)?;
        let by_polls = f64::from(tasks * TICKS);
        let ratio = fleet.requests / by_polls;
        table.row([
            tasks.to_string(),
            thousands(fleet.changes),
            thousands(fleet.missed),
            seconds(fleet.latest),
            thousands(fleet.requests),
            thousands(by_polls),
            format!("1/{:.0}", 1.0 / ratio),
            thousands(fleet.processor),
            thousands(polls.processor),
        ]);
        if tasks == 1000 {
            goals.push(Goal {
                wanted: "1,000 tasks: ≤ 1/100 of the requests of one poll a task".to_owned(),
                measured: format!("1/{:.0}", 1.0 / ratio),
                met: ratio <= 0.01,
            });
            goals.push(Goal {
                wanted: "1,000 tasks: every change seen within a tick of 30 s (and a second to poll)"
                    .to_owned(),
                measured: format!("{} s, {} missed", seconds(fleet.latest), fleet.missed),
                met: fleet.missed < 0.5 && fleet.latest <= TICK_MS,
            });
        }
    }
    Ok(table)
}

fn large(programs: &Path, goals: &mut Vec<Goal>, weak: &mut Vec<String>) -> Result<Table> {
    let mut table = Table::new([
        "fleet",
        "changes",
        "not seen",
        "median, s",
        "9 in 10, s",
        "latest, s",
        "requests",
        "÷ ideal",
        "ideal: not seen / 9 in 10, s",
        "before: not seen / 9 in 10 / latest, s",
    ]);
    for fleet in LARGE {
        let hour = hour(programs, "fleet", fleet.tasks, fleet.active, fleet.tracked)?;
        let [missed, most, latest] = fleet.first_version;
        table.row([
            fleet.name.to_owned(),
            thousands(hour.changes),
            thousands(hour.missed),
            seconds(hour.median),
            seconds(hour.most),
            seconds(hour.latest),
            thousands(hour.requests),
            format!("{:.2}", hour.requests / hour.ideal_requests),
            format!(
                "{} / {:.0}",
                thousands(hour.ideal_missed),
                hour.ideal_most / 1000.0
            ),
            format!("{} / {most:.0} / {latest:.0}", thousands(missed)),
        ]);
        goals.push(Goal {
            wanted: format!(
                "{}: 9 in 10 changes seen within {:.0} s, none missed",
                fleet.name,
                fleet.goal / 1000.0
            ),
            measured: format!("{} s, {} missed", seconds(hour.most), thousands(hour.missed)),
            met: hour.missed < 0.5 && hour.most <= fleet.goal,
        });
        goals.push(Goal {
            wanted: format!("{}: never above the hourly quota", fleet.name),
            measured: thousands(hour.requests),
            met: hour.requests <= QUOTA,
        });
        if hour.latest > TICK_MS {
            weak.push(format!(
                "{}: the latest change is seen after {:.0} s. A hundred changes take a request, and the fleet keeps to its \
                 share of the quota.",
                fleet.name,
                hour.latest / 1000.0
            ));
        }
    }
    Ok(table)
}

fn seconds(milliseconds: f64) -> String {
    format!("{:.1}", milliseconds / 1000.0)
}

fn hour(programs: &Path, how: &str, tasks: u32, active: u32, tracked: u32) -> Result<Hour> {
    let mut command = Command::new(programs);
    command.args(["fleet", how]);
    command.args([tasks, active, tracked].map(|count| count.to_string()));
    let output = run(&mut command, Duration::from_secs(600))?.stdout;
    let numbers: Vec<f64> = output
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [
        requests,
        changes,
        missed,
        median,
        most,
        latest,
        processor,
        ideal_requests,
        ideal_missed,
        ideal_most,
    ] = numbers[..]
    else {
        anyhow::bail!("an hour printed {output:?}");
    };
    Ok(Hour {
        requests,
        changes,
        missed,
        median,
        most,
        latest,
        processor,
        ideal_requests,
        ideal_missed,
        ideal_most,
    })
}

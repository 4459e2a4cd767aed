//! Watching many tasks for an hour.
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::document::{Chapter, Goal, Table, thousands};
use super::process::run;

/// The sizes of the fleet.
const SIZES: [u32; 4] = [10, 100, 1000, 10_000];

/// The largest fleet of which each task is really asked for: at a larger one it takes minutes.
const MOST_POLLS: u32 = 1000;

/// Looks in an hour, one each 30 seconds.
const TICKS: u32 = 120;

/// What GitHub allows in an hour.
const QUOTA: f64 = 5000.0;

/// What an hour took.
struct Hour {
    requests: f64,
    changes: f64,
    missed: f64,
    latest: f64,
    processor: f64,
}

pub(super) fn measure(programs: &Path) -> Result<Chapter> {
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
    let mut goals = Vec::new();
    let mut weak = vec![
        "the emulator's time is in the processor's time here, for it has to live in the process of the paused clock."
            .to_owned(),
    ];
    for tasks in SIZES {
        let fleet = hour(programs, "fleet", tasks)?;
        let polls = if tasks <= MOST_POLLS {
            Some(hour(programs, "polls", tasks)?)
        } else {
            None
        };
        let by_polls = f64::from(tasks * TICKS);
        let ratio = fleet.requests / by_polls;
        table.row([
            tasks.to_string(),
            thousands(fleet.changes),
            thousands(fleet.missed),
            format!("{:.1}", fleet.latest / 1000.0),
            thousands(fleet.requests),
            thousands(by_polls),
            format!("1/{:.0}", 1.0 / ratio),
            thousands(fleet.processor),
            polls.map_or_else(|| "not run".to_owned(), |polls| thousands(polls.processor)),
        ]);
        if tasks == 1000 {
            goals.push(Goal {
                wanted: "1,000 tasks: ≤ 1/100 of the requests of one poll a task".to_owned(),
                measured: format!("1/{:.0}", 1.0 / ratio),
                met: ratio <= 0.01,
            });
            goals.push(Goal {
                wanted: "1,000 tasks: every change seen within a tick of 30 s (and a second to look)"
                    .to_owned(),
                measured: format!("{:.1} s, {} missed", fleet.latest / 1000.0, fleet.missed),
                met: fleet.missed < 0.5 && fleet.latest <= 31_000.0,
            });
        }
        goals.push(Goal {
            wanted: format!(
                "{} tasks: never above the hourly quota",
                thousands(f64::from(tasks))
            ),
            measured: thousands(fleet.requests),
            met: fleet.requests <= QUOTA,
        });
        if fleet.latest > 31_000.0 {
            weak.push(format!(
                "with {} tasks that all change within the hour a change is seen after up to {:.0} s: a hundred changes \
                 take a request, and the fleet keeps to its share of the quota by looking less often.",
                thousands(f64::from(tasks)),
                fleet.latest / 1000.0
            ));
        }
    }
    Ok(Chapter {
        title: "An hour of a fleet",
        method: "Tasks that begin, work, end and are asked for more within an hour of emulated time; a look each 30 \
                 seconds, by `client.fleet()`, and by a get of each task. The last look, after the hour, is counted, too."
            .to_owned(),
        tables: vec![table],
        goals,
        weak,
    })
}

fn hour(programs: &Path, how: &str, tasks: u32) -> Result<Hour> {
    let mut command = Command::new(programs);
    command.args(["fleet", how, &tasks.to_string()]);
    let said = run(&mut command, Duration::from_secs(600))?.stdout;
    let numbers: Vec<f64> = said
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [requests, changes, missed, latest, processor] = numbers[..] else {
        anyhow::bail!("an hour said {said:?}");
    };
    Ok(Hour {
        requests,
        changes,
        missed,
        latest,
        processor,
    })
}

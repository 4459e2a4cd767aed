//! The maintainers' tools on GitHub's whole description.
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::document::{Chapter, Goal, Table, thousands};
use super::process::{Finished, built, run_with};
use super::workspace::{root, say};

const ROUNDS: usize = 5;

/// Measures them, if the description is there; it is 13 MB and not in the repository.
pub(super) fn measure(description: Option<&Path>) -> Result<Option<Chapter>> {
    let Some(description) = description else {
        say(
            "    skipped: there is no description; give one with --description FILE (npm pack @octokit/openapi, in it \
             package/generated/api.github.com.json)",
        );
        return Ok(None);
    };
    let description = description
        .canonicalize()
        .with_context(|| format!("cannot find {}", description.display()))?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let size = std::fs::metadata(&description)?.len() as f64;
    let xtask = built("xtask")?;
    let file = description.to_string_lossy().into_owned();
    let old = root().join("spec/upstream.json").to_string_lossy().into_owned();
    let mut table = Table::new(["command", "ms", "ms of processor", "MiB at most"]);
    let mut took = Vec::new();
    for (name, arguments) in [
        ("`import --check FILE`", &["import", "--check", &file][..]),
        ("`generate --check`", &["generate", "--check"]),
        ("`diff spec/upstream.json FILE`", &["diff", &old, &file]),
        ("`diff FILE FILE`", &["diff", &file, &file]),
    ] {
        let [wall, cpu, peak] = measured(&xtask, arguments)?;
        took.push(wall);
        table.row([
            name.to_owned(),
            thousands(wall),
            thousands(cpu),
            thousands(peak / 1024.0),
        ]);
    }
    let both = took.iter().take(2).sum::<f64>() / 1000.0;
    Ok(Some(Chapter {
        title: "Import, generate, diff",
        method: format!(
            "Built for release, on a description of {:.1} MB: the fastest of {ROUNDS} runs, and the most memory of one. `--check` does all the \
             work and writes nothing. The time of the processor counts rustfmt's too.",
            size / 1e6
        ),
        tables: vec![table],
        goals: vec![Goal {
            wanted: "import and generate ≤ 2 s".to_owned(),
            measured: format!("{both:.2} s"),
            met: both <= 2.0,
        }],
        weak: Vec::new(),
    }))
}

/// Milliseconds by the wall, milliseconds of the processor, KiB of memory.
fn measured(xtask: &Path, arguments: &[&str]) -> Result<[f64; 3]> {
    let runs = (0..ROUNDS).map(|_| {
        let mut command = Command::new(xtask);
        // 1 says that something would change: the description may be newer than the spec.
        run_with(command.args(arguments), Duration::from_secs(120), &[0, 1])
    });
    let runs = runs.collect::<Result<Vec<Finished>>>()?;
    // Whatever else the machine does makes a run slower, and never faster.
    let least = |of: fn(&Finished) -> f64| runs.iter().map(of).fold(f64::INFINITY, f64::min);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let peak = runs.iter().map(|run| run.peak).max().unwrap_or_default() as f64;
    Ok([
        least(|run| run.wall.as_secs_f64() * 1000.0),
        least(|run| run.cpu.as_secs_f64() * 1000.0),
        peak,
    ])
}

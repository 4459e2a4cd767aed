//! Runs a process to its end, or to its time limit, and tells what it took.
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::workspace::{root, say};

/// How often the memory of a process is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// A cargo without what the cargo that runs this says of this package: build scripts that look at it would run again,
/// and half of the dependencies be compiled anew.
pub(super) fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if own.iter().any(|own| name.to_string_lossy().starts_with(own)) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Builds a package's program for release, and tells where it is.
pub(super) fn built(package: &str) -> Result<PathBuf> {
    say(&format!("==> cargo build --release -p {package}"));
    let mut build = cargo();
    build
        .args([
            "build",
            "--release",
            "--quiet",
            "--message-format=json",
            "-p",
            package,
        ])
        .current_dir(root());
    let output = run(&mut build, Duration::from_secs(3600))?;
    let executable = output.stdout.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_it = message["target"]["name"].as_str() == Some(package);
        let path = message["executable"].as_str().filter(|_| is_it)?;
        Some(PathBuf::from(path))
    });
    let executable = { executable }.next_back();
    executable.with_context(|| format!("cargo built no program for {package}"))
}

/// What a process took, and what it said.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) stdout: String,
    /// By the clock on the wall.
    pub(super) wall: Duration,
    /// Of the processors, its children's included.
    pub(super) cpu: Duration,
    /// The most resident memory, in KiB; 0 if it was gone before the first look.
    pub(super) peak: u64,
}

/// Ends the process when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs it; a failure is an error with what it said.
pub(super) fn run(command: &mut Command, limit: Duration) -> Result<Finished> {
    run_with(command, limit, &[0])
}

/// Runs it; these codes at its end are no failure.
pub(super) fn run_with(command: &mut Command, limit: Duration, codes: &[i32]) -> Result<Finished> {
    // Files, since nobody empties a pipe while the process runs.
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?);
    let name = command.get_program().to_string_lossy().into_owned();
    let cpu = cpu_of_children();
    let begun = Instant::now();
    let mut running = Running(command.spawn().with_context(|| format!("cannot run {name}"))?);
    let mut peak = 0;
    let status = loop {
        if let Some(status) = running.0.try_wait()? {
            break status;
        }
        if begun.elapsed() > limit {
            bail!("{name} took longer than {limit:?} and was stopped");
        }
        peak = peak.max(peak_of(running.0.id()).unwrap_or(0));
        std::thread::sleep(LOOK);
    };
    let wall = begun.elapsed();
    let cpu = cpu_of_children().saturating_sub(cpu);
    if !status.code().is_some_and(|code| codes.contains(&code)) {
        bail!(
            "{name} failed ({status}): {}{}",
            content(&mut stdout)?,
            content(&mut stderr)?
        );
    }
    let stdout = content(&mut stdout)?;
    Ok(Finished {
        stdout,
        wall,
        cpu,
        peak,
    })
}

fn content(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The most resident memory of a process so far, in KiB.
fn peak_of(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The processor time of all children that have ended, theirs included.
fn cpu_of_children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    ticks_of_children(&stat).map_or(Duration::ZERO, |ticks| Duration::from_millis(ticks * 10))
}

/// `cutime` and `cstime`, in hundredths of a second on every Linux; the name before them may hold anything.
fn ticks_of_children(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<_> = fields.split_whitespace().collect();
    Some(fields.get(13)?.parse::<u64>().ok()? + fields.get(14)?.parse::<u64>().ok()?)
}

/// The one in the middle. Of an even number, the upper.
pub(super) fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_children_is_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 1 2 3 4 50 60 70 8 20 0 1 0 100 200";
        assert_eq!(ticks_of_children(stat), Some(78));
        assert_eq!(ticks_of_children("7 (a) S 1"), None);
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median(vec![3, 1, 2]), Some(2));
        assert_eq!(median(vec![0.5]), Some(0.5));
        assert_eq!(median(Vec::<u8>::new()), None);
    }

    #[test]
    fn what_a_process_says_and_a_failure_are_told() {
        let mut echo = Command::new("sh");
        let said = run(echo.args(["-c", "echo yes"]), Duration::from_secs(60)).unwrap();
        assert_eq!(said.stdout, "yes\n");
        let mut fails = Command::new("sh");
        let error = run(fails.args(["-c", "echo no >&2; exit 3"]), Duration::from_secs(60)).unwrap_err();
        assert!(error.to_string().ends_with("no\n"), "{error}");
    }

    #[test]
    fn a_process_that_goes_on_is_stopped() {
        let mut sleeps = Command::new("sleep");
        let error = run(sleeps.arg("60"), Duration::from_millis(5)).unwrap_err();
        assert!(error.to_string().contains("was stopped"), "{error}");
    }
}

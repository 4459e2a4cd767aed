//! Instructions and allocations of a program, counted by callgrind.
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::process;

/// The functions that an allocation goes through. Moving one to another size counts, too.
const ALLOCATORS: [&str; 6] = [
    "malloc",
    "calloc",
    "realloc",
    "posix_memalign",
    "aligned_alloc",
    "memalign",
];

/// The longest a program may run under callgrind.
const LIMIT: Duration = Duration::from_secs(600);

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counts {
    pub(super) instructions: f64,
    pub(super) allocations: f64,
}

/// What one repetition takes: the difference between `times` and twice as many, so that the beginning, the connection and the end
/// do not count. The last argument of the program is how often to repeat.
pub(super) fn per_repetition<S: AsRef<OsStr>>(program: &Path, arguments: &[S], times: u32) -> Result<Counts> {
    let few = count(program, arguments, times)?;
    let many = count(program, arguments, times * 2)?;
    let each = |many: f64, few: f64| (many - few) / f64::from(times);
    Ok(Counts {
        instructions: each(many.instructions, few.instructions),
        allocations: each(many.allocations, few.allocations),
    })
}

fn count<S: AsRef<OsStr>>(program: &Path, arguments: &[S], times: u32) -> Result<Counts> {
    let out = tempfile::NamedTempFile::new()?;
    let mut valgrind = Command::new("valgrind");
    valgrind
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", out.path().display()))
        .arg(program)
        .args(arguments)
        .arg(times.to_string());
    process::run(&mut valgrind, LIMIT).context("counting instructions takes valgrind")?;
    let profile = std::fs::read_to_string(out.path()).context("callgrind wrote no profile")?;
    parse(&profile).context("callgrind's profile cannot be read")
}

/// Reads a profile: its total, and how often the allocators were called.
///
/// A called function is named `cfn=(12) malloc` the first time and `cfn=(12)` later; the line after it, `calls=3 …`,
/// says how often. `fn=` gives names in the same way.
fn parse(profile: &str) -> Option<Counts> {
    let mut names = HashMap::new();
    let (mut called, mut total, mut allocations) = (None, None, 0_u64);
    for line in profile.lines() {
        if let Some(name) = line.strip_prefix("cfn=") {
            called = Some(function(name, &mut names)?);
        } else if let Some(name) = line.strip_prefix("fn=") {
            function(name, &mut names)?;
        } else if let Some(calls) = line.strip_prefix("calls=") {
            if called.take()? {
                allocations += calls.split_whitespace().next()?.parse::<u64>().ok()?;
            }
        } else if let Some(count) = line.strip_prefix("summary:").or(line.strip_prefix("totals:")) {
            total = Some(count.trim().parse::<u64>().ok()?);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    Some(Counts {
        instructions: total? as f64,
        allocations: allocations as f64,
    })
}

/// Whether the function is an allocator: `(12) malloc`, or `(12)` for one that was named before.
fn function<'p>(name: &'p str, names: &mut HashMap<&'p str, bool>) -> Option<bool> {
    match name.split_once(' ') {
        Some((id, name)) => {
            // A function that calls itself has a number behind its name.
            let name = name.split('\'').next().unwrap_or(name);
            let allocates = ALLOCATORS.contains(&name);
            names.insert(id, allocates);
            Some(allocates)
        }
        None => names.get(name).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "\
version: 1
events: Ir
fl=(1) main.rs
fn=(1) main
12 100
cfi=(2) malloc.c
cfn=(2) malloc
calls=3 40
12 900
cfn=(3) free
calls=9 50
12 10
fn=(4) grow
cfn=(2)
calls=4 40
13 5
cfn=(5) realloc'2
calls=1 60
13 5
totals: 1020
";

    #[test]
    fn the_total_and_the_calls_of_allocators_are_read() {
        let counts = parse(PROFILE).unwrap();
        assert_eq!((counts.instructions, counts.allocations), (1020.0, 8.0));
    }

    #[test]
    fn a_profile_that_breaks_off_is_none() {
        assert_eq!(parse("cfn=(7)\ncalls=1 2\ntotals: 5\n"), None);
        assert_eq!(parse("fn=(1) main\n12 100\n"), None);
    }
}

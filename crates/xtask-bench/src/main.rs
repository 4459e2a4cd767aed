//! `cargo measure`: measures the client against its peers, and writes `BENCHMARKS.md`.
//!
//! What is compared runs in processes of its own (`crates/agents-api-bench`), against the emulator in another process, on
//! this machine's loopback. Nothing here runs for ever: each process has a time limit, and is gone with this one.
mod build;
mod callgrind;
mod calls;
mod decode;
mod document;
mod fleet;
mod machine;
mod pipeline;
mod process;
mod server;
mod walk;
mod workspace;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;

use document::{Chapter, Document};
use workspace::{root, say};

#[derive(Debug, Parser)]
#[command(
    name = "cargo measure",
    about = "Measures the client against its peers and writes BENCHMARKS.md"
)]
struct Args {
    /// What to measure [default: everything]
    #[arg(value_enum)]
    sections: Vec<Section>,
    /// GitHub's whole description, for `pipeline`: `npm pack @octokit/openapi` brings it
    #[arg(long, value_name = "FILE")]
    description: Option<PathBuf>,
}

/// A chapter of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Section {
    /// Instructions and allocations of one call
    Calls,
    /// Instructions of decoding alone
    Decode,
    /// Time and memory of a walk through 10,000 tasks
    Walk,
    /// Requests and time of watching many tasks for an hour
    Fleet,
    /// Time and memory of import, generate and diff
    Pipeline,
    /// What a user compiles
    Build,
}

impl Section {
    const ALL: [Self; 6] = [
        Self::Calls,
        Self::Decode,
        Self::Walk,
        Self::Fleet,
        Self::Pipeline,
        Self::Build,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Decode => "decode",
            Self::Walk => "walk",
            Self::Fleet => "fleet",
            Self::Pipeline => "pipeline",
            Self::Build => "build",
        }
    }

    /// Whether it needs the programs of the bench crate.
    fn uses_programs(self) -> bool {
        !matches!(self, Self::Pipeline | Self::Build)
    }
}

/// Runs the command: 0 when everything was measured, whatever came of it; 1 when something could not be.
fn main() -> ExitCode {
    match execute(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: measure: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(args: &Args) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the benchmarks read /proc and run valgrind: they need Linux");
    }
    let sections = match args.sections.as_slice() {
        [] => Section::ALL.as_slice(),
        some => some,
    };
    let programs = if sections.iter().any(|section| section.uses_programs()) {
        process::built("agents-api-bench")?
    } else {
        PathBuf::new()
    };
    let path = root().join("BENCHMARKS.md");
    for section in sections {
        say(&format!("==> {}", section.name()));
        let chapter = measure(*section, &programs, args)?;
        let Some(chapter) = chapter else { continue };
        say(&chapter.render());
        // Written after each one: what was measured is not lost if the next one fails.
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut document = Document::read(&text);
        document.put(section.name(), &chapter, &machine::describe());
        let names: Vec<_> = Section::ALL.iter().map(|section| section.name()).collect();
        let written = std::fs::write(&path, document.render(&names));
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Measures a section; `None` if what it needs is not there.
fn measure(section: Section, programs: &std::path::Path, args: &Args) -> Result<Option<Chapter>> {
    match section {
        Section::Calls => calls::measure(programs).map(Some),
        Section::Decode => decode::measure(programs).map(Some),
        Section::Walk => walk::measure(programs).map(Some),
        Section::Fleet => fleet::measure(programs).map(Some),
        Section::Pipeline => pipeline::measure(args.description.as_deref()),
        Section::Build => build::measure().map(Some),
    }
}

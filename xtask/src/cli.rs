//! The command line.
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Maintains the generated client")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Turn GitHub's description into spec/upstream.json and spec/agents-api.json
    Import(crate::import::Args),
    /// Turn spec/agents-api.json into crates/agents-api-raw/src/generated/
    Generate(crate::generate::Args),
    /// Compare two descriptions and classify every change for a client
    Diff(crate::diff::Args),
    /// Check that imports point from upper layers to lower ones
    Layers(crate::layers::Args),
    /// Run every check of .ci/run
    Ci(crate::ci::Args),
    /// Measure the client against its peers and write BENCHMARKS.md
    Bench(crate::bench::Args),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Import(args) => crate::import::run(&args),
        Command::Generate(args) => crate::generate::run(&args),
        Command::Diff(args) => crate::diff::run(&args),
        Command::Layers(args) => crate::layers::run(&args),
        Command::Ci(args) => crate::ci::run(&args),
        Command::Bench(args) => crate::bench::run(&args),
    }
}

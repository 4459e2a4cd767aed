//! `cargo xtask`: keeps the generated client in step with GitHub's `OpenAPI` description.
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
    Import(xtask::import::Args),
    /// Turn spec/agents-api.json into crates/agents-api-raw/src/generated/
    Generate(xtask::generate::Args),
    /// Run diff, import, generate and the checks, and stop where a person must decide
    Update(xtask::update::Args),
    /// Compare two descriptions and classify every change for a client
    Diff(xtask::diff::Args),
    /// Check that imports point from upper layers to lower ones
    Layers(xtask::layers::Args),
    /// Run every check of .ci/run
    Ci(xtask::ci::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Import(args) => xtask::import::run(&args),
        Command::Generate(args) => xtask::generate::run(&args),
        Command::Update(args) => xtask::update::run(&args),
        Command::Diff(args) => xtask::diff::run(&args),
        Command::Layers(args) => xtask::layers::run(&args),
        Command::Ci(args) => xtask::ci::run(&args),
    }
}

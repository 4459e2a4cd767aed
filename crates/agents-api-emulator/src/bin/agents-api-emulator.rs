//! The emulator as a program of its own.

use std::process::ExitCode;

use agents_api_emulator::program;
use clap::Parser;

/// Emulates GitHub's agent tasks API in memory.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(flatten)]
    args: program::Args,
}

fn main() -> ExitCode {
    program::run(Cli::parse().args)
}

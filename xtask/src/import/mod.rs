//! `cargo xtask import`.
use std::process::ExitCode;

/// The arguments of `cargo xtask import`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args) -> ExitCode {
    ExitCode::FAILURE
}

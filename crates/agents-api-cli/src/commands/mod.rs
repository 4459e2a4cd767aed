//! The table of commands, one module each.
mod completions;
mod emulator;
mod list;
mod man;
mod open;
mod pr;
mod run;
mod show;
mod start;
mod wait;

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::{Global, block_on};
use crate::failure::Result;
use crate::output::Output;

/// A command and its flags. A new one is a module with `Args` and `run`, a variant here, and its arm below.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start a task and print its id and address
    Start(start::Args),
    /// Start a task, follow it, and exit by its result
    Run(run::Args),
    /// Follow tasks that run already, and exit by their result
    Wait(wait::Args),
    /// List tasks
    List(list::Args),
    /// Show a task: its sessions, artifacts, pull request, usage
    Show(show::Args),
    /// Open the page of a task in a browser
    Open(open::Args),
    /// Show the pull request of a task
    Pr(pr::Args),
    /// Run the emulator of GitHub as a server
    Emulator(emulator::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Write the man pages
    Man(man::Args),
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, global: Global, out: &Output) -> Result<ExitCode> {
        match self {
            Self::Start(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Run(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Wait(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::List(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Show(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Open(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Pr(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Emulator(args) => Ok(args.run()),
            Self::Completions(args) => args.run(out),
            Self::Man(args) => args.run(out),
        }
    }
}

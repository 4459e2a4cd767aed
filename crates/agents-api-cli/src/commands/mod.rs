//! The table of commands, one module each.
mod campaign;
mod completions;
mod doctor;
mod emulator;
mod list;
mod man;
mod open;
mod pr;
mod run;
mod show;
mod start;
mod usage;
mod wait;
mod watch;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Result;
use crate::global::Global;
use crate::output::Output;
use crate::runtime::block_on;

/// A command and its flags. A new one is a module with `Args` and `run`, a variant here, and its arm below.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start a task and print its id and address
    Start(start::Args),
    /// Start a task, follow it, and exit by its result
    Run(run::Args),
    /// Follow tasks that run already, and exit by their result
    Wait(wait::Args),
    /// Show every change of many tasks as it happens, or hand it on
    Watch(watch::Args),
    /// List tasks
    List(list::Args),
    /// Show a task: its sessions, artifacts, pull request, usage
    Show(show::Args),
    /// Open the page of a task in a browser
    Open(open::Args),
    /// Show the pull request of a task
    Pr(pr::Args),
    /// Add up what tasks have used: credits and dollars
    Usage(usage::Args),
    /// Check host, token, permission, quota and clock, and say what to do
    Doctor(doctor::Args),
    /// Run a change across many repositories, exactly one task each
    Campaign(campaign::Args),
    /// Run the emulator of GitHub as a server
    Emulator(emulator::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Write the man pages
    Man(man::Args),
}

impl Command {
    /// Runs it. `program` describes the whole command line, for those that print it.
    pub(crate) fn run(
        self,
        global: Global,
        out: &Output,
        program: fn() -> clap::Command,
    ) -> Result<ExitCode> {
        match self {
            Self::Start(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Run(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Wait(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Watch(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::List(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Show(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Open(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Pr(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Usage(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Doctor(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Campaign(args) => block_on(global, out, async |context| args.run(&context).await),
            Self::Emulator(args) => Ok(args.run()),
            Self::Completions(args) => args.run(out, &mut program()),
            Self::Man(args) => args.run(out, program()),
        }
    }
}

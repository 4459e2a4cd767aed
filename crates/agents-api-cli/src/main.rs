//! `agents`: start Copilot cloud-agent tasks from a shell or a pipeline, follow them, and exit by their result.
//!
//! Everything it knows of GitHub it knows through the public API of `agents-api`. Here are its words: the commands and
//! their flags (`cli`, `commands`), where a client, a token and a repository come from (`context`), what is printed where
//! (`output`), and the exit codes (`exit`), which are a contract.
#![allow(
    clippy::doc_markdown,
    reason = "the doc comments of arguments are their help, which is no Markdown"
)]

mod actions;
mod cli;
mod commands;
mod context;
mod exit;
mod failure;
mod follow;
mod global;
mod output;
mod runtime;
mod starting;
mod task;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cli::Cli::parse().run()
}

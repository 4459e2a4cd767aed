//! The command line as a whole.
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory, Parser};

use crate::commands::Command;
use crate::exit::Exit;
use crate::global::Global;
use crate::output::Output;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Start Copilot cloud-agent tasks, follow them, and exit by their result
#[derive(Parser)]
#[command(name = "agents", version, styles = STYLES, max_term_width = 100, after_help = Exit::table())]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

impl Cli {
    /// Runs the command and reports its failure.
    pub(crate) fn run(self) -> ExitCode {
        let out = Output::new(&self.global);
        match self.command.run(self.global, &out, Self::command) {
            Ok(code) => code,
            Err(failure) => {
                out.failure(&failure);
                failure.exit.into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_of_all_commands_agree() {
        Cli::command().debug_assert();
    }
}

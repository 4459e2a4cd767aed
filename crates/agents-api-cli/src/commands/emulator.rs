//! `agents emulator`: the emulator of GitHub as a server, for any client.
use std::process::ExitCode;

use agents_api_emulator::program;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    args: program::Args,
}

impl Args {
    pub(crate) fn run(self) -> ExitCode {
        program::run(self.args)
    }
}

//! `agents completions`: what a shell completes.
use std::process::ExitCode;

use clap_complete::Shell;

use crate::exit::Exit;
use crate::failure::Result;
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Args {
    pub(crate) fn run(&self, out: &Output, program: &mut clap::Command) -> Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, program, "agents", &mut script);
        out.bytes(&script)?;
        Ok(Exit::Reached.into())
    }
}

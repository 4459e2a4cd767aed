//! `agents man`: the manual, a page a command.
use std::path::PathBuf;
use std::process::ExitCode;

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The directory to write to
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Args {
    pub(crate) fn run(&self, out: &Output, program: clap::Command) -> Result<ExitCode> {
        let directory = self.directory.display();
        std::fs::create_dir_all(&self.directory)
            .and_then(|()| clap_mangen::generate_to(program, &self.directory))
            .map_err(|error| Failure::new(Exit::Ended, format!("{directory}: {error}")))?;
        out.note(format!("man pages are in {directory}"));
        Ok(Exit::Reached.into())
    }
}

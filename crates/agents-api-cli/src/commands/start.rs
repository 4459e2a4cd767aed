//! `agents start`: starts a task in each repository and prints its id and address.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::follow::begun;
use crate::starting::StartArgs;
use crate::task::REPORT_FIELDS;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    start: StartArgs,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        context.out.check_json(REPORT_FIELDS)?;
        let prompt = self.start.prompt()?;
        let mut failures: Vec<Failure> = Vec::new();
        for repo in context.repos(&self.start.repos).await? {
            match self.start.start(context, &repo, &prompt).await {
                Ok(task) => {
                    context.following.task(&task.id);
                    begun(context, &task, true)?;
                }
                Err(failure) => failures.push(failure),
            }
        }
        conclude(context, failures, Exit::Reached)
    }
}

/// The end of a command of which some starts failed: all are reported, the most urgent one decides.
pub(super) fn conclude(context: &Context, mut failures: Vec<Failure>, exit: Exit) -> Result<Exit> {
    let worst = failures
        .iter()
        .map(|failure| failure.exit)
        .fold(exit, Exit::worse);
    match failures.pop() {
        None => Ok(worst),
        Some(mut last) => {
            for failure in &failures {
                context.out.failure(failure);
            }
            last.exit = worst;
            Err(last)
        }
    }
}

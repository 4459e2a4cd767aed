//! `agents run`: starts a task in each repository, follows all, and exits by the result.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::follow::{self, FollowArgs, begun};
use crate::starting::StartArgs;
use crate::task::REPORT_FIELDS;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    start: StartArgs,
    #[command(flatten)]
    follow: FollowArgs,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        context.out.check_json(REPORT_FIELDS)?;
        let prompt = self.start.prompt()?;
        let (mut ids, mut failures): (Vec<String>, Vec<Failure>) = (Vec::new(), Vec::new());
        for repo in context.repos(&self.start.repos).await? {
            match self.start.start(context, &repo, &prompt).await {
                Ok(task) => {
                    context.following.task(&task.id);
                    begun(context, &task, false)?;
                    ids.push(task.id);
                }
                Err(failure) => failures.push(failure),
            }
        }
        let mut exit = Exit::Reached;
        if !ids.is_empty() {
            match follow::follow(context, &self.follow, &ids, false).await {
                Ok(followed) => exit = followed,
                Err(failure) => failures.push(failure),
            }
        }
        super::start::conclude(context, failures, exit)
    }
}

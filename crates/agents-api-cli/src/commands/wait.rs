//! `agents wait`: follows tasks that run already, and exits by their result.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Result;
use crate::follow::{self, FollowArgs};
use crate::task::{REPORT_FIELDS, id_of};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The tasks, by id or by the address of their page
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// End when the first has come to what is waited for
    #[arg(long, conflicts_with = "all")]
    any: bool,
    /// End when all have [default]
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    follow: FollowArgs,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        context.out.check_json(REPORT_FIELDS)?;
        let mut ids: Vec<String> = self.ids.iter().map(|id| id_of(id)).collect();
        ids.sort();
        ids.dedup();
        follow::follow(context, &self.follow, &ids, self.any).await
    }
}

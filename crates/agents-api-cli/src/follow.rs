//! Following tasks to what is waited for, as `run` and `wait` do.
mod args;
mod many;
mod one;
mod result;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Result;

pub(crate) use args::FollowArgs;
pub(crate) use result::{begun, rows};

/// Follows the tasks until all (or with `any`, the first) have come to what is waited for, and prints each result.
///
/// # Errors
/// When a task cannot be followed.
pub(crate) async fn follow(context: &Context, args: &FollowArgs, ids: &[String], any: bool) -> Result<Exit> {
    for id in ids {
        context.following.task(id);
    }
    context.out.group(Some("Following"));
    let followed = match ids {
        [id] => one::follow(context, args, id).await,
        ids => many::follow(context, args, ids, any).await,
    };
    context.out.group(None);
    followed
}

//! Following one task: a spinner on a terminal, a line a change elsewhere.
use agents_api::TaskStateExt as _;
use agents_api::wait::{Update, WaitError, WaitErrorKind};

use super::args::FollowArgs;
use super::result;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::task;

/// Follows the task and prints its result.
pub(super) async fn follow(context: &Context, args: &FollowArgs, id: &str) -> Result<Exit> {
    let client = context.client(&[]).await?;
    let observer = observer(&context.out);
    let condition = args.clone();
    let mut wait = client
        .task(id)
        .wait_for(move |task| condition.verdict(task).is_some())
        .timeout(args.timeout)
        .on_update(observer);
    if let Some(interval) = context.poll_interval(args.interval) {
        wait = wait.poll_interval(interval);
    }
    match wait.await {
        Ok(task) => {
            let exit = args.verdict(&task).unwrap_or(Exit::Ended);
            context.following.done(id);
            result::ended(context, task, exit).await
        }
        Err(error) => Err(failure(id, &error)),
    }
}

/// Shows what happens to the task.
fn observer(out: &Output) -> impl FnMut(&Update) + Send + use<> {
    let spinner = out.spinner("");
    let out = out.clone();
    move |update| {
        let mut parts = vec![
            task::state(&update.task.state),
            format!("{} old", task::age(&update.task)),
        ];
        parts.extend(task::usage(&update.task));
        parts.push(task::name(&update.task));
        spinner.message(parts.join(" · "));
        if !spinner.is_shown() && update.is_new_state() {
            out.note(format!("{}\t{}", update.task.id, parts.join("\t")));
        }
    }
}

fn failure(id: &str, error: &WaitError) -> Failure {
    let ended = error.last_seen().is_some_and(|task| task.state.has_ended());
    let exit = match (error.kind(), error.error()) {
        (WaitErrorKind::TimedOut, _) => Exit::StillRuns,
        (_, Some(error)) => match Exit::of_error(error) {
            Exit::Ended if !ended => Exit::StillRuns,
            exit => exit,
        },
        _ => Exit::Ended,
    };
    let failure = Failure::new(exit, error.to_string());
    match exit {
        Exit::StillRuns => failure.hint(format!("follow again with: agents wait {id}")),
        _ => failure,
    }
}

//! Following many tasks at once, at the cost of one list request a tick.
use std::collections::{BTreeMap, BTreeSet};

use agents_api::fleet::RemovalReason;
use agents_api::{FleetEvent, Task};
use tokio::time::{Instant, timeout_at};

use super::args::FollowArgs;
use super::result;
use crate::context::{Context, fleet};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::task;

/// Follows the tasks and prints each result when it is there.
pub(super) async fn follow(context: &Context, args: &FollowArgs, ids: &[String], any: bool) -> Result<Exit> {
    let client = context.client(&[]).await?;
    // A timeout beyond what the clock can count is none.
    let deadline = Instant::now()
        .checked_add(args.timeout)
        .unwrap_or_else(|| Instant::now() + std::time::Duration::from_secs(86_400 * 365));
    let mut open: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let total = open.len() as u64;
    let bar = context.out.bar(total, "");
    let mut watch = fleet(context, client.fleet().track(ids), args.interval).watch();
    let mut exits = Vec::new();
    while !open.is_empty() {
        let event = match timeout_at(deadline, watch.try_next()).await {
            Err(_) => return Err(timed_out(args, &open, total)),
            Ok(event) => event?,
        };
        let Some(event) = event else { break };
        let decided = decided(context, args, &event);
        if let Some((id, exit, task)) = decided
            && open.remove(id.as_str())
        {
            context.following.done(&id);
            exits.push(match task {
                Some(task) => result::ended(context, task, exit).await?,
                None => exit,
            });
            bar.position(total - open.len() as u64);
            if any && exits.contains(&Exit::Reached) {
                return Ok(Exit::Reached);
            }
        }
        let states = watch.tasks().filter(|task| open.contains(task.id.as_str()));
        bar.message(summary(states.map(|task| &**task)));
    }
    Ok(exits.into_iter().reduce(Exit::worse).unwrap_or(Exit::Reached))
}

/// What an event decides: of which task, and how.
fn decided(context: &Context, args: &FollowArgs, event: &FleetEvent) -> Option<(String, Exit, Option<Task>)> {
    match event {
        FleetEvent::Degraded { error, retry_in, .. } => {
            let retry_in = humantime::format_duration(std::time::Duration::from_secs(retry_in.as_secs()));
            context.out.note(format!("{error}; next try in {retry_in}"));
            None
        }
        FleetEvent::Removed { id, last, reason, .. } => {
            let (exit, why) = match reason {
                RemovalReason::Archived => {
                    let verdict = last.as_ref().and_then(|task| args.verdict(task));
                    (verdict.unwrap_or(Exit::Ended), "it was archived".to_owned())
                }
                RemovalReason::Refused(error) => (Exit::of_error(error), error.to_string()),
                _ => (Exit::Access, "not found, or not visible to this token".to_owned()),
            };
            context.out.warn(format!("task {id} is followed no more: {why}"));
            Some((id.clone(), exit, last.as_deref().cloned()))
        }
        event => {
            let task = event.task()?;
            if event.new_state().is_some() {
                context
                    .out
                    .note(format!("{}\t{}", task.id, task::state(&task.state)));
            }
            Some((task.id.clone(), args.verdict(task)?, Some((**task).clone())))
        }
    }
}

/// How many tasks are in which state.
fn summary<'t>(tasks: impl Iterator<Item = &'t Task>) -> String {
    let mut counts: BTreeMap<&str, (usize, &Task)> = BTreeMap::new();
    for task in tasks {
        counts.entry(task.state.as_str()).or_insert((0, task)).0 += 1;
    }
    let counts = counts
        .values()
        .map(|(count, task)| format!("{count} {}", task::state(&task.state)));
    counts.collect::<Vec<_>>().join(", ")
}

fn timed_out(args: &FollowArgs, open: &BTreeSet<&str>, total: u64) -> Failure {
    let ids: Vec<&str> = open.iter().copied().collect();
    let after = humantime::format_duration(args.timeout);
    Failure::new(
        Exit::StillRuns,
        format!("timeout: {} of {total} tasks still run after {after}", ids.len()),
    )
    .hint(format!("follow again with: agents wait --all {}", ids.join(" ")))
}

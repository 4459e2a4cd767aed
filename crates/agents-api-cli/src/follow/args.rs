//! How long to follow tasks, to what, and what that means for the exit code.
use std::time::Duration;

use agents_api::{Phase, Task, TaskStateExt as _};
use clap::{Args, ValueEnum};

use crate::exit::Exit;
use crate::task;

/// How long to follow, and to what.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Following")]
pub(crate) struct FollowArgs {
    /// What to wait for
    #[arg(long, value_enum, default_value_t = Until::Settled)]
    until: Until,
    /// How long to wait; the task goes on after it
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = humantime::parse_duration)]
    pub(super) timeout: Duration,
    /// What to do when the task needs a person before that
    #[arg(long, value_enum, value_name = "ACTION", default_value_t = OnNeedsUser::Fail)]
    on_needs_user: OnNeedsUser,
    /// How often to poll [default: 2s after a change, up to 30s while nothing happens]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) interval: Option<Duration>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Until {
    /// it has ended or is paused; reached if it completed
    Settled,
    /// it has ended; reached if it completed
    Ended,
    /// it has completed
    Succeeded,
    /// it has a pull request
    Pr,
    /// it has an artifact: a branch, a pull request
    Artifact,
    /// it is paused until a person does something
    NeedsUser,
}

/// What to do when a task is paused before what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnNeedsUser {
    /// stop waiting, with exit code 3
    Fail,
    /// go on waiting
    Wait,
}

impl FollowArgs {
    /// What the task as it is means for the exit code; `None` while that is open.
    pub(super) fn verdict(&self, task: &Task) -> Option<Exit> {
        let reached = match self.until {
            Until::Settled | Until::Ended | Until::Succeeded => task.state.has_succeeded(),
            Until::Pr => task::has_pull_request(task),
            Until::Artifact => task
                .artifacts
                .as_ref()
                .is_some_and(|artifacts| !artifacts.is_empty()),
            Until::NeedsUser => task.state.phase() == Phase::Paused,
        };
        match task.state.phase() {
            _ if reached => Some(Exit::Reached),
            Phase::Ended => Some(Exit::Ended),
            Phase::Paused if self.on_needs_user == OnNeedsUser::Fail => Some(Exit::NeedsPerson),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(until: Until, on_needs_user: OnNeedsUser, state: &str, artifacts: &[&str]) -> Option<Exit> {
        let artifacts: Vec<_> = artifacts
            .iter()
            .map(|kind| json!({"provider": "github", "type": kind, "data": {"id": 1}}))
            .collect();
        let task = serde_json::from_value(json!({
            "id": "t", "state": state, "created_at": "2026-01-01T00:00:00Z", "artifacts": artifacts,
        }));
        let args = FollowArgs {
            until,
            timeout: Duration::from_secs(1),
            on_needs_user,
            interval: None,
        };
        args.verdict(&task.unwrap())
    }

    #[test]
    fn the_exit_code_follows_from_state_and_condition() {
        use Exit::{Ended, NeedsPerson, Reached};
        use OnNeedsUser::{Fail, Wait};
        for (until, on_needs_user, state, artifacts, expected) in [
            (Until::Settled, Fail, "in_progress", &[][..], None),
            (Until::Settled, Fail, "completed", &[], Some(Reached)),
            (Until::Settled, Fail, "timed_out", &[], Some(Ended)),
            (Until::Settled, Fail, "waiting_for_user", &[], Some(NeedsPerson)),
            (Until::Settled, Fail, "idle", &[], Some(NeedsPerson)),
            (Until::Settled, Wait, "idle", &[], None),
            (Until::Settled, Fail, "a_new_state", &[], None),
            (Until::Succeeded, Fail, "cancelled", &[], Some(Ended)),
            (Until::Pr, Fail, "in_progress", &["branch"], None),
            (Until::Pr, Fail, "in_progress", &["branch", "pull"], Some(Reached)),
            (Until::Pr, Fail, "completed", &["branch"], Some(Ended)),
            (Until::Artifact, Fail, "in_progress", &["branch"], Some(Reached)),
            (Until::NeedsUser, Fail, "waiting_for_user", &[], Some(Reached)),
            (Until::NeedsUser, Fail, "completed", &[], Some(Ended)),
        ] {
            let found = verdict(until, on_needs_user, state, artifacts);
            assert_eq!(found, expected, "{until:?} {on_needs_user:?} {state}");
        }
    }
}

//! Ready-made conditions.
//!
//! | condition | met in these states |
//! |---|---|
//! | [`ended`] | `completed`, `failed`, `timed_out`, `cancelled` |
//! | [`succeeded`] | `completed`; never, once it ended otherwise |
//! | [`settled`] | the ended ones, and the pauses `idle` and `waiting_for_user` |
//! | [`needs_user`] | `waiting_for_user`; never, once it ended |
//! | [`artifact`] | any, when an artifact is there; never, once it ended without |
//!
//! They combine by `and`, `or` and `not`: `until::needs_user().or(until::ended())`.
//!
//! A state this version of the crate does not know is none of these: the wait goes on, up to its time limit.
use super::condition::combinators;
use super::{Condition, Progress};
use crate::{Task, TaskState};

/// Whether the state is one of those a task stays in, unless a follow-up wakes it.
fn has_ended(task: &Task) -> bool {
    matches!(
        task.state,
        TaskState::Completed | TaskState::Failed | TaskState::TimedOut | TaskState::Cancelled
    )
}

/// A ready-made condition.
#[derive(Clone, Copy, Debug)]
pub struct Until(fn(&Task) -> Progress);

combinators!(Until);

impl Condition for Until {
    fn check(&mut self, task: &Task) -> Progress {
        (self.0)(task)
    }
}

/// Yes or not yet.
fn met(met: bool) -> Progress {
    if met { Progress::Met } else { Progress::NotYet }
}

/// Not yet, or never once the task has ended.
fn unless_ended(task: &Task) -> Progress {
    if has_ended(task) {
        Progress::Never(format!("the task ended: {}", task.state))
    } else {
        Progress::NotYet
    }
}

/// The task has ended, well or not.
pub fn ended() -> Until {
    Until(|task| met(has_ended(task)))
}

/// The task has completed.
pub fn succeeded() -> Until {
    Until(|task| {
        if task.state == TaskState::Completed {
            Progress::Met
        } else {
            unless_ended(task)
        }
    })
}

/// The agent has stopped for now: the task has ended or pauses.
pub fn settled() -> Until {
    Until(|task| met(has_ended(task) || matches!(task.state, TaskState::Idle | TaskState::WaitingForUser)))
}

/// The agent waits for an answer of its user.
pub fn needs_user() -> Until {
    Until(|task| {
        if task.state == TaskState::WaitingForUser {
            Progress::Met
        } else {
            unless_ended(task)
        }
    })
}

/// The task has an artifact, such as a branch or a pull request.
pub fn artifact() -> Until {
    Until(|task| {
        if task
            .artifacts
            .as_ref()
            .is_some_and(|artifacts| !artifacts.is_empty())
        {
            Progress::Met
        } else {
            unless_ended(task)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_is_met_in_the_documented_states() {
        let states = [
            "queued",
            "in_progress",
            "completed",
            "failed",
            "idle",
            "waiting_for_user",
            "timed_out",
            "cancelled",
            "paused_by_policy",
        ];
        let says = |condition: Until| -> String {
            let mut condition = condition;
            let check = |state: &&str| {
                let json = format!(r#"{{"id":"t","state":"{state}","created_at":"2026-01-01T00:00:00Z"}}"#);
                match condition.check(&serde_json::from_str(&json).unwrap()) {
                    Progress::Met => 'y',
                    Progress::NotYet => '.',
                    Progress::Never(_) => 'n',
                }
            };
            states.iter().map(check).collect()
        };
        assert_eq!(says(ended()), "..yy..yy.");
        assert_eq!(says(succeeded()), "..yn..nn.");
        assert_eq!(says(settled()), "..yyyyyy.");
        assert_eq!(says(needs_user()), "..nn.ynn.");
        assert_eq!(says(artifact()), "..nn..nn.");
    }
}

//! Ready-made conditions.
//!
//! | condition | met in these states |
//! |---|---|
//! | [`ended`] | `completed`, `failed`, `timed_out`, `cancelled` |
//! | [`succeeded`] | `completed`; unreachable once it ended otherwise |
//! | [`settled`] | the ended ones, and the pauses `idle` and `waiting_for_user` |
//! | [`needs_user`] | `waiting_for_user`; unreachable once it ended |
//! | [`artifact`], [`any_artifact`], [`pull_request`] | any, when the artifact is there; unreachable once it ended without |
//!
//! They combine by `and`, `or` and `not`: `until::needs_user().or(until::ended())`. [`ConditionStatus`] says how.
//!
//! A state that this version of the crate does not know meets none of the conditions on the state, nor their negations:
//! the wait continues up to its timeout.
use agents_api_raw::types::{ArtifactType, Task, TaskState};

use super::condition::{Condition, ConditionStatus};
use crate::state::{Phase, TaskStateExt as _};

/// The task has ended, successfully or not.
pub fn ended() -> Condition {
    state(TaskState::has_ended)
}

/// The task has completed. A wait for it ends at once when the task has ended otherwise.
pub fn succeeded() -> Condition {
    state_before_the_end(|state| *state == TaskState::Completed)
}

/// The agent has stopped for now: the task has ended or is paused.
pub fn settled() -> Condition {
    state(|state| matches!(state.phase(), Phase::Ended | Phase::Paused))
}

/// The agent waits for its user to reply.
pub fn needs_user() -> Condition {
    state_before_the_end(|state| *state == TaskState::WaitingForUser)
}

/// The task has an artifact of this type, whatever its state.
///
/// ```
/// use agents_api::{ArtifactType, until};
///
/// let branch = until::artifact(ArtifactType::Branch);
/// // A type that this version of the crate does not know is named as GitHub sends it.
/// let report = until::artifact("report");
/// # let _ = branch.or(report);
/// ```
pub fn artifact(kind: impl Into<ArtifactType>) -> Condition {
    has_artifact(Some(kind.into()))
}

/// The task has an artifact of any type.
pub fn any_artifact() -> Condition {
    has_artifact(None)
}

/// The task has a pull request: the same as `artifact(ArtifactType::Pull)`. It appears before the agent is done with it;
/// for a finished one write `until::pull_request().and(until::settled())`.
pub fn pull_request() -> Condition {
    artifact(ArtifactType::Pull)
}

/// A condition on the state, which an ended task may meet again after a follow-up.
fn state(is_met: fn(&TaskState) -> bool) -> Condition {
    Condition::new(move |task| match is_met(&task.state) {
        _ if !task.state.is_known() => ConditionStatus::Unknown,
        true => ConditionStatus::Met,
        false => ConditionStatus::Pending,
    })
}

/// A condition on the state that an ended task cannot meet unless it does already.
fn state_before_the_end(is_met: fn(&TaskState) -> bool) -> Condition {
    let state = state(is_met);
    Condition::new(move |task| match state.status(task) {
        ConditionStatus::Pending if task.state.has_ended() => {
            ConditionStatus::Unreachable(format!("the task ended: {}", task.state))
        }
        status => status,
    })
}

/// The task has an artifact of this type, or of any.
fn has_artifact(kind: Option<ArtifactType>) -> Condition {
    Condition::new(move |task: &Task| {
        let mut artifacts = task.artifacts.iter().flatten();
        if artifacts.any(|artifact| kind.as_ref().is_none_or(|kind| artifact.type_ == *kind)) {
            return ConditionStatus::Met;
        }
        if !task.state.has_ended() {
            return ConditionStatus::Pending;
        }
        let of_type = match &kind {
            Some(kind) => format!(" of type {kind}"),
            None => String::new(),
        };
        ConditionStatus::Unreachable(format!(
            "the task ended without an artifact{of_type}: {}",
            task.state
        ))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const STATES: [&str; 9] = [
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

    fn task(state: &str, artifacts: &[&str]) -> Task {
        let artifacts: Vec<_> = artifacts
            .iter()
            .map(|kind| json!({"provider": "github", "type": kind, "data": {"id": 1}}))
            .collect();
        let task =
            json!({"id": "t", "state": state, "created_at": "2026-01-01T00:00:00Z", "artifacts": artifacts});
        serde_json::from_value(task).unwrap()
    }

    #[test]
    fn each_condition_is_met_in_the_documented_states() {
        let says = |condition: Condition| -> String {
            let letter = |state: &&str| match condition.status(&task(state, &[])) {
                ConditionStatus::Met => 'y',
                ConditionStatus::Pending => '.',
                ConditionStatus::Unknown => '?',
                ConditionStatus::Unreachable(_) => 'n',
            };
            STATES.iter().map(letter).collect()
        };
        assert_eq!(says(ended()), "..yy..yy?");
        assert_eq!(says(succeeded()), "..yn..nn?");
        assert_eq!(says(settled()), "..yyyyyy?");
        assert_eq!(says(needs_user()), "..nn.ynn?");
        assert_eq!(says(any_artifact()), "..nn..nn.");
        assert_eq!(says(pull_request()), "..nn..nn.");
    }

    #[test]
    fn neither_a_condition_nor_its_negation_is_met_in_an_unknown_state() {
        for condition in [ended(), succeeded(), settled(), needs_user()] {
            let strange = task("paused_by_policy", &["pull"]);
            assert_eq!(condition.clone().status(&strange), ConditionStatus::Unknown);
            assert_eq!(condition.not().status(&strange), ConditionStatus::Unknown);
        }
        assert_eq!(
            pull_request().status(&task("paused_by_policy", &["pull"])),
            ConditionStatus::Met
        );
    }

    #[test]
    fn a_negation_is_met_where_the_condition_is_unreachable() {
        assert_eq!(
            succeeded().not().status(&task("failed", &[])),
            ConditionStatus::Met
        );
        let without_success = || ended().and(succeeded().not());
        assert_eq!(
            without_success().status(&task("failed", &[])),
            ConditionStatus::Met
        );
        assert_eq!(
            without_success().status(&task("queued", &[])),
            ConditionStatus::Pending
        );
    }

    #[test]
    fn artifacts_are_distinguished_by_type() {
        let task = task("completed", &["branch", "report"]);
        for (condition, met) in [
            (artifact(ArtifactType::Branch), true),
            (artifact("report"), true),
            (any_artifact(), true),
            (pull_request(), false),
        ] {
            assert_eq!(condition.status(&task).is_met(), met);
        }
        assert_eq!(
            pull_request().status(&task),
            ConditionStatus::Unreachable(
                "the task ended without an artifact of type pull: completed".to_owned()
            )
        );
    }
}

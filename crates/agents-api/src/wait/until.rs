//! Ready-made conditions.
//!
//! | condition | met in these states |
//! |---|---|
//! | [`ended`] | `completed`, `failed`, `timed_out`, `cancelled` |
//! | [`succeeded`] | `completed`; never, once it ended otherwise |
//! | [`settled`] | the ended ones, and the pauses `idle` and `waiting_for_user` |
//! | [`needs_user`] | `waiting_for_user`; never, once it ended |
//! | [`artifact`], [`any_artifact`], [`pull_request`] | any, when the artifact is there; never, once it ended without |
//!
//! They combine by `and`, `or` and `not`: `until::needs_user().or(until::ended())`. [`Progress`] says how.
//!
//! A state this version of the crate does not know meets none of these, and no contrary of one: the wait goes on, up to
//! its time limit.
use super::condition::combinators;
use super::condition::{Condition, Progress};
use crate::state::{Phase, TaskStateExt as _};
use agents_api_raw::types::{ArtifactType, Task, TaskState};

/// A ready-made condition.
#[derive(Clone, Debug)]
pub struct Until(What);

#[derive(Clone, Debug)]
enum What {
    /// A state of which this is true.
    State(fn(&TaskState) -> bool),
    /// Likewise, which an ended task will not reach.
    StateBeforeTheEnd(fn(&TaskState) -> bool),
    /// An artifact of this type, or of any.
    Artifact(Option<ArtifactType>),
}

combinators!(Until);

impl Condition for Until {
    fn check(&mut self, task: &Task) -> Progress {
        let met = match &self.0 {
            What::State(is) | What::StateBeforeTheEnd(is) => {
                if !task.state.is_known() {
                    return Progress::Unknown;
                }
                is(&task.state)
            }
            What::Artifact(kind) => task
                .artifacts
                .iter()
                .flatten()
                .any(|artifact| kind.as_ref().is_none_or(|kind| artifact.type_ == *kind)),
        };
        match &self.0 {
            _ if met => Progress::Met,
            What::State(_) => Progress::NotYet,
            _ if !task.state.has_ended() => Progress::NotYet,
            What::StateBeforeTheEnd(_) => Progress::Never(format!("the task ended: {}", task.state)),
            What::Artifact(None) => {
                Progress::Never(format!("the task ended without an artifact: {}", task.state))
            }
            What::Artifact(Some(kind)) => Progress::Never(format!(
                "the task ended without an artifact of type {kind}: {}",
                task.state
            )),
        }
    }
}

/// The task has ended, well or not.
pub fn ended() -> Until {
    Until(What::State(TaskState::has_ended))
}

/// The task has completed. A wait for it ends at once when the task has ended otherwise.
pub fn succeeded() -> Until {
    Until(What::StateBeforeTheEnd(|state| *state == TaskState::Completed))
}

/// The agent has stopped for now: the task has ended or pauses.
pub fn settled() -> Until {
    Until(What::State(|state| {
        matches!(state.phase(), Phase::Ended | Phase::Paused)
    }))
}

/// The agent waits for an answer of its user.
pub fn needs_user() -> Until {
    Until(What::StateBeforeTheEnd(|state| {
        *state == TaskState::WaitingForUser
    }))
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
pub fn artifact(kind: impl Into<ArtifactType>) -> Until {
    Until(What::Artifact(Some(kind.into())))
}

/// The task has an artifact of any type.
pub fn any_artifact() -> Until {
    Until(What::Artifact(None))
}

/// The task has a pull request: the same as `artifact(ArtifactType::Pull)`. It is there before the agent is done with it;
/// for a finished one write `until::pull_request().and(until::settled())`.
pub fn pull_request() -> Until {
    artifact(ArtifactType::Pull)
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
        let says = |mut condition: Until| -> String {
            let check = |state: &&str| match condition.check(&task(state, &[])) {
                Progress::Met => 'y',
                Progress::NotYet => '.',
                Progress::Unknown => '?',
                Progress::Never(_) => 'n',
            };
            STATES.iter().map(check).collect()
        };
        assert_eq!(says(ended()), "..yy..yy?");
        assert_eq!(says(succeeded()), "..yn..nn?");
        assert_eq!(says(settled()), "..yyyyyy?");
        assert_eq!(says(needs_user()), "..nn.ynn?");
        assert_eq!(says(any_artifact()), "..nn..nn.");
        assert_eq!(says(pull_request()), "..nn..nn.");
    }

    #[test]
    fn neither_a_condition_nor_its_contrary_is_met_in_an_unknown_state() {
        for condition in [ended(), succeeded(), settled(), needs_user()] {
            let strange = task("paused_by_policy", &["pull"]);
            assert_eq!(condition.clone().check(&strange), Progress::Unknown);
            assert_eq!(condition.not().check(&strange), Progress::Unknown);
        }
        assert_eq!(
            pull_request().check(&task("paused_by_policy", &["pull"])),
            Progress::Met
        );
    }

    #[test]
    fn a_contrary_is_met_by_what_will_never_be() {
        assert_eq!(succeeded().not().check(&task("failed", &[])), Progress::Met);
        let without_success = || ended().and(succeeded().not());
        assert_eq!(without_success().check(&task("failed", &[])), Progress::Met);
        assert_eq!(without_success().check(&task("queued", &[])), Progress::NotYet);
    }

    #[test]
    fn artifacts_are_told_by_their_type() {
        let task = task("completed", &["branch", "report"]);
        for (mut condition, met) in [
            (artifact(ArtifactType::Branch), true),
            (artifact("report"), true),
            (any_artifact(), true),
            (pull_request(), false),
        ] {
            assert_eq!(condition.check(&task) == Progress::Met, met, "{condition:?}");
        }
        assert_eq!(
            pull_request().check(&task),
            Progress::Never("the task ended without an artifact of type pull: completed".to_owned())
        );
    }
}

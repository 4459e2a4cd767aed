//! What a state means for whoever follows a task: goes on, pauses, is over, or is not known here.
//!
//! GitHub has eight states and adds more. Programs that list the states they stop at break on the ninth; those that ask
//! for the phase get [`Phase::Unknown`], which is never an ending.
use std::fmt;

use serde::{Deserialize, Serialize};

use agents_api_raw::types::TaskState;

/// The four things a state can mean.
///
/// ```
/// use agents_api::{Phase, TaskState};
///
/// assert_eq!(Phase::of(&TaskState::TimedOut), Phase::Ended);
/// assert_eq!(Phase::of(&TaskState::from("paused_by_policy")), Phase::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Under way: `queued`, `in_progress`.
    Active,
    /// Stopped for now: `idle`, `waiting_for_user`.
    Paused,
    /// Over, well or not: `completed`, `failed`, `timed_out`, `cancelled`. A follow-up can still wake the task.
    Ended,
    /// A state this version of the crate does not know. Go on looking, within a time limit.
    Unknown,
}

impl Phase {
    /// What the state means.
    pub fn of(state: &TaskState) -> Self {
        match state {
            TaskState::Queued | TaskState::InProgress => Self::Active,
            TaskState::Idle | TaskState::WaitingForUser => Self::Paused,
            TaskState::Completed | TaskState::Failed | TaskState::TimedOut | TaskState::Cancelled => {
                Self::Ended
            }
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        })
    }
}

/// Questions to the state of a task or a session.
///
/// ```
/// use agents_api::{Task, TaskStateExt as _};
///
/// fn exit_code(task: &Task) -> Option<u8> {
///     task.state.has_ended().then(|| u8::from(!task.state.has_succeeded()))
/// }
/// ```
pub trait TaskStateExt {
    /// What the state means.
    fn phase(&self) -> Phase;

    /// Whether it is one of the four endings. A state this version does not know is not.
    fn has_ended(&self) -> bool {
        self.phase() == Phase::Ended
    }

    /// Whether it is the one ending that is a success, `completed`.
    fn has_succeeded(&self) -> bool;
}

impl TaskStateExt for TaskState {
    fn phase(&self) -> Phase {
        Phase::of(self)
    }

    fn has_succeeded(&self) -> bool {
        *self == Self::Completed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_state_has_the_documented_phase() {
        let table = [
            ("queued", Phase::Active),
            ("in_progress", Phase::Active),
            ("completed", Phase::Ended),
            ("failed", Phase::Ended),
            ("idle", Phase::Paused),
            ("waiting_for_user", Phase::Paused),
            ("timed_out", Phase::Ended),
            ("cancelled", Phase::Ended),
        ];
        // A state that GitHub adds makes this fail until somebody says what it means.
        let known: Vec<_> = TaskState::KNOWN
            .iter()
            .map(|state| (state.as_str(), state.phase()))
            .collect();
        assert_eq!(known, table);
        for (state, phase) in table {
            let state = TaskState::from(state);
            assert_eq!(state.has_ended(), phase == Phase::Ended, "{state}");
            assert_eq!(state.has_succeeded(), state.as_str() == "completed", "{state}");
        }
    }

    #[test]
    fn what_is_not_known_has_not_ended() {
        let state = TaskState::from("completed_with_warnings");
        assert_eq!(state.phase(), Phase::Unknown);
        assert!(!state.has_ended() && !state.has_succeeded());
    }
}

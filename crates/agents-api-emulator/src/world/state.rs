//! The states of tasks and sessions.

use std::fmt;

/// A state that GitHub documents. States it does not document are sent by faults only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TaskState {
    /// Waiting for an agent.
    Queued,
    /// An agent is at work.
    InProgress,
    /// Ended well.
    Completed,
    /// Ended with an error.
    Failed,
    /// Paused: nothing happens until somebody comes back.
    Idle,
    /// Paused: the agent asked something.
    WaitingForUser,
    /// Ended because it took too long.
    TimedOut,
    /// Ended by its user.
    Cancelled,
}

impl TaskState {
    /// Every documented state, in GitHub's order.
    pub const ALL: &'static [Self] = &[
        Self::Queued,
        Self::InProgress,
        Self::Completed,
        Self::Failed,
        Self::Idle,
        Self::WaitingForUser,
        Self::TimedOut,
        Self::Cancelled,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Idle => "idle",
            Self::WaitingForUser => "waiting_for_user",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a word on the wire, if GitHub documents it.
    pub fn from_wire(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == word)
    }

    /// Whether the session is over: completed, failed, timed out or cancelled.
    pub const fn has_ended(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::TimedOut | Self::Cancelled
        )
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

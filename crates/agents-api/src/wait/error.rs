//! How a wait can end without its condition being met.
use std::fmt;
use std::time::Duration;

use crate::{Error, Task};

/// Why a wait ended without its condition being met. The task as it was last seen is kept.
#[derive(Debug)]
#[non_exhaustive]
pub enum WaitError {
    /// The time was up. The task goes on; wait again to go on waiting.
    TimedOut {
        /// The task as it was last seen, if it was seen at all.
        last: Option<Box<Task>>,
        /// How long the wait was.
        after: Duration,
        /// The failure of the last look, if that failed.
        error: Option<Error>,
    },
    /// The condition will not be met any more.
    Never {
        /// The task as it is.
        last: Box<Task>,
        /// Why.
        reason: String,
    },
    /// The task could not be looked at.
    Failed {
        /// The task as it was last seen, if it was seen at all.
        last: Option<Box<Task>>,
        /// What went wrong.
        error: Error,
    },
}

impl WaitError {
    /// The task as it was last seen, if it was seen at all.
    pub fn last(&self) -> Option<&Task> {
        match self {
            Self::Never { last, .. } => Some(last),
            Self::TimedOut { last, .. } | Self::Failed { last, .. } => last.as_deref(),
        }
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut {
                last: Some(task),
                after,
                ..
            } => {
                write!(f, "task {} was still {} after {after:?}", task.id, task.state)
            }
            Self::TimedOut {
                last: None, after, ..
            } => write!(f, "the task was not seen within {after:?}"),
            Self::Never { last, reason } => write!(f, "task {}: {reason}", last.id),
            Self::Failed { error, .. } => write!(f, "the task cannot be looked at: {error}"),
        }
    }
}

impl std::error::Error for WaitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::TimedOut { error, .. } => error.as_ref().map(|error| error as _),
            Self::Failed { error, .. } => Some(error),
            Self::Never { .. } => None,
        }
    }
}

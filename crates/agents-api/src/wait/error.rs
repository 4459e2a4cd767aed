//! How a wait can end without its condition being met.
use std::fmt;
use std::time::Duration;

use crate::{Error, Task};

/// Why a wait ended without its condition being met. The task as it was last seen is kept.
///
/// Its message is whole: it names the task and the cause, so that there is no chain of sources to print.
#[derive(Debug)]
#[non_exhaustive]
pub enum WaitError {
    /// The time was up. The task goes on; wait again to go on waiting.
    #[non_exhaustive]
    TimedOut {
        /// The task's id.
        id: String,
        /// The task as it was last seen, if it was seen at all.
        last: Option<Box<Task>>,
        /// How long the wait was.
        after: Duration,
        /// The failure of the last look that came to an end, if that failed.
        error: Option<Error>,
    },
    /// The condition will not be met any more.
    #[non_exhaustive]
    Never {
        /// The task as it is.
        last: Box<Task>,
        /// Why.
        reason: String,
    },
    /// The task could not be looked at.
    #[non_exhaustive]
    Failed {
        /// The task's id.
        id: String,
        /// The task as it was last seen, if it was seen at all.
        last: Option<Box<Task>>,
        /// What went wrong.
        error: Error,
    },
}

impl WaitError {
    /// The id of the task that was waited for.
    pub fn task_id(&self) -> &str {
        match self {
            Self::TimedOut { id, .. } | Self::Failed { id, .. } => id,
            Self::Never { last, .. } => &last.id,
        }
    }

    /// The task as it was last seen, if it was seen at all.
    pub fn last(&self) -> Option<&Task> {
        match self {
            Self::Never { last, .. } => Some(last),
            Self::TimedOut { last, .. } | Self::Failed { last, .. } => last.as_deref(),
        }
    }

    /// As [`WaitError::last`], to keep.
    pub fn into_last(self) -> Option<Task> {
        match self {
            Self::Never { last, .. } => Some(*last),
            Self::TimedOut { last, .. } | Self::Failed { last, .. } => last.map(|task| *task),
        }
    }

    /// The failure that ended the wait, or that of the last look before the time was up.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::TimedOut { error, .. } => error.as_ref(),
            Self::Failed { error, .. } => Some(error),
            Self::Never { .. } => None,
        }
    }

    /// Whether the time was up. The task goes on.
    pub fn is_timed_out(&self) -> bool {
        matches!(self, Self::TimedOut { .. })
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut {
                id,
                last,
                after,
                error,
            } => {
                match last {
                    Some(task) => write!(f, "task {id} was still {} after {after:?}", task.state)?,
                    None => write!(f, "task {id} was not seen within {after:?}")?,
                }
                match error {
                    Some(error) => write!(f, "; the last look failed: {error}"),
                    None => Ok(()),
                }
            }
            Self::Never { last, reason } => write!(f, "task {}: {reason}", last.id),
            Self::Failed { id, error, .. } => write!(f, "task {id} cannot be looked at: {error}"),
        }
    }
}

impl std::error::Error for WaitError {}

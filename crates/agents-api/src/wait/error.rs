//! How a wait can end without its condition being met.
use std::fmt;
use std::time::Duration;

use agents_api_raw::sanitize_for_display;

use super::poller::Poller;
use crate::error::Error;
use agents_api_raw::types::Task;

/// Why a wait ended without its condition being met, and what was seen until then.
///
/// Its message names the task and includes the cause; `source()` returns `None`.
///
/// ```no_run
/// # async fn run(client: agents_api::Client) {
/// use agents_api::until;
/// use agents_api::wait::WaitErrorKind;
///
/// if let Err(error) = client.task("TASK_ID").wait_until(until::succeeded()).await {
///     match error.kind() {
///         WaitErrorKind::Unreachable => println!("no success: {}", error.reason().unwrap_or_default()),
///         WaitErrorKind::TimedOut => println!("it goes on; wait again: {error}"),
///         _ => println!("{error}"),
///     }
///     let state = error.last_seen().map(|task| &task.state);
///     println!("last seen: {state:?}, after {} polls", error.attempts());
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct WaitError(Box<Inner>);

/// Why a wait ended; see [`WaitError::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitErrorKind {
    /// The timeout is over. The task continues; wait again to continue waiting.
    TimedOut,
    /// The condition cannot be met any more; [`WaitError::reason`] says why.
    Unreachable,
    /// The task could not be polled; [`WaitError::error`] says why.
    Failed,
}

#[derive(Debug)]
struct Inner {
    cause: Cause,
    id: String,
    last_seen: Option<Task>,
    attempts: u64,
    /// The latest failure of a poll.
    error: Option<Error>,
}

#[derive(Debug)]
pub(super) enum Cause {
    TimedOut {
        after: Duration,
        /// Whether the task had yet to advance from a baseline.
        before_baseline: bool,
    },
    Unreachable(String),
    Failed(Error),
}

impl WaitError {
    pub(super) fn new(cause: Cause, poller: Poller) -> Self {
        let (task, last_seen, attempts, error) = poller.into_parts();
        let id = task.id().to_owned();
        Self(Box::new(Inner {
            cause,
            id,
            last_seen,
            attempts,
            error,
        }))
    }

    /// Why the wait ended.
    pub fn kind(&self) -> WaitErrorKind {
        match self.0.cause {
            Cause::TimedOut { .. } => WaitErrorKind::TimedOut,
            Cause::Unreachable(_) => WaitErrorKind::Unreachable,
            Cause::Failed(_) => WaitErrorKind::Failed,
        }
    }

    /// The id of the task that was waited for.
    pub fn task_id(&self) -> &str {
        &self.0.id
    }

    /// The task as it was last seen, if it was seen at all.
    pub fn last_seen(&self) -> Option<&Task> {
        self.0.last_seen.as_ref()
    }

    /// As [`WaitError::last_seen`], by value.
    pub fn into_last_seen(self) -> Option<Task> {
        self.0.last_seen
    }

    /// How many polls were made, including one that the deadline cut off.
    pub fn attempts(&self) -> u64 {
        self.0.attempts
    }

    /// The failure that ended the wait, else that of the latest poll that failed, if one did. Polls after it may have
    /// succeeded.
    pub fn error(&self) -> Option<&Error> {
        match &self.0.cause {
            Cause::Failed(error) => Some(error),
            Cause::TimedOut { .. } | Cause::Unreachable(_) => self.0.error.as_ref(),
        }
    }

    /// Why the condition cannot be met any more, if that ended the wait.
    pub fn reason(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Unreachable(reason) => Some(reason),
            Cause::TimedOut { .. } | Cause::Failed(_) => None,
        }
    }

    /// Whether the wait timed out. The task continues.
    pub fn is_timed_out(&self) -> bool {
        self.kind() == WaitErrorKind::TimedOut
    }

    /// Whether the condition cannot be met any more.
    pub fn is_unreachable(&self) -> bool {
        self.kind() == WaitErrorKind::Unreachable
    }

    /// Whether the task could not be polled.
    pub fn is_failed(&self) -> bool {
        self.kind() == WaitErrorKind::Failed
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            cause,
            id,
            last_seen,
            error,
            ..
        } = &*self.0;
        match cause {
            Cause::TimedOut {
                after,
                before_baseline,
            } => {
                // An unknown state is whatever text the server sent.
                let state = last_seen
                    .as_ref()
                    .map(|task| sanitize_for_display(task.state.as_str()));
                match state {
                    Some(state) if *before_baseline => {
                        write!(f, "task {id} did not leave state {state} within {after:?}")?;
                    }
                    Some(state) => write!(f, "task {id} is still in state {state} after {after:?}")?,
                    None => write!(f, "task {id} was not seen within {after:?}")?,
                }
                write!(f, ": the wait timed out; wait again, or set a longer timeout")?;
                match error {
                    Some(error) => write!(f, " (latest failed poll: {error})"),
                    None => Ok(()),
                }
            }
            Cause::Unreachable(reason) => write!(f, "task {id} cannot meet the condition: {reason}"),
            Cause::Failed(error) => write!(f, "task {id} cannot be polled: {error}"),
        }
    }
}

impl std::error::Error for WaitError {}

//! How a wait can end without its condition being met.
use std::fmt;
use std::time::Duration;

use agents_api_raw::sanitize_for_display;

use super::poller::Poller;
use crate::error::Error;
use agents_api_raw::types::Task;

/// Why a wait ended without its condition being met, and what was seen until then.
///
/// Its message is whole: it names the task and the cause, so that there is no chain of sources to print.
///
/// ```no_run
/// # async fn run(client: agents_api::Client) {
/// use agents_api::until;
/// use agents_api::wait::WaitErrorKind;
///
/// if let Err(error) = client.task("TASK_ID").wait_until(until::succeeded()).await {
///     match error.kind() {
///         WaitErrorKind::Never => println!("no success: {}", error.reason().unwrap_or_default()),
///         WaitErrorKind::TimedOut => println!("it goes on; wait again: {error}"),
///         _ => println!("{error}"),
///     }
///     let state = error.last().map(|task| &task.state);
///     println!("seen last: {state:?}, after {} polls", error.polls());
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct WaitError(Box<Inner>);

/// Why a wait ended; see [`WaitError::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitErrorKind {
    /// The time was up. The task goes on; wait again to go on waiting.
    TimedOut,
    /// The condition will not be met any more; [`WaitError::reason`] says why.
    Never,
    /// The task could not be looked at; [`WaitError::error`] says why.
    Failed,
}

#[derive(Debug)]
struct Inner {
    cause: Cause,
    id: String,
    last: Option<Task>,
    polls: u64,
    /// The latest failure of a look.
    error: Option<Error>,
}

#[derive(Debug)]
pub(super) enum Cause {
    TimedOut {
        after: Duration,
        /// Whether the task had yet to pass a baseline.
        before_baseline: bool,
    },
    Never(String),
    Failed(Error),
}

impl WaitError {
    pub(super) fn new(cause: Cause, poller: Poller) -> Self {
        let (task, last, polls, error) = poller.into_parts();
        let id = task.id().to_owned();
        Self(Box::new(Inner {
            cause,
            id,
            last,
            polls,
            error,
        }))
    }

    /// Why the wait ended.
    pub fn kind(&self) -> WaitErrorKind {
        match self.0.cause {
            Cause::TimedOut { .. } => WaitErrorKind::TimedOut,
            Cause::Never(_) => WaitErrorKind::Never,
            Cause::Failed(_) => WaitErrorKind::Failed,
        }
    }

    /// The id of the task that was waited for.
    pub fn task_id(&self) -> &str {
        &self.0.id
    }

    /// The task as it was last seen, if it was seen at all.
    pub fn last(&self) -> Option<&Task> {
        self.0.last.as_ref()
    }

    /// As [`WaitError::last`], to keep.
    pub fn into_last(self) -> Option<Task> {
        self.0.last
    }

    /// How many polls there were. One that was cut off by the deadline counts.
    pub fn polls(&self) -> u64 {
        self.0.polls
    }

    /// The failure that ended the wait, else that of the latest poll that failed, if one did. Polls after it may have
    /// succeeded.
    pub fn error(&self) -> Option<&Error> {
        match &self.0.cause {
            Cause::Failed(error) => Some(error),
            Cause::TimedOut { .. } | Cause::Never(_) => self.0.error.as_ref(),
        }
    }

    /// Why the condition will not be met any more, if that ended the wait.
    pub fn reason(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Never(reason) => Some(reason),
            Cause::TimedOut { .. } | Cause::Failed(_) => None,
        }
    }

    /// Whether the time was up. The task goes on.
    pub fn is_timed_out(&self) -> bool {
        self.kind() == WaitErrorKind::TimedOut
    }

    /// Whether the condition will not be met any more.
    pub fn is_never(&self) -> bool {
        self.kind() == WaitErrorKind::Never
    }

    /// Whether the task could not be looked at.
    pub fn is_failed(&self) -> bool {
        self.kind() == WaitErrorKind::Failed
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            cause,
            id,
            last,
            error,
            ..
        } = &*self.0;
        match cause {
            Cause::TimedOut {
                after,
                before_baseline,
            } => {
                // A state that nobody knows is any text of the server's.
                let state = last
                    .as_ref()
                    .map(|task| sanitize_for_display(task.state.as_str()));
                match state {
                    Some(state) if *before_baseline => {
                        write!(f, "task {id} had not gone on from {state} after {after:?}")?;
                    }
                    Some(state) => write!(f, "task {id} was still {state} after {after:?}")?,
                    None => write!(f, "task {id} was not seen within {after:?}")?,
                }
                match error {
                    Some(error) => write!(f, "; the latest failure of a look: {error}"),
                    None => Ok(()),
                }
            }
            Cause::Never(reason) => write!(f, "task {id}: {reason}"),
            Cause::Failed(error) => write!(f, "task {id} cannot be looked at: {error}"),
        }
    }
}

impl std::error::Error for WaitError {}

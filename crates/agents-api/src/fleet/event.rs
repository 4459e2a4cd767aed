//! What a fleet tells.
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use agents_api_raw::types::{Task, TaskState};

/// What became known of a fleet; given out by [`FleetWatch`](super::FleetWatch).
///
/// Tasks are shared, so that an event is cheap to clone and to send elsewhere.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FleetEvent {
    /// A task is seen for the first time: it was there at the start, was started since, was tracked, or has left the
    /// archive.
    #[non_exhaustive]
    Added {
        /// The task.
        task: Arc<Task>,
    },
    /// Something about a task is different: its state, name, artifacts, number of sessions, or the time of its update.
    ///
    /// What happened between two looks is one event: a task that was `queued` may be `completed` at once.
    #[non_exhaustive]
    Changed {
        /// The task as it was in its event before this one.
        before: Arc<Task>,
        /// The task as it is.
        after: Arc<Task>,
    },
    /// A task is not followed any more. If it had changed, that was told before. A tracked one is not followed again when
    /// it comes back, unless it is tracked again.
    #[non_exhaustive]
    Removed {
        /// The task's id.
        id: String,
        /// The task as it was last seen, if it was seen at all.
        last: Option<Arc<Task>>,
        /// Why.
        reason: RemovalReason,
    },
    /// A request failed for a passing reason, or GitHub wants fewer requests. The watch goes on by itself; what happens
    /// meanwhile is told later.
    #[non_exhaustive]
    Degraded {
        /// What went wrong.
        error: Arc<Error>,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// Requests succeed again, after one or more [`Degraded`](FleetEvent::Degraded).
    Recovered,
    /// Every task was compared with what GitHub has. The first one says that all tasks there were are known.
    #[non_exhaustive]
    Synced {
        /// How many tasks are followed and known.
        tasks: usize,
        /// How many of them have not ended.
        active: usize,
        /// How many requests the watch has made so far.
        requests: u64,
    },
}

/// Why a task is not followed any more.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RemovalReason {
    /// It was archived.
    Archived,
    /// It was deleted, or the token does not see it (any more): two gets in a row, a tick apart, found nothing.
    NotFound,
    /// GitHub refuses to show it, its answer cannot be read, or its id cannot be one; likewise twice. Or GitHub writes its
    /// id in another way, and answers of it would never be found to be about it.
    Refused(Arc<Error>),
}

impl FleetEvent {
    /// The task it is about, as it is or was last seen.
    pub fn task(&self) -> Option<&Arc<Task>> {
        match self {
            Self::Added { task } | Self::Changed { after: task, .. } => Some(task),
            Self::Removed { last, .. } => last.as_ref(),
            Self::Degraded { .. } | Self::Recovered | Self::Synced { .. } => None,
        }
    }

    /// The id of the task it is about.
    pub fn task_id(&self) -> Option<&str> {
        match self {
            Self::Removed { id, .. } => Some(id),
            event => Some(&event.task()?.id),
        }
    }

    /// The state a task has entered, if it is another than before or the task is new.
    pub fn new_state(&self) -> Option<&TaskState> {
        match self {
            Self::Added { task } => Some(&task.state),
            Self::Changed { before, after } if before.state != after.state => Some(&after.state),
            _ => None,
        }
    }
}

//! What a fleet reports.
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::error::Error;
use agents_api_raw::types::{Task, TaskState};

/// What happened in a fleet; an item of [`FleetWatch`](super::FleetWatch).
///
/// Tasks are shared, so an event is cheap to clone and to send elsewhere. It serializes as an object with the field
/// `event` (`added`, `changed`, `removed`, `degraded`, `recovered` or `synced`): errors as their messages, durations as
/// seconds.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FleetEvent {
    /// A task is seen for the first time: it was there at the start, was started since, was tracked, or has left the
    /// archive.
    #[non_exhaustive]
    Added {
        /// The task.
        #[serde(serialize_with = "write_task")]
        task: Arc<Task>,
    },
    /// Something about a task is different: its state, name, artifacts, number of sessions, or the time of its update.
    ///
    /// What happened between two polls is one event: a task that was `queued` may be `completed` at once.
    #[non_exhaustive]
    Changed {
        /// The task as it was in its event before this one.
        #[serde(serialize_with = "write_task")]
        before: Arc<Task>,
        /// The task as it is.
        #[serde(serialize_with = "write_task")]
        after: Arc<Task>,
    },
    /// A task is not followed any more. If it had changed, that was reported before. A tracked one is not followed again
    /// when it comes back, unless it is tracked again.
    #[non_exhaustive]
    Removed {
        /// The task's id.
        id: String,
        /// The task as it was last seen, if it was seen at all.
        #[serde(serialize_with = "write_optional_task")]
        last: Option<Arc<Task>>,
        /// Why.
        reason: RemovalReason,
    },
    /// A request failed for a transient reason, or met a rate limit. The watch retries by itself; what happens meanwhile is
    /// reported later.
    #[non_exhaustive]
    Degraded {
        /// What went wrong.
        #[serde(serialize_with = "write_message")]
        error: Arc<Error>,
        /// How long until the retry.
        #[serde(serialize_with = "write_seconds")]
        retry_in: Duration,
    },
    /// Requests succeed again, after one or more [`Degraded`](FleetEvent::Degraded).
    Recovered,
    /// Every task was compared with GitHub. The first one says that all existing tasks are known.
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
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RemovalReason {
    /// It was archived.
    Archived,
    /// It was deleted, or the token does not see it (any more): two fetches in a row, one interval apart, found nothing.
    NotFound,
    /// GitHub refuses to show it, its response cannot be read, or its id cannot be one; likewise twice. Or GitHub spells its
    /// id differently, so that no response would ever be found to be about it.
    Refused(#[serde(serialize_with = "write_message")] Arc<Error>),
}

pub(super) fn write_task<S: Serializer>(task: &Arc<Task>, serializer: S) -> Result<S::Ok, S::Error> {
    Task::serialize(task, serializer)
}

#[expect(clippy::ref_option, reason = "serde passes the field")]
pub(super) fn write_optional_task<S: Serializer>(
    task: &Option<Arc<Task>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    task.as_deref().serialize(serializer)
}

pub(super) fn write_message<S: Serializer>(error: &Arc<Error>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(error)
}

pub(super) fn write_seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// Events for the tests of programs that handle them; with the feature `test-util`.
#[cfg(feature = "test-util")]
impl FleetEvent {
    /// An [`Added`](Self::Added).
    pub fn added(task: Task) -> Self {
        Self::Added { task: Arc::new(task) }
    }

    /// A [`Changed`](Self::Changed).
    pub fn changed(before: Task, after: Task) -> Self {
        Self::Changed {
            before: Arc::new(before),
            after: Arc::new(after),
        }
    }

    /// A [`Removed`](Self::Removed).
    pub fn removed(id: impl Into<String>, last: Option<Task>, reason: RemovalReason) -> Self {
        Self::Removed {
            id: id.into(),
            last: last.map(Arc::new),
            reason,
        }
    }

    /// A [`Degraded`](Self::Degraded).
    pub fn degraded(error: Error, retry_in: Duration) -> Self {
        Self::Degraded {
            error: Arc::new(error),
            retry_in,
        }
    }

    /// A [`Synced`](Self::Synced).
    pub fn synced(tasks: usize, active: usize, requests: u64) -> Self {
        Self::Synced {
            tasks,
            active,
            requests,
        }
    }
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

//! What came of a start that may do more than send one request.
use std::ops::Deref;

use super::fallback::Fallback;
use agents_api_raw::types::Task;

/// The task of a start that had fallbacks or an [idempotency key](super::StartTask::idempotency_key), and what was
/// done to get it. Used like the [`Task`] itself.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Started {
    /// The task.
    pub task: Task,
    /// Whether this start made the task.
    pub origin: StartOrigin,
    /// The model: the one asked for, or of a task that was found, the one its first session names. `None` where GitHub
    /// chose and did not say.
    pub model: Option<String>,
    /// What GitHub refused by this call, and what was asked for instead, in order. Of a task that an earlier call
    /// started, nothing is known.
    pub fallbacks: Vec<Fallback>,
    /// Further tasks with the same key. There are none unless a start was sent where the key promises nothing, such
    /// as from two processes at once. They may be running, too.
    pub duplicates: Vec<Task>,
}

/// How a [`Started`] came to its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StartOrigin {
    /// The start was sent, and GitHub answered with the task.
    Created,
    /// The start was sent, its answer was lost, and the task was found by its key.
    Recovered,
    /// A task with this key was there already: nothing was sent.
    Existing,
}

impl Started {
    /// What GitHub answered with.
    pub(super) fn answered(task: Task, model: Option<String>, fallbacks: Vec<Fallback>) -> Self {
        Self {
            task,
            origin: StartOrigin::Created,
            model,
            fallbacks,
            duplicates: Vec::new(),
        }
    }

    /// What was found. The task that was created first is the one, so that all who look agree.
    pub(super) fn found(mut tasks: Vec<Task>, origin: StartOrigin, fallbacks: Vec<Fallback>) -> Option<Self> {
        tasks.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        let mut tasks = tasks.into_iter();
        let task = tasks.next()?;
        Some(Self {
            origin,
            model: super::search::model_of(&task).map(str::to_owned),
            fallbacks,
            duplicates: tasks.collect(),
            task,
        })
    }
}

impl Deref for Started {
    type Target = Task;

    fn deref(&self) -> &Task {
        &self.task
    }
}

impl From<Started> for Task {
    fn from(started: Started) -> Self {
        started.task
    }
}

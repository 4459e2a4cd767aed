//! What came of a start that may do more than send one request.
use std::ops::Deref;

use chrono::{DateTime, Utc};

use super::fallback::Fallback;
use agents_api_raw::types::Task;

/// The task of a start, and how the start came to it. It derefs to the [`Task`].
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
    /// Further tasks with the same key, which may be running, too. There are none unless a start was sent where the key
    /// promises nothing, such as from two processes at once without a [`KeyStore`](super::KeyStore).
    ///
    /// After a start with a key and without a store, the list of tasks is read once more to fill this. It holds what that
    /// list shows: the task of another process may appear later.
    pub duplicates: Vec<Task>,
    /// Tasks created before this time, by GitHub's clock, were not looked at: an older task with the same key is not
    /// known, and does not prevent a start. `None` if nothing was searched, because a [`KeyStore`](super::KeyStore)
    /// or this client knew the key, or because the start had none.
    pub searched_since: Option<DateTime<Utc>>,
    /// How many times the request that made this task was sent; 0 if this call did not send it.
    ///
    /// More than 1 means that an earlier attempt was refused (a rate limit, or a 401 with a
    /// [`TokenProvider`](crate::TokenProvider)), redirected to the renamed repository, or never left this machine. Such a refusal starts nothing, as far as GitHub is known; if
    /// a server applied the request all the same, a second task is running. With a key, it is in `duplicates`.
    pub attempts: u32,
}

/// How a [`Started`] came to its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StartOrigin {
    /// The start was sent, and GitHub responded with the task.
    Created,
    /// The start was sent, its response was lost, and the task was found by its key.
    Recovered,
    /// A task with this key was there already: nothing was sent; or another process started one first at the same moment,
    /// and the one that this call started is in [`Started::duplicates`].
    Existing,
}

impl Started {
    /// What GitHub responded with.
    pub(super) fn created(
        task: Task,
        model: Option<String>,
        fallbacks: Vec<Fallback>,
        attempts: u32,
    ) -> Self {
        Self {
            task,
            origin: StartOrigin::Created,
            model,
            fallbacks,
            duplicates: Vec::new(),
            searched_since: None,
            attempts,
        }
    }

    /// What was found. The task that was created first is the one, so that all who look agree.
    pub(super) fn found(mut tasks: Vec<Task>, origin: StartOrigin) -> Option<Self> {
        tasks.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        let mut tasks = tasks.into_iter();
        let task = tasks.next()?;
        Some(Self {
            origin,
            model: super::search::model_of(&task).map(str::to_owned),
            fallbacks: Vec::new(),
            duplicates: tasks.collect(),
            searched_since: None,
            attempts: 0,
            task,
        })
    }

    /// The same, given all tasks with the key. If another was created first, that is the one, as for all others who look.
    pub(super) fn among(self, all: Vec<Task>) -> Self {
        match Self::found(all, StartOrigin::Existing) {
            Some(first) if first.task.id == self.task.id => Self {
                duplicates: first.duplicates,
                ..self
            },
            Some(first) => Self {
                fallbacks: self.fallbacks,
                attempts: self.attempts,
                ..first
            },
            None => self,
        }
    }

    pub(super) fn searched(mut self, since: Option<DateTime<Utc>>) -> Self {
        self.searched_since = since;
        self
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

impl<'a> From<&'a Started> for &'a Task {
    fn from(started: &'a Started) -> Self {
        &started.task
    }
}

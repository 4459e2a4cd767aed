//! The tasks that are followed, as they were last reported.
//!
//! A task is compared when its event is taken, so the store never runs ahead of the caller: what it holds is what a
//! checkpoint may hold.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::{FleetEvent, RemovalReason};
use agents_api_raw::types::{Artifact, Task};

/// A task that is followed.
#[derive(Clone, Debug)]
pub(super) struct TrackedTask {
    pub(super) task: Arc<Task>,
    /// Whether the list shows it. A task that only a fetch shows has to be polled.
    pub(super) listed: bool,
    /// The last full scan that saw it.
    pub(super) seen_in: u64,
}

/// Which tasks are followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subscription {
    /// Everything that is listed, except `excluded`.
    pub(super) all: bool,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) included: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) excluded: BTreeSet<String>,
}

impl Subscription {
    pub(super) fn contains(&self, id: &str) -> bool {
        self.included.contains(id) || (self.all && !self.excluded.contains(id))
    }
}

/// How a listed task compares with the store.
#[derive(Debug)]
pub(super) enum Comparison {
    /// Nothing is new, or the task is not followed.
    Unchanged,
    /// The store was updated, and this is to be reported.
    Changed(FleetEvent),
    /// Only a fetch can tell. If a time is given, the response must be of that time or later.
    Unconfirmed(Option<DateTime<Utc>>),
}

#[derive(Debug)]
pub(super) struct TaskStore {
    pub(super) subscription: Subscription,
    tasks: BTreeMap<String, TrackedTask>,
    /// The number of the full scan that is under way or was last.
    pub(super) scan: u64,
}

impl TaskStore {
    pub(super) fn new(subscription: Subscription, tasks: impl IntoIterator<Item = Arc<Task>>) -> Self {
        let tasks = tasks.into_iter().map(|task| {
            let id = task.id.clone();
            let tracked = TrackedTask {
                task,
                listed: true,
                seen_in: 0,
            };
            (id, tracked)
        });
        Self {
            subscription,
            tasks: tasks.collect(),
            scan: 0,
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&TrackedTask> {
        self.tasks.get(id)
    }

    pub(super) fn tasks(&self) -> impl ExactSizeIterator<Item = &TrackedTask> {
        self.tasks.values()
    }

    /// The tracked ids that were never seen.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &String> {
        let included = self.subscription.included.iter();
        included.filter(|id| !self.tasks.contains_key(*id))
    }

    /// Compares a task that the list shows. With `fetch_details` a difference is left to a fetch, which also has the
    /// sessions. So is a task older than the stored one: GitHub's servers do not all know the same at the same time.
    pub(super) fn listed(&mut self, task: &Task, fetch_details: bool) -> Comparison {
        if !self.subscription.contains(&task.id) {
            return Comparison::Unchanged;
        }
        let scan = self.scan;
        let Some(known) = self.tasks.get_mut(&task.id) else {
            if fetch_details {
                return Comparison::Unconfirmed(task.updated_at);
            }
            return Comparison::Changed(self.apply(task, true));
        };
        known.listed = true;
        known.seen_in = scan;
        if is_same(&known.task, task) {
            return Comparison::Unchanged;
        }
        if task.updated_at.is_some() && task.updated_at < known.task.updated_at {
            return Comparison::Unconfirmed(None);
        }
        if fetch_details {
            return Comparison::Unconfirmed(task.updated_at);
        }
        Comparison::Changed(self.apply(task, true))
    }

    /// Compares a task that the archive shows: first its last change is reported, then, when asked again, its removal.
    pub(super) fn archived(&mut self, task: &Task) -> Option<FleetEvent> {
        let known = self.get(&task.id);
        if known.is_none() && !self.subscription.included.contains(&task.id) {
            return None;
        }
        if known.is_none_or(|known| !is_same_but_archived(&known.task, task)) {
            return Some(self.apply(task, true));
        }
        self.remove(&task.id, RemovalReason::Archived)
    }

    /// Compares a task that a fetch shows, which is the truth about it. Returns the next event until there is none.
    pub(super) fn fetched(&mut self, task: &Task) -> Option<FleetEvent> {
        if !self.subscription.contains(&task.id) {
            return None;
        }
        if task.archived_at.is_some() {
            return self.archived(task);
        }
        let scan = self.scan;
        let listed = match self.tasks.get_mut(&task.id) {
            Some(known) if is_same(&known.task, task) => {
                known.seen_in = scan;
                return None;
            }
            known => known.is_some_and(|known| known.listed),
        };
        Some(self.apply(task, listed))
    }

    /// Stops following a task, if it is followed.
    pub(super) fn remove(&mut self, id: &str, reason: RemovalReason) -> Option<FleetEvent> {
        let known = self.tasks.remove(id);
        let included = self.subscription.included.remove(id);
        (included || known.is_some()).then(|| FleetEvent::Removed {
            id: id.to_owned(),
            last: known.map(|known| known.task),
            reason,
        })
    }

    /// Follows a task; returns whether that is new.
    pub(super) fn track(&mut self, id: &str) -> bool {
        self.subscription.excluded.remove(id);
        let is_new = !self.tasks.contains_key(id);
        self.subscription.included.insert(id.to_owned()) && is_new
    }

    /// Stops following a task, without an event.
    pub(super) fn untrack(&mut self, id: &str) {
        self.subscription.included.remove(id);
        if self.subscription.all {
            self.subscription.excluded.insert(id.to_owned());
        }
        self.tasks.remove(id);
    }

    /// A full scan did not see the task, and yet a fetch shows it.
    pub(super) fn mark_unlisted(&mut self, id: &str) {
        if let Some(known) = self.tasks.get_mut(id) {
            known.listed = false;
        }
    }

    /// Stores a task and returns what to report.
    fn apply(&mut self, task: &Task, listed: bool) -> FleetEvent {
        let task = Arc::new(task.clone());
        let tracked = TrackedTask {
            task: task.clone(),
            listed,
            seen_in: self.scan,
        };
        match self.tasks.insert(task.id.clone(), tracked) {
            Some(known) => FleetEvent::Changed {
                before: known.task,
                after: task,
            },
            None => FleetEvent::Added { task },
        }
    }
}

/// Whether two versions of a task are the same. Only what both lists and fetches show counts, and a missing time says
/// nothing.
fn is_same(a: &Task, b: &Task) -> bool {
    let same_time = a.updated_at.is_none() || b.updated_at.is_none() || a.updated_at == b.updated_at;
    same_time && a.archived_at == b.archived_at && is_same_but_archived(a, b)
}

/// The same without what archiving itself changes.
fn is_same_but_archived(a: &Task, b: &Task) -> bool {
    a.state == b.state
        && a.session_count == b.session_count
        && a.name == b.name
        && artifacts(a) == artifacts(b)
}

/// No list of artifacts equals an empty one.
fn artifacts(task: &Task) -> &[Artifact] {
    task.artifacts.as_deref().unwrap_or_default()
}

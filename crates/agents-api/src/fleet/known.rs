//! What is known of each task, and what is still to be told of it.
//!
//! A task seen is compared with what is known; a difference becomes an event, and the event remembers how to take it back.
//! So a checkpoint holds what the caller was told, not what the fleet knows ahead of it: see [`Known::told`].
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::event::{FleetEvent, RemovalReason};
use agents_api_raw::types::{Artifact, Task};

/// A task that is followed.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) task: Arc<Task>,
    /// Whether the list shows it. A task that only a get shows has to be polled.
    pub(super) listed: bool,
    /// The last walk through everything in whose time it was seen.
    pub(super) seen_in: u64,
}

/// Which tasks are followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Following {
    /// Everything that is listed, except `dropped`.
    pub(super) everything: bool,
    pub(super) tracked: BTreeSet<String>,
    pub(super) dropped: BTreeSet<String>,
}

impl Following {
    pub(super) fn has(&self, id: &str) -> bool {
        self.tracked.contains(id) || (self.everything && !self.dropped.contains(id))
    }
}

/// What a listed task is to the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing new, or it is not followed.
    Same,
    /// Something new, which will be told.
    New,
    /// Only a get can tell. If a time is given, its answer has to be of that time or later.
    Doubtful(Option<DateTime<Utc>>),
}

/// How a task was known before an event.
#[derive(Clone, Debug)]
struct Before {
    id: String,
    entry: Option<Entry>,
    tracked: bool,
}

#[derive(Debug)]
pub(super) struct Known {
    pub(super) following: Following,
    entries: BTreeMap<String, Entry>,
    outbox: VecDeque<(FleetEvent, Option<Before>)>,
    /// The number of the walk through everything that is under way or was last.
    pub(super) walk: u64,
}

impl Known {
    pub(super) fn new(following: Following, tasks: impl IntoIterator<Item = Arc<Task>>) -> Self {
        let entries = tasks.into_iter().map(|task| {
            let entry = Entry {
                task: task.clone(),
                listed: true,
                seen_in: 0,
            };
            (task.id.clone(), entry)
        });
        Self {
            following,
            entries: entries.collect(),
            outbox: VecDeque::new(),
            walk: 0,
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    pub(super) fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.values()
    }

    /// The tracked tasks that were never seen.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &String> {
        let tracked = self.following.tracked.iter();
        tracked.filter(|id| !self.entries.contains_key(*id))
    }

    /// A task stands in the list. News are told at once, unless `details` are wanted, which only a get has.
    /// A sight older than what is known is doubtful too: not all servers know the same at the same time.
    pub(super) fn listed(&mut self, task: &Task, details: bool) -> Seen {
        if !self.following.has(&task.id) {
            return Seen::Same;
        }
        let walk = self.walk;
        let Some(entry) = self.entries.get_mut(&task.id) else {
            if details {
                return Seen::Doubtful(task.updated_at);
            }
            self.believe(task.clone(), true);
            return Seen::New;
        };
        entry.listed = true;
        entry.seen_in = walk;
        if is_same(&entry.task, task) {
            return Seen::Same;
        }
        if task.updated_at.is_some() && task.updated_at < entry.task.updated_at {
            return Seen::Doubtful(None);
        }
        if details {
            return Seen::Doubtful(task.updated_at);
        }
        self.believe(task.clone(), true);
        Seen::New
    }

    /// A task stands in the archive.
    pub(super) fn archived(&mut self, task: &Task) {
        let known = self.entries.contains_key(&task.id);
        if !known && !self.following.tracked.contains(&task.id) {
            return;
        }
        if self
            .get(&task.id)
            .is_none_or(|entry| !is_same_but_archived(&entry.task, task))
        {
            self.believe(task.clone(), true);
        }
        self.gone(&task.id, RemovalReason::Archived);
    }

    /// A get has shown a task, which is the truth about it.
    pub(super) fn got(&mut self, task: &Task) {
        if !self.following.has(&task.id) {
            return;
        }
        if task.archived_at.is_some() {
            return self.archived(task);
        }
        let listed = self.get(&task.id).is_some_and(|entry| entry.listed);
        match self.entries.get_mut(&task.id) {
            Some(entry) if is_same(&entry.task, task) => {
                entry.seen_in = self.walk;
            }
            _ => self.believe(task.clone(), listed),
        }
    }

    /// A task is not followed any more.
    pub(super) fn gone(&mut self, id: &str, why: RemovalReason) {
        let before = self.before(id);
        let entry = self.entries.remove(id);
        self.following.tracked.remove(id);
        let event = FleetEvent::Removed {
            id: id.to_owned(),
            last: entry.map(|entry| entry.task),
            reason: why,
        };
        self.outbox.push_back((event, Some(before)));
    }

    /// Follows a task; answers whether that is new.
    pub(super) fn track(&mut self, id: &str) -> bool {
        self.following.dropped.remove(id);
        let is_new = !self.entries.contains_key(id);
        self.following.tracked.insert(id.to_owned()) && is_new
    }

    /// Follows a task no more, and says nothing more of it.
    pub(super) fn untrack(&mut self, id: &str) {
        self.following.tracked.remove(id);
        if self.following.everything {
            self.following.dropped.insert(id.to_owned());
        }
        self.entries.remove(id);
        self.outbox.retain(|(event, _)| event.task_id() != Some(id));
    }

    /// A listed task was not seen by a whole walk, and yet a get shows it.
    pub(super) fn unlist(&mut self, id: &str) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.listed = false;
        }
    }

    /// Tells something that is not about one task.
    pub(super) fn tell(&mut self, event: FleetEvent) {
        self.outbox.push_back((event, None));
    }

    /// The next event to give out.
    pub(super) fn pop(&mut self) -> Option<FleetEvent> {
        Some(self.outbox.pop_front()?.0)
    }

    pub(super) fn has_untold(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Who is followed, and every task as the caller was told of it last.
    pub(super) fn told(&self) -> (Following, Vec<Arc<Task>>) {
        let mut following = self.following.clone();
        let mut tasks: BTreeMap<&str, &Arc<Task>> = self
            .entries
            .iter()
            .map(|(id, entry)| (id.as_str(), &entry.task))
            .collect();
        for before in self.outbox.iter().rev().filter_map(|(_, before)| before.as_ref()) {
            match &before.entry {
                Some(entry) => tasks.insert(&before.id, &entry.task),
                None => tasks.remove(before.id.as_str()),
            };
            if before.tracked {
                following.tracked.insert(before.id.clone());
            }
        }
        (following, tasks.into_values().cloned().collect())
    }

    fn before(&self, id: &str) -> Before {
        Before {
            id: id.to_owned(),
            entry: self.entries.get(id).cloned(),
            tracked: self.following.tracked.contains(id),
        }
    }

    /// Takes over how a task is now, and tells it.
    fn believe(&mut self, task: Task, listed: bool) {
        let before = self.before(&task.id);
        let task = Arc::new(task);
        let entry = Entry {
            task: task.clone(),
            listed,
            seen_in: self.walk,
        };
        let event = match self.entries.insert(task.id.clone(), entry) {
            Some(entry) => FleetEvent::Changed {
                before: entry.task,
                after: task,
            },
            None => FleetEvent::Added { task },
        };
        self.outbox.push_back((event, Some(before)));
    }
}

/// Whether nothing has happened between two sights of a task. Only what lists and gets both tell counts, and a time that
/// is missing says nothing.
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

/// None is as good as an empty list.
fn artifacts(task: &Task) -> &[Artifact] {
    task.artifacts.as_deref().unwrap_or_default()
}

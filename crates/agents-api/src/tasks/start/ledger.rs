//! What a client remembers of its starts: shared by its clones, and gone with them.
//!
//! GitHub's lists may show a task late. What this client knows for sure, that it sent a start a moment ago or got its
//! task, closes that gap for all starts that go through it.
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::key::{Key, MAX_SETTLE, Marker};
use crate::Repo;

/// How long markers and answers are remembered: as long as tasks are looked for by default. To forget one costs
/// a request, or lets an old task be taken for a lost one.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What this client knows of a key.
#[derive(Debug, PartialEq)]
pub(super) enum Attempt {
    /// No start was sent, or it started nothing. Leads to `Unknown` when one is sent.
    None,
    /// A start was sent, and what became of it was not known then. Lists may not show its task before it has settled.
    /// Leads to `Started` when its task is found by the same call, and to `Unknown` of a later time when another start is sent.
    Unknown(Instant),
    /// A start of this client made the task of this id, which lists may not show yet. Counts as none once it is older
    /// than the key looks back.
    Started(String, Instant),
}

/// A key's place. It is locked while a start with the key is under way, so that no two of this client's are at once.
pub(super) type Slot = Arc<tokio::sync::Mutex<Attempt>>;

/// What a client remembers of its starts.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    slots: Aging<(String, Key), Slot>,
    /// The key in the first prompt of a task, which never changes.
    markers: Aging<String, Marker>,
    /// Tasks that came as the answer to a start: no other start's answer that was lost.
    answered: Aging<String, ()>,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn slot(&self, repo: &Repo, key: &Key) -> Slot {
        let mut entries = self.entries();
        // GitHub's names know no case.
        let place = (repo.to_string().to_lowercase(), key.clone());
        let known = entries.slots.get(&place).cloned();
        let slot = known.unwrap_or_else(|| Arc::new(tokio::sync::Mutex::new(Attempt::None)));
        let in_use = |slot: &Slot| Arc::strong_count(slot) > 1;
        entries.slots.insert(place, slot.clone(), MAX_SETTLE, in_use);
        slot
    }

    /// The key in the task's first prompt, if this client has read it.
    pub(crate) fn marker(&self, task: &str) -> Option<Marker> {
        self.entries().markers.get(task).cloned()
    }

    pub(crate) fn note_marker(&self, task: &str, marker: Marker) {
        self.entries()
            .markers
            .insert(task.to_owned(), marker, DAY, |_| false);
    }

    pub(crate) fn was_answered(&self, task: &str) -> bool {
        self.entries().answered.get(task).is_some()
    }

    pub(super) fn note_answered(&self, task: &str) {
        self.entries()
            .answered
            .insert(task.to_owned(), (), DAY, |()| false);
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

/// A map that forgets what is old, whenever it has doubled.
struct Aging<K, V> {
    entries: HashMap<K, (Instant, V)>,
    /// At this size it looks for what is old.
    full: usize,
}

/// The smallest size at which to look for what is old.
const SMALL: usize = 1024;

impl<K, V> Default for Aging<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            full: SMALL,
        }
    }
}

impl<K: Eq + Hash, V> Aging<K, V> {
    fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// Puts it in, or makes it young again. What is older than `age` may be forgotten, unless it is to be kept.
    fn insert(&mut self, key: K, value: V, age: Duration, keep: impl Fn(&V) -> bool) {
        let now = Instant::now();
        self.entries.insert(key, (now, value));
        if self.entries.len() >= self.full {
            self.entries
                .retain(|_, (at, value)| now.saturating_duration_since(*at) <= age || keep(value));
            self.full = SMALL.max(self.entries.len().saturating_mul(2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_old_is_forgotten_unless_it_is_in_use() {
        let mut map = Aging::default();
        let age = Duration::from_secs(60);
        let keep = |value: &usize| *value == 7;
        for number in 0..SMALL - 1 {
            map.insert(number, number, age, keep);
        }
        tokio::time::advance(age * 2).await;
        assert_eq!(map.get(&1), Some(&1));
        map.insert(SMALL, SMALL, age, keep);
        assert_eq!(map.entries.len(), 2);
        assert_eq!((map.get(&7), map.get(&SMALL)), (Some(&7), Some(&SMALL)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_young_is_never_forgotten() {
        let mut map = Aging::default();
        for number in 0..5 * SMALL {
            map.insert(number, (), Duration::from_secs(60), |()| false);
        }
        assert_eq!(map.entries.len(), 5 * SMALL);
    }
}

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

/// How long markers and answers are remembered: as long as tasks are looked for by default. To forget one costs
/// a request, or lets an old task be taken for a lost one.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What this client knows of a key.
#[derive(Debug, PartialEq)]
pub(crate) enum Attempt {
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
pub(crate) type KeyLock = Arc<tokio::sync::Mutex<Attempt>>;

/// The key in the first prompt of a task, or that it has none. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PromptKey(pub(crate) Option<String>);

/// What a client remembers of its starts.
#[derive(Default)]
pub(crate) struct StartRegistry(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    key_locks: ExpiringMap<(String, String), KeyLock>,
    prompt_keys: ExpiringMap<String, PromptKey>,
    /// Tasks that came as the response to a start: no other start's response that was lost.
    answered: ExpiringMap<String, ()>,
}

impl StartRegistry {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock of a key in a repository. It is kept for `lifetime`, and longer while it is in use.
    pub(crate) fn key_lock(&self, repo: &str, key: &str, lifetime: Duration) -> KeyLock {
        let mut entries = self.entries();
        // GitHub's names are case-insensitive.
        let entry = (repo.to_lowercase(), key.to_owned());
        let known = entries.key_locks.get(&entry).cloned();
        let lock = known.unwrap_or_else(|| Arc::new(tokio::sync::Mutex::new(Attempt::None)));
        let in_use = |lock: &KeyLock| Arc::strong_count(lock) > 1;
        entries.key_locks.insert(entry, lock.clone(), lifetime, in_use);
        lock
    }

    /// The key in the task's first prompt; `None` if this client has not read the prompt.
    pub(crate) fn prompt_key(&self, task: &str) -> Option<PromptKey> {
        self.entries().prompt_keys.get(task).cloned()
    }

    pub(crate) fn note_prompt_key(&self, task: &str, key: PromptKey) {
        self.entries()
            .prompt_keys
            .insert(task.to_owned(), key, DAY, |_| false);
    }

    pub(crate) fn was_answered(&self, task: &str) -> bool {
        self.entries().answered.get(task).is_some()
    }

    pub(crate) fn note_answered(&self, task: &str) {
        self.entries()
            .answered
            .insert(task.to_owned(), (), DAY, |()| false);
    }
}

impl fmt::Debug for StartRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartRegistry").finish_non_exhaustive()
    }
}

/// A map that forgets what is old, whenever it has doubled.
struct ExpiringMap<K, V> {
    entries: HashMap<K, (Instant, V)>,
    /// At this size it looks for what is old.
    full: usize,
}

/// The smallest size at which to look for what is old.
const SMALL: usize = 1024;

impl<K, V> Default for ExpiringMap<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            full: SMALL,
        }
    }
}

impl<K: Eq + Hash, V> ExpiringMap<K, V> {
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
        let mut map = ExpiringMap::default();
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
        let mut map = ExpiringMap::default();
        for number in 0..5 * SMALL {
            map.insert(number, (), Duration::from_secs(60), |()| false);
        }
        assert_eq!(map.entries.len(), 5 * SMALL);
    }
}

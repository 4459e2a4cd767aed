//! Which tasks to fetch one by one, and when.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// Why a task is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Something about it is not certain.
    Confirm,
    /// No list shows it, or polling it is cheaper than the list.
    Poll,
}

/// A task to fetch.
#[derive(Clone, Copy, Debug)]
pub(super) struct FetchRequest {
    pub(super) due: Duration,
    pub(super) reason: Reason,
    /// The response must be of this time or later.
    pub(super) min_updated_at: Option<DateTime<Utc>>,
    /// How many fetches failed or were stale.
    pub(super) attempts: u32,
    /// How many responses were older than `min_updated_at`.
    pub(super) stale_reads: u32,
    /// How many responses said that there is no such task.
    pub(super) not_found: u32,
}

impl FetchRequest {
    fn new(due: Duration, reason: Reason, min_updated_at: Option<DateTime<Utc>>) -> Self {
        Self {
            due,
            reason,
            min_updated_at,
            attempts: 0,
            stale_reads: 0,
            not_found: 0,
        }
    }
}

/// The tasks to fetch, the one due longest first: when tokens are short, each has its turn.
#[derive(Debug, Default)]
pub(super) struct FetchQueue {
    requests: BTreeMap<String, FetchRequest>,
    by_due: BTreeSet<(Duration, String)>,
}

impl FetchQueue {
    /// Fetches a task now. A confirmation that is queued already keeps its turn.
    pub(super) fn confirm(&mut self, id: &str, now: Duration, min_updated_at: Option<DateTime<Utc>>) {
        let mut request = FetchRequest::new(now, Reason::Confirm, min_updated_at);
        if let Some(queued) = self.requests.get(id)
            && queued.reason == Reason::Confirm
        {
            request = FetchRequest {
                min_updated_at: min_updated_at.max(queued.min_updated_at),
                ..*queued
            };
        }
        self.put(id, request);
    }

    /// Fetches a task at that time, unless it is queued already.
    pub(super) fn poll(&mut self, id: &str, due: Duration) {
        if !self.requests.contains_key(id) {
            self.put(id, FetchRequest::new(due, Reason::Poll, None));
        }
    }

    /// Fetches a task now that is queued for later.
    pub(super) fn bring_forward(&mut self, id: &str, now: Duration) {
        if let Some(request) = self.requests.get(id).copied() {
            let due = request.due.min(now);
            self.put(id, FetchRequest { due, ..request });
        }
    }

    pub(super) fn put(&mut self, id: &str, request: FetchRequest) {
        self.remove(id);
        self.by_due.insert((request.due, id.to_owned()));
        self.requests.insert(id.to_owned(), request);
    }

    pub(super) fn get(&self, id: &str) -> Option<&FetchRequest> {
        self.requests.get(id)
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<FetchRequest> {
        let request = self.requests.remove(id)?;
        self.by_due.remove(&(request.due, id.to_owned()));
        Some(request)
    }

    /// The task that is due first.
    pub(super) fn first(&self) -> Option<(&str, &FetchRequest)> {
        let (_, id) = self.by_due.first()?;
        Some((id, self.requests.get(id)?))
    }

    /// Whether every confirmation was tried.
    pub(super) fn all_tried(&self) -> bool {
        let mut requests = self.requests.values();
        !requests
            .any(|request| request.reason == Reason::Confirm && request.attempts + request.not_found == 0)
    }
}

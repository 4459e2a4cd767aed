//! Which tasks to get, and when.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// Why a task is to be got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Something about it is not certain.
    Confirm,
    /// No list shows it.
    Poll,
}

/// A task to get.
#[derive(Clone, Copy, Debug)]
pub(super) struct Errand {
    pub(super) due: Duration,
    pub(super) why: Why,
    /// The answer has to be of this time or later.
    pub(super) at_least: Option<DateTime<Utc>>,
    /// How many gets have failed, or were not of that time.
    pub(super) tries: u32,
    /// How many gets were not of that time.
    pub(super) lags: u32,
    /// How many gets were told that there is no such task.
    pub(super) misses: u32,
}

/// The tasks to get, the one due longest first: when the budget is short, each has its turn.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    errands: BTreeMap<String, Errand>,
    by_due: BTreeSet<(Duration, String)>,
}

impl Agenda {
    /// A task is to be got now, if it was not to be anyway.
    pub(super) fn confirm(&mut self, id: &str, now: Duration, at_least: Option<DateTime<Utc>>) {
        let mut errand = Errand {
            due: now,
            why: Why::Confirm,
            at_least,
            tries: 0,
            lags: 0,
            misses: 0,
        };
        if let Some(known) = self.errands.get(id).filter(|errand| errand.why == Why::Confirm) {
            errand = Errand {
                at_least: at_least.max(known.at_least),
                ..*known
            };
        }
        self.put(id, errand);
    }

    /// A task that no list shows is to be got then, if it is not to be got before.
    pub(super) fn poll(&mut self, id: &str, due: Duration) {
        if !self.errands.contains_key(id) {
            let errand = Errand {
                due,
                why: Why::Poll,
                at_least: None,
                tries: 0,
                lags: 0,
                misses: 0,
            };
            self.put(id, errand);
        }
    }

    pub(super) fn put(&mut self, id: &str, errand: Errand) {
        self.remove(id);
        self.by_due.insert((errand.due, id.to_owned()));
        self.errands.insert(id.to_owned(), errand);
    }

    pub(super) fn get(&self, id: &str) -> Option<&Errand> {
        self.errands.get(id)
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Errand> {
        let errand = self.errands.remove(id)?;
        self.by_due.remove(&(errand.due, id.to_owned()));
        Some(errand)
    }

    /// The task that is due first, and when.
    pub(super) fn first(&self) -> Option<(Duration, &str)> {
        let (due, id) = self.by_due.first()?;
        Some((*due, id))
    }

    /// Whether nothing is left to confirm that was not tried.
    pub(super) fn is_settled(&self) -> bool {
        let mut errands = self.errands.values();
        !errands.any(|errand| errand.why == Why::Confirm && errand.tries + errand.misses == 0)
    }
}

//! How far a wait for many tasks was when it ended without what it waited for.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::event::RemovalReason;
use crate::error::Error;
use agents_api_raw::types::Task;

/// How a task stood when a wait ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It met its condition.
    Met(Arc<Task>),
    /// It can meet it no more, for this reason.
    Never(Arc<Task>, String),
    /// It was archived, deleted, or is not visible; as it was seen last, if it was.
    Removed(Option<Arc<Task>>, RemovalReason),
    /// It had not met it yet; as it was seen last, if it was.
    Pending(Option<Arc<Task>>),
}

/// Why a wait for many tasks ended without what it waited for, and how far each task was.
#[derive(Debug)]
#[non_exhaustive]
pub struct FleetWaitError {
    /// How each task stood, by id.
    pub outcomes: BTreeMap<String, Outcome>,
    /// The failure that ended the wait, or the last one if requests were failing when the time was up.
    pub error: Option<Arc<Error>>,
    /// How long the wait was.
    pub after: Duration,
    pub(super) timed_out: bool,
}

impl FleetWaitError {
    /// Whether the time was up. The tasks go on.
    pub fn is_timed_out(&self) -> bool {
        self.timed_out
    }

    /// The tasks that met their condition, in the order of their ids.
    pub fn met(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.outcomes.values().filter_map(|outcome| match outcome {
            Outcome::Met(task) => Some(task),
            _ => None,
        })
    }

    /// The ids of the tasks that have not met their condition yet, to wait on.
    pub fn pending(&self) -> impl Iterator<Item = &str> {
        let pending = self.outcomes.iter();
        let pending = pending.filter(|(_, outcome)| matches!(outcome, Outcome::Pending(_)));
        pending.map(|(id, _)| id.as_str())
    }
}

impl fmt::Display for FleetWaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, met, pending) = (self.outcomes.len(), self.met().count(), self.pending().count());
        write!(
            f,
            "{met} of {all} tasks met the condition within {:?}",
            self.after
        )?;
        if pending > 0 {
            write!(f, ", {pending} not yet")?;
        }
        if met + pending < all {
            write!(f, ", {} cannot", all - met - pending)?;
        }
        match &self.error {
            Some(error) => write!(f, "; the last request failed: {error}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FleetWaitError {}

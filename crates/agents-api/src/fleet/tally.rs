//! What a wait for many tasks knows, and when that is enough. Pure.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::event::FleetEvent;
use super::unmet::{FleetWaitError, Outcome};
use crate::error::Error;
use crate::wait::{Condition, ConditionStatus};
use agents_api_raw::types::Task;

/// Makes the condition of a task.
pub(super) type Choose = Box<dyn FnMut(&str) -> Condition + Send>;

/// What a wait for many tasks ends at.
pub(super) trait Goal: Send + 'static {
    type Output: Send;

    /// The result, once there is one. `open` is how many tasks may still meet their condition.
    fn reached(met: &[Arc<Task>], open: usize, all: usize) -> Option<Result<Self::Output, ()>>;
}

pub(super) struct All;

impl Goal for All {
    type Output = Vec<Arc<Task>>;

    fn reached(met: &[Arc<Task>], open: usize, all: usize) -> Option<Result<Self::Output, ()>> {
        match open {
            0 if met.len() == all => Some(Ok(met.to_vec())),
            0 => Some(Err(())),
            _ => None,
        }
    }
}

pub(super) struct Any;

impl Goal for Any {
    type Output = Arc<Task>;

    fn reached(met: &[Arc<Task>], open: usize, _: usize) -> Option<Result<Self::Output, ()>> {
        match met.first() {
            Some(first) => Some(Ok(first.clone())),
            None if open == 0 => Some(Err(())),
            None => None,
        }
    }
}

/// What is known of the wait: pure.
pub(super) struct Tally {
    choose: Choose,
    conditions: BTreeMap<String, Condition>,
    outcomes: BTreeMap<String, Outcome>,
    met: Vec<Arc<Task>>,
    open: usize,
    /// Whether all tasks are known that are waited for.
    complete: bool,
    error: Option<Arc<Error>>,
}

impl Tally {
    pub(super) fn new<'a>(choose: Choose, ids: impl Iterator<Item = &'a String>, everything: bool) -> Self {
        let outcomes: BTreeMap<_, _> = ids.map(|id| (id.clone(), Outcome::Pending(None))).collect();
        Self {
            choose,
            conditions: BTreeMap::new(),
            open: outcomes.len(),
            outcomes,
            met: Vec::new(),
            complete: !everything,
            error: None,
        }
    }

    pub(super) fn result<G: Goal>(&self) -> Option<Result<G::Output, ()>> {
        let unseen = usize::from(!self.complete);
        G::reached(&self.met, self.open + unseen, self.outcomes.len())
    }

    pub(super) fn take(&mut self, event: FleetEvent) {
        match event {
            FleetEvent::Added { task } | FleetEvent::Changed { after: task, .. } => self.see(&task),
            FleetEvent::Removed {
                id,
                last,
                reason: why,
            } => {
                if let Some(outcome @ Outcome::Pending(_)) = self.outcomes.get_mut(&id) {
                    *outcome = Outcome::Removed(last, why);
                    self.open -= 1;
                }
            }
            FleetEvent::Degraded { error, .. } => self.error = Some(error),
            FleetEvent::Recovered => self.error = None,
            FleetEvent::Synced { .. } => self.complete = true,
        }
    }

    pub(super) fn see(&mut self, task: &Arc<Task>) {
        if !self.complete && !self.outcomes.contains_key(&task.id) {
            self.outcomes.insert(task.id.clone(), Outcome::Pending(None));
            self.open += 1;
        }
        let Some(outcome @ Outcome::Pending(_)) = self.outcomes.get_mut(&task.id) else {
            return;
        };
        let choose = &mut self.choose;
        let condition = self
            .conditions
            .entry(task.id.clone())
            .or_insert_with_key(|id| choose(id));
        *outcome = match condition.status(task) {
            ConditionStatus::Met => Outcome::Met(task.clone()),
            ConditionStatus::Pending | ConditionStatus::Unknown => Outcome::Pending(Some(task.clone())),
            ConditionStatus::Unreachable(reason) => Outcome::Never(task.clone(), reason),
        };
        if let Outcome::Met(task) = outcome {
            self.met.push(task.clone());
        }
        if !matches!(outcome, Outcome::Pending(_)) {
            self.open -= 1;
            self.conditions.remove(&task.id);
        }
    }

    pub(super) fn unmet(self, after: Duration, timed_out: bool, fatal: Option<Arc<Error>>) -> FleetWaitError {
        FleetWaitError {
            outcomes: self.outcomes,
            error: fatal.or(self.error),
            after,
            timed_out,
        }
    }
}

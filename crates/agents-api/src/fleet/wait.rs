//! Waits for many tasks at once, on top of a watch.
use std::collections::BTreeMap;
use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};
use tokio::time::{Instant, timeout_at};

use super::event::{FleetEvent, RemovalReason, write_optional_task, write_seconds, write_task};
use super::watch::FleetWatch;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::wait::{Condition, ConditionStatus};
use agents_api_raw::types::Task;

/// The default timeout: an agent's session ends within an hour or so, but many may queue.
const TIMEOUT: Duration = Duration::from_secs(6 * 60 * 60);

/// How long before the deadline the list is polled once more.
const LAST_POLL: Duration = Duration::from_secs(2);

/// Is called with every event.
type Observer = Box<dyn FnMut(&FleetEvent) + Send>;

/// Makes the condition of a task.
pub(super) type Choose = Box<dyn FnMut(&str) -> Condition + Send>;

/// How a task stood when a wait ended.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The task met its condition.
    Met(#[serde(serialize_with = "write_task")] Arc<Task>),
    /// The task cannot meet its condition any more, for this reason.
    Unreachable(#[serde(serialize_with = "write_task")] Arc<Task>, String),
    /// The task was archived or deleted, or is not visible; with the task as it was seen last, if it was.
    Removed(
        #[serde(serialize_with = "write_optional_task")] Option<Arc<Task>>,
        RemovalReason,
    ),
    /// The task had not met its condition yet; with the task as it was seen last, if it was.
    Pending(#[serde(serialize_with = "write_optional_task")] Option<Arc<Task>>),
}

/// Why a wait for many tasks ended without what it waited for, and how far each task was.
///
/// It serializes with the failure as its message and the duration as seconds.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct FleetWaitError {
    /// How each task stood, by id.
    pub outcomes: BTreeMap<String, Outcome>,
    /// The failure that ended the wait, or the last one if requests were failing at the timeout.
    #[serde(serialize_with = "optional_message")]
    pub error: Option<Arc<Error>>,
    /// How long the wait lasted.
    #[serde(serialize_with = "write_seconds")]
    pub after: Duration,
    timed_out: bool,
}

impl FleetWaitError {
    /// Whether the wait reached its timeout. The tasks go on.
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

    /// The ids of the tasks that have not met their condition yet, to wait for again.
    pub fn pending(&self) -> impl Iterator<Item = &str> {
        let pending = self.outcomes.iter();
        let pending = pending.filter(|(_, outcome)| matches!(outcome, Outcome::Pending(_)));
        pending.map(|(id, _)| id.as_str())
    }
}

#[expect(clippy::ref_option, reason = "serde passes the field")]
fn optional_message<S: Serializer>(error: &Option<Arc<Error>>, serializer: S) -> Result<S::Ok, S::Error> {
    let message = error.as_ref().map(ToString::to_string);
    message.serialize(serializer)
}

#[cfg(feature = "test-util")]
impl FleetWaitError {
    /// An error for the tests of programs that handle it; with the feature `test-util`.
    pub fn new(outcomes: BTreeMap<String, Outcome>, after: Duration, timed_out: bool) -> Self {
        Self {
            outcomes,
            error: None,
            after,
            timed_out,
        }
    }
}

impl fmt::Display for FleetWaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, met, pending) = (self.outcomes.len(), self.met().count(), self.pending().count());
        if self.timed_out {
            f.write_str("timeout: ")?;
        }
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

macro_rules! wait {
    ($(#[$doc:meta])* $name:ident, $until:ident, $output:ty, $pick:expr) => {
        $(#[$doc])*
        ///
        /// The timeout is six hours; [`timeout`](Self::timeout) sets another. The list is polled once more just before it.
        /// Failures are retried as by [`FleetWatch`], up to the timeout.
        ///
        /// The tasks are those that were tracked; without any, all that there are when the wait begins. A task that is
        /// archived, deleted or not visible cannot meet its condition any more, unless it did before.
        #[must_use = "nothing happens until it is awaited"]
        pub struct $name(Wait);

        impl $name {
            pub(super) fn new(watch: FleetWatch, choose: Choose) -> Self {
                Self(Wait { watch, choose, until: Until::$until, timeout: TIMEOUT, observer: None })
            }

            /// How long to wait at most; by default six hours.
            pub fn timeout(mut self, limit: Duration) -> Self {
                self.0.timeout = limit;
                self
            }

            /// Calls `observer` with every event on the way, such as to print progress.
            pub fn on_event(mut self, observer: impl FnMut(&FleetEvent) + Send + 'static) -> Self {
                self.0.observer = Some(Box::new(observer));
                self
            }
        }

        impl IntoFuture for $name {
            type Output = Result<$output, FleetWaitError>;
            type IntoFuture = BoxFuture<Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.0.run($pick))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("watch", &self.0.watch)
                    .field("timeout", &self.0.timeout)
                    .finish_non_exhaustive()
            }
        }
    };
}

wait! {
    /// Waits until every task meets its condition; made by [`Fleet::wait_all`](super::Fleet::wait_all). The result has
    /// the tasks in the order in which they did.
    WaitAll, All, Vec<Arc<Task>>, |met| Some(met.to_vec())
}

wait! {
    /// Waits until the first task meets its condition; made by [`Fleet::wait_any`](super::Fleet::wait_any).
    WaitAny, First, Arc<Task>, |met| met.first().cloned()
}

/// How many tasks must meet their condition.
#[derive(Clone, Copy, Debug)]
enum Until {
    All,
    First,
}

struct Wait {
    watch: FleetWatch,
    choose: Choose,
    until: Until,
    timeout: Duration,
    observer: Option<Observer>,
}

impl Wait {
    /// Waits, and picks the result from the tasks that met their condition, in the order in which they did.
    async fn run<T>(mut self, pick: fn(&[Arc<Task>]) -> Option<T>) -> Result<T, FleetWaitError> {
        let begun = Instant::now();
        let deadline = begun.checked_add(self.timeout);
        if let Some(deadline) = deadline {
            self.watch.poll_at(deadline - LAST_POLL.min(self.timeout / 4));
        }
        let mut state = WaitState::new(self.choose, self.watch.tracked(), self.watch.follows_everything());
        for task in self.watch.tasks() {
            state.observe(task);
        }
        let (timed_out, error) = loop {
            if let Some(is_met) = state.is_met(self.until) {
                match pick(&state.met).filter(|_| is_met) {
                    Some(result) => return Ok(result),
                    None => break (false, None),
                }
            }
            let next = match deadline {
                Some(deadline) => timeout_at(deadline, self.watch.try_next()).await,
                None => Ok(self.watch.try_next().await),
            };
            match next {
                Ok(Ok(Some(event))) => {
                    if let Some(observer) = &mut self.observer {
                        observer(&event);
                    }
                    state.take(event);
                }
                Ok(Ok(None)) => break (false, None),
                Ok(Err(error)) => break (false, Some(Arc::new(error))),
                Err(_) => break (true, None),
            }
        };
        Err(FleetWaitError {
            outcomes: state.outcomes,
            error: error.or(state.error),
            after: begun.elapsed(),
            timed_out,
        })
    }
}

/// What is known of the tasks that are waited for. Pure.
struct WaitState {
    choose: Choose,
    conditions: BTreeMap<String, Condition>,
    outcomes: BTreeMap<String, Outcome>,
    met: Vec<Arc<Task>>,
    /// How many tasks may still meet their condition.
    pending: usize,
    /// Whether all tasks are known that are waited for.
    complete: bool,
    error: Option<Arc<Error>>,
}

impl WaitState {
    fn new<'a>(choose: Choose, ids: impl Iterator<Item = &'a String>, all: bool) -> Self {
        let outcomes: BTreeMap<_, _> = ids.map(|id| (id.clone(), Outcome::Pending(None))).collect();
        Self {
            choose,
            conditions: BTreeMap::new(),
            pending: outcomes.len(),
            outcomes,
            met: Vec::new(),
            complete: !all,
            error: None,
        }
    }

    /// Whether the wait has what it waited for, or never will; `None` while it goes on.
    fn is_met(&self, until: Until) -> Option<bool> {
        let is_over = self.complete && self.pending == 0;
        match until {
            Until::All => is_over.then_some(self.met.len() == self.outcomes.len()),
            Until::First if !self.met.is_empty() => Some(true),
            Until::First => is_over.then_some(false),
        }
    }

    fn take(&mut self, event: FleetEvent) {
        match event {
            FleetEvent::Added { task } | FleetEvent::Changed { after: task, .. } => self.observe(&task),
            FleetEvent::Removed { id, last, reason } => {
                if let Some(outcome @ Outcome::Pending(_)) = self.outcomes.get_mut(&id) {
                    *outcome = Outcome::Removed(last, reason);
                    self.pending -= 1;
                }
            }
            FleetEvent::Degraded { error, .. } => self.error = Some(error),
            FleetEvent::Recovered => self.error = None,
            FleetEvent::Synced { .. } => self.complete = true,
        }
    }

    fn observe(&mut self, task: &Arc<Task>) {
        if !self.complete && !self.outcomes.contains_key(&task.id) {
            self.outcomes.insert(task.id.clone(), Outcome::Pending(None));
            self.pending += 1;
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
            ConditionStatus::Unreachable(reason) => Outcome::Unreachable(task.clone(), reason),
        };
        if let Outcome::Met(task) = outcome {
            self.met.push(task.clone());
        }
        if !matches!(outcome, Outcome::Pending(_)) {
            self.pending -= 1;
            self.conditions.remove(&task.id);
        }
    }
}

//! Waits for many tasks at once, on top of a watch.
use std::collections::BTreeMap;
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::event::{FleetEvent, GoneReason};
use super::watch::FleetWatch;
use crate::tasks::BoxFuture;
use crate::wait::{Condition, Progress};
use crate::{Error, Task};

/// How long a wait lasts if nothing else is said: an agent's session ends within an hour or so, but many may queue.
const TIMEOUT: Duration = Duration::from_secs(6 * 60 * 60);

/// So long before the limit the list is looked at once more.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// Makes the condition of a task.
type Choose<C> = Box<dyn FnMut(&str) -> C + Send>;

/// What is called with every event.
type Observer = Box<dyn FnMut(&FleetEvent) + Send>;

/// What a wait for many tasks ends at.
trait Goal: Send + 'static {
    type Output: Send;

    /// The result, once there is one. `open` is how many tasks may still meet their condition.
    fn reached(met: &[Arc<Task>], open: usize, all: usize) -> Option<Result<Self::Output, ()>>;
}

macro_rules! wait {
    ($(#[$doc:meta])* $name:ident, $goal:ident, $output:ty) => {
        $(#[$doc])*
        ///
        /// Its time limit is six hours; [`timeout`](Self::timeout) sets another. The list is looked at once more just
        /// before. Failures are ridden out as by [`FleetWatch`], up to that limit.
        ///
        /// Tasks are those that were tracked; without any, all that there are when the wait begins. A task that is
        /// archived, deleted or not visible can meet its condition no more, unless it did before.
        #[must_use = "nothing happens until it is awaited"]
        pub struct $name<C>(Wait<C, $goal>);

        impl<C: Condition> $name<C> {
            pub(super) fn new(watch: FleetWatch, choose: Choose<C>) -> Self {
                Self(Wait { watch, choose, timeout: TIMEOUT, observer: None, goal: PhantomData })
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

        impl<C: Condition> IntoFuture for $name<C> {
            type Output = Result<$output, Unmet>;
            type IntoFuture = BoxFuture<Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.0.run())
            }
        }

        impl<C> fmt::Debug for $name<C> {
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
    WaitAll, All, Vec<Arc<Task>>
}

wait! {
    /// Waits until the first task meets its condition; made by [`Fleet::wait_any`](super::Fleet::wait_any).
    WaitAny, Any, Arc<Task>
}

struct All;

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

struct Any;

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

struct Wait<C, G> {
    watch: FleetWatch,
    choose: Choose<C>,
    timeout: Duration,
    observer: Option<Observer>,
    goal: PhantomData<fn() -> G>,
}

impl<C: Condition, G: Goal> Wait<C, G> {
    async fn run(mut self) -> Result<G::Output, Unmet> {
        let begun = Instant::now();
        let deadline = begun.checked_add(self.timeout);
        if let Some(deadline) = deadline {
            self.watch.look_at(deadline - LAST_LOOK.min(self.timeout / 4));
        }
        let mut tally = Tally::new(self.choose, self.watch.tracked(), self.watch.follows_everything());
        for task in self.watch.tasks() {
            tally.see(task);
        }
        loop {
            match tally.result::<G>() {
                Some(Ok(result)) => return Ok(result),
                Some(Err(())) => return Err(tally.unmet(begun.elapsed(), false, None)),
                None => {}
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
                    tally.take(event);
                }
                Ok(Ok(None)) => return Err(tally.unmet(begun.elapsed(), false, None)),
                Ok(Err(error)) => return Err(tally.unmet(begun.elapsed(), false, Some(Arc::new(error)))),
                Err(_) => return Err(tally.unmet(begun.elapsed(), true, None)),
            }
        }
    }
}

/// How a task stood when a wait ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It met its condition.
    Met(Arc<Task>),
    /// It can meet it no more, for this reason.
    Never(Arc<Task>, String),
    /// It was archived, deleted, or is not visible; as it was seen last, if it was.
    Gone(Option<Arc<Task>>, GoneReason),
    /// It had not met it yet; as it was seen last, if it was.
    Pending(Option<Arc<Task>>),
}

/// Why a wait for many tasks ended without what it waited for, and how far each task was.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unmet {
    /// How each task stood, by id.
    pub outcomes: BTreeMap<String, Outcome>,
    /// The failure that ended the wait, or the last one if requests were failing when the time was up.
    pub error: Option<Arc<Error>>,
    /// How long the wait was.
    pub after: Duration,
    timed_out: bool,
}

impl Unmet {
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

impl fmt::Display for Unmet {
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

impl std::error::Error for Unmet {}

/// What is known of the wait: pure.
struct Tally<C> {
    choose: Choose<C>,
    conditions: BTreeMap<String, C>,
    outcomes: BTreeMap<String, Outcome>,
    met: Vec<Arc<Task>>,
    open: usize,
    /// Whether all tasks are known that are waited for.
    complete: bool,
    error: Option<Arc<Error>>,
}

impl<C: Condition> Tally<C> {
    fn new<'a>(choose: Choose<C>, ids: impl Iterator<Item = &'a String>, everything: bool) -> Self {
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

    fn result<G: Goal>(&self) -> Option<Result<G::Output, ()>> {
        let unseen = usize::from(!self.complete);
        G::reached(&self.met, self.open + unseen, self.outcomes.len())
    }

    fn take(&mut self, event: FleetEvent) {
        match event {
            FleetEvent::Added { task } | FleetEvent::Changed { after: task, .. } => self.see(&task),
            FleetEvent::Gone { id, last, why } => {
                if let Some(outcome @ Outcome::Pending(_)) = self.outcomes.get_mut(&id) {
                    *outcome = Outcome::Gone(last, why);
                    self.open -= 1;
                }
            }
            FleetEvent::Degraded { error, .. } => self.error = Some(error),
            FleetEvent::Recovered => self.error = None,
            FleetEvent::Synced { .. } => self.complete = true,
        }
    }

    fn see(&mut self, task: &Arc<Task>) {
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
        *outcome = match condition.check(task) {
            Progress::Met => Outcome::Met(task.clone()),
            Progress::NotYet | Progress::Unknown => Outcome::Pending(Some(task.clone())),
            Progress::Never(reason) => Outcome::Never(task.clone(), reason),
        };
        if let Outcome::Met(task) = outcome {
            self.met.push(task.clone());
        }
        if !matches!(outcome, Outcome::Pending(_)) {
            self.open -= 1;
            self.conditions.remove(&task.id);
        }
    }

    fn unmet(self, after: Duration, timed_out: bool, fatal: Option<Arc<Error>>) -> Unmet {
        Unmet {
            outcomes: self.outcomes,
            error: fatal.or(self.error),
            after,
            timed_out,
        }
    }
}

//! Waits for many tasks at once, on top of a watch.
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::event::FleetEvent;
use super::tally::{All, Any, Choose, Goal, Tally};
use super::unmet::FleetWaitError;
use super::watch::FleetWatch;
use crate::future::BoxFuture;
use agents_api_raw::types::Task;

/// How long a wait lasts if nothing else is said: an agent's session ends within an hour or so, but many may queue.
const TIMEOUT: Duration = Duration::from_secs(6 * 60 * 60);

/// So long before the limit the list is looked at once more.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// What is called with every event.
type Observer = Box<dyn FnMut(&FleetEvent) + Send>;

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
        pub struct $name(Wait<$goal>);

        impl $name {
            pub(super) fn new(watch: FleetWatch, choose: Choose) -> Self {
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

        impl IntoFuture for $name {
            type Output = Result<$output, FleetWaitError>;
            type IntoFuture = BoxFuture<Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.0.run())
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
    WaitAll, All, Vec<Arc<Task>>
}

wait! {
    /// Waits until the first task meets its condition; made by [`Fleet::wait_any`](super::Fleet::wait_any).
    WaitAny, Any, Arc<Task>
}

struct Wait<G> {
    watch: FleetWatch,
    choose: Choose,
    timeout: Duration,
    observer: Option<Observer>,
    goal: PhantomData<fn() -> G>,
}

impl<G: Goal> Wait<G> {
    async fn run(mut self) -> Result<G::Output, FleetWaitError> {
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

//! The shell of a fleet: makes the requests that the machine asks for, one after the other, and sleeps in between.
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, Sleep, sleep_until};

use super::checkpoint::Checkpoint;
use super::event::FleetEvent;
use super::handle::{FleetHandle, Wish, handle};
use super::machine::{Ask, Machine, Sight, Step};
use super::requests::{Answer, Requests};
use crate::error::Error;
use crate::future::BoxFuture;
use agents_api_raw::types::Task;

/// Further than any clock is asked to go.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// What happens to many tasks; made by [`Fleet::watch`](super::Fleet::watch).
///
/// It is a [`Stream`](futures_core::Stream) with a [`try_next`](Self::try_next) of its own. It makes requests only while
/// it is asked for events, one at a time, and never ends by itself, except after an error. Dropping the future of
/// `try_next` loses nothing; dropping the watch ends it.
///
/// A request that is under way when the future of `try_next` is dropped stands still until events are asked for again, and
/// keeps its place among those [in flight](crate::ClientBuilder::max_in_flight) up to then. In a `select!`, ask again soon: more
/// such watches than there are places leave none for the other branches.
pub struct FleetWatch {
    requests: Requests,
    machine: Machine,
    state: State,
    origin: Instant,
    wishes: UnboundedReceiver<Wish>,
    handle: FleetHandle,
}

/// What the watch is doing.
enum State {
    /// Asks the machine what to do. Leads to any other.
    Deciding,
    /// A request is under way. Leads to `Deciding`.
    Asking(Ask, BoxFuture<Answer>),
    /// Nothing is due before this. Leads to `Deciding`, at a wish too.
    Sleeping(Pin<Box<Sleep>>),
    /// The error is to be told. Leads to `Ended`.
    Failed(Error),
    Ended,
}

impl FleetWatch {
    pub(super) fn new(requests: Requests, machine: Machine, error: Option<Error>) -> Self {
        let (handle, wishes) = handle();
        let state = error.map_or(State::Deciding, State::Failed);
        Self {
            requests,
            machine,
            state,
            origin: Instant::now(),
            wishes,
            handle,
        }
    }

    /// The next event, or `None` after an error.
    ///
    /// # Errors
    /// When it makes no sense to go on: GitHub does not know the token, refuses the list, or has no such repository, or
    /// what it answers cannot be read. At the first look that ends the watch at once, later after five times in a row,
    /// each of which is told as [`Degraded`](FleetEvent::Degraded) first. Everything else is ridden out.
    pub async fn try_next(&mut self) -> Result<Option<FleetEvent>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// Follows these tasks too, from the next look on.
    pub fn track(&self, ids: impl IntoIterator<Item = impl Into<String>>) {
        self.handle.track(ids);
    }

    /// Follows these tasks no more; no further event is about them.
    pub fn untrack(&self, ids: impl IntoIterator<Item = impl Into<String>>) {
        self.handle.untrack(ids);
    }

    /// Something that can add and drop tasks from elsewhere. Cheap to clone.
    pub fn handle(&self) -> FleetHandle {
        self.handle.clone()
    }

    /// The tasks as they are known, in the order of their ids. Those with an event that was not given out yet are ahead of
    /// the events.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = &Arc<Task>> {
        self.machine.known.entries().map(|entry| &entry.task)
    }

    /// A task as it is known.
    pub fn task(&self, id: &str) -> Option<&Arc<Task>> {
        Some(&self.machine.known.get(id)?.task)
    }

    /// How many requests were made.
    pub fn request_count(&self) -> u64 {
        self.machine.request_count()
    }

    /// Where the watch stands: it covers the events given out so far, and no other. See [`Checkpoint`].
    pub fn checkpoint(&mut self) -> Checkpoint {
        self.hear_wishes(None);
        let repository = self.requests.repo.as_ref().map(ToString::to_string);
        let place = (repository, self.requests.since);
        Checkpoint::new(place, self.machine.known.told(), self.machine.told())
    }

    /// The tasks that were asked for by their ids.
    pub(super) fn tracked(&self) -> impl Iterator<Item = &String> {
        self.machine.known.following.tracked.iter()
    }

    pub(super) fn follows_everything(&self) -> bool {
        self.machine.known.following.everything
    }

    /// A look is to be made then as well.
    pub(super) fn look_at(&mut self, at: Instant) {
        let at = at.saturating_duration_since(self.origin);
        self.machine.look_at(at);
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Does what handles asked for, and hears of the next wish if there is a context. Answers whether there was any.
    fn hear_wishes(&mut self, mut context: Option<&mut Context<'_>>) -> bool {
        let mut any = false;
        loop {
            let wish = match &mut context {
                Some(context) => match self.wishes.poll_recv(context) {
                    Poll::Ready(wish) => wish,
                    Poll::Pending => None,
                },
                None => self.wishes.try_recv().ok(),
            };
            match wish {
                Some(Wish::Track(id)) => self.machine.track(&id, self.now()),
                Some(Wish::Untrack(id)) => {
                    self.requests.forget(&id);
                    self.machine.untrack(&id);
                }
                None => return any,
            }
            any = true;
        }
    }

    fn decide(&mut self) -> State {
        let now = self.now();
        let limit = self.requests.client.rate_limit();
        if let Some(limit) = limit.filter(|limit| limit.resource != "graphql") {
            self.machine.learn(now, limit.limit, limit.remaining);
        }
        match self.machine.next(now) {
            Step::Ask(ask) => {
                let request = self.requests.make(&ask);
                State::Asking(ask, request)
            }
            Step::Sleep(until) => {
                let until = self.origin.checked_add(until);
                let until = until.unwrap_or_else(|| Instant::now() + FAR);
                State::Sleeping(Box::pin(sleep_until(until)))
            }
            Step::End(error) => State::Failed(error),
        }
    }

    fn take(&mut self, ask: &Ask, answer: Answer) {
        let (now, jitter) = (self.now(), fastrand::f64());
        match self.requests.keep(ask, answer) {
            Ok(met) => self.machine.observe(now, ask, met.sight(), jitter),
            Err(error) => self.machine.observe(now, ask, Sight::Failed(error), jitter),
        }
        if let Ask::Task { id, polled: true } = ask
            && self.machine.known.get(id).is_none_or(|entry| entry.listed)
        {
            self.requests.forget(id);
        }
    }
}

impl Stream for FleetWatch {
    type Item = Result<FleetEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let wished = this.hear_wishes(Some(context));
            if let Some(event) = this.machine.pop() {
                return Poll::Ready(Some(Ok(event)));
            }
            match &mut this.state {
                State::Deciding => this.state = this.decide(),
                State::Asking(ask, answer) => {
                    let answer = ready!(answer.as_mut().poll(context));
                    let ask = ask.clone();
                    this.state = State::Deciding;
                    this.take(&ask, answer);
                }
                State::Sleeping(_) if wished => this.state = State::Deciding,
                State::Sleeping(sleep) => {
                    ready!(sleep.as_mut().poll(context));
                    this.state = State::Deciding;
                }
                State::Failed(_) | State::Ended => {
                    let error = match std::mem::replace(&mut this.state, State::Ended) {
                        State::Failed(error) => Some(Err(error)),
                        _ => None,
                    };
                    return Poll::Ready(error);
                }
            }
        }
    }
}

impl fmt::Debug for FleetWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetWatch")
            .field("repo", &self.requests.repo)
            .field("tasks", &self.tasks().len())
            .finish_non_exhaustive()
    }
}

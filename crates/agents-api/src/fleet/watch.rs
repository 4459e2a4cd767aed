//! The shell of a fleet: makes the requests that the machine asks for, one after the other, and sleeps in between.
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, Sleep, sleep_until};

use super::checkpoint::Checkpoint;
use super::event::FleetEvent;
use super::fetcher::{Fetcher, Response};
use super::machine::{Action, Machine, Step};
use crate::error::Error;
use crate::future::BoxFuture;
use agents_api_raw::types::Task;

/// Later than any clock can represent.
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// A stream of what happens to many tasks; made by [`Fleet::watch`](super::Fleet::watch).
///
/// It is a [`Stream`](futures_core::Stream) with a [`try_next`](Self::try_next) of its own. It makes requests only while
/// an event is awaited, one at a time, and ends only after an error. Dropping the future of `try_next` loses nothing;
/// dropping the watch ends it.
///
/// A request in flight when the future of `try_next` is dropped stands still until the next call, and keeps its
/// [permit](crate::ClientBuilder::max_in_flight) until then. In a `select!`, call again soon: more such watches than
/// permits block every other request.
pub struct FleetWatch {
    fetcher: Fetcher,
    machine: Machine,
    state: State,
    origin: Instant,
    commands: UnboundedReceiver<Command>,
    handle: FleetHandle,
}

/// What the watch is doing.
enum State {
    /// Asks the machine what to do. Leads to any other.
    Deciding,
    /// A request is in flight. Leads to `Deciding`.
    Requesting(Action, BoxFuture<Response>),
    /// Nothing is due before this. Leads to `Deciding`, at a command too.
    Sleeping(Pin<Box<Sleep>>),
    /// The error is to be reported. Leads to `Ended`.
    Failed(Error),
    Ended,
}

/// What a handle requests.
#[derive(Debug)]
enum Command {
    Track(String),
    Untrack(String),
}

/// Adds tasks to a watch that is running, and drops them; made by [`FleetWatch::handle`]. Cheap to clone.
///
/// Once the watch is dropped, nothing happens.
#[derive(Clone, Debug)]
pub struct FleetHandle(UnboundedSender<Command>);

impl FleetHandle {
    /// Follows these tasks too, from the next poll on.
    pub fn track(&self, ids: impl IntoIterator<Item = impl Into<String>>) {
        for id in ids {
            let _ = self.0.send(Command::Track(id.into()));
        }
    }

    /// Stops following these tasks; no further event is about them.
    pub fn untrack(&self, ids: impl IntoIterator<Item = impl Into<String>>) {
        for id in ids {
            let _ = self.0.send(Command::Untrack(id.into()));
        }
    }
}

impl FleetWatch {
    pub(super) fn new(fetcher: Fetcher, machine: Machine, error: Option<Error>) -> Self {
        let (sender, commands) = unbounded_channel();
        let state = error.map_or(State::Deciding, State::Failed);
        Self {
            fetcher,
            machine,
            state,
            origin: Instant::now(),
            commands,
            handle: FleetHandle(sender),
        }
    }

    /// The next event, or `None` after an error.
    ///
    /// # Errors
    /// Permanent failures: the token is unknown, the list is refused, there is no such repository, or the response cannot
    /// be read. The first poll ends the watch at once, later ones after five failures in a row, each of which is reported
    /// as [`Degraded`](FleetEvent::Degraded) before. Everything else is retried.
    pub async fn try_next(&mut self) -> Result<Option<FleetEvent>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// Follows these tasks too, from the next poll on.
    pub fn track(&self, ids: impl IntoIterator<Item = impl Into<String>>) {
        self.handle.track(ids);
    }

    /// Stops following these tasks; no further event is about them.
    pub fn untrack(&self, ids: impl IntoIterator<Item = impl Into<String>>) {
        self.handle.untrack(ids);
    }

    /// A handle that adds and drops tasks from elsewhere. Cheap to clone.
    pub fn handle(&self) -> FleetHandle {
        self.handle.clone()
    }

    /// The tasks as the events reported them, in the order of their ids.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = &Arc<Task>> {
        self.machine.store.tasks().map(|known| &known.task)
    }

    /// A task as the events reported it.
    pub fn task(&self, id: &str) -> Option<&Arc<Task>> {
        Some(&self.machine.store.get(id)?.task)
    }

    /// The number of requests made so far.
    pub fn request_count(&self) -> u64 {
        self.machine.request_count()
    }

    /// Where the watch stands: it covers the events taken so far, and no other. See [`Checkpoint`].
    pub fn checkpoint(&mut self) -> Checkpoint {
        self.run_commands(None);
        let repository = self.fetcher.repo.as_ref().map(ToString::to_string);
        let list = (repository, self.fetcher.since);
        let tasks = self.tasks().cloned().collect();
        let subscription = self.machine.store.subscription.clone();
        Checkpoint::new(list, (subscription, tasks), self.machine.position())
    }

    /// The tasks that are tracked by id.
    pub(super) fn tracked(&self) -> impl Iterator<Item = &String> {
        self.machine.store.subscription.included.iter()
    }

    pub(super) fn follows_everything(&self) -> bool {
        self.machine.store.subscription.all
    }

    /// Polls at this time as well.
    pub(super) fn poll_at(&mut self, at: Instant) {
        let at = at.saturating_duration_since(self.origin);
        self.machine.poll_at(at);
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Runs what handles requested, and wakes for the next command if there is a context. Returns whether there was any.
    fn run_commands(&mut self, mut context: Option<&mut Context<'_>>) -> bool {
        let mut any = false;
        loop {
            let command = match &mut context {
                Some(context) => match self.commands.poll_recv(context) {
                    Poll::Ready(command) => command,
                    Poll::Pending => None,
                },
                None => self.commands.try_recv().ok(),
            };
            match command {
                Some(Command::Track(id)) => self.machine.track(&id, self.now()),
                Some(Command::Untrack(id)) => {
                    self.fetcher.forget(&id);
                    self.machine.untrack(&id);
                }
                None => return any,
            }
            any = true;
        }
    }

    fn decide(&mut self) -> State {
        let now = self.now();
        let limit = self.fetcher.client.rate_limit();
        if let Some(limit) = limit.filter(|limit| limit.resource != "graphql") {
            self.machine.update_quota(now, limit.limit, limit.remaining);
        }
        match self.machine.next(now) {
            Step::Request(action) => {
                let request = self.fetcher.request(&action);
                State::Requesting(action, request)
            }
            Step::Sleep(until) => {
                let until = self.origin.checked_add(until);
                let until = until.unwrap_or_else(|| Instant::now() + FAR_FUTURE);
                State::Sleeping(Box::pin(sleep_until(until)))
            }
            Step::End(error) => State::Failed(error),
        }
    }

    fn receive(&mut self, action: &Action, response: Response) {
        let observation = self.fetcher.complete(action, response);
        self.machine
            .observe(self.now(), action, observation, fastrand::f64());
        if let Action::Fetch { id, polled: true } = action
            && !self.machine.is_polled(id)
        {
            self.fetcher.forget(id);
        }
    }
}

impl Stream for FleetWatch {
    type Item = Result<FleetEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let commanded = this.run_commands(Some(context));
            let now = this.now();
            if let Some(event) = this.machine.next_event(now) {
                if let FleetEvent::Removed { id, .. } = &event {
                    this.fetcher.forget(id);
                }
                return Poll::Ready(Some(Ok(event)));
            }
            match &mut this.state {
                State::Deciding => this.state = this.decide(),
                State::Requesting(action, request) => {
                    let response = ready!(request.as_mut().poll(context));
                    let action = action.clone();
                    this.state = State::Deciding;
                    this.receive(&action, response);
                }
                State::Sleeping(_) if commanded => this.state = State::Deciding,
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
            .field("repo", &self.fetcher.repo)
            .field("tasks", &self.tasks().len())
            .finish_non_exhaustive()
    }
}

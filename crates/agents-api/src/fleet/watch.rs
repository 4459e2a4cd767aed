//! The shell of a fleet: makes the requests that the machine asks for, one after the other, and sleeps in between.
use std::collections::HashMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, Sleep, sleep_until};

use super::checkpoint::Checkpoint;
use super::event::FleetEvent;
use super::machine::{Ask, Machine, Sight, Step};
use super::walk::{Lane, PageSight, Totals};
use crate::pages::Page;
use crate::tasks::{BoxFuture, ListTasks};
use crate::transport::{Look, Memory};
use crate::{Client, Error, Repo, Task, TaskRef};

/// A request may take so long, waits for a connection included.
const LOOK: Duration = Duration::from_secs(60);
/// Further than any clock is asked to go.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// What happens to many tasks; made by [`Fleet::watch`](super::Fleet::watch).
///
/// It is a [`Stream`](futures_core::Stream) with a [`try_next`](Self::try_next) of its own. It makes requests only while
/// it is asked for events, one at a time, and never ends by itself, except after an error. Dropping the future of
/// `try_next` loses nothing; dropping the watch ends it.
pub struct FleetWatch {
    client: Client,
    repo: Option<Repo>,
    machine: Machine,
    state: State,
    origin: Instant,
    /// The first page, looked at again and again.
    front: Memory<Listed>,
    /// The tasks that no list shows.
    polled: HashMap<String, Memory<Task>>,
    wishes: UnboundedReceiver<Wish>,
    handle: FleetHandle,
}

/// A page, and the number of the one after it.
type Listed = (Page, Option<u64>);

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

/// What a request met, and what to remember of it.
enum Answer {
    Page(Result<Look<Listed>, Error>, Memory<Listed>),
    Task(Result<Look<Task>, Error>, Memory<Task>),
}

#[derive(Debug)]
enum Wish {
    Track(String),
    Untrack(String),
}

impl FleetWatch {
    pub(super) fn new(client: Client, repo: Option<Repo>, machine: Machine, error: Option<Error>) -> Self {
        let (sender, wishes) = unbounded_channel();
        let state = error.map_or(State::Deciding, State::Failed);
        Self {
            client,
            repo,
            machine,
            state,
            origin: Instant::now(),
            front: Memory::new(),
            polled: HashMap::new(),
            wishes,
            handle: FleetHandle(sender),
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
    pub fn requests(&self) -> u64 {
        self.machine.requests()
    }

    /// Where the watch stands: it covers the events given out so far, and no other. See [`Checkpoint`].
    pub fn checkpoint(&mut self) -> Checkpoint {
        self.hear_wishes(None);
        let repository = self.repo.as_ref().map(ToString::to_string);
        Checkpoint::new(repository, self.machine.known.told(), self.machine.told())
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
                    self.polled.remove(&id);
                    self.machine.untrack(&id);
                }
                None => return any,
            }
            any = true;
        }
    }

    fn decide(&mut self) -> State {
        let now = self.now();
        if let Some(limit) = self
            .client
            .rate_limit()
            .filter(|limit| limit.resource != "graphql")
        {
            self.machine.learn(now, limit.limit, limit.remaining);
        }
        match self.machine.next(now) {
            Step::Ask(ask) => {
                let request = self.request(&ask);
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

    /// The request, which takes with it what is remembered and brings it back.
    fn request(&mut self, ask: &Ask) -> BoxFuture<Answer> {
        let deadline = Instant::now() + LOOK;
        match ask {
            Ask::Newest { lane, page } => {
                let is_front = (*lane, *page) == (Lane::Active, 1);
                let memory = if is_front {
                    std::mem::replace(&mut self.front, Memory::new())
                } else {
                    Memory::new()
                };
                look_at_page(self.list(*lane), *page, memory, deadline)
            }
            Ask::Inventory { lane, page } => {
                let list = self.list(*lane).in_creation_order();
                look_at_page(list, *page, Memory::new(), deadline)
            }
            Ask::Task { id, polled } => {
                let memory = if *polled { self.polled.remove(id) } else { None };
                let memory = memory.unwrap_or_else(Memory::new);
                look_at_task(self.task_ref(id), memory, deadline)
            }
        }
    }

    fn list(&self, lane: Lane) -> ListTasks {
        let list = match &self.repo {
            Some(repo) => repo.list_tasks(),
            None => self.client.list_tasks(),
        };
        match lane {
            Lane::Active => list,
            Lane::Archived => list.archived(),
        }
    }

    fn task_ref(&self, id: &str) -> TaskRef {
        match &self.repo {
            Some(repo) => repo.task(id),
            None => self.client.task(id),
        }
    }

    fn take(&mut self, ask: &Ask, answer: Answer) {
        let now = self.now();
        let jitter = fastrand::f64();
        match answer {
            Answer::Page(look, memory) => {
                if matches!(
                    ask,
                    Ask::Newest {
                        lane: Lane::Active,
                        page: 1
                    }
                ) {
                    self.front = memory;
                }
                match look {
                    Ok(look) => {
                        let (page, next) = &*look.value;
                        let sight = PageSight {
                            tasks: &page.tasks,
                            next: *next,
                            totals: Totals {
                                active: page.total_active_count,
                                archived: page.total_archived_count,
                            },
                            fresh: look.fresh,
                        };
                        self.machine.observe(now, ask, Sight::Page(sight), jitter);
                    }
                    Err(error) => self.machine.observe(now, ask, Sight::Failed(error), jitter),
                }
            }
            Answer::Task(look, memory) => {
                if let (Ask::Task { id, polled: true }, Ok(_)) = (ask, &look) {
                    self.polled.insert(id.clone(), memory);
                }
                match look {
                    Ok(look) => self.machine.observe(now, ask, Sight::Task(&look.value), jitter),
                    Err(error) => self.machine.observe(now, ask, Sight::Failed(error), jitter),
                }
                if let Ask::Task { id, polled: true } = ask
                    && self.machine.known.get(id).is_none_or(|entry| entry.listed)
                {
                    self.polled.remove(id);
                }
            }
        }
    }
}

fn look_at_page(
    list: ListTasks,
    page: u64,
    mut memory: Memory<Listed>,
    deadline: Instant,
) -> BoxFuture<Answer> {
    Box::pin(async move {
        let look = list.look(page, &mut memory, deadline).await;
        Answer::Page(look, memory)
    })
}

fn look_at_task(task: TaskRef, mut memory: Memory<Task>, deadline: Instant) -> BoxFuture<Answer> {
    Box::pin(async move {
        let look = task.look(&mut memory, deadline).await;
        Answer::Task(look, memory)
    })
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
            .field("repo", &self.repo)
            .field("tasks", &self.tasks().len())
            .finish_non_exhaustive()
    }
}

/// Adds tasks to a watch that is running, and drops them; made by [`FleetWatch::handle`]. Cheap to clone.
///
/// Once the watch is gone, nothing happens.
#[derive(Clone, Debug)]
pub struct FleetHandle(UnboundedSender<Wish>);

impl FleetHandle {
    /// Follows these tasks too, from the next look on.
    pub fn track(&self, ids: impl IntoIterator<Item = impl Into<String>>) {
        for id in ids {
            let _ = self.0.send(Wish::Track(id.into()));
        }
    }

    /// Follows these tasks no more; no further event is about them.
    pub fn untrack(&self, ids: impl IntoIterator<Item = impl Into<String>>) {
        for id in ids {
            let _ = self.0.send(Wish::Untrack(id.into()));
        }
    }
}

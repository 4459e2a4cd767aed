//! The tasks of a list, one after the other.
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::builder::ListTasks;
use super::cursor::{Cursor, Place};
use super::pages::{Page, Pages};
use super::stall_guard::{Given, Progress};
use crate::error::Error;
use agents_api_raw::types::Task;

/// The tasks of a list; made by [`ListTasks::items`](crate::list::ListTasks::items).
///
/// No task is given out twice: a task that moves to a later page while the list is walked, or from one of the two lists
/// of [`including_archived`](ListTasks::including_archived) to the other, is known by its id. One that moves to a page
/// read before is missed, except in [creation order](ListTasks::in_creation_order): see
/// [Lists that move](ListTasks#lists-that-move).
///
/// After an error asking again asks for the same page, as [`Pages`] does, but gives out no task twice. A hundred pages in a row
/// without a new task are an error, too: some server names pages for ever. Asking again goes on.
///
/// # Memory
/// The pages of the window of [`concurrency`](ListTasks::concurrency), and the ids of all tasks so far: some 100 bytes a task.
/// [`Pages`] keeps no ids, and gives out twice what moves.
#[must_use = "nothing is sent until a task is asked for"]
pub struct TaskStream {
    pages: Pages,
    /// Tasks not given out yet, each with the place to resume at so that it comes again.
    ready: VecDeque<(At, Task)>,
    seen: HashSet<Box<str>>,
    /// What the cursor that the walk began with says of the first page, until that is here.
    before: Option<Given>,
    progress: Progress,
}

/// Where to resume: a page, and what was given out of it.
#[derive(Clone, Copy)]
struct At {
    place: Place,
    given: Given,
}

impl ListTasks {
    /// The tasks, one after the other; pages are fetched as they are needed.
    pub fn items(self) -> TaskStream {
        TaskStream::new(self)
    }
}

impl TaskStream {
    fn new(list: ListTasks) -> Self {
        Self {
            before: Some(list.given_before()),
            progress: Progress::default(),
            pages: Pages::mending(list),
            ready: VecDeque::new(),
            seen: HashSet::new(),
        }
    }

    /// The next task, or `None` after the last one.
    ///
    /// # Errors
    /// When a page could not be got. Asking again asks for the same page.
    pub async fn try_next(&mut self) -> Result<Option<Task>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// The next tasks, at most so many, and whether there are more.
    ///
    /// Whole pages are asked for; what is left of the last one is given out next.
    ///
    /// ```
    /// # use agents_api_emulator::Emulator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let github = Emulator::builder().tasks(60).start().await?;
    /// # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
    /// # let repo = client.repo("octocat", "hello-world")?;
    /// let newest = repo.list_tasks().items().next_batch(10).await?;
    /// println!("{} tasks{}", newest.tasks.len(), if newest.is_complete() { "" } else { ", and more" });
    /// # assert!(newest.tasks.len() == 10 && !newest.is_complete());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a page could not be got. Nothing is lost: what was collected stays here, so the same call goes on, and
    /// [`drain_buffered`](Self::drain_buffered) hands out what there is. Dropping the future loses nothing either.
    pub async fn next_batch(&mut self, most: usize) -> Result<Batch, Error> {
        while self.ready.len() < most {
            if poll_fn(|context| self.poll_page(context)).await?.is_none() {
                break;
            }
        }
        let count = self.ready.len().min(most);
        let tasks = self.ready.drain(..count).map(|(_, task)| task).collect();
        let next = self.cursor();
        Ok(Batch { tasks, next })
    }

    /// The tasks that are here already, without a request: the rest of a page, or what a
    /// [`next_batch`](Self::next_batch) that failed had collected.
    pub fn drain_buffered(&mut self) -> Vec<Task> {
        self.ready.drain(..).map(|(_, task)| task).collect()
    }

    /// Where to resume so that what comes next comes again, or `None` after the last task.
    ///
    /// [`ListTasks::resume`](crate::list::ListTasks::resume) resumes there, also in another process. If the tasks of that
    /// page that were given out here still stand at its front, it goes on after them; else they come again.
    pub fn cursor(&self) -> Option<Cursor> {
        let At { place, given } = match self.ready.front() {
            Some((at, _)) => *at,
            None => At {
                place: self.pages.walk.place()?,
                given: self.before.unwrap_or_else(Given::nothing),
            },
        };
        Some(self.pages.list.cursor_at(place, given))
    }

    /// Adds the new tasks of the page to those that are ready.
    fn take(&mut self, page: Page) -> Result<(), Error> {
        // A page that is read again says nothing of the place where the walk goes on.
        let read_again = page.number != page.place.spot.page;
        if let Some(before) = self.before.take() {
            for task in before.known(&page.tasks) {
                self.seen.insert(task.id.as_str().into());
            }
        }
        let place = page.place;
        let mut given = Given::nothing();
        let ready = self.ready.len();
        for task in page.tasks {
            let at = At { place, given };
            if !read_again {
                given = given.and(&task);
            }
            if self.seen.insert(task.id.as_str().into()) {
                self.ready.push_back((at, task));
            }
        }
        self.progress.page(read_again || self.ready.len() > ready)
    }

    /// Adds the new tasks of the next page to those that are ready; `None` after the last page.
    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<()>, Error>> {
        let Some(page) = ready!(Pin::new(&mut self.pages).poll_next(context)) else {
            return Poll::Ready(Ok(None));
        };
        Poll::Ready(self.take(page?).map(Some))
    }
}

impl Stream for TaskStream {
    type Item = Result<Task, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some((_, task)) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(task)));
            }
            match ready!(self.poll_page(context)) {
                Ok(Some(())) => {}
                Ok(None) => return Poll::Ready(None),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }
}

impl fmt::Debug for TaskStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskStream")
            .field("list", &self.pages.list)
            .field("cursor", &self.cursor())
            .field("ready", &self.ready.len())
            .field("seen", &self.seen.len())
            .finish_non_exhaustive()
    }
}

/// Some tasks of a list; made by [`TaskStream::next_batch`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Batch {
    /// The tasks, in the order of the list.
    pub tasks: Vec<Task>,
    /// Where the list goes on, or `None` if this was the rest of it.
    pub next: Option<Cursor>,
}

impl IntoIterator for Batch {
    type Item = Task;
    type IntoIter = std::vec::IntoIter<Task>;

    fn into_iter(self) -> Self::IntoIter {
        self.tasks.into_iter()
    }
}

impl Batch {
    /// Whether the list has no more tasks.
    ///
    /// Otherwise there are tasks left over, or GitHub named a next page, which may turn out to be empty, or the archived
    /// tasks are still to come.
    pub fn is_complete(&self) -> bool {
        self.next.is_none()
    }
}

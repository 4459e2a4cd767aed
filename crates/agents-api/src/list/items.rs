//! The tasks of a list, as a stream.
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::builder::ListTasks;
use super::cursor::Cursor;
use super::page::Page;
use super::pages::Pages;
use super::position::{PageOffset, Position};
use super::seen_ids::SeenIds;
use super::stall_guard::StallGuard;
use crate::error::Error;
use agents_api_raw::types::Task;

/// The tasks of a list; made by [`ListTasks::items`](crate::list::ListTasks::items).
///
/// No task comes twice: one that moves to a later page while the list is read, or from one of the two lists of
/// [`including_archived`](ListTasks::including_archived) to the other, is recognized by its id. One that moves to a page
/// read before is missed, except in [creation order](ListTasks::in_creation_order): see
/// [Lists that move](ListTasks#lists-that-move).
///
/// After an error, polling again fetches the same page, as [`Pages`] does, without repeating a task. A hundred pages in a
/// row without a new task are an error, too, in case a server names pages without an end. Polling again continues.
///
/// # Memory
/// The pages of the window of [`concurrency`](ListTasks::concurrency), and a 128-bit fingerprint of each task's id: 20 to
/// 40 bytes a task, whatever the length of the ids. [`Pages`] keeps no ids, and repeats tasks that move.
#[must_use = "streams do nothing unless polled"]
pub struct TaskStream {
    pages: Pages,
    /// Tasks not yielded yet, each with the point to resume at to get it again.
    ready: VecDeque<(ResumePoint, Task)>,
    seen: SeenIds,
    /// How many tasks may still be yielded; `None` without a limit.
    remaining: Option<usize>,
    /// Which tasks of the first page were yielded before, by the cursor that was resumed from, until that page is here.
    before: Option<PageOffset>,
    guard: StallGuard,
}

/// Where to resume: a page, and which of its tasks were yielded.
#[derive(Clone, Copy)]
struct ResumePoint {
    position: Position,
    offset: PageOffset,
}

impl ListTasks {
    /// The tasks, one by one; pages are fetched as they are needed.
    pub fn items(self) -> TaskStream {
        TaskStream::new(self)
    }
}

impl TaskStream {
    fn new(list: ListTasks) -> Self {
        Self {
            before: Some(list.resume_offset()),
            remaining: list.limit,
            guard: StallGuard::default(),
            pages: Pages::rereading(list),
            ready: VecDeque::new(),
            seen: SeenIds::default(),
        }
    }

    /// The next task, or `None` after the last one.
    ///
    /// # Errors
    /// When a page could not be fetched. Polling again fetches the same page.
    pub async fn try_next(&mut self) -> Result<Option<Task>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// Collects up to `limit` tasks and reports whether more remain.
    ///
    /// Whole pages are fetched; the rest of the last one is yielded next.
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
    /// When a page could not be fetched. Nothing is lost: the tasks collected so far stay buffered, so the same call
    /// continues, and [`drain_buffered`](Self::drain_buffered) returns them. Dropping the future loses nothing either.
    pub async fn next_batch(&mut self, limit: usize) -> Result<Batch, Error> {
        let limit = limit.min(self.remaining.unwrap_or(usize::MAX));
        while self.ready.len() < limit {
            if poll_fn(|context| self.poll_page(context)).await?.is_none() {
                break;
            }
        }
        let tasks = self.drain(limit);
        let next = self.cursor();
        Ok(Batch { tasks, next })
    }

    /// The tasks that are buffered already, without a request: the rest of a page, or what a
    /// [`next_batch`](Self::next_batch) that failed had collected.
    pub fn drain_buffered(&mut self) -> Vec<Task> {
        self.drain(self.remaining.unwrap_or(usize::MAX))
    }

    /// Yields at most `count` of the buffered tasks.
    fn drain(&mut self, count: usize) -> Vec<Task> {
        let count = self.ready.len().min(count);
        if let Some(remaining) = &mut self.remaining {
            *remaining -= count;
        }
        self.ready.drain(..count).map(|(_, task)| task).collect()
    }

    /// Where to resume to get the next task, or `None` after the last task.
    ///
    /// [`ListTasks::resume`](crate::list::ListTasks::resume) resumes there, also in another process. If the tasks of that
    /// page that were yielded here are still at its front, it continues after them; otherwise they come again.
    pub fn cursor(&self) -> Option<Cursor> {
        let ResumePoint { position, offset } = match self.ready.front() {
            Some((at, _)) => *at,
            None => ResumePoint {
                position: self.pages.pager.position()?,
                offset: self.before.unwrap_or_else(PageOffset::start),
            },
        };
        Some(self.pages.list.cursor_at(position, offset))
    }

    /// Adds the new tasks of the page to those that are ready.
    fn take(&mut self, page: Page) -> Result<(), Error> {
        // A page that is read again is not where the list continues.
        let read_again = page.number != page.position.page_ref.page;
        if let Some(before) = self.before.take() {
            for task in before.yielded(&page.tasks) {
                self.seen.insert(&task.id);
            }
        }
        let position = page.position;
        let mut offset = PageOffset::start();
        let ready = self.ready.len();
        for task in page.tasks {
            let at = ResumePoint { position, offset };
            if !read_again {
                offset = offset.and(&task);
            }
            if self.seen.insert(&task.id) {
                self.ready.push_back((at, task));
            }
        }
        self.guard.page(read_again || self.ready.len() > ready)
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
            if self.remaining == Some(0) {
                return Poll::Ready(None);
            }
            if let Some((_, task)) = self.ready.pop_front() {
                if let Some(remaining) = &mut self.remaining {
                    *remaining -= 1;
                }
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
    /// Where the list continues, or `None` if this was the rest of it.
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
    /// Otherwise buffered tasks remain, or GitHub named a next page, which may be empty, or the archived tasks are still
    /// to come.
    pub fn is_complete(&self) -> bool {
        self.next.is_none()
    }
}

//! The tasks of a list, one after the other.
use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::Pages;
use crate::{Error, Task};

/// The tasks of a list; made by [`ListTasks::items`](crate::tasks::ListTasks::items).
///
/// A task that moves to a later page while the list is walked is given out once: its id is remembered. A task that moves
/// to an earlier page is missed: see [Lists that move](crate::tasks::ListTasks#lists-that-move).
///
/// After an error asking again asks for the same page, as [`Pages`] does, but gives out no task twice.
#[derive(Debug)]
#[must_use = "nothing is sent until a task is asked for"]
pub struct Items {
    pages: Pages,
    ready: std::vec::IntoIter<Task>,
    /// The page that `ready` is of.
    page: u64,
    seen: HashSet<String>,
}

impl Items {
    pub(crate) fn new(pages: Pages) -> Self {
        Self {
            pages,
            ready: Vec::new().into_iter(),
            page: 0,
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

    /// The number of the page to resume at, or `None` after the last task: the page of the next task if some of its
    /// tasks are still to come, else the page that is asked for next.
    ///
    /// [`ListTasks::start_at`](crate::tasks::ListTasks::start_at) resumes there, also in another process, and may give
    /// out some of that page's tasks again.
    pub fn next_page(&self) -> Option<u64> {
        if self.ready.as_slice().is_empty() {
            self.pages.next_page()
        } else {
            Some(self.page)
        }
    }
}

impl Stream for Items {
    type Item = Result<Task, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let this = &mut *self;
            for task in this.ready.by_ref() {
                if this.seen.insert(task.id.clone()) {
                    return Poll::Ready(Some(Ok(task)));
                }
            }
            match ready!(Pin::new(&mut this.pages).poll_next(context)) {
                Some(Ok(page)) => {
                    this.page = page.number;
                    this.ready = page.tasks.into_iter();
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

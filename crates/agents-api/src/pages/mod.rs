//! Lists that span pages: as a stream of pages or of tasks.
//!
//! An error keeps the place: asking again asks for the same page. Of GitHub's `Link` header only the page number is
//! used, never the address, so a token cannot be led to another host.
mod items;
mod link;

pub use items::Items;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::tasks::{BoxFuture, ListTasks};
use crate::{Error, Task};

/// One page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The page's number, from 1.
    pub number: u64,
    /// The tasks on it. A page may be empty although others follow.
    pub tasks: Vec<Task>,
    /// How many tasks match that are not archived, on all pages.
    pub total_active_count: Option<i32>,
    /// How many tasks match that are archived, on all pages.
    pub total_archived_count: Option<i32>,
}

/// The pages of a list; made by [`ListTasks::pages`].
///
/// ```no_run
/// # async fn run(repo: agents_api::Repo) -> Result<(), agents_api::Error> {
/// let mut pages = repo.list_tasks().per_page(50).pages();
/// while let Some(page) = pages.try_next().await? {
///     println!("page {}: {} tasks", page.number, page.tasks.len());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent until a page is asked for"]
pub struct Pages {
    list: ListTasks,
    state: State,
}

/// Where the walk stands.
enum State {
    /// This page is to be asked for next, when the caller asks.
    Ahead(u64),
    /// This page has been asked for. Its answer leads to `Ahead` or `Done`; an error leads back to `Ahead` of it.
    Asked(u64, BoxFuture<Result<(Page, Option<u64>), Error>>),
    /// The last page was given out.
    Done,
}

impl Pages {
    pub(crate) fn new(list: ListTasks) -> Self {
        Self {
            list,
            state: State::Ahead(1),
        }
    }

    /// The next page, or `None` after the last one.
    ///
    /// # Errors
    /// When the page could not be got. Asking again asks for the same page.
    pub async fn try_next(&mut self) -> Result<Option<Page>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }
}

impl Stream for Pages {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.state {
                State::Ahead(number) => {
                    let number = *number;
                    self.state = State::Asked(number, Box::pin(fetch(self.list.clone(), number)));
                }
                State::Asked(number, answer) => {
                    let result = ready!(answer.as_mut().poll(context));
                    let number = *number;
                    self.state = match &result {
                        Ok((_, Some(next))) => State::Ahead(*next),
                        Ok((_, None)) => State::Done,
                        Err(_) => State::Ahead(number),
                    };
                    return Poll::Ready(Some(result.map(|(page, _)| page)));
                }
                State::Done => return Poll::Ready(None),
            }
        }
    }
}

/// Gets a page, and the number of the one after it.
async fn fetch(list: ListTasks, number: u64) -> Result<(Page, Option<u64>), Error> {
    let (list, _, headers) = list.page(number).await?.into_parts();
    let next = match link::next_page(&headers)? {
        Some(next) if next <= number => {
            return Err(Error::unexpected(format!(
                "GitHub names page {next} as the one after page {number}; the list would have no end"
            )));
        }
        next => next,
    };
    let page = Page {
        number,
        tasks: list.tasks,
        total_active_count: list.total_active_count,
        total_archived_count: list.total_archived_count,
    };
    Ok((page, next))
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = match &self.state {
            State::Ahead(number) | State::Asked(number, _) => Some(number),
            State::Done => None,
        };
        f.debug_struct("Pages")
            .field("list", &self.list)
            .field("next", &at)
            .finish()
    }
}

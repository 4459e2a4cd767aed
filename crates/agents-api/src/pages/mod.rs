//! Lists that span pages: as a stream of pages or of tasks.
//!
//! An error keeps the place: asking again asks for the same page, and resuming repeats rather than skips. Of GitHub's `Link` header only the page number is
//! used, never the address, so a token cannot be led to another host.
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod items;
mod link;

pub use items::Items;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use agents_api_raw::bytes::Bytes;
use agents_api_raw::types::TaskList;
use agents_api_raw::{RawResponse, ResponseValue};
use futures_core::Stream;

use crate::tasks::{BoxFuture, ListTasks};
use crate::{Error, Task};

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// The page's number, from 1.
    pub number: u64,
    /// The tasks on it. A page may be empty although others follow.
    pub tasks: Vec<Task>,
    /// How many tasks there are that are not archived, on all pages. Whether filters count is not known: do not take it
    /// for the number of tasks that match.
    pub total_active_count: Option<i64>,
    /// How many tasks there are that are archived, likewise.
    pub total_archived_count: Option<i64>,
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
///
/// # After an error
/// Asking again asks for the same page. That includes a page which came with a `next` link that cannot be used: the page
/// itself is given out first, and the ask after it ends in an error of kind
/// [`UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer) with the answer's status and headers. Asking once more then
/// gets that page again, and its tasks a second time. Every failure is reported each time it happens; whoever goes on
/// after errors has to bound how often.
///
/// # In another process
/// [`Pages::next_page`] says where the walk stands, and [`ListTasks::start_at`] resumes it. Pages are numbers, not
/// places: what was created or moved in between shifts the tasks, see [`ListTasks`].
#[must_use = "nothing is sent until a page is asked for"]
pub struct Pages {
    list: ListTasks,
    state: State,
}

/// Where the walk stands.
enum State {
    /// This page is to be asked for next, when the caller asks.
    Ahead(u64),
    /// This page has been asked for. Its answer leads to `Ahead` of the next one, `Astray` or `Done`; an error leads
    /// back to `Ahead` of it.
    Asked(u64, BoxFuture<Result<(Page, Next), Error>>),
    /// This page was given out, but where it leads is not known. The next ask is told so, which leads to `Ahead` of it.
    Astray(u64, Error),
    /// The last page was given out.
    Done,
}

/// The page after a page: its number, none, or why that is not known.
pub(crate) type Next = Result<Option<u64>, Error>;

impl Pages {
    pub(crate) fn new(list: ListTasks) -> Self {
        let state = State::Ahead(list.first_page());
        Self { list, state }
    }

    /// The next page, or `None` after the last one.
    ///
    /// # Errors
    /// When the page could not be got, or the page before did not say which one it is. Asking again asks for the same
    /// page; see [After an error](Self#after-an-error).
    pub async fn try_next(&mut self) -> Result<Option<Page>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// The number of the page that is asked for next, or `None` after the last one.
    ///
    /// Where it is not known which page follows, that is the last page given out.
    pub fn next_page(&self) -> Option<u64> {
        match &self.state {
            State::Ahead(number) | State::Asked(number, _) | State::Astray(number, _) => Some(*number),
            State::Done => None,
        }
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
                    let (state, result) = match result {
                        Ok((page, Ok(Some(next)))) => (State::Ahead(next), Ok(page)),
                        Ok((page, Ok(None))) => (State::Done, Ok(page)),
                        Ok((page, Err(error))) => (State::Astray(number, error), Ok(page)),
                        Err(error) => (State::Ahead(number), Err(error)),
                    };
                    self.state = state;
                    return Poll::Ready(Some(result));
                }
                State::Astray(number, _) => {
                    let ahead = State::Ahead(*number);
                    if let State::Astray(_, error) = std::mem::replace(&mut self.state, ahead) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                State::Done => return Poll::Ready(None),
            }
        }
    }
}

/// Gets a page, and the number of the one after it.
pub(crate) async fn fetch(list: ListTasks, number: u64) -> Result<(Page, Next), Error> {
    Ok(read_page(list.page(number).await?, number))
}

/// The page that an answer holds, and the number of the one after it.
pub(crate) fn read_page(answer: ResponseValue<TaskList>, number: u64) -> (Page, Next) {
    let (list, status, headers) = answer.into_parts();
    let page = Page {
        number,
        tasks: list.tasks,
        total_active_count: list.total_active_count,
        total_archived_count: list.total_archived_count,
    };
    let next = match link::next_page(&headers) {
        Ok(Some(next)) if next <= number => Err(Error::unexpected(format!(
            "GitHub names page {next} as the one after page {number}; the list would have no end"
        ))),
        next => next,
    };
    let next = next.map_err(|error| error.with_answer(RawResponse::new(status, headers, Bytes::new())));
    (page, next)
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("list", &self.list)
            .field("next", &self.next_page())
            .finish_non_exhaustive()
    }
}

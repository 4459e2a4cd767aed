//! The pages of a list, as a stream.
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::builder::ListTasks;
use super::cursor::Cursor;
use super::page::Page;
use super::pager::{Action, FetchedPage, Pager, PagerConfig};
use super::position::{PageOffset, PageRef};
use super::stall_guard::StallGuard;
use crate::error::Error;
use crate::future::BoxFuture;

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
/// Each page comes as GitHub returned it, so a task that moved may come twice, and one may be missed even in
/// [creation order](ListTasks::in_creation_order): [`TaskStream`](super::TaskStream) drops the former and reads pages again
/// for the latter.
///
/// # After an error
/// Polling again fetches the same page. That includes a page with a `next` link that cannot be used: the page itself is
/// yielded first, and then an error of kind [`UnexpectedResponse`](crate::ErrorKind::UnexpectedResponse) with the
/// response's status and headers. Polling once more fetches that page again, and yields its tasks a second time. A hundred
/// pages in a row that are empty, or all the same, are an error of this kind, too; polling again then continues with the
/// next one. Every failure is reported each time it happens: a caller who continues after errors must bound how often.
///
/// With [`concurrency`](ListTasks::concurrency) an error is reported in its page's turn, and never for a page beyond the
/// end. Other requests that failed before the next poll are repeated without being reported.
///
/// # In another process
/// [`Pages::cursor`] is the current position, and [`ListTasks::resume`] continues from it. Pages are numbers: tasks that
/// were created or moved in between shift the others, see [`ListTasks`].
///
/// # Cancellation
/// Nothing is lost when the future of [`try_next`](Self::try_next) is dropped: the requests continue with the next call.
/// Nothing is sent or received unless the stream is polled.
#[must_use = "streams do nothing unless polled"]
pub struct Pages {
    pub(super) list: ListTasks,
    pub(super) pager: Pager<Page, Error>,
    /// The requests in flight.
    in_flight: Vec<(PageRef, BoxFuture<Response>)>,
    guard: StallGuard,
    /// The tasks of the page before.
    last: PageOffset,
    /// How many tasks may still be yielded; `None` without a limit.
    remaining: Option<usize>,
}

type Response = Result<FetchedPage<Page, Error>, Error>;

impl ListTasks {
    /// The tasks, page by page.
    pub fn pages(self) -> Pages {
        Pages::new(self)
    }
}

impl Pages {
    fn new(list: ListTasks) -> Self {
        let remaining = list.limit;
        Self::with_rereads(list, false, remaining)
    }

    /// Pages for a stream of tasks: some are read again where that is needed to miss no task.
    pub(super) fn rereading(list: ListTasks) -> Self {
        let rereads = list.has_stable_order();
        Self::with_rereads(list, rereads, None)
    }

    fn with_rereads(list: ListTasks, rereads: bool, remaining: Option<usize>) -> Self {
        // With a limit, the pages beyond it are not fetched ahead.
        let first = list.first_position();
        let page_count = list
            .limit
            .map(|limit| (limit as u64).div_ceil(list.per_page.max(1)));
        let last_ahead = page_count.map_or(u64::MAX, |count| {
            first.page_ref.page.saturating_sub(1).saturating_add(count)
        });
        let pager = Pager::new(PagerConfig {
            first,
            per_page: list.per_page,
            concurrency: list.concurrency,
            last_ahead,
            then_archived: list.then_archived,
            rereads,
        });
        Self {
            list,
            pager,
            in_flight: Vec::new(),
            guard: StallGuard::default(),
            last: PageOffset::start(),
            remaining,
        }
    }

    /// The next page, or `None` after the last one.
    ///
    /// # Errors
    /// When the page could not be fetched, or the page before did not say which one it is. Polling again fetches the same
    /// page; see [After an error](Self#after-an-error).
    pub async fn try_next(&mut self) -> Result<Option<Page>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// Where to resume to get the next page, or `None` after the last page.
    ///
    /// If it is not known which page follows, that is at the page yielded last.
    pub fn cursor(&self) -> Option<Cursor> {
        self.pager
            .position()
            .map(|position| self.list.cursor_at(position, PageOffset::start()))
    }

    /// Counts the page for the guard against lists without an end.
    fn advanced(&mut self, page: &Page) -> Result<(), Error> {
        let all = PageOffset::after(&page.tasks);
        let before = std::mem::replace(&mut self.last, all);
        self.guard.page(!page.tasks.is_empty() && all != before)
    }

    fn send(&mut self, page_ref: PageRef) {
        let list = self.list.with_archive_state(page_ref.archived);
        self.in_flight
            .push((page_ref, Box::pin(read(list, page_ref.page))));
    }

    /// Polls the requests in flight and passes responses to the pager; whether any arrived.
    fn receive(&mut self, context: &mut Context<'_>) -> bool {
        let before = self.in_flight.len();
        let pager = &mut self.pager;
        self.in_flight
            .retain_mut(|(page_ref, response)| match response.as_mut().poll(context) {
                Poll::Ready(response) => {
                    pager.on_response(*page_ref, response);
                    false
                }
                Poll::Pending => true,
            });
        self.in_flight.len() < before
    }
}

impl Stream for Pages {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.remaining == Some(0) {
            return Poll::Ready(None);
        }
        loop {
            match this.pager.step() {
                Action::Fetch(page_ref) => this.send(page_ref),
                Action::Yield(page) => {
                    let Self { pager, in_flight, .. } = this;
                    in_flight.retain(|(page_ref, _)| pager.expects(*page_ref));
                    // The speculative requests make progress while the caller handles this page.
                    while let Some(page_ref) = this.pager.speculate() {
                        this.send(page_ref);
                    }
                    this.receive(context);
                    let page = page.and_then(|(position, page)| {
                        this.advanced(&page)?;
                        if let Some(remaining) = &mut this.remaining {
                            *remaining = remaining.saturating_sub(page.tasks.len());
                        }
                        Ok(Page { position, ..page })
                    });
                    return Poll::Ready(Some(page));
                }
                Action::Wait => {
                    if !this.receive(context) {
                        return Poll::Pending;
                    }
                }
                Action::End => return Poll::Ready(None),
            }
        }
    }
}

/// Fetches a page, with what the pager needs to know of it.
async fn read(list: ListTasks, number: u64) -> Response {
    let (page, next) = list.fetch_page(number).await?;
    let totals = page.totals();
    Ok(FetchedPage { page, next, totals })
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("list", &self.list)
            .field("cursor", &self.cursor())
            .finish_non_exhaustive()
    }
}

//! The pages of a list, as a stream.
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use serde::Serialize;

use super::builder::ListTasks;
use super::cursor::{Cursor, Place, Spot};
use super::fetch::fetch;
use super::pager::{Plan, Read, Step, Walk};
use super::stall_guard::{Given, Progress};
use super::totals::Totals;
use crate::error::Error;
use crate::future::BoxFuture;
use agents_api_raw::types::Task;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Page {
    /// The page's number, from 1.
    pub number: u64,
    /// Whether it is a page of the archived tasks. Their pages are counted from 1 again.
    pub archived: bool,
    /// The tasks on it. A page may be empty although others follow.
    pub tasks: Vec<Task>,
    /// How many tasks there are that are not archived, on all pages. Whether filters count is not known: do not take it
    /// for the number of tasks that match.
    pub total_active_count: Option<i64>,
    /// How many tasks there are that are archived, likewise.
    pub total_archived_count: Option<i64>,
    /// Where to resume so that this page comes again.
    #[serde(skip)]
    pub(super) place: Place,
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
/// Each page comes as GitHub gave it, so a task that moved may come twice, and one may be missed even in
/// [creation order](ListTasks::in_creation_order): [`TaskStream`] drops the former and goes back for the latter.
///
/// # After an error
/// Asking again asks for the same page. That includes a page which came with a `next` link that cannot be used: the page
/// itself is given out first, and the ask after it ends in an error of kind
/// [`UnexpectedResponse`](crate::ErrorKind::UnexpectedResponse) with the answer's status and headers. Asking once more then
/// gets that page again, and its tasks a second time. A hundred pages in a row that are empty, or all the same, are an
/// error of this kind, too, after which asking goes on with the next one. Every failure is reported each time it happens; whoever goes on
/// after errors has to bound how often.
///
/// With [`concurrency`](ListTasks::concurrency) an error is reported when it is its page's turn, and never for a page
/// beyond the end. What else failed before you asked again is asked for again, and not reported.
///
/// # In another process
/// [`Pages::cursor`] says where the walk stands, and [`ListTasks::resume`] goes on there. Pages are numbers, not places:
/// what was created or moved in between shifts the tasks, see [`ListTasks`].
///
/// # Cancellation
/// Nothing is lost when the future of [`try_next`](Self::try_next) is dropped: the requests go on when it is called again.
/// Nothing is sent or received while nobody asks.
#[must_use = "nothing is sent until a page is asked for"]
pub struct Pages {
    pub(super) list: ListTasks,
    pub(super) walk: Walk<Page, Error>,
    /// The requests under way.
    flights: Vec<(Spot, BoxFuture<Answer>)>,
    progress: Progress,
    /// What the page before had.
    last: Given,
}

type Answer = Result<Read<Page, Error>, Error>;

impl ListTasks {
    /// The tasks, page by page.
    pub fn pages(self) -> Pages {
        Pages::new(self)
    }
}

impl Pages {
    fn new(list: ListTasks) -> Self {
        Self::walking(list, false)
    }

    /// The pages of a walk that reads some of them again, where it must to miss no task.
    pub(super) fn mending(list: ListTasks) -> Self {
        let mends = list.keeps_its_order();
        Self::walking(list, mends)
    }

    fn walking(list: ListTasks, mends: bool) -> Self {
        let walk = Walk::new(Plan {
            first: list.first_place(),
            per_page: list.tasks_a_page(),
            width: list.width(),
            then_archived: list.then_archived(),
            mends,
        });
        Self {
            list,
            walk,
            flights: Vec::new(),
            progress: Progress::default(),
            last: Given::nothing(),
        }
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

    /// Where to resume so that what comes next comes again, or `None` after the last page.
    ///
    /// Where it is not known which page follows, that is at the last page given out.
    pub fn cursor(&self) -> Option<Cursor> {
        self.walk
            .place()
            .map(|place| self.list.cursor_at(place, Given::nothing()))
    }

    /// Whether the list gets anywhere with this page.
    fn advanced(&mut self, page: &Page) -> Result<(), Error> {
        let all = Given::all(&page.tasks);
        let before = std::mem::replace(&mut self.last, all);
        self.progress.page(!page.tasks.is_empty() && all != before)
    }

    fn send(&mut self, spot: Spot) {
        let list = self.list.lane(spot.archived);
        self.flights.push((spot, Box::pin(read(list, spot.page))));
    }

    /// Lets the requests go on, and passes what arrived to the walk; whether anything did.
    fn receive(&mut self, context: &mut Context<'_>) -> bool {
        let before = self.flights.len();
        let walk = &mut self.walk;
        self.flights
            .retain_mut(|(spot, answer)| match answer.as_mut().poll(context) {
                Poll::Ready(answer) => {
                    walk.answered(*spot, answer);
                    false
                }
                Poll::Pending => true,
            });
        self.flights.len() < before
    }
}

impl Stream for Pages {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match this.walk.step() {
                Step::Ask(spot) => this.send(spot),
                Step::Give(given) => {
                    let Self { walk, flights, .. } = this;
                    flights.retain(|(spot, _)| walk.wants(*spot));
                    // The requests ahead are under way while the caller is busy with this page.
                    while let Some(spot) = this.walk.guess() {
                        this.send(spot);
                    }
                    this.receive(context);
                    let given = given.and_then(|(place, page)| {
                        this.advanced(&page)?;
                        Ok(Page { place, ..page })
                    });
                    return Poll::Ready(Some(given));
                }
                Step::Wait => {
                    if !this.receive(context) {
                        return Poll::Pending;
                    }
                }
                Step::End => return Poll::Ready(None),
            }
        }
    }
}

/// Gets a page and tells the walk what it needs to know.
async fn read(list: ListTasks, number: u64) -> Answer {
    let (page, next) = fetch(list, number).await?;
    let totals = Totals {
        active: page.total_active_count,
        archived: page.total_archived_count,
    };
    Ok(Read { page, next, totals })
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("list", &self.list)
            .field("cursor", &self.cursor())
            .finish_non_exhaustive()
    }
}

//! A page that was requested, perhaps ahead of its turn, and whether its response is still current then.
use crate::list::position::PageRef;
use crate::list::totals::Totals;

/// A page that was fetched.
#[derive(Debug)]
pub(in crate::list) struct FetchedPage<P, E> {
    pub(in crate::list) page: P,
    /// The number of the next page, none at the end, or why it is not known.
    pub(in crate::list) next: Result<Option<u64>, E>,
    pub(in crate::list) totals: Totals,
}

/// A requested page.
pub(super) struct PageRequest<P, E> {
    pub(super) page_ref: PageRef,
    /// Whether it was requested before the page before it was yielded. GitHub may have read the two in any order.
    pub(super) ahead: bool,
    /// Whether an error was yielded since it was requested. An error of its own is outdated then, and it is requested
    /// again.
    pub(super) stale: bool,
    pub(super) response: ResponseSlot<P, E>,
}

/// Where the response of a request is.
pub(super) enum ResponseSlot<P, E> {
    /// The request failed and has to be repeated.
    Failed,
    /// The request is in flight.
    Pending,
    /// The response is here.
    Received(Result<FetchedPage<P, E>, E>),
}

impl<P, E> PageRequest<P, E> {
    pub(super) fn new(page_ref: PageRef, ahead: bool) -> Self {
        Self {
            page_ref,
            ahead,
            stale: false,
            response: ResponseSlot::Pending,
        }
    }

    /// Whether a response is as current as one to a request made now, given the totals of the page before.
    pub(super) fn is_current(&self, response: &Result<FetchedPage<P, E>, E>, totals: Totals) -> bool {
        match response {
            Ok(read) if read.next.is_ok() => !self.ahead || read.totals == totals,
            _ => !self.stale,
        }
    }
}

//! Pages of lists, and the full scan that reads all of them.
use chrono::{DateTime, Utc};

use crate::list::Page;
use agents_api_raw::types::Task;
use std::sync::Arc;

/// How many tasks a page holds.
pub(super) const PER_PAGE: u64 = 100;

/// GitHub lists either what is archived or what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArchiveState {
    Active,
    Archived,
}

/// One page of a list as it was fetched.
#[derive(Clone, Debug)]
pub(super) struct ListPage {
    /// The page, and the number of the one after it.
    pub(super) content: Arc<(Page, Option<u64>)>,
    /// Otherwise GitHub responded that nothing changed since this page was fetched last.
    pub(super) modified: bool,
}

impl ListPage {
    pub(super) fn tasks(&self) -> &[Task] {
        &self.content.0.tasks
    }

    pub(super) fn next(&self) -> Option<u64> {
        self.content.1
    }

    pub(super) fn totals(&self) -> Totals {
        Totals {
            active: self.content.0.total_active_count,
            archived: self.content.0.total_archived_count,
        }
    }

    /// The times of the oldest and the newest update on the page.
    pub(super) fn updates(&self) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let times = || self.tasks().iter().filter_map(|task| task.updated_at);
        (times().min(), times().max())
    }
}

/// How many tasks there are, as far as a list says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) active: Option<i64>,
    pub(super) archived: Option<i64>,
}

impl Totals {
    /// How many pages such a list has, if that is known.
    pub(super) fn pages(self, archive: ArchiveState) -> Option<u64> {
        self.pages_of(archive, PER_PAGE)
    }

    fn pages_of(self, archive: ArchiveState, per_page: u64) -> Option<u64> {
        let total = match archive {
            ArchiveState::Active => self.active,
            ArchiveState::Archived => self.archived,
        };
        let total = u64::try_from(total?).unwrap_or_default();
        Some(total.div_ceil(per_page.max(1)).max(1))
    }
}

/// Bounds how many pages a scan reads: pages may be empty and yet have a next one, without an end.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageLimit {
    pages: u64,
    /// The size of the largest page. A server may return fewer tasks than it was asked for.
    largest: usize,
}

impl PageLimit {
    pub(super) const fn new() -> Self {
        Self { pages: 0, largest: 1 }
    }

    /// Counts a page; returns whether another one may be read.
    pub(super) fn allows_more_after(&mut self, page: &ListPage, archive: ArchiveState) -> bool {
        self.pages += 1;
        self.largest = self.largest.max(page.tasks().len());
        let pages = page.totals().pages_of(archive, self.largest as u64);
        self.pages < pages.map_or(10_000, |pages| pages + 10)
    }
}

/// A scan of a whole list in creation order, which updates do not change.
#[derive(Clone, Copy, Debug)]
pub(super) struct FullScan {
    pub(super) archive: ArchiveState,
    /// The newest update known when the scan began. Everything updated before is seen by it.
    pub(super) watermark: Option<DateTime<Utc>>,
    pub(super) page: u64,
    limit: PageLimit,
}

impl FullScan {
    pub(super) fn new(archive: ArchiveState, watermark: Option<DateTime<Utc>>) -> Self {
        Self {
            archive,
            watermark,
            page: 1,
            limit: PageLimit::new(),
        }
    }

    /// Takes a page; returns whether another one is to be read.
    pub(super) fn advance(&mut self, page: &ListPage) -> bool {
        let more = self.limit.allows_more_after(page, self.archive);
        match page.next() {
            Some(next) if more => {
                self.page = next;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A page of these tasks.
    pub(in crate::fleet) fn page(tasks: Vec<Task>, next: Option<u64>, totals: Totals) -> ListPage {
        let page = Page::for_tests(tasks, totals.active, totals.archived);
        ListPage {
            content: Arc::new((page, next)),
            modified: true,
        }
    }

    #[test]
    fn empty_pages_are_passed_but_not_forever() {
        let totals = Totals {
            active: Some(5),
            archived: Some(0),
        };
        let mut scan = FullScan::new(ArchiveState::Active, None);
        let read = (2..100).take_while(|next| scan.advance(&page(Vec::new(), Some(*next), totals)));
        let read = read.count();
        assert!((10..20).contains(&read), "{read}");
    }
}

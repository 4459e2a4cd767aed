//! Scans one of the two lists of a repository's tasks, newest first, so that no page boundary hides a task: pure.
//!
//! # Why nothing is missed
//! GitHub numbers pages, and a task that leaves the list (archived, unarchived or deleted) pulls all older tasks forward.
//! Read page after page, a task that moves from page 2 to page 1 between the two requests is missed. Totals cannot
//! rule that out: one task that leaves and another that enters in the same moment leave them as they were.
//!
//! So consecutive pages *overlap*. Page numbers and sizes are chosen so that a page begins at or before the last row of
//! the page before, and it counts only if it shows a row that was seen before, or begins at the top. The order of
//! creation never changes, therefore by induction:
//!
//! > Every task at least as new as the oldest row of the pages that count was *tested*: one of the responses shows it,
//! > unless it was not in this list at the moment of that response.
//!
//! The top page tests all tasks down to its last row. A page that shows a known row tests all tasks from that row down to
//! its own last row, and what is newer than that row was tested before. A page without a known row does not count; the
//! scan goes back until there is one, at the latest at the top. Moves of *other* tasks therefore never hide a task, in
//! whatever number and combination.
//!
//! Only a task that itself changes its list can be missed by a scan. [`Proof`] therefore wants three scans in a row, of
//! the one list, the other, and the first again: a task that all three miss was archived and unarchived, or the reverse,
//! between them. That changes the total of archived tasks, which comes with every page, and so it must be the same on
//! all pages of the three scans; else further scans follow. What is left is a task that changes its list twice within the three scans,
//! each time in the same moment as another task that changes it the opposite way. No client can rule that out: a task
//! that is always in the other list than the one that is read shows in no response.
//!
//! A server that gives pages with fewer rows than requested although others follow allows no overlap. Its pages are read in
//! sequence, and only the totals tell of moves.
use std::collections::HashSet;

use chrono::{DateTime, Utc};

use agents_api_raw::types::Task;

/// More requests than this are no list of a repository's last hours, but one that does not end or never rests.
const MAX_REQUESTS: u32 = 1_000;

/// The most tasks a page may have, by GitHub's documentation.
const MAX_PAGE_SIZE: u64 = 100;

/// The page to request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageRequest {
    /// From 1.
    pub(super) number: u64,
    pub(super) size: u64,
}

impl PageRequest {
    /// The page with this row, counted from 0, that reaches farthest beyond it.
    fn reaching_from(row: u64, max_size: u64) -> Self {
        let pages = (1..=max_size).map(|size| Self {
            number: row / size + 1,
            size,
        });
        pages
            .max_by_key(|page| (page.end(), page.size))
            .unwrap_or(Self { number: 1, size: 1 })
    }

    fn begin(self) -> u64 {
        (self.number - 1).saturating_mul(self.size)
    }

    fn end(self) -> u64 {
        self.number.saturating_mul(self.size)
    }
}

/// A row of a list, as far as the scan needs it.
pub(super) struct Row<'a> {
    pub(super) id: &'a str,
    pub(super) created_at: DateTime<Utc>,
}

impl<'a> Row<'a> {
    pub(super) fn of(task: &'a Task) -> Self {
        Self {
            id: &task.id,
            created_at: task.created_at,
        }
    }
}

/// What to do after a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Request this page.
    Request(PageRequest),
    /// Every task that is young enough was tested.
    Done,
    /// The list has no end, or changes faster than it can be read.
    Endless,
}

/// A scan of one list, newest first.
#[derive(Debug)]
pub(super) struct Scan {
    max_size: u64,
    request: PageRequest,
    known: HashSet<String>,
    requests: u32,
    /// Whether a page was not full although others follow: then rows cannot be counted, and pages cannot overlap.
    sparse: bool,
}

impl Scan {
    pub(super) fn new() -> Self {
        Self::with_pages_of(MAX_PAGE_SIZE)
    }

    fn with_pages_of(max_size: u64) -> Self {
        Self {
            max_size,
            request: PageRequest::reaching_from(0, max_size),
            known: HashSet::new(),
            requests: 0,
            sparse: false,
        }
    }

    /// The page to request first.
    pub(super) fn first(&self) -> PageRequest {
        self.request
    }

    /// Takes the page that was requested. `next` is the page that the response names as the one after it, and tasks created before `bound` are of no interest.
    pub(super) fn received(&mut self, rows: &[Row<'_>], next: Option<u64>, bound: DateTime<Utc>) -> Step {
        let page = self.request;
        self.requests += 1;
        self.sparse |= next.is_some() && count(rows) < page.size;
        let overlaps = rows.iter().any(|row| self.known.contains(row.id));
        let counts = page.begin() == 0 || overlaps || self.sparse;
        if counts {
            self.known.extend(rows.iter().map(|row| row.id.to_owned()));
        }
        if counts && (next.is_none() || rows.iter().any(|row| row.created_at < bound)) {
            return Step::Done;
        }
        if self.requests >= MAX_REQUESTS {
            return Step::Endless;
        }
        self.request = match next {
            Some(number) if self.sparse && number > page.number => PageRequest { number, ..page },
            Some(_) if self.sparse => return Step::Endless,
            _ if counts => PageRequest::reaching_from(page.end() - 1, self.max_size),
            // Nothing on it is known: back by half a page.
            _ => PageRequest::reaching_from(page.begin().saturating_sub(self.max_size / 2), self.max_size),
        };
        Step::Request(self.request)
    }
}

/// Whether the scans so far prove that a task which was there all the time was seen.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// How many scans in a row ended with the same total of archived tasks, which did not change meanwhile.
    steady: u32,
    archived: Option<i64>,
    changed: bool,
}

impl Proof {
    /// Takes the total of archived tasks that came with a page; whether it is the first page of a scan.
    pub(super) fn page(&mut self, archived: Option<i64>, is_first: bool) {
        let Some(total) = archived else { return };
        if self.archived.replace(total).is_some_and(|before| before != total) {
            self.steady = 0;
            self.changed |= !is_first;
        }
    }

    /// Ends a scan; whether enough is proven.
    pub(super) fn scanned(&mut self) -> bool {
        self.steady = if std::mem::take(&mut self.changed) {
            0
        } else {
            self.steady + 1
        };
        self.steady >= 3
    }
}

fn count(rows: &[Row<'_>]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;

//! Polls for what was updated last: when, how far back, and what is known to be seen afterwards.
//!
//! A poll reads the first page, the newest updates first. If that page does not reach back to the watermark, the scan
//! catches up: it reads the updates since the watermark with the *oldest* first. An update moves a task to the end of
//! that order, where the scan has yet to come, so nothing moves out of its sight however long it takes, and the
//! watermark advances with each page. Reading the newest first page by page cannot promise either: in a busy list each
//! page holds what moved there while the page before was read.
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::scan::{ArchiveState, ListPage, PageLimit, Totals};

/// The minimum time between two polls, whatever interval is set.
pub(super) const MIN_INTERVAL: Duration = Duration::from_millis(1);

/// How far behind the watermark a scan begins: times are whole seconds, and GitHub's servers need not agree on them.
const OVERLAP: TimeDelta = TimeDelta::seconds(10);
/// How far while tokens are short. What arrived late is then seen by the next wide scan.
const NARROW_OVERLAP: TimeDelta = TimeDelta::seconds(1);
/// How often a scan is wide although tokens are short: every tenth time.
const WIDE_EVERY: u32 = 10;

/// Unchanged tasks in a row after which the rest of the overlap is skipped. Otherwise thousands of tasks updated in the
/// same second would be read at every poll.
const UNCHANGED_STREAK: usize = 200;

/// A page of a list of recent updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecentPage {
    /// The first page, the newest updates first.
    First,
    /// A page of the updates since a time, the oldest first.
    Since(DateTime<Utc>, u64),
}

/// A scan of the updates since the watermark.
#[derive(Clone, Copy, Debug)]
struct IncrementalScan {
    archive: ArchiveState,
    started: Duration,
    /// The watermark when the scan began.
    watermark: Option<DateTime<Utc>>,
    /// Where the scan begins: the watermark less the overlap. Without it, the first page is enough.
    scan_floor: Option<DateTime<Utc>>,
    next: RecentPage,
    /// The oldest update on the first page: the scan ends there.
    ends_at: Option<DateTime<Utc>>,
    any_changed: bool,
    /// How many tasks in a row, none newer than the watermark, were unchanged.
    unchanged: usize,
    limit: PageLimit,
}

#[derive(Debug)]
pub(super) struct RecentScan {
    /// The scan that is under way.
    scan: Option<IncrementalScan>,
    next: Duration,
    /// A poll was requested for this time as well.
    requested: Option<Duration>,
    was_requested: bool,
    /// Every update before this time was seen; `None` before the first poll.
    watermark: Option<DateTime<Utc>>,
    /// The newest update on the first page of the last poll.
    newest_seen: Option<DateTime<Utc>>,
    /// Whether nothing can have changed while the first page is unmodified: it reaches back beyond the overlap.
    first_page_suffices: bool,
    has_succeeded: bool,
    /// How many scans ago the overlap was wide.
    narrow_scans: u32,
    totals: Totals,
    /// How many archived tasks there were when the archive was scanned last.
    archived_seen: Option<i64>,
}

impl RecentScan {
    pub(super) fn new(watermark: Option<DateTime<Utc>>) -> Self {
        Self {
            scan: None,
            next: Duration::ZERO,
            requested: None,
            was_requested: false,
            watermark,
            newest_seen: None,
            first_page_suffices: false,
            has_succeeded: false,
            narrow_scans: 0,
            totals: Totals::default(),
            archived_seen: None,
        }
    }

    pub(super) fn has_succeeded(&self) -> bool {
        self.has_succeeded
    }

    pub(super) fn watermark(&self) -> Option<DateTime<Utc>> {
        self.watermark
    }

    /// The watermark for a full scan that begins now.
    pub(super) fn newest_seen(&self) -> Option<DateTime<Utc>> {
        self.newest_seen
    }

    /// Everything up to this time was seen in another way: a scan that is catching up goes on from there.
    pub(super) fn advance_watermark(&mut self, watermark: Option<DateTime<Utc>>) {
        self.watermark = self.watermark.max(watermark);
        let floor = self
            .watermark
            .and_then(|watermark| watermark.checked_sub_signed(OVERLAP));
        if let Some(scan) = &mut self.scan
            && let RecentPage::Since(since, _) = scan.next
            && let Some(floor) = floor.filter(|floor| *floor > since && scan.archive == ArchiveState::Active)
        {
            scan.next = RecentPage::Since(floor, 1);
        }
    }

    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    /// Whether the scan under way reads the updates since the watermark.
    pub(super) fn is_catching_up(&self) -> bool {
        self.scan.is_some_and(|scan| scan.next != RecentPage::First)
    }

    /// Polls at this time, or before if a poll is due.
    pub(super) fn request_at(&mut self, at: Duration) {
        self.requested = Some(at);
    }

    /// Whether the last poll was requested.
    pub(super) fn was_requested(&self) -> bool {
        self.was_requested
    }

    pub(super) fn due(&self) -> Duration {
        match (&self.scan, self.requested) {
            (Some(_), _) => Duration::ZERO,
            (None, Some(at)) => self.next.min(at),
            (None, None) => self.next,
        }
    }

    /// The page to request. `tokens_short` narrows the overlap.
    pub(super) fn next_page(&mut self, now: Duration, tokens_short: bool) -> (ArchiveState, RecentPage) {
        if self.scan.is_none() {
            self.was_requested = self.requested.is_some_and(|at| at <= now);
            self.requested = self.requested.filter(|at| *at > now);
            let is_narrow = tokens_short && self.narrow_scans + 1 < WIDE_EVERY;
            let overlap = if is_narrow { NARROW_OVERLAP } else { OVERLAP };
            self.narrow_scans = if is_narrow { self.narrow_scans + 1 } else { 0 };
            let scan = IncrementalScan::new(ArchiveState::Active, self.watermark, overlap, now);
            self.scan = Some(scan);
        }
        self.scan
            .map_or((ArchiveState::Active, RecentPage::First), |scan| {
                (scan.archive, scan.next)
            })
    }

    /// Whether a page needs no comparison: nothing changed.
    pub(super) fn is_unchanged(&self, page: &ListPage) -> bool {
        let is_first = self.scan.is_some_and(|scan| scan.next == RecentPage::First);
        !page.modified && self.first_page_suffices && is_first
    }

    /// How many pages a scan of this time takes, judged by the times on the first page.
    pub(super) fn estimated_pages(page: &ListPage, since: TimeDelta) -> f64 {
        let (Some(oldest), Some(newest)) = page.updates() else {
            return 1.0;
        };
        let span = newest - oldest;
        if page.next().is_none() || span > since {
            return 1.0;
        }
        let seconds = |time: TimeDelta| time.as_seconds_f64();
        seconds(since) / seconds(span).max(1.0)
    }

    /// How long ago, before the newest update, the scan under way has to begin.
    pub(super) fn distance(&self, page: &ListPage) -> TimeDelta {
        let newest = page.updates().1;
        let floor = self.scan.and_then(|scan| scan.scan_floor);
        newest
            .zip(floor)
            .map_or(TimeDelta::zero(), |(newest, floor)| newest - floor)
    }

    /// Gives the scan under way up: what it looks for is polled in another way from now on. The next poll is due then.
    pub(super) fn abandon(&mut self, page: &ListPage, next: Duration) {
        self.has_succeeded = true;
        self.totals = page.totals();
        self.scan = None;
        self.newest_seen = page.updates().1.or(self.newest_seen);
        self.watermark = self.newest_seen.or(self.watermark);
        self.first_page_suffices = false;
        self.next = next;
    }

    /// Begins the next scan this long before the newest update seen.
    pub(super) fn rewind(&mut self, time: TimeDelta) {
        self.watermark = self
            .newest_seen
            .and_then(|newest| newest.checked_sub_signed(time));
    }

    /// Takes a page, on which something was new or not. The next poll is due `interval` after this one began. Returns
    /// whether updates may have been missed because the list does not have their times.
    pub(super) fn advance(
        &mut self,
        now: Duration,
        page: &ListPage,
        any_changed: bool,
        interval: Duration,
    ) -> bool {
        let unchanged = self.is_unchanged(page);
        self.has_succeeded = true;
        let Some(mut scan) = self.scan.take() else {
            return false;
        };
        let is_first = scan.next == RecentPage::First;
        if is_first {
            self.totals = page.totals();
        }
        let mut untimed = false;
        if !unchanged {
            let (oldest, newest) = page.updates();
            if is_first && scan.archive == ArchiveState::Active {
                self.newest_seen = newest;
                let beyond = newest.and_then(|newest| newest.checked_sub_signed(OVERLAP));
                self.first_page_suffices = page.next().is_none() || oldest < beyond;
                untimed = any_changed && oldest.is_none() && page.next().is_some();
            }
            let more = scan.advance(page, any_changed);
            if more {
                if let RecentPage::Since(..) = scan.next
                    && scan.archive == ArchiveState::Active
                    && !is_first
                {
                    self.advance_watermark(newest.min(scan.ends_at));
                }
                self.scan = Some(scan);
                return false;
            }
        }
        if scan.archive == ArchiveState::Archived {
            self.archived_seen = self.totals.archived;
            return false;
        }
        if !unchanged {
            self.first_page_suffices |= !scan.any_changed && scan.watermark.is_some();
            self.watermark = self
                .newest_seen
                .or(self.watermark)
                .or(Some(DateTime::<Utc>::MIN_UTC));
        }
        self.next = scan.started.saturating_add(interval).max(now + MIN_INTERVAL);
        // More are archived than before: the archive shows which.
        let archived = self.totals.archived;
        if scan.watermark.is_some() && self.archived_seen.is_some() && archived > self.archived_seen {
            let scan = IncrementalScan::new(ArchiveState::Archived, scan.watermark, OVERLAP, scan.started);
            self.scan = Some(scan);
        } else {
            self.archived_seen = archived;
        }
        untimed
    }
}

impl IncrementalScan {
    fn new(
        archive: ArchiveState,
        watermark: Option<DateTime<Utc>>,
        overlap: TimeDelta,
        started: Duration,
    ) -> Self {
        Self {
            archive,
            started,
            watermark,
            scan_floor: watermark.map(|watermark| watermark.checked_sub_signed(overlap).unwrap_or(watermark)),
            next: RecentPage::First,
            ends_at: None,
            any_changed: false,
            unchanged: 0,
            limit: PageLimit::new(),
        }
    }

    /// Takes a page; returns whether another one is to be read.
    fn advance(&mut self, page: &ListPage, any_changed: bool) -> bool {
        let (oldest, newest) = page.updates();
        self.any_changed |= any_changed;
        let (Some(next), Some(floor)) = (page.next(), self.scan_floor) else {
            return false;
        };
        let RecentPage::Since(since, _) = self.next else {
            self.ends_at = oldest;
            self.next = RecentPage::Since(floor, 1);
            return oldest >= Some(floor);
        };
        if !self.limit.allows_more_after(page, self.archive) || newest > self.ends_at {
            return false;
        }
        if any_changed || newest > self.watermark {
            self.unchanged = 0;
        } else {
            self.unchanged += page.tasks().len();
        }
        self.next = match (newest, self.watermark) {
            // The tasks of the overlap are known; go on behind it.
            (_, Some(watermark)) if self.unchanged >= UNCHANGED_STREAK => {
                self.unchanged = 0;
                RecentPage::Since(watermark + TimeDelta::seconds(1), 1)
            }
            // From the newest time on again, and not from the next page: tasks that were updated left the pages before.
            (Some(newest), _) if newest > since => {
                self.limit = PageLimit::new();
                RecentPage::Since(newest, 1)
            }
            _ => RecentPage::Since(since, next),
        };
        match self.next {
            RecentPage::Since(since, _) => Some(since) <= self.ends_at,
            RecentPage::First => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::scan::tests::page;
    use agents_api_raw::types::Task;

    const INTERVAL: Duration = Duration::from_secs(30);

    fn task(second: i64) -> Task {
        let json = r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#;
        let mut task: Task = serde_json::from_str(json).unwrap();
        task.updated_at = at(second);
        task
    }

    fn at(second: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(second, 0)
    }

    fn since(second: i64, number: u64) -> (ArchiveState, RecentPage) {
        (
            ArchiveState::Active,
            RecentPage::Since(at(second).unwrap(), number),
        )
    }

    const FIRST: (ArchiveState, RecentPage) = (ArchiveState::Active, RecentPage::First);

    /// Responds to the next request with tasks of these seconds; returns what it was for.
    fn respond(
        recent: &mut RecentScan,
        now: u64,
        seconds: &[i64],
        more: bool,
        any_changed: bool,
    ) -> (ArchiveState, RecentPage) {
        respond_of(recent, now, seconds, more, any_changed, 0)
    }

    fn respond_of(
        recent: &mut RecentScan,
        now: u64,
        seconds: &[i64],
        more: bool,
        any_changed: bool,
        archived: i64,
    ) -> (ArchiveState, RecentPage) {
        let now = Duration::from_secs(now);
        assert!(recent.due() <= now, "{:?}", recent.due());
        let requested = recent.next_page(now, false);
        let totals = Totals {
            active: Some(500),
            archived: Some(archived),
        };
        let tasks = seconds.iter().map(|second| task(*second)).collect();
        let mut page = page(tasks, more.then_some(2), totals);
        page.modified = any_changed;
        recent.advance(now, &page, any_changed, INTERVAL);
        requested
    }

    #[test]
    fn a_page_that_does_not_reach_the_watermark_is_followed_by_the_oldest_updates() {
        let mut recent = RecentScan::new(None);
        assert_eq!(respond(&mut recent, 0, &[1000], true, true), FIRST);
        assert_eq!(recent.due(), INTERVAL);
        assert_eq!(respond(&mut recent, 30, &[1030, 1025], true, true), FIRST);
        assert_eq!(respond(&mut recent, 31, &[995, 1010], true, true), since(990, 1));
        assert_eq!(recent.watermark(), at(1010), "every page advances it");
        assert_eq!(
            respond(&mut recent, 32, &[1010, 1010], true, true),
            since(1010, 1)
        );
        // All of one second: the next page, since the time does not advance.
        assert_eq!(
            respond(&mut recent, 33, &[1010, 1020], true, true),
            since(1010, 2)
        );
        assert_eq!(
            respond(&mut recent, 34, &[1020, 1026], true, true),
            since(1020, 1)
        );
        assert_eq!(
            (recent.watermark(), recent.due()),
            (at(1030), Duration::from_secs(60))
        );
    }

    #[test]
    fn the_overlap_is_ten_seconds_and_one_while_tokens_are_short() {
        for (short, floors) in [
            (false, [990; 12]),
            (true, [999, 999, 999, 999, 999, 999, 999, 999, 999, 990, 999, 999]),
        ] {
            let mut recent = RecentScan::new(at(1000));
            for floor in floors {
                recent.scan = None;
                recent.next_page(INTERVAL, short);
                assert_eq!(recent.scan.unwrap().scan_floor, at(floor));
            }
        }
    }

    #[test]
    fn known_tasks_of_one_second_are_not_all_read_at_every_poll() {
        let mut recent = RecentScan::new(at(1000));
        respond(&mut recent, 0, &[1009, 1005], true, true);
        assert_eq!(respond(&mut recent, 0, &[1000; 100], true, false), since(990, 1));
        assert_eq!(respond(&mut recent, 0, &[1000; 100], true, false), since(1000, 1));
        assert_eq!(respond(&mut recent, 0, &[1003, 1006], true, true), since(1001, 1));
        assert_eq!(recent.watermark(), at(1009));
        // Changed ones are.
        let mut recent = RecentScan::new(at(1000));
        respond(&mut recent, 0, &[1009, 1005], true, true);
        respond(&mut recent, 0, &[1000; 100], true, true);
        for _ in 0..3 {
            assert_ne!(respond(&mut recent, 0, &[1000; 100], true, true), since(1001, 1));
        }
    }

    #[test]
    fn an_unmodified_first_page_suffices_only_if_it_reaches_back_beyond_the_overlap() {
        for (oldest, suffices) in [(985, true), (992, false)] {
            let mut recent = RecentScan::new(None);
            respond(&mut recent, 0, &[1000, oldest], true, true);
            assert_eq!(respond(&mut recent, 30, &[1000, oldest], true, false), FIRST);
            assert_eq!(recent.is_catching_up(), !suffices, "{oldest}");
        }
    }

    #[test]
    fn a_full_scan_shortens_the_way_of_a_scan_that_catches_up() {
        let mut recent = RecentScan::new(at(1000));
        respond(&mut recent, 0, &[2000, 1990], true, true);
        recent.advance_watermark(at(1800));
        assert_eq!(respond(&mut recent, 0, &[1795, 1991], true, true), since(1790, 1));
        assert_eq!(recent.watermark(), at(2000));
    }

    #[test]
    fn an_endless_second_ends() {
        let mut recent = RecentScan::new(at(1000));
        respond(&mut recent, 0, &[2000, 1990], true, true);
        let pages = (0..1000).take_while(|_| {
            respond(&mut recent, 0, &[990], true, true);
            recent.is_catching_up()
        });
        assert!(pages.count() < 520);
    }

    #[test]
    fn more_archived_tasks_are_looked_for_in_the_archive() {
        let mut recent = RecentScan::new(None);
        respond_of(&mut recent, 0, &[1000], false, true, 3);
        respond_of(&mut recent, 30, &[1000, 900], false, true, 4);
        let archive = respond_of(&mut recent, 30, &[1010, 800], true, true, 4);
        assert_eq!(archive, (ArchiveState::Archived, RecentPage::First));
        assert_eq!(recent.due(), Duration::from_secs(60));
    }

    #[test]
    fn a_requested_poll_is_made_once() {
        let mut recent = RecentScan::new(None);
        respond(&mut recent, 0, &[1000], false, true);
        recent.request_at(Duration::from_secs(20));
        respond(&mut recent, 20, &[1000], false, true);
        assert_eq!(recent.due(), Duration::from_secs(50));
    }
}

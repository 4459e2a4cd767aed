//! The state of a fleet, and what to request next. Pure: time and chance come in as arguments.
//!
//! [`Machine::next`] says what to do, [`Machine::observe`] takes what came back, and [`Machine::next_event`] compares it,
//! task by task, as events are taken: see `observe`. One request is under way at a time. Polls of recent updates go first;
//! the tokens they leave go to full scans and fetches in turn, so that neither starves the other.
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::event::{FleetEvent, RemovalReason};
use super::fetch_queue::{FetchQueue, FetchRequest, Reason};
use super::health::Health;
use super::recent_scan::{MIN_INTERVAL, RecentPage, RecentScan};
use super::scan::{ArchiveState, FullScan, ListPage};
use super::task_store::{Subscription, TaskStore};
use super::token_bucket::{Priority, TokenBucket};
use crate::error::Error;
use crate::state::TaskStateExt as _;
use agents_api_raw::types::Task;

/// New ids up to this number are fetched one by one; more are looked for in the list first.
const MAX_DIRECT_FETCHES: usize = 20;

/// While a long scan catches up, every fourth request is left to the rest, which would starve otherwise.
const BULK_EVERY: u32 = 4;

/// How a fleet is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) poll_interval: Duration,
    pub(super) resync_interval: Duration,
    pub(super) quota_share: f64,
    /// Whether sessions are fetched of tasks that change.
    pub(super) details: bool,
}

/// A request to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Read a page of recent updates.
    Poll { archive: ArchiveState, page: RecentPage },
    /// Read a page in creation order.
    Scan { archive: ArchiveState, page: u64 },
    /// Fetch a task; one that is `polled` will be fetched again.
    Fetch { id: String, polled: bool },
}

impl Action {
    /// Whether this is the page that every poll begins with.
    pub(super) fn is_first_page(&self) -> bool {
        *self
            == Self::Poll {
                archive: ArchiveState::Active,
                page: RecentPage::First,
            }
    }

    pub(super) fn priority(&self) -> Priority {
        match self {
            Self::Poll { .. } => Priority::Poll,
            Self::Scan { .. } | Self::Fetch { .. } => Priority::Bulk,
        }
    }
}

/// What came back from a request.
#[derive(Debug)]
pub(super) enum Observation {
    Page(ListPage),
    Task(Arc<Task>),
    Failed(Error),
}

/// What came back and is compared while its events are taken.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A page, of which this many tasks were compared.
    Page {
        action: Action,
        page: ListPage,
        compared: usize,
        any_changed: bool,
    },
    /// The response to a fetch. A task is missing if the last full scan did not see it.
    Task {
        id: String,
        task: Arc<Task>,
        is_missing: bool,
    },
    /// A task that is not followed any more.
    Removal { id: String, reason: RemovalReason },
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Step {
    Request(Action),
    /// Nothing is due before this time.
    Sleep(Duration),
    /// The watch ends: this failure is permanent.
    End(Error),
}

/// The comparison of every task with GitHub.
#[derive(Debug)]
pub(super) enum Resync {
    /// Due at this time. Leads to `Scanning` or, where fetches are cheaper, to `Verifying`.
    Scheduled(Duration),
    /// The list is scanned. Leads to `Scanning` of the archive if many tasks are missing in the list, else to `Verifying`.
    Scanning(FullScan),
    /// What the scan left open is fetched, task by task. Leads to `Scheduled` again.
    Verifying,
}

#[derive(Debug)]
pub(super) struct Machine {
    pub(super) settings: Settings,
    pub(super) store: TaskStore,
    pub(super) bucket: TokenBucket,
    pub(super) fetches: FetchQueue,
    pub(super) recent: RecentScan,
    /// The health of polls, and of the rest.
    pub(super) health: [Health; 2],
    pub(super) resync: Resync,
    /// When the resync under way, or the last one, began.
    pub(super) resync_began: Duration,
    /// What came back and is not compared completely.
    pub(super) incoming: Option<Incoming>,
    /// Events that are not about one task.
    pub(super) notices: VecDeque<FleetEvent>,
    /// The tracked tasks are fewer than the pages of a poll, so each is fetched instead at every interval.
    pub(super) is_direct: bool,
    /// Whether the next bulk request is a fetch.
    fetch_next: bool,
    /// How many requests in a row caught up while others waited.
    catch_up_streak: u32,
    pub(super) has_synced: bool,
    pub(super) fatal: Option<Error>,
}

impl Machine {
    pub(super) fn new(
        settings: Settings,
        subscription: Subscription,
        tasks: impl IntoIterator<Item = Arc<Task>>,
        watermark: Option<DateTime<Utc>>,
        tokens: Option<f64>,
    ) -> Self {
        Self {
            settings: Settings {
                poll_interval: settings.poll_interval.max(MIN_INTERVAL),
                resync_interval: settings.resync_interval.max(MIN_INTERVAL),
                ..settings
            },
            store: TaskStore::new(subscription, tasks),
            bucket: TokenBucket::new(settings.quota_share, tokens),
            fetches: FetchQueue::default(),
            recent: RecentScan::new(watermark),
            health: Default::default(),
            resync: Resync::Scheduled(Duration::ZERO),
            resync_began: Duration::ZERO,
            incoming: None,
            notices: VecDeque::new(),
            is_direct: false,
            fetch_next: false,
            catch_up_streak: 0,
            has_synced: false,
            fatal: None,
        }
    }

    /// Up to when everything was reported, and what is left in the bucket.
    pub(super) fn position(&self) -> (Option<DateTime<Utc>>, f64) {
        (self.recent.watermark(), self.bucket.tokens())
    }

    pub(super) fn request_count(&self) -> u64 {
        self.bucket.consumed()
    }

    /// Takes over what GitHub says about the quota.
    pub(super) fn update_quota(&mut self, now: Duration, limit: u64, remaining: u64) {
        self.bucket.update_quota(now, limit, remaining);
    }

    /// Follows a task too.
    pub(super) fn track(&mut self, id: &str, now: Duration) {
        if !self.store.track(id) {
            return;
        }
        match self.resync {
            Resync::Scheduled(at) if at > now && self.store.unknown().nth(MAX_DIRECT_FETCHES).is_some() => {
                self.resync = Resync::Scheduled(now);
            }
            // The scan finds it, or it is fetched at the scan's end.
            Resync::Scanning(_) => {}
            Resync::Scheduled(at) if at <= now => {}
            _ => self.fetches.confirm(id, now, None),
        }
    }

    /// Stops following a task.
    pub(super) fn untrack(&mut self, id: &str) {
        self.store.untrack(id);
        self.fetches.remove(id);
    }

    /// Polls at this time, or before if a poll is due.
    pub(super) fn poll_at(&mut self, at: Duration) {
        self.recent.request_at(at);
    }

    /// What to do now, once all events were taken. A request is paid for, and `observe` takes what comes back.
    pub(super) fn next(&mut self, now: Duration) -> Step {
        debug_assert!(
            self.incoming.is_none(),
            "events are taken before the next request is made"
        );
        if let Some(error) = self.fatal.take() {
            return Step::End(error);
        }
        let due = self.recent.due().max(self.health(Priority::Poll).until);
        let poll = due.max(self.bucket.poll_at(now));
        let must_share = self.recent.is_catching_up() && self.catch_up_streak + 1 >= BULK_EVERY;
        if due <= now && !must_share {
            return if poll <= now {
                self.request_poll(now)
            } else {
                Step::Sleep(poll)
            };
        }
        let bulk = self.bulk_at(now, due <= now);
        match bulk {
            Some(bulk) if bulk <= now => {
                self.catch_up_streak = 0;
                let action = self.next_bulk(now);
                self.request(now, action)
            }
            _ if poll <= now => self.request_poll(now),
            bulk => Step::Sleep(bulk.map_or(poll, |bulk| bulk.min(poll))),
        }
    }

    fn request_poll(&mut self, now: Duration) -> Step {
        let tokens_short = self.bucket.is_short(now);
        let (archive, page) = self.recent.next_page(now, tokens_short);
        self.catch_up_streak = match page {
            RecentPage::First => 0,
            RecentPage::Since(..) => self.catch_up_streak + 1,
        };
        self.request(now, Action::Poll { archive, page })
    }

    fn request(&mut self, now: Duration, action: Action) -> Step {
        self.bucket.consume(now);
        Step::Request(action)
    }

    /// When the next request that is no poll is due and paid for. With `in_turn`, it takes the turn of a poll.
    fn bulk_at(&mut self, now: Duration, in_turn: bool) -> Option<Duration> {
        let due = self.bulk_due(now)?.max(self.health(Priority::Bulk).until);
        // The first comparison is what everybody waits for, after a restart too, and fetches in place of polls are polls.
        let reserve = self.has_synced && !self.is_direct && !in_turn;
        Some(due.max(self.bucket.bulk_at(now, reserve, self.settings.poll_interval)))
    }

    /// When the next request that is no poll is due; none before the first poll, which tells how long the list is.
    fn bulk_due(&mut self, now: Duration) -> Option<Duration> {
        if !self.recent.has_succeeded() {
            return None;
        }
        if let Resync::Scheduled(at) = self.resync
            && at <= now
        {
            self.begin_resync(now);
        }
        self.drop_needless_fetches(now);
        self.finish_resync(now);
        let fetch = self.fetches.first().map(|(_, request)| request.due);
        match self.resync {
            Resync::Scheduled(at) => Some(fetch.map_or(at, |due| due.min(at))),
            Resync::Scanning(_) => Some(now),
            Resync::Verifying => fetch,
        }
    }

    /// Whether a task is fetched at every interval.
    pub(super) fn is_polled(&self, id: &str) -> bool {
        self.is_direct || self.store.get(id).is_none_or(|known| !known.listed)
    }

    fn drop_needless_fetches(&mut self, now: Duration) {
        while let Some((id, request)) = self.fetches.first() {
            let needed = request.reason == Reason::Confirm || self.is_polled(id);
            if request.due > now || (self.store.subscription.contains(id) && needed) {
                return;
            }
            let id = id.to_owned();
            self.fetches.remove(&id);
        }
    }

    fn next_bulk(&mut self, now: Duration) -> Action {
        self.fetch_next = !self.fetch_next;
        let fetch = self.fetches.first().filter(|(_, request)| request.due <= now);
        match (&self.resync, fetch) {
            (Resync::Scanning(scan), fetch) if fetch.is_none() || !self.fetch_next => Action::Scan {
                archive: scan.archive,
                page: scan.page,
            },
            (_, fetch) => {
                let polled = |request: &FetchRequest| request.reason == Reason::Poll;
                let (id, polled) =
                    fetch.map_or_else(Default::default, |(id, request)| (id.to_owned(), polled(request)));
                Action::Fetch { id, polled }
            }
        }
    }

    /// Begins to compare everything, by a scan of the list or, where that is cheaper, by a fetch of each task.
    fn begin_resync(&mut self, now: Duration) {
        self.resync_began = now;
        let unknown = self.store.unknown().count();
        let listed = self.store.tasks().filter(|known| known.listed).count();
        // A task that was never seen in the list is polled at every interval until the next resync.
        let polls = self.settings.resync_interval.as_secs_f64() / self.settings.poll_interval.as_secs_f64();
        #[allow(clippy::cast_precision_loss, reason = "a comparison of costs")]
        let scan_is_cheap = |pages: u64| pages as f64 <= listed as f64 + unknown as f64 * polls.max(1.0);
        let pages = self.recent.totals().pages(ArchiveState::Active);
        if self.store.subscription.all
            || (!self.is_direct && scan_is_cheap(pages.unwrap_or(MAX_DIRECT_FETCHES as u64)))
        {
            self.store.scan += 1;
            let scan = FullScan::new(ArchiveState::Active, self.recent.newest_seen());
            self.resync = Resync::Scanning(scan);
            return;
        }
        // Polled tasks were compared at the last interval.
        let known = self.store.tasks().filter(|_| !self.is_direct);
        let known = known.map(|known| &known.task.id);
        for id in known.chain(self.store.unknown()) {
            self.fetches.confirm(id, now, None);
        }
        self.resync = Resync::Verifying;
    }

    /// Ends the comparison once nothing is left to fetch.
    pub(super) fn finish_resync(&mut self, now: Duration) {
        if !matches!(self.resync, Resync::Verifying) || !self.fetches.all_tried() {
            return;
        }
        self.resync = Resync::Scheduled(self.next_resync(now));
        self.has_synced = true;
        let active = self.store.tasks().filter(|known| !known.task.state.has_ended());
        let event = FleetEvent::Synced {
            tasks: self.store.tasks().len(),
            active: active.count(),
            requests: self.bucket.consumed(),
        };
        self.notices.push_back(event);
    }

    /// When to compare everything again: after the interval, or later if scans would take more than half of what the
    /// bucket gains and the list agrees with the store on how many tasks there are.
    fn next_resync(&self, now: Duration) -> Duration {
        let at = now.saturating_add(self.settings.resync_interval);
        let listed = self.store.tasks().filter(|known| known.listed).count();
        let active = self.recent.totals().active;
        if !self.store.subscription.all || active != i64::try_from(listed).ok() {
            return at;
        }
        let pages = self
            .recent
            .totals()
            .pages(ArchiveState::Active)
            .unwrap_or_default();
        at.max(
            self.resync_began
                .saturating_add(self.bucket.time_to_gain(pages * 2)),
        )
    }

    /// Fetches each tracked task at every interval from now on, instead of reading the list.
    pub(super) fn poll_directly(&mut self, now: Duration) {
        self.is_direct = true;
        let known = self.store.tasks().map(|known| &known.task.id);
        for id in known.chain(self.store.unknown()) {
            if self.recent.was_requested() {
                self.fetches.bring_forward(id, now);
            }
            self.fetches.poll(id, now);
        }
    }

    /// Whether a poll that begins this long before the newest update reads clearly more pages than there are tracked tasks.
    pub(super) fn is_cheaper_directly(&self, page: &ListPage, distance: TimeDelta) -> bool {
        if self.store.subscription.all || self.recent.watermark().is_none() {
            return false;
        }
        let tracked = self.store.tasks().len() + self.store.unknown().count();
        #[allow(clippy::cast_precision_loss, reason = "a comparison of costs")]
        let tracked = tracked as f64;
        RecentScan::estimated_pages(page, distance) > tracked + 1.0
    }

    pub(super) fn health(&mut self, priority: Priority) -> &mut Health {
        let [polls, bulk] = &mut self.health;
        match priority {
            Priority::Poll => polls,
            Priority::Bulk => bulk,
        }
    }
}

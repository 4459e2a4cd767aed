//! What a response means for a fleet: it is compared as its events are taken, and decides what to request next.
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use super::event::{FleetEvent, RemovalReason};
use super::fetch_queue::FetchRequest;
use super::health::{Health, is_about_the_task};
use super::machine::{Action, Incoming, Machine, Observation, Resync};
use super::recent_scan::RecentPage;
use super::scan::{ArchiveState, FullScan, ListPage};
use super::task_store::Comparison;
use super::token_bucket::Priority;
use crate::error::{Error, ErrorKind, Retry};
use crate::state::TaskStateExt as _;
use agents_api_raw::types::Task;

/// Responses that may be older than the list before one is taken as it is.
const MAX_STALE_READS: u32 = 5;

impl Machine {
    /// Takes what came back from a request. `jitter` is a random number from 0 to 1.
    pub(super) fn observe(&mut self, now: Duration, action: &Action, observation: Observation, jitter: f64) {
        match (action, observation) {
            (_, Observation::Failed(error)) => self.failed(now, action, error, jitter),
            (Action::Poll { .. } | Action::Scan { .. }, Observation::Page(page)) => {
                let unchanged = matches!(action, Action::Poll { .. }) && self.recent.is_unchanged(&page);
                self.incoming = Some(Incoming::Page {
                    action: action.clone(),
                    compared: if unchanged { page.tasks().len() } else { 0 },
                    page,
                    any_changed: false,
                });
            }
            (Action::Fetch { id, .. }, Observation::Task(task)) => {
                self.incoming = self.check_fetched(now, id, task);
                if self.incoming.is_none() {
                    self.on_success(Priority::Bulk);
                }
            }
            (Action::Fetch { .. }, Observation::Page(_)) | (_, Observation::Task(_)) => {}
        }
    }

    /// The next event. What came back is compared only as far as needed, so that the store holds what was reported.
    pub(super) fn next_event(&mut self, now: Duration) -> Option<FleetEvent> {
        loop {
            if let Some(notice) = self.notices.pop_front() {
                return Some(notice);
            }
            let mut incoming = self.incoming.take()?;
            if let Some(event) = self.compare(now, &mut incoming) {
                self.incoming = Some(incoming);
                return Some(event);
            }
            self.complete(now, incoming);
        }
    }

    /// Compares up to the next event.
    fn compare(&mut self, now: Duration, incoming: &mut Incoming) -> Option<FleetEvent> {
        match incoming {
            Incoming::Page {
                action,
                page,
                compared,
                any_changed,
            } => {
                let tasks = page.tasks();
                while *compared < tasks.len() {
                    // The oldest news first.
                    let index = if is_newest_first(action) {
                        tasks.len() - 1 - *compared
                    } else {
                        *compared
                    };
                    let event = self.compare_listed(now, action, &tasks[index], any_changed);
                    if event.is_some() {
                        return event;
                    }
                    *compared += 1;
                }
                None
            }
            Incoming::Task { task, .. } => self.store.fetched(task),
            Incoming::Removal { id, reason } => self.store.remove(id, reason.clone()),
        }
    }

    /// Compares one task of a page, again and again until it has no further event.
    fn compare_listed(
        &mut self,
        now: Duration,
        action: &Action,
        task: &Task,
        any_changed: &mut bool,
    ) -> Option<FleetEvent> {
        let (Action::Poll { archive, .. } | Action::Scan { archive, .. }) = action else {
            return None;
        };
        if *archive == ArchiveState::Archived {
            self.fetches.remove(&task.id);
            return self.store.archived(task);
        }
        let is_new = self.store.get(&task.id).is_none();
        let comparison = self.store.listed(task, self.settings.details && self.has_synced);
        // Before the first full scan is over, old tasks are unknown, and no reason to look for more of them.
        let expected = is_new && !self.has_synced && task.updated_at <= self.recent.watermark();
        *any_changed |= !expected && !matches!(comparison, Comparison::Unchanged);
        match comparison {
            Comparison::Unchanged => None,
            Comparison::Changed(event) => Some(event),
            Comparison::Unconfirmed(min_updated_at) => {
                self.fetches.confirm(&task.id, now, min_updated_at);
                None
            }
        }
    }

    /// Everything that came back was compared.
    fn complete(&mut self, now: Duration, incoming: Incoming) {
        let priority = match incoming {
            Incoming::Page {
                action,
                page,
                any_changed,
                ..
            } => {
                match action {
                    Action::Poll { page: place, .. } => self.polled(now, place, &page, any_changed),
                    _ => self.scanned(now, &page),
                }
                action.priority()
            }
            Incoming::Task { id, is_missing, .. } => {
                self.fetched(now, &id, is_missing);
                Priority::Bulk
            }
            Incoming::Removal { .. } => Priority::Bulk,
        };
        self.on_success(priority);
        self.finish_resync(now);
    }

    fn on_success(&mut self, priority: Priority) {
        let was_degraded = self.health(priority).record_success();
        if was_degraded && !self.health.iter().any(Health::is_degraded) {
            self.notices.push_back(FleetEvent::Recovered);
        }
    }

    fn polled(&mut self, now: Duration, place: RecentPage, page: &ListPage, any_changed: bool) {
        let interval = self.settings.poll_interval;
        let interval = TimeDelta::from_std(interval).unwrap_or(TimeDelta::MAX);
        if place == RecentPage::First {
            let distance = if self.is_direct {
                interval
            } else {
                self.recent.distance(page)
            };
            let was_direct = self.is_direct;
            // An unmodified page is of a list that is quiet.
            self.is_direct = page.modified && self.is_cheaper_directly(page, distance);
            if self.is_direct {
                let next = now.saturating_add(self.settings.resync_interval);
                self.recent.abandon(page, next);
                return self.poll_directly(now);
            }
            if was_direct {
                // Each task was fetched within the last interval, or is fetched once more.
                self.recent.abandon(page, now);
                return self.recent.rewind(interval.checked_mul(2).unwrap_or(interval));
            }
        }
        let pause = self.bucket.poll_interval(self.settings.poll_interval, now);
        if self.recent.advance(now, page, any_changed, pause) && matches!(self.resync, Resync::Scheduled(_)) {
            self.resync = Resync::Scheduled(now);
        }
    }

    fn scanned(&mut self, now: Duration, page: &ListPage) {
        let Resync::Scanning(scan) = &mut self.resync else {
            return;
        };
        if scan.advance(page) {
            return;
        }
        let (archive, watermark) = (scan.archive, scan.watermark);
        if archive == ArchiveState::Active {
            self.recent.advance_watermark(watermark);
        }
        let number = self.store.scan;
        let missing = self
            .store
            .tasks()
            .filter(|known| known.listed && known.seen_in < number);
        let missing: Vec<String> = missing.map(|known| known.task.id.clone()).collect();
        let archived_pages = page.totals().pages(ArchiveState::Archived);
        if archive == ArchiveState::Active
            && archived_pages.is_some_and(|pages| missing.len() as u64 > pages + 3)
        {
            self.resync = Resync::Scanning(FullScan::new(ArchiveState::Archived, watermark));
            return;
        }
        for id in missing.iter().chain(self.store.unknown()) {
            self.fetches.confirm(id, now, None);
        }
        self.resync = Resync::Verifying;
    }

    /// What to compare of a fetched task, if its response can be used.
    fn check_fetched(&mut self, now: Duration, id: &str, task: Arc<Task>) -> Option<Incoming> {
        let mut request = *self.fetches.get(id)?;
        if task.id != id {
            // Lists and responses would never be found to be about it.
            self.fetches.remove(id);
            let error = Error::unexpected(format!("GitHub calls the task {id:?} {:?}", task.id));
            return Some(Incoming::Removal {
                id: id.to_owned(),
                reason: RemovalReason::Refused(Arc::new(error)),
            });
        }
        let known = self.store.get(id).and_then(|known| known.task.updated_at);
        let min_updated_at = request.min_updated_at.max(known);
        if task.updated_at.is_some()
            && task.updated_at < min_updated_at
            && request.stale_reads < MAX_STALE_READS
        {
            request.stale_reads += 1;
            self.retry_later(now, id, request);
            return None;
        }
        let number = self.store.scan;
        let known = self.store.get(id);
        Some(Incoming::Task {
            id: id.to_owned(),
            is_missing: known.is_some_and(|known| known.listed && known.seen_in < number),
            task,
        })
    }

    /// A fetched task was compared.
    fn fetched(&mut self, now: Duration, id: &str, is_missing: bool) {
        self.fetches.remove(id);
        if is_missing && matches!(self.resync, Resync::Verifying) {
            self.store.mark_unlisted(id);
        }
        let Some(known) = self.store.get(id) else {
            return;
        };
        let has_ended = known.task.state.has_ended();
        if self.is_polled(id) {
            let pause = if has_ended && !self.is_direct {
                self.settings.resync_interval
            } else {
                self.settings.poll_interval
            };
            self.fetches.poll(id, now.saturating_add(pause));
        }
    }

    /// A fetch has settled nothing: fetches again, later each time.
    fn retry_later(&mut self, now: Duration, id: &str, mut request: FetchRequest) {
        request.attempts += 1;
        let pause = self
            .settings
            .poll_interval
            .saturating_mul(1 << request.attempts.min(16));
        request.due = now.saturating_add((pause / 4).min(self.settings.resync_interval));
        self.fetches.put(id, request);
    }

    fn failed(&mut self, now: Duration, action: &Action, error: Error, jitter: f64) {
        let mut retry = error.retry();
        if let Action::Fetch { id, .. } = action {
            if error.kind() == ErrorKind::UnexpectedResponse && self.is_listed(id) {
                // It is there, and only its details cannot be read yet.
                retry = Retry::Transient;
            }
            if retry == Retry::No && is_about_the_task(&error) {
                return self.not_found(now, id, error);
            }
            if retry == Retry::Transient
                && let Some(request) = self.fetches.get(id).copied()
            {
                self.retry_later(now, id, request);
            }
        }
        let may_pass = self.recent.has_succeeded() || retry != Retry::No;
        let health = self.health(action.priority());
        let pause = health.pause(retry, error.retry_after(), jitter);
        let Some(retry_in) = pause.filter(|_| may_pass) else {
            self.fatal = Some(error);
            return;
        };
        let until = now.saturating_add(retry_in);
        if retry == Retry::RateLimited {
            for health in &mut self.health {
                health.until = health.until.max(until);
            }
        } else {
            self.health(action.priority()).until = until;
        }
        let error = Arc::new(error);
        self.notices.push_back(FleetEvent::Degraded { error, retry_in });
    }

    /// Whether a list shows a task, or did when its fetch was queued.
    fn is_listed(&self, id: &str) -> bool {
        let request = self.fetches.get(id);
        let was_listed = request.is_some_and(|request| request.min_updated_at.is_some());
        was_listed || self.store.get(id).is_some_and(|known| known.listed)
    }

    /// A fetch found no such task. The second time it counts: a new task may not be on every server yet.
    fn not_found(&mut self, now: Duration, id: &str, error: Error) {
        self.on_success(Priority::Bulk);
        let Some(mut request) = self.fetches.remove(id) else {
            return;
        };
        request.not_found += 1;
        if request.not_found < 2 {
            request.due = now.saturating_add(self.settings.poll_interval);
            self.fetches.put(id, request);
            return;
        }
        let reason = if error.is_not_found() {
            RemovalReason::NotFound
        } else {
            RemovalReason::Refused(Arc::new(error))
        };
        self.incoming = Some(Incoming::Removal {
            id: id.to_owned(),
            reason,
        });
    }
}

fn is_newest_first(action: &Action) -> bool {
    matches!(
        action,
        Action::Poll {
            page: RecentPage::First,
            ..
        }
    )
}

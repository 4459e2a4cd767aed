//! What an answer means for a fleet: compares, and corrects what is to be asked.
use std::sync::Arc;
use std::time::Duration;

use super::{Ask, Full, Machine, Sight};
use crate::error::{Error, ErrorKind};
use crate::fleet::agenda::Errand;
use crate::fleet::budget::Class;
use crate::fleet::event::{FleetEvent, RemovalReason};
use crate::fleet::known::Seen;
use crate::fleet::sight::{Lane, PageSight};
use crate::fleet::walk::{Inventory, Turn};
use crate::fleet::weather::{Failure, Weather};
use crate::state::TaskStateExt as _;
use agents_api_raw::types::Task;

/// A get may be behind the list so many times; then it is believed.
const PATIENCE: u32 = 5;

impl Machine {
    /// Takes the answer to a request. `jitter` is a random number from 0 to 1.
    pub(in crate::fleet) fn observe(&mut self, now: Duration, ask: &Ask, sight: Sight<'_>, jitter: f64) {
        match (ask, sight) {
            (_, Sight::Failed(error)) => return self.failed(now, ask, error, jitter),
            (Ask::Newest { lane, .. }, Sight::Page(page)) => self.newest_page(now, *lane, &page),
            (Ask::Inventory { lane, .. }, Sight::Page(page)) => self.inventory_page(now, *lane, &page),
            (Ask::Task { id, .. }, Sight::Task(task)) => self.got(now, id, task),
            (Ask::Task { .. }, Sight::Page(_)) | (_, Sight::Task(_)) => {}
        }
        self.fair(ask.class());
        self.end_full(now);
        if !self.known.has_untold() {
            self.told_mark = self.looks.mark();
        }
    }

    /// A request succeeded.
    fn fair(&mut self, class: Class) {
        let was_bad = self.weather(class).clear();
        if was_bad && !self.weather.iter().any(Weather::is_bad) {
            self.known.tell(FleetEvent::Recovered);
        }
    }

    /// Compares the tasks of a page with what is known. Answers whether any is new.
    fn compare(&mut self, now: Duration, lane: Lane, tasks: &[Task], details: bool) -> bool {
        let mut any_new = false;
        // The oldest news first.
        for task in tasks.iter().rev() {
            if lane == Lane::Archived {
                self.known.archived(task);
                self.agenda.remove(&task.id);
                continue;
            }
            match self.known.listed(task, details) {
                Seen::Same => continue,
                Seen::New => {}
                Seen::Doubtful(at_least) => self.agenda.confirm(&task.id, now, at_least),
            }
            any_new = true;
        }
        any_new
    }

    fn newest_page(&mut self, now: Duration, lane: Lane, sight: &PageSight<'_>) {
        let details = self.settings.details && self.has_synced;
        let any_new = !self.looks.is_unchanged(sight) && self.compare(now, lane, sight.tasks, details);
        let every = self.budget.stretch(self.settings.every, now);
        self.looks.take(now, sight, any_new, every);
    }

    fn inventory_page(&mut self, now: Duration, lane: Lane, sight: &PageSight<'_>) {
        let Full::Walking(walk) = &mut self.full else {
            return;
        };
        let turn = walk.turn(sight);
        let (lane_done, mark) = (walk.lane, walk.mark);
        self.compare(now, lane, sight.tasks, self.settings.details && self.has_synced);
        let Turn::Done { .. } = turn else {
            return;
        };
        if lane_done == Lane::Active {
            // What moved while looks were not clean, this walk has seen.
            self.looks.advance(mark);
        }
        let missing: Vec<String> = self
            .known
            .entries()
            .filter(|entry| entry.listed && entry.seen_in < self.known.walk)
            .map(|entry| entry.task.id.clone())
            .collect();
        let archive = sight.totals.pages(Lane::Archived);
        if lane_done == Lane::Active && archive.is_some_and(|pages| missing.len() as u64 > pages + 3) {
            self.full = Full::Walking(Inventory::new(Lane::Archived, mark));
            return;
        }
        let unknown: Vec<String> = self.known.unknown().cloned().collect();
        for id in missing.iter().chain(&unknown) {
            self.agenda.confirm(id, now, None);
        }
        self.full = Full::Settling;
    }

    fn got(&mut self, now: Duration, id: &str, task: &Task) {
        let Some(mut errand) = self.agenda.remove(id) else {
            return;
        };
        if task.id != id {
            // Lists and answers would never be found to be about it.
            let error = Error::unexpected(format!("GitHub calls the task {id:?} {:?}", task.id));
            return self.known.gone(id, RemovalReason::Refused(Arc::new(error)));
        }
        let entry = self.known.get(id);
        let at_least = errand.at_least.max(entry.and_then(|entry| entry.task.updated_at));
        if task.updated_at.is_some() && task.updated_at < at_least && errand.lags < PATIENCE {
            // The list knew more than this answer.
            errand.lags += 1;
            return self.again(now, id, errand);
        }
        let walk = self.known.walk;
        let missing = self
            .known
            .get(id)
            .is_some_and(|entry| entry.listed && entry.seen_in < walk);
        self.known.got(task);
        if missing && matches!(self.full, Full::Settling) {
            self.known.unlist(id);
        }
        if let Some(entry) = self.known.get(id).filter(|entry| !entry.listed) {
            let pause = if entry.task.state.has_ended() {
                self.settings.resync
            } else {
                self.settings.every
            };
            self.agenda.poll(id, now.saturating_add(pause));
        }
    }

    /// A get has settled nothing: once more, later each time.
    fn again(&mut self, now: Duration, id: &str, mut errand: Errand) {
        errand.tries += 1;
        let pause = self.settings.every.saturating_mul(1 << errand.tries.min(16));
        errand.due = now.saturating_add((pause / 4).min(self.settings.resync));
        self.agenda.put(id, errand);
    }

    fn failed(&mut self, now: Duration, ask: &Ask, error: Error, jitter: f64) {
        let mut failure = Failure::of(&error);
        if let Ask::Task { id, .. } = ask {
            if error.kind() == ErrorKind::UnexpectedResponse && self.is_listed(id) {
                // It is there, and only its details cannot be read yet.
                failure = Failure::Passing(None);
            }
            if failure.is_of_the_task(&error) {
                return self.missed(now, id, failure, error);
            }
            if matches!(failure, Failure::Passing(_))
                && let Some(errand) = self.agenda.remove(id)
            {
                self.again(now, id, errand);
            }
        }
        let will_pass =
            self.looks.has_looked() || matches!(failure, Failure::Limited(_) | Failure::Passing(_));
        let pause = self.weather(ask.class()).pause(failure, jitter);
        let Some(retry_in) = pause.filter(|_| will_pass) else {
            self.fatal = Some(error);
            return;
        };
        let until = now.saturating_add(retry_in);
        if let Failure::Limited(_) = failure {
            for weather in &mut self.weather {
                weather.until = weather.until.max(until);
            }
        } else {
            self.weather(ask.class()).until = until;
        }
        let error = Arc::new(error);
        self.known.tell(FleetEvent::Degraded { error, retry_in });
    }

    /// Whether a list shows a task, or did when it was to be got.
    fn is_listed(&self, id: &str) -> bool {
        let doubted = self
            .agenda
            .get(id)
            .is_some_and(|errand| errand.at_least.is_some());
        doubted || self.known.get(id).is_some_and(|entry| entry.listed)
    }

    /// A get found no such task. It is believed the second time: a new task may not be everywhere yet.
    fn missed(&mut self, now: Duration, id: &str, failure: Failure, error: Error) {
        self.fair(Class::Bulk);
        let Some(mut errand) = self.agenda.remove(id) else {
            return;
        };
        errand.misses += 1;
        if errand.misses < 2 {
            errand.due = now.saturating_add(self.settings.every);
            self.agenda.put(id, errand);
            return;
        }
        let why = match failure {
            Failure::NotFound => RemovalReason::NotFound,
            _ => RemovalReason::Refused(Arc::new(error)),
        };
        self.known.gone(id, why);
    }
}

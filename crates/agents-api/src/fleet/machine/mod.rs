//! The state of a fleet, and what to ask next. Pure: time and chance come in as arguments.
//!
//! [`Machine::next`] says what to do, [`Machine::observe`] takes what came of it: see `answer`. One request is under way at a time. Looks at the
//! list go first; what is left of the budget goes to walks and gets in turn, so that neither starves the other.
mod answer;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::agenda::{Agenda, Why};
use super::budget::{Budget, Class};
use super::event::FleetEvent;
use super::known::{Following, Known};
use super::looks::{LEAST, Looks};
use super::sight::{Lane, PageSight};
use super::walk::Inventory;
use super::weather::Weather;
use crate::error::Error;
use crate::state::TaskStateExt as _;
use agents_api_raw::types::Task;

/// So many new ids are got one by one; more are looked for in the list first.
const FEW: usize = 20;

/// How a fleet is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) every: Duration,
    pub(super) resync: Duration,
    pub(super) share: f64,
    /// Whether sessions are fetched of tasks that change.
    pub(super) details: bool,
}

/// A request to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// A page of what was updated last.
    Newest { lane: Lane, page: u64 },
    /// A page in the order of creation.
    Inventory { lane: Lane, page: u64 },
    /// A task; one that is `polled` will be asked for again.
    Task { id: String, polled: bool },
}

impl Ask {
    /// Whether it is the page that is looked at again and again.
    pub(super) fn is_front(&self) -> bool {
        *self
            == Self::Newest {
                lane: Lane::Active,
                page: 1,
            }
    }

    fn class(&self) -> Class {
        match self {
            Self::Newest { .. } => Class::Look,
            Self::Inventory { .. } | Self::Task { .. } => Class::Bulk,
        }
    }
}

/// What a request met.
#[derive(Debug)]
pub(super) enum Sight<'a> {
    Page(PageSight<'a>),
    Task(&'a Task),
    Failed(Error),
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Step {
    /// Make this request.
    Ask(Ask),
    /// Nothing, until then.
    Sleep(Duration),
    /// The watch is over: this will not pass.
    End(Error),
}

/// How far the comparison with everything is.
#[derive(Debug)]
enum Full {
    /// It is due at this time. Leads to `Walking` or, where gets are cheaper, to `Settling`.
    Due(Duration),
    /// Everything listed is walked through. Leads to `Walking` through the archive if many tasks are missing in the list,
    /// else to `Settling`.
    Walking(Inventory),
    /// What the walk left open is got, task by task. Leads to `Due` again.
    Settling,
}

#[derive(Debug)]
pub(super) struct Machine {
    settings: Settings,
    pub(super) known: Known,
    budget: Budget,
    agenda: Agenda,
    looks: Looks,
    /// What requests met, of looks and of the rest.
    weather: [Weather; 2],
    /// The mark of which all events were given out.
    told_mark: Option<DateTime<Utc>>,
    full: Full,
    /// Whether the next request that is not urgent is a get.
    get_next: bool,
    has_synced: bool,
    fatal: Option<Error>,
}

impl Machine {
    pub(super) fn new(
        settings: Settings,
        following: Following,
        tasks: impl IntoIterator<Item = Arc<Task>>,
        mark: Option<DateTime<Utc>>,
        tokens: Option<f64>,
    ) -> Self {
        Self {
            settings: Settings {
                every: settings.every.max(LEAST),
                resync: settings.resync.max(LEAST),
                ..settings
            },
            known: Known::new(following, tasks),
            budget: Budget::new(settings.share, tokens),
            agenda: Agenda::default(),
            looks: Looks::new(mark),
            weather: Default::default(),
            told_mark: mark,
            full: Full::Due(Duration::ZERO),
            get_next: false,
            has_synced: false,
            fatal: None,
        }
    }

    /// The next event to give out.
    pub(super) fn pop(&mut self) -> Option<FleetEvent> {
        let event = self.known.pop();
        if !self.known.has_untold() {
            self.told_mark = self.looks.mark();
        }
        event
    }

    /// Up to when everything was told, and what is left in the bucket.
    pub(super) fn told(&self) -> (Option<DateTime<Utc>>, f64) {
        (self.told_mark, self.budget.tokens())
    }

    pub(super) fn request_count(&self) -> u64 {
        self.budget.spent()
    }

    /// Takes over what GitHub says of the quota.
    pub(super) fn learn(&mut self, now: Duration, limit: u64, remaining: u64) {
        self.budget.learn(now, limit, remaining);
    }

    /// Follows a task too.
    pub(super) fn track(&mut self, id: &str, now: Duration) {
        if !self.known.track(id) {
            return;
        }
        match self.full {
            Full::Due(at) if at > now && self.known.unknown().nth(FEW).is_some() => {
                self.full = Full::Due(now);
            }
            // The walk finds it, or it is asked for at its end.
            Full::Walking(_) => {}
            Full::Due(at) if at <= now => {}
            _ => self.agenda.confirm(id, now, None),
        }
    }

    /// Follows a task no more.
    pub(super) fn untrack(&mut self, id: &str) {
        self.known.untrack(id);
        self.agenda.remove(id);
    }

    /// A look is to be made at this time, or before if one is due.
    pub(super) fn look_at(&mut self, at: Duration) {
        self.looks.look_at(at);
    }

    /// What to do now. An `Ask` is paid for, and is to be answered by `observe`.
    pub(super) fn next(&mut self, now: Duration) -> Step {
        if let Some(error) = self.fatal.take() {
            return Step::End(error);
        }
        let due = self.looks.due().max(self.weather(Class::Look).until);
        let look = due.max(self.budget.when_look(self.looks.cost(), now));
        if look <= now {
            return self.pay(now, Self::ask_newest);
        }
        let Some(due) = self.bulk_due(now) else {
            return Step::Sleep(look);
        };
        let due = due.max(self.weather(Class::Bulk).until);
        let bulk = due.max(self.budget.when_bulk(now, self.settings.every));
        if bulk <= now {
            return self.pay(now, Self::ask_bulk);
        }
        Step::Sleep(look.min(bulk))
    }

    fn pay(&mut self, now: Duration, ask: fn(&mut Self, Duration) -> Ask) -> Step {
        self.budget.pay(now);
        Step::Ask(ask(self, now))
    }

    fn ask_newest(&mut self, now: Duration) -> Ask {
        let (lane, page) = self.looks.ask(now);
        Ask::Newest { lane, page }
    }

    /// When the next request that is no look is due; none is before the first look, which tells how long the list is.
    fn bulk_due(&mut self, now: Duration) -> Option<Duration> {
        if !self.looks.has_looked() {
            return None;
        }
        if let Full::Due(at) = self.full
            && at <= now
        {
            self.begin_full(now);
        }
        self.drop_errands(now);
        self.end_full(now);
        let errand = self.agenda.first().map(|(due, _)| due);
        match self.full {
            Full::Due(at) => Some(errand.map_or(at, |due| due.min(at))),
            Full::Walking(_) => Some(now),
            Full::Settling => errand,
        }
    }

    /// Forgets errands that have become needless.
    fn drop_errands(&mut self, now: Duration) {
        while let Some((due, id)) = self.agenda.first() {
            let id = id.to_owned();
            let listed = self.known.get(&id).is_some_and(|entry| entry.listed);
            let polled = self.agenda.get(&id).is_some_and(|errand| errand.why == Why::Poll);
            if due > now || (self.known.following.has(&id) && !(polled && listed)) {
                return;
            }
            self.agenda.remove(&id);
        }
    }

    fn ask_bulk(&mut self, now: Duration) -> Ask {
        self.get_next = !self.get_next;
        let errand = self.agenda.first().filter(|(due, _)| *due <= now);
        match (&self.full, errand) {
            (Full::Walking(walk), errand) if errand.is_none() || !self.get_next => Ask::Inventory {
                lane: walk.lane,
                page: walk.page(),
            },
            (_, errand) => {
                let id = errand.map(|(_, id)| id.to_owned()).unwrap_or_default();
                let polled = self.agenda.get(&id).is_some_and(|errand| errand.why == Why::Poll);
                Ask::Task { id, polled }
            }
        }
    }

    /// Begins to compare everything, by walking through the list or, where that is cheaper, by getting each task.
    fn begin_full(&mut self, now: Duration) {
        let unknown = self.known.unknown().count();
        let listed = self.known.entries().filter(|entry| entry.listed).count();
        // A task that was never seen in the list is polled, at every look until the next comparison.
        let polls = self.settings.resync.as_secs_f64() / self.settings.every.as_secs_f64();
        #[allow(clippy::cast_precision_loss, reason = "a comparison of costs")]
        let walk_is_cheap = |pages: u64| pages as f64 <= listed as f64 + unknown as f64 * polls.max(1.0);
        let pages = self.looks.totals().pages(Lane::Active).unwrap_or(FEW as u64);
        if self.known.following.everything || walk_is_cheap(pages) {
            self.known.walk += 1;
            self.full = Full::Walking(Inventory::new(Lane::Active, self.looks.top()));
            return;
        }
        let known = self.known.entries().map(|entry| &entry.task.id);
        for id in known.chain(self.known.unknown()) {
            self.agenda.confirm(id, now, None);
        }
        self.full = Full::Settling;
    }

    /// Ends the comparison once nothing is left to ask for.
    fn end_full(&mut self, now: Duration) {
        if !matches!(self.full, Full::Settling) || !self.agenda.is_settled() {
            return;
        }
        self.full = Full::Due(now.saturating_add(self.settings.resync));
        self.has_synced = true;
        let active = self.known.entries().filter(|entry| !entry.task.state.has_ended());
        let event = FleetEvent::Synced {
            tasks: self.known.entries().len(),
            active: active.count(),
            requests: self.budget.spent(),
        };
        self.known.tell(event);
    }

    fn weather(&mut self, class: Class) -> &mut Weather {
        let [looks, bulk] = &mut self.weather;
        match class {
            Class::Look => looks,
            Class::Bulk => bulk,
        }
    }
}

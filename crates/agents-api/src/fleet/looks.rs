//! When to look at what was updated last, how far back, and what a look has settled.
//!
//! A look is a walk back to the mark, the newest time of the look before. It leads to a second one at once if it took
//! several pages, for what moved to the first meanwhile, and to one of the archive if more is archived than before.
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::sight::{Lane, PageSight, Totals};
use super::walk::{Newest, Turn};

/// No pause between two looks is shorter, whatever was asked for.
pub(super) const LEAST: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(super) struct Looks {
    /// The walk that is under way.
    walk: Option<Newest>,
    next: Duration,
    /// A look is to be made at this time as well.
    appointment: Option<Duration>,
    /// All that was updated before was seen; `None` before the first look.
    mark: Option<DateTime<Utc>>,
    /// The newest time on the first page of the last look.
    top: Option<DateTime<Utc>>,
    /// Whether this look follows at once on one that may have missed something.
    is_repeat: bool,
    /// Whether it is enough that the first page is unchanged. Not so after news on several pages: what changes within the
    /// overlap need not come to the first.
    is_calm: bool,
    /// Whether a look has ever succeeded.
    has_looked: bool,
    /// How many requests the last look took, what followed at once included.
    cost: u32,
    totals: Totals,
    /// How many archived tasks there were when the archive was looked at last.
    archive_seen: Option<i64>,
}

impl Looks {
    pub(super) fn new(mark: Option<DateTime<Utc>>) -> Self {
        Self {
            walk: None,
            next: Duration::ZERO,
            appointment: None,
            mark,
            top: None,
            is_repeat: false,
            is_calm: false,
            has_looked: false,
            cost: 0,
            totals: Totals::default(),
            archive_seen: None,
        }
    }

    pub(super) fn has_looked(&self) -> bool {
        self.has_looked
    }

    pub(super) fn mark(&self) -> Option<DateTime<Utc>> {
        self.mark
    }

    /// What a walk through everything that begins now will have seen.
    pub(super) fn top(&self) -> Option<DateTime<Utc>> {
        self.top
    }

    /// Everything up to this time was seen in another way.
    pub(super) fn advance(&mut self, mark: Option<DateTime<Utc>>) {
        self.mark = self.mark.max(mark);
    }

    /// How many tasks the list said there are.
    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    /// A look is to be made at this time, or before if one is due.
    pub(super) fn look_at(&mut self, at: Duration) {
        self.appointment = Some(at);
    }

    pub(super) fn due(&self) -> Duration {
        match (&self.walk, self.appointment) {
            (Some(_), _) => Duration::ZERO,
            (None, Some(at)) => self.next.min(at),
            (None, None) => self.next,
        }
    }

    /// How many requests it will probably take before nothing is due.
    pub(super) fn cost(&self) -> u32 {
        if self.walk.is_some() || self.is_repeat {
            1
        } else {
            self.cost
        }
    }

    /// The page to ask for.
    pub(super) fn ask(&mut self, now: Duration) -> (Lane, u64) {
        self.appointment = self.appointment.filter(|at| *at > now);
        let mark = self.mark;
        if self.walk.is_none() && !self.is_repeat {
            self.cost = 0;
        }
        let walk = self
            .walk
            .get_or_insert_with(|| Newest::new(Lane::Active, mark, now));
        (walk.lane, walk.page())
    }

    /// Whether a page needs no comparison: nothing changed.
    pub(super) fn is_unchanged(&self, sight: &PageSight<'_>) -> bool {
        !sight.fresh && self.is_calm && self.walk.as_ref().is_some_and(Newest::is_first)
    }

    /// Takes a page, on which something was new or not; the next look is due after `every`.
    pub(super) fn take(&mut self, now: Duration, sight: &PageSight<'_>, any_new: bool, every: Duration) {
        let unchanged = self.is_unchanged(sight);
        self.has_looked = true;
        self.cost += 1;
        self.totals = sight.totals;
        let Some(mut walk) = self.walk.take() else {
            return;
        };
        let clean = if unchanged {
            true
        } else {
            match walk.turn(sight, any_new) {
                Turn::On => {
                    self.walk = Some(walk);
                    return;
                }
                Turn::Done { clean } => clean,
            }
        };
        if walk.lane == Lane::Archived {
            self.archive_seen = sight.totals.archived;
            return;
        }
        let before = self.mark;
        let of_one_moment = clean && walk.is_one_page();
        if !unchanged {
            let quiet = walk.is_one_page() || !(walk.any_new || self.is_repeat);
            self.is_calm = clean && quiet && before.is_some();
            self.top = walk.top;
            if clean || before.is_none() {
                self.mark = walk.top.or(before).or(Some(DateTime::<Utc>::MIN_UTC));
            }
        }
        self.is_repeat = !(of_one_moment || self.is_repeat);
        let pause = if self.is_repeat { Duration::ZERO } else { every };
        self.next = walk.started.saturating_add(pause).max(now + LEAST);
        // More are archived than before: which, the archive tells.
        let archived = sight.totals.archived;
        if before.is_some() && self.archive_seen.is_some() && archived > self.archive_seen {
            self.walk = Some(Newest::new(Lane::Archived, before, walk.started));
        } else {
            self.archive_seen = archived;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents_api_raw::types::Task;

    const EVERY: Duration = Duration::from_secs(30);

    fn task(second: i64) -> Task {
        let json = r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#;
        let mut task: Task = serde_json::from_str(json).unwrap();
        task.updated_at = DateTime::from_timestamp(second, 0);
        task
    }

    /// Answers the page that is asked for with tasks of these seconds.
    fn answer(looks: &mut Looks, at: u64, seconds: &[i64], more: bool, archived: i64, any_new: bool) {
        let now = Duration::from_secs(at);
        assert!(looks.due() <= now, "{:?}", looks.due());
        let (_, page) = looks.ask(now);
        let tasks: Vec<_> = seconds.iter().map(|second| task(*second)).collect();
        let sight = PageSight {
            tasks: &tasks,
            next: more.then_some(page + 1),
            totals: Totals {
                active: Some(500),
                archived: Some(archived),
            },
            fresh: any_new,
        };
        looks.take(now, &sight, any_new, EVERY);
    }

    #[test]
    fn after_several_pages_the_first_is_looked_at_again_at_once() {
        let mut looks = Looks::new(None);
        answer(&mut looks, 0, &[1000], true, 0, true);
        assert_eq!(looks.due(), EVERY);
        answer(&mut looks, 30, &[1030, 1025], true, 0, true);
        answer(&mut looks, 30, &[1020, 900], true, 0, true);
        assert!(looks.due() <= Duration::from_secs(30) + LEAST && looks.cost() == 1);
        answer(&mut looks, 31, &[1031, 900], true, 0, true);
        assert_eq!((looks.due(), looks.cost()), (Duration::from_secs(61), 3));
        assert_eq!(looks.mark(), DateTime::from_timestamp(1031, 0));
    }

    #[test]
    fn an_unchanged_page_is_enough_only_when_the_news_fitted_one() {
        let mut looks = Looks::new(None);
        answer(&mut looks, 0, &[1000], true, 0, true);
        let unchanged = PageSight {
            tasks: &[],
            next: None,
            totals: Totals::default(),
            fresh: false,
        };
        looks.ask(EVERY);
        assert!(!looks.is_unchanged(&unchanged), "the first look goes not deep");
        answer(&mut looks, 30, &[1001, 900], true, 0, true);
        looks.ask(2 * EVERY);
        assert!(looks.is_unchanged(&unchanged));
    }

    #[test]
    fn more_archived_tasks_are_sought_in_the_archive() {
        let mut looks = Looks::new(None);
        answer(&mut looks, 0, &[1000], false, 3, true);
        answer(&mut looks, 30, &[1000, 900], false, 4, true);
        assert_eq!(looks.ask(EVERY), (Lane::Archived, 1));
        answer(&mut looks, 30, &[1010, 800], true, 4, true);
        assert_eq!(looks.due(), Duration::from_secs(60));
    }

    #[test]
    fn an_appointment_is_kept_once() {
        let mut looks = Looks::new(None);
        answer(&mut looks, 0, &[1000], false, 0, true);
        looks.look_at(Duration::from_secs(20));
        answer(&mut looks, 20, &[1000], false, 0, true);
        assert_eq!(looks.due(), Duration::from_secs(50));
    }
}

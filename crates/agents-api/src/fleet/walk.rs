//! Walks through the list: back to what was seen before, or through everything.
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::sight::{Lane, PageSight, Totals};

/// How far a walk goes back beyond the newest time it knows: times are whole seconds, and GitHub's servers need not agree
/// on them.
const OVERLAP: TimeDelta = TimeDelta::seconds(10);

/// So many tasks in a row within the overlap without news are enough. Else a thousand tasks of the same second would all be
/// read at every look.
const QUIET: usize = 200;

/// Where a walk stands after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Another page is to be read.
    On,
    /// The walk is over. Unless it is `clean`, it may have missed something.
    Done { clean: bool },
}

/// Follows links from page to page, but not for ever.
#[derive(Clone, Copy, Debug)]
struct Pages {
    page: u64,
    count: u64,
    /// How many tasks the longest page had. A server may give fewer than it was asked for.
    size: usize,
    totals: Totals,
    clean: bool,
}

impl Pages {
    const FIRST: Self = Self {
        page: 1,
        count: 0,
        size: 1,
        totals: Totals {
            active: None,
            archived: None,
        },
        clean: true,
    };

    fn turn(&mut self, sight: &PageSight<'_>, lane: Lane, deeper: bool) -> Turn {
        if self.count > 0 {
            self.clean &= !self.totals.shrank_to(sight.totals);
        }
        self.totals = sight.totals;
        self.count += 1;
        self.size = self.size.max(sight.tasks.len());
        match sight.next {
            Some(next) if deeper => {
                // Pages may be empty and yet have a next one; a server could go on so without an end.
                let pages = sight.totals.pages_of(lane, self.size as u64);
                let most = pages.map_or(10_000, |pages| pages + 10);
                if self.count >= most {
                    return Turn::Done { clean: false };
                }
                self.page = next;
                Turn::On
            }
            _ => Turn::Done { clean: self.clean },
        }
    }
}

/// A walk through what was updated last, back to a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newest {
    pub(super) lane: Lane,
    pub(super) started: Duration,
    /// The newest time on the first page. What changes during the walk is newer, and will be seen by the next.
    pub(super) top: Option<DateTime<Utc>>,
    /// Whether it has found anything new.
    pub(super) any_new: bool,
    /// How many tasks in a row, all older than the mark, had no news.
    quiet: usize,
    mark: Option<DateTime<Utc>>,
    /// Back to here; without it, the first page is enough.
    floor: Option<DateTime<Utc>>,
    pages: Pages,
}

impl Newest {
    pub(super) fn new(lane: Lane, mark: Option<DateTime<Utc>>, started: Duration) -> Self {
        Self {
            lane,
            started,
            top: None,
            any_new: false,
            quiet: 0,
            mark,
            floor: mark.map(|mark| mark.checked_sub_signed(OVERLAP).unwrap_or(mark)),
            pages: Pages::FIRST,
        }
    }

    pub(super) fn page(&self) -> u64 {
        self.pages.page
    }

    pub(super) fn is_first(&self) -> bool {
        self.pages.count == 0
    }

    /// Whether it was one page, which is of one moment.
    pub(super) fn is_one_page(&self) -> bool {
        self.pages.count < 2
    }

    /// What to do after a page, on which something was new or not.
    pub(super) fn turn(&mut self, sight: &PageSight<'_>, any_new: bool) -> Turn {
        let times = || sight.tasks.iter().filter_map(|task| task.updated_at);
        self.any_new |= any_new;
        if self.is_first() {
            self.top = times().max();
        }
        if any_new || times().max() > self.mark {
            self.quiet = 0;
        } else {
            self.quiet += sight.tasks.len();
        }
        let deeper = match (self.floor, times().min()) {
            (None, _) => false,
            _ if self.quiet >= QUIET => false,
            (Some(floor), Some(oldest)) => oldest >= floor,
            // Without times the walk goes on as long as it finds something.
            (Some(_), None) => any_new || sight.tasks.is_empty(),
        };
        self.pages.turn(sight, self.lane, deeper)
    }
}

/// A walk through everything, in the order of creation, which updates do not change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inventory {
    pub(super) lane: Lane,
    /// The newest time of updates known when it began. What changed before, it has seen.
    pub(super) mark: Option<DateTime<Utc>>,
    pages: Pages,
}

impl Inventory {
    pub(super) fn new(lane: Lane, mark: Option<DateTime<Utc>>) -> Self {
        Self {
            lane,
            mark,
            pages: Pages::FIRST,
        }
    }

    pub(super) fn page(&self) -> u64 {
        self.pages.page
    }

    pub(super) fn turn(&mut self, sight: &PageSight<'_>) -> Turn {
        self.pages.turn(sight, self.lane, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents_api_raw::types::Task;

    /// A page of tasks updated at these seconds.
    fn page(seconds: impl IntoIterator<Item = i64>) -> Vec<Task> {
        let json = r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#;
        let task: Task = serde_json::from_str(json).unwrap();
        let at = |second| {
            let mut task = task.clone();
            task.updated_at = DateTime::from_timestamp(second, 0);
            task
        };
        seconds.into_iter().map(at).collect()
    }

    fn sight(tasks: &[Task], next: Option<u64>, active: i64, archived: i64) -> PageSight<'_> {
        let totals = Totals {
            active: Some(active),
            archived: Some(archived),
        };
        PageSight {
            tasks,
            next,
            totals,
            fresh: true,
        }
    }

    fn since(second: i64) -> Newest {
        let mark = DateTime::from_timestamp(second, 0);
        Newest::new(Lane::Active, mark, Duration::ZERO)
    }

    #[test]
    fn pages_are_read_back_to_the_mark_and_ten_seconds_more() {
        for (oldest, turn) in [
            (995, Turn::On),
            (990, Turn::On),
            (989, Turn::Done { clean: true }),
        ] {
            let tasks = page([1200, 1100, oldest]);
            assert_eq!(
                since(1000).turn(&sight(&tasks, Some(2), 300, 0), true),
                turn,
                "{oldest}"
            );
        }
        let mut first = Newest::new(Lane::Active, None, Duration::ZERO);
        let tasks = page([1200, 1200]);
        assert_eq!(
            first.turn(&sight(&tasks, Some(2), 300, 0), true),
            Turn::Done { clean: true }
        );
    }

    #[test]
    fn tasks_of_one_second_are_not_all_read_at_every_look() {
        let tasks = page([1000; 100]);
        let mut walk = since(1000);
        assert_eq!(walk.turn(&sight(&tasks, Some(2), 9000, 0), false), Turn::On);
        assert_eq!(
            walk.turn(&sight(&tasks, Some(3), 9000, 0), false),
            Turn::Done { clean: true }
        );
        let mut walk = since(1000);
        for next in 2..20 {
            assert_eq!(walk.turn(&sight(&tasks, Some(next), 9000, 0), true), Turn::On);
        }
    }

    #[test]
    fn a_list_that_shrinks_under_a_walk_is_not_trusted() {
        for (active, archived, clean) in [(300, 7, true), (301, 7, true), (299, 7, false), (300, 8, false)] {
            let mut walk = since(1000);
            assert_eq!(walk.turn(&sight(&page([1200]), Some(2), 300, 7), true), Turn::On);
            let tasks = page([500]);
            let turn = walk.turn(&sight(&tasks, None, active, archived), true);
            assert_eq!(turn, Turn::Done { clean });
        }
    }

    #[test]
    fn without_times_a_walk_goes_on_as_long_as_it_finds_something() {
        let mut tasks = page([0, 0]);
        for task in &mut tasks {
            task.updated_at = None;
        }
        let mut walk = since(1000);
        assert_eq!(walk.turn(&sight(&tasks, Some(2), 300, 0), true), Turn::On);
        assert_eq!(
            walk.turn(&sight(&tasks, Some(3), 300, 0), false),
            Turn::Done { clean: true }
        );
    }

    #[test]
    fn empty_pages_are_passed_but_not_for_ever() {
        let mut walk = Inventory::new(Lane::Active, None);
        let turns = (2..100).map(|next| walk.turn(&sight(&[], Some(next), 5, 0)));
        let read = turns.take_while(|turn| *turn == Turn::On).count();
        assert!((10..20).contains(&read), "{read}");
    }
}

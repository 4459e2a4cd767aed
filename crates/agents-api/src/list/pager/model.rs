//! The pager against a model of lists that change while they are read: nothing is missed in creation order.
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Action, FetchedPage, Pager, PagerConfig};
use crate::list::position::{PageRef, Position};
use crate::list::totals::Totals;

type Response = FetchedPage<Vec<u32>, String>;

/// Two lists in the order of creation: tasks enter at the end of the first, and move from it into the second.
#[derive(Debug, Default)]
struct MovingLists {
    active: Vec<u32>,
    archived: BTreeSet<u32>,
    deleted: BTreeSet<u32>,
    next: u32,
}

impl MovingLists {
    fn create(&mut self, count: u32) {
        self.active.extend(self.next..self.next + count);
        self.next += count;
    }

    fn archive(&mut self, drawn: usize) {
        if !self.active.is_empty() {
            let task = self.active.remove(drawn % self.active.len());
            self.archived.insert(task);
        }
    }

    /// Takes a task away for good.
    fn delete(&mut self, drawn: usize) {
        if !self.active.is_empty() {
            let task = self.active.remove(drawn % self.active.len());
            self.deleted.insert(task);
        }
    }

    fn response(&self, page_ref: PageRef, per_page: usize) -> Response {
        let all: Vec<u32> = if page_ref.archived {
            self.archived.iter().copied().collect()
        } else {
            self.active.clone()
        };
        let begin = usize::try_from(page_ref.page - 1).unwrap() * per_page;
        let page: Vec<u32> = all.iter().copied().skip(begin).take(per_page).collect();
        let count = |len| i64::try_from(len).ok();
        FetchedPage {
            page,
            next: Ok((begin + per_page < all.len()).then_some(page_ref.page + 1)),
            totals: Totals {
                active: count(self.active.len()),
                archived: count(self.archived.len()),
            },
        }
    }
}

/// What happens between two steps of the pager.
#[derive(Clone, Debug)]
enum Event {
    Archive(Vec<usize>),
    Delete(usize),
    Create(u32),
    /// GitHub responds as things are, and the response arrives later.
    Serve(usize),
    Arrive(usize),
    Fail(usize),
    Resume,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => proptest::collection::vec(any::<usize>(), 1..6).prop_map(Event::Archive),
        1 => any::<usize>().prop_map(Event::Delete),
        1 => (1..3_u32).prop_map(Event::Create),
        4 => any::<usize>().prop_map(Event::Serve),
        6 => any::<usize>().prop_map(Event::Arrive),
        1 => any::<usize>().prop_map(Event::Fail),
        1 => Just(Event::Resume),
    ];
    proptest::collection::vec(event, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_walk_in_creation_order_misses_nothing_that_was_there_all_the_time(
        tasks in 0..40_u32,
        already_archived in 0..10_usize,
        per_page in 1..7_usize,
        concurrency in 1..5_usize,
        creates: bool,
        events in events(),
    ) {
        let mut github = MovingLists::default();
        github.create(tasks);
        (0..already_archived).for_each(|drawn| github.archive(drawn * 7));
        let mut config = PagerConfig {
            first: Position::new(false, 1),
            per_page: per_page as u64,
            concurrency,
            last_ahead: u64::MAX,
            then_archived: true,
            rereads: true,
        };
        let mut pager = Pager::new(config.clone());
        let mut in_flight: Vec<(PageRef, Option<Response>)> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut events = events.into_iter();
        loop {
            match pager.step() {
                Action::Fetch(page_ref) => in_flight.push((page_ref, None)),
                Action::Yield(offset) => {
                    seen.extend(offset.into_iter().flat_map(|(_, page)| page));
                    in_flight.retain(|(page_ref, _)| pager.expects(*page_ref));
                    while let Some(page_ref) = pager.speculate() {
                        in_flight.push((page_ref, None));
                    }
                }
                Action::Wait => {
                    prop_assert!(!in_flight.is_empty() && in_flight.len() <= concurrency);
                    match events.next().unwrap_or(Event::Arrive(0)) {
                        Event::Archive(drawn) => drawn.into_iter().for_each(|drawn| github.archive(drawn)),
                        // What enters in the same time would hide it.
                        Event::Delete(drawn) if !creates => github.delete(drawn),
                        Event::Delete(_) => {}
                        Event::Create(_) if !creates => {}
                        Event::Create(count) => github.create(count),
                        Event::Serve(drawn) => {
                            let drawn = drawn % in_flight.len();
                            let (page_ref, response) = &mut in_flight[drawn];
                            response.get_or_insert_with(|| github.response(*page_ref, per_page));
                        }
                        Event::Arrive(drawn) => {
                            let (page_ref, response) = in_flight.remove(drawn % in_flight.len());
                            let response = response.unwrap_or_else(|| github.response(page_ref, per_page));
                            pager.on_response(page_ref, Ok(response));
                        }
                        Event::Fail(drawn) => {
                            let (page_ref, _) = in_flight.remove(drawn % in_flight.len());
                            pager.on_response(page_ref, Err("offline".to_owned()));
                        }
                        Event::Resume => {
                            config.first = pager.position().unwrap();
                            pager = Pager::new(config.clone());
                            in_flight.clear();
                        }
                    }
                }
                Action::End => break,
            }
        }
        let missed: Vec<_> = (0..tasks).filter(|task| !seen.contains(task) && !github.deleted.contains(task)).collect();
        prop_assert!(missed.is_empty(), "{missed:?}");
    }
}

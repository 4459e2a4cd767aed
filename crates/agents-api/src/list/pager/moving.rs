//! The walk against a model of lists that change while they are walked: nothing is missed in creation order.
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::list::totals::Totals;

type Answer = Read<Vec<u32>, String>;

/// Two lists in the order of creation: tasks enter at the end of the first, and move from it into the second.
#[derive(Debug, Default)]
struct Moving {
    active: Vec<u32>,
    archived: BTreeSet<u32>,
    deleted: BTreeSet<u32>,
    next: u32,
}

impl Moving {
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

    fn answer(&self, spot: Spot, per_page: usize) -> Answer {
        let all: Vec<u32> = if spot.archived {
            self.archived.iter().copied().collect()
        } else {
            self.active.clone()
        };
        let begin = usize::try_from(spot.page - 1).unwrap() * per_page;
        let page: Vec<u32> = all.iter().copied().skip(begin).take(per_page).collect();
        let count = |len| i64::try_from(len).ok();
        Read {
            page,
            next: Ok((begin + per_page < all.len()).then_some(spot.page + 1)),
            totals: Totals {
                active: count(self.active.len()),
                archived: count(self.archived.len()),
            },
        }
    }
}

/// What happens between two steps of a walk.
#[derive(Clone, Debug)]
enum Event {
    Archive(Vec<usize>),
    Delete(usize),
    Create(u32),
    /// The request is answered as things are, and the answer arrives later.
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
        width in 1..5_usize,
        creates: bool,
        events in events(),
    ) {
        let mut github = Moving::default();
        github.create(tasks);
        (0..already_archived).for_each(|drawn| github.archive(drawn * 7));
        let mut plan = Plan {
            first: Place::new(false, 1),
            per_page: per_page as u64,
            width,
            then_archived: true,
            mends: true,
        };
        let mut walk = Walk::new(plan.clone());
        let mut flights: Vec<(Spot, Option<Answer>)> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut events = events.into_iter();
        loop {
            match walk.step() {
                Step::Ask(spot) => flights.push((spot, None)),
                Step::Give(given) => {
                    seen.extend(given.into_iter().flat_map(|(_, page)| page));
                    flights.retain(|(spot, _)| walk.wants(*spot));
                    while let Some(spot) = walk.guess() {
                        flights.push((spot, None));
                    }
                }
                Step::Wait => {
                    prop_assert!(!flights.is_empty() && flights.len() <= width);
                    match events.next().unwrap_or(Event::Arrive(0)) {
                        Event::Archive(drawn) => drawn.into_iter().for_each(|drawn| github.archive(drawn)),
                        // What enters in the same time would hide it.
                        Event::Delete(drawn) if !creates => github.delete(drawn),
                        Event::Delete(_) => {}
                        Event::Create(_) if !creates => {}
                        Event::Create(count) => github.create(count),
                        Event::Serve(drawn) => {
                            let drawn = drawn % flights.len();
                            let (spot, answer) = &mut flights[drawn];
                            answer.get_or_insert_with(|| github.answer(*spot, per_page));
                        }
                        Event::Arrive(drawn) => {
                            let (spot, answer) = flights.remove(drawn % flights.len());
                            let answer = answer.unwrap_or_else(|| github.answer(spot, per_page));
                            walk.answered(spot, Ok(answer));
                        }
                        Event::Fail(drawn) => {
                            let (spot, _) = flights.remove(drawn % flights.len());
                            walk.answered(spot, Err("offline".to_owned()));
                        }
                        Event::Resume => {
                            plan.first = walk.place().unwrap();
                            walk = Walk::new(plan.clone());
                            flights.clear();
                        }
                    }
                }
                Step::End => break,
            }
        }
        let missed: Vec<_> = (0..tasks).filter(|task| !seen.contains(task) && !github.deleted.contains(task)).collect();
        prop_assert!(missed.is_empty(), "{missed:?}");
    }
}

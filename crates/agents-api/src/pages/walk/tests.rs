//! The walk against models: of lists whose pages lead anywhere, and of lists that change while they are walked.
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

type Told = Step<u64, String>;

fn plan(width: usize) -> Plan {
    Plan {
        first: Place::new(false, 1),
        per_page: 1,
        width,
        then_archived: false,
        mends: false,
    }
}

fn spot(page: u64) -> Spot {
    let archived = false;
    Spot { archived, page }
}

fn read(page: u64, next: Option<u64>) -> Result<Read<u64, String>, String> {
    Ok(Read {
        page,
        next: Ok(next),
        totals: Totals::default(),
    })
}

fn given(page: u64) -> Told {
    Step::Give(Ok((Place::new(false, page), page)))
}

#[test]
fn the_first_page_is_asked_for_alone_and_the_others_ahead() {
    let mut walk = Walk::new(plan(3));
    assert_eq!((walk.step(), walk.step()), (Step::Ask(spot(1)), Step::Wait));
    walk.answered(spot(1), read(1, Some(2)));
    assert_eq!(walk.step(), given(1));
    for page in 2..=4 {
        assert_eq!(walk.step(), Step::Ask(spot(page)));
    }
    assert_eq!(walk.step(), Step::Wait);
    walk.answered(spot(3), read(3, None));
    assert_eq!(walk.step(), Step::Wait, "page 3 waits for its turn");
    walk.answered(spot(2), read(2, Some(3)));
    assert_eq!((walk.step(), walk.step()), (given(2), given(3)));
    assert!(!walk.wants(spot(4)));
    assert_eq!((walk.step(), walk.place()), (Step::End, None));
}

#[test]
fn an_error_beyond_the_end_is_not_told() {
    let mut walk = Walk::new(plan(2));
    walk.step();
    walk.answered(spot(1), read(1, Some(2)));
    walk.step();
    assert_eq!(
        (walk.step(), walk.step()),
        (Step::Ask(spot(2)), Step::Ask(spot(3)))
    );
    walk.answered(spot(3), Err("beyond".to_owned()));
    walk.answered(spot(2), read(2, None));
    assert_eq!((walk.step(), walk.step()), (given(2), Step::End));
}

#[test]
fn a_next_page_farther_on_drops_the_guesses_before_it() {
    let mut walk = Walk::new(plan(3));
    walk.step();
    walk.answered(spot(1), read(1, Some(2)));
    walk.step();
    while walk.step() != Step::Wait {}
    walk.answered(spot(2), read(2, Some(4)));
    walk.answered(spot(3), read(3, Some(4)));
    walk.answered(spot(4), read(4, Some(9)));
    assert_eq!((walk.step(), walk.step()), (given(2), given(4)));
    assert_eq!(walk.step(), Step::Ask(spot(9)));
}

#[test]
fn nothing_is_guessed_beyond_what_the_totals_tell() {
    let counted = |page, next| {
        let totals = Totals {
            active: Some(3),
            archived: None,
        };
        read(page, next).map(|read| Read { totals, ..read })
    };
    let mut walk = Walk::new(plan(8));
    walk.step();
    walk.answered(spot(1), counted(1, Some(2)));
    walk.step();
    assert_eq!(
        (walk.step(), walk.step()),
        (Step::Ask(spot(2)), Step::Ask(spot(3)))
    );
    assert_eq!(walk.step(), Step::Wait);
    walk.answered(spot(2), counted(2, Some(3)));
    walk.answered(spot(3), counted(3, Some(4)));
    assert_eq!((walk.step(), walk.step()), (given(2), given(3)));
    assert_eq!(
        walk.step(),
        Step::Ask(spot(4)),
        "but a page that is named is asked for"
    );
}

#[test]
fn what_failed_before_an_error_was_told_is_asked_for_again() {
    let mut walk = Walk::new(plan(3));
    walk.step();
    walk.answered(spot(1), read(1, Some(2)));
    walk.step();
    while walk.step() != Step::Wait {}
    for page in 2..=4 {
        walk.answered(spot(page), Err("offline".to_owned()));
    }
    assert_eq!(walk.step(), Step::Give(Err("offline".to_owned())));
    assert_eq!((walk.step(), walk.step()), (Step::Ask(spot(2)), Step::Wait));
    walk.answered(spot(2), read(2, Some(3)));
    assert_eq!((walk.step(), walk.step()), (given(2), Step::Ask(spot(3))));
}

/// A list whose pages lead anywhere ahead, and fail until so many errors were told.
#[derive(Clone, Debug)]
struct Graph(BTreeMap<(bool, u64), Node>);

#[derive(Clone, Debug)]
struct Node {
    skip: Option<u64>,
    fails_until: u32,
    broken_until: u32,
    totals: Totals,
}

impl Graph {
    fn answer(&self, spot: Spot, errors: u32) -> Result<Read<u64, String>, String> {
        let Some(node) = self.0.get(&(spot.archived, spot.page)) else {
            return Err(format!("{spot:?} is beyond the end"));
        };
        if errors < node.fails_until {
            return Err(format!("{spot:?} fails"));
        }
        let ahead = node.skip.map(|skip| spot.page + 1 + skip);
        let next = ahead.filter(|next| self.0.contains_key(&(spot.archived, *next)));
        let broken = errors < node.broken_until;
        Ok(Read {
            page: spot.page,
            next: if broken {
                Err(format!("{spot:?} leads nowhere"))
            } else {
                Ok(next)
            },
            totals: node.totals,
        })
    }

    /// All that a walk gives out, when the answers arrive in the order that `order` draws.
    fn walk(&self, width: usize, order: &[usize]) -> Vec<Result<(Place, u64), String>> {
        let mut walk = Walk::new(Plan {
            then_archived: true,
            ..plan(width)
        });
        let (mut told, mut flights) = (Vec::new(), Vec::new());
        let mut errors = 0;
        let mut order = order.iter().copied().cycle();
        loop {
            match walk.step() {
                Step::Ask(spot) => {
                    assert!(flights.iter().all(|(other, _)| *other != spot), "asked for twice");
                    flights.push((spot, self.answer(spot, errors)));
                    assert!(flights.len() <= width);
                }
                Step::Give(given) => {
                    errors += u32::from(given.is_err());
                    told.push(given);
                    flights.retain(|(spot, _)| walk.wants(*spot));
                    while let Some(spot) = walk.guess() {
                        flights.push((spot, self.answer(spot, errors)));
                    }
                    assert!(flights.len() <= width);
                }
                Step::Wait => {
                    let drawn = order.next().unwrap_or(0) % flights.len();
                    let (spot, answer) = flights.remove(drawn);
                    walk.answered(spot, answer);
                }
                Step::End => return told,
            }
        }
    }
}

fn graph() -> impl Strategy<Value = Graph> {
    let node = (
        proptest::option::weighted(0.9, prop_oneof![8 => Just(0_u64), 2 => 1..4_u64]),
        prop_oneof![6 => Just(0_u32), 1 => 1..5_u32],
        prop_oneof![8 => Just(0_u32), 1 => 1..5_u32],
        proptest::option::weighted(0.1, 0..12_i64),
    );
    let node = node.prop_map(|(skip, fails_until, broken_until, active)| Node {
        skip,
        fails_until,
        broken_until,
        totals: Totals {
            active,
            archived: None,
        },
    });
    let lane = || proptest::collection::vec(node.clone(), 1..12);
    (lane(), lane()).prop_map(|(active, archived)| {
        let lane = |archived, nodes: Vec<Node>| {
            (1_u64..)
                .zip(nodes)
                .map(move |(page, node)| ((archived, page), node))
        };
        Graph(lane(false, active).chain(lane(true, archived)).collect())
    })
}

/// Two lists in the order of creation: tasks enter at the end of the first, and move from it into the second.
#[derive(Debug, Default)]
struct Moving {
    active: Vec<u32>,
    archived: BTreeSet<u32>,
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

    fn answer(&self, spot: Spot, per_page: usize) -> Read<Vec<u32>, String> {
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
    fn asking_ahead_gives_out_what_a_serial_walk_does(
        graph in graph(),
        width in 2..6_usize,
        order in proptest::collection::vec(any::<usize>(), 1..20),
    ) {
        prop_assert_eq!(graph.walk(width, &order), graph.walk(1, &[0]));
    }

    #[test]
    fn a_walk_in_creation_order_misses_nothing_that_was_there_all_the_time(
        tasks in 0..40_u32,
        already_archived in 0..10_usize,
        per_page in 1..7_usize,
        width in 1..5_usize,
        events in events(),
    ) {
        let mut github = Moving::default();
        github.create(tasks);
        (0..already_archived).for_each(|drawn| github.archive(drawn * 7));
        let mut plan = Plan { per_page: per_page as u64, then_archived: true, mends: true, ..plan(width) };
        let mut walk: Walk<Vec<u32>, String> = Walk::new(plan.clone());
        let mut flights: Vec<(Spot, Option<Read<Vec<u32>, String>>)> = Vec::new();
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
        let missed: Vec<_> = (0..tasks).filter(|task| !seen.contains(task)).collect();
        prop_assert!(missed.is_empty(), "{missed:?}");
    }
}

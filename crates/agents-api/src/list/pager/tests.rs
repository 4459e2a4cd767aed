//! The walk step by step, and against a model of lists whose pages lead anywhere and fail.
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::list::totals::Totals;

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

type Answer = Result<Read<u64, String>, String>;

/// A page that arrived, with how many tasks there are.
fn counted(page: u64, next: Option<u64>, active: Option<i64>) -> Read<u64, String> {
    let archived = None;
    Read {
        page,
        next: Ok(next),
        totals: Totals { active, archived },
    }
}

fn read(page: u64, next: Option<u64>) -> Read<u64, String> {
    counted(page, next, None)
}

fn given(page: u64) -> Told {
    Step::Give(Ok((Place::new(false, page), page)))
}

#[test]
fn the_first_page_is_asked_for_alone_and_the_others_ahead() {
    let mut walk = Walk::new(plan(3));
    assert_eq!((walk.step(), walk.step()), (Step::Ask(spot(1)), Step::Wait));
    walk.answered(spot(1), Ok(read(1, Some(2))));
    assert_eq!(walk.step(), given(1));
    for page in 2..=4 {
        assert_eq!(walk.step(), Step::Ask(spot(page)));
    }
    assert_eq!(walk.step(), Step::Wait);
    walk.answered(spot(3), Ok(read(3, None)));
    assert_eq!(walk.step(), Step::Wait, "page 3 waits for its turn");
    walk.answered(spot(2), Ok(read(2, Some(3))));
    assert_eq!((walk.step(), walk.step()), (given(2), given(3)));
    assert!(!walk.wants(spot(4)));
    assert_eq!((walk.step(), walk.place()), (Step::End, None));
}

#[test]
fn an_error_beyond_the_end_is_not_told() {
    let mut walk = Walk::new(plan(2));
    walk.step();
    walk.answered(spot(1), Ok(read(1, Some(2))));
    walk.step();
    assert_eq!(
        (walk.step(), walk.step()),
        (Step::Ask(spot(2)), Step::Ask(spot(3)))
    );
    walk.answered(spot(3), Err("beyond".to_owned()));
    walk.answered(spot(2), Ok(read(2, None)));
    assert_eq!((walk.step(), walk.step()), (given(2), Step::End));
}

#[test]
fn a_next_page_farther_on_drops_the_guesses_before_it() {
    let mut walk = Walk::new(plan(3));
    walk.step();
    walk.answered(spot(1), Ok(read(1, Some(2))));
    walk.step();
    while walk.step() != Step::Wait {}
    walk.answered(spot(2), Ok(read(2, Some(4))));
    walk.answered(spot(3), Ok(read(3, Some(4))));
    walk.answered(spot(4), Ok(read(4, Some(9))));
    assert_eq!((walk.step(), walk.step()), (given(2), given(4)));
    assert_eq!(walk.step(), Step::Ask(spot(9)));
}

#[test]
fn nothing_is_guessed_beyond_what_the_totals_tell() {
    let counted = |page, next| counted(page, next, Some(3));
    let mut walk = Walk::new(plan(8));
    walk.step();
    walk.answered(spot(1), Ok(counted(1, Some(2))));
    walk.step();
    assert_eq!(
        (walk.step(), walk.step()),
        (Step::Ask(spot(2)), Step::Ask(spot(3)))
    );
    assert_eq!(walk.step(), Step::Wait);
    walk.answered(spot(2), Ok(counted(2, Some(3))));
    walk.answered(spot(3), Ok(counted(3, Some(4))));
    assert!(matches!(
        (walk.step(), walk.step()),
        (Step::Give(Ok((_, 2))), Step::Give(Ok((_, 3))))
    ));
    assert_eq!(
        walk.step(),
        Step::Ask(spot(4)),
        "but a page that is named is asked for"
    );
}

#[test]
fn a_page_read_ahead_before_the_totals_changed_is_read_again_in_its_turn() {
    let mut walk = Walk::new(plan(3));
    walk.step();
    walk.answered(spot(1), Ok(counted(1, Some(2), Some(9))));
    walk.step();
    while walk.step() != Step::Wait {}
    walk.answered(spot(3), Ok(counted(3, Some(4), Some(9))));
    walk.answered(spot(2), Ok(counted(2, Some(3), Some(8))));
    assert!(matches!(walk.step(), Step::Give(Ok((_, 2)))));
    assert_eq!(walk.step(), Step::Ask(spot(3)));
    walk.answered(spot(3), Ok(counted(3, Some(4), Some(7))));
    assert!(matches!(walk.step(), Step::Give(Ok((_, 3)))));
}

/// A walk that has read two pages of ten tasks, of which three had been archived in between.
fn pulled_over() -> Walk<u64, String> {
    let mut walk = Walk::new(Plan {
        per_page: 10,
        mends: true,
        ..plan(1)
    });
    for (page, active) in [(1, 90), (2, 90), (3, 87)] {
        assert_eq!(walk.step(), Step::Ask(spot(page)));
        walk.answered(spot(page), Ok(counted(page, Some(page + 1), Some(active))));
        assert!(matches!(walk.step(), Step::Give(Ok((_, given))) if given == page));
    }
    walk
}

#[test]
fn pages_are_read_again_as_far_back_as_tasks_may_have_been_pulled() {
    let mut walk = pulled_over();
    assert_eq!(walk.step(), Step::Ask(spot(2)));
    assert_eq!(
        walk.place().map(|place| place.spot),
        Some(spot(3)),
        "resuming repeats"
    );
    // Eight more have gone: what was first on page 3 may be the last on page 1 now.
    walk.answered(spot(2), Ok(counted(2, Some(3), Some(79))));
    assert!(matches!(walk.step(), Step::Give(Ok((place, 2))) if place.spot == spot(3)));
    assert_eq!(walk.step(), Step::Ask(spot(1)));
    walk.answered(spot(1), Err("offline".to_owned()));
    assert_eq!(walk.step(), Step::Give(Err("offline".to_owned())));
    assert_eq!(walk.step(), Step::Ask(spot(1)));
    walk.answered(spot(1), Ok(counted(1, Some(2), Some(79))));
    assert!(matches!(walk.step(), Step::Give(Ok((_, 1)))));
    assert_eq!(walk.step(), Step::Ask(spot(4)));
}

#[test]
fn one_page_is_read_again_for_a_few_tasks() {
    let mut walk = pulled_over();
    assert_eq!(walk.step(), Step::Ask(spot(2)));
    walk.answered(spot(2), Ok(counted(2, Some(3), Some(87))));
    assert!(matches!(walk.step(), Step::Give(Ok((_, 2)))));
    assert_eq!(walk.step(), Step::Ask(spot(4)));
}

#[test]
fn what_failed_before_an_error_was_told_is_asked_for_again() {
    let mut walk = Walk::new(plan(3));
    walk.step();
    walk.answered(spot(1), Ok(read(1, Some(2))));
    walk.step();
    while walk.step() != Step::Wait {}
    for page in 2..=4 {
        walk.answered(spot(page), Err("offline".to_owned()));
    }
    assert_eq!(walk.step(), Step::Give(Err("offline".to_owned())));
    assert_eq!((walk.step(), walk.step()), (Step::Ask(spot(2)), Step::Wait));
    walk.answered(spot(2), Ok(read(2, Some(3))));
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
    fn answer(&self, spot: Spot, errors: u32) -> Answer {
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
}

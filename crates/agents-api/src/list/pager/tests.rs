//! The pager step by step, and against a model of lists whose pages lead anywhere and fail.
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Action, FetchedPage, Pager, PagerConfig};
use crate::list::position::{PageRef, Position};
use crate::list::totals::Totals;

type TestAction = Action<u64, String>;

fn config(concurrency: usize) -> PagerConfig {
    PagerConfig {
        first: Position::new(false, 1),
        per_page: 1,
        concurrency,
        last_ahead: u64::MAX,
        then_archived: false,
        rereads: false,
    }
}

fn page_ref(page: u64) -> PageRef {
    let archived = false;
    PageRef { archived, page }
}

type Response = Result<FetchedPage<u64, String>, String>;

/// A page that arrived, with how many tasks there are.
fn counted(page: u64, next: Option<u64>, active: Option<i64>) -> FetchedPage<u64, String> {
    let archived = None;
    FetchedPage {
        page,
        next: Ok(next),
        totals: Totals { active, archived },
    }
}

fn read(page: u64, next: Option<u64>) -> FetchedPage<u64, String> {
    counted(page, next, None)
}

fn yielded(page: u64) -> TestAction {
    Action::Yield(Ok((Position::new(false, page), page)))
}

#[test]
fn the_first_page_is_fetched_alone_and_the_others_ahead() {
    let mut pager = Pager::new(config(3));
    assert_eq!(
        (pager.step(), pager.step()),
        (Action::Fetch(page_ref(1)), Action::Wait)
    );
    pager.on_response(page_ref(1), Ok(read(1, Some(2))));
    assert_eq!(pager.step(), yielded(1));
    for page in 2..=4 {
        assert_eq!(pager.step(), Action::Fetch(page_ref(page)));
    }
    assert_eq!(pager.step(), Action::Wait);
    pager.on_response(page_ref(3), Ok(read(3, None)));
    assert_eq!(pager.step(), Action::Wait, "page 3 waits for its turn");
    pager.on_response(page_ref(2), Ok(read(2, Some(3))));
    assert_eq!((pager.step(), pager.step()), (yielded(2), yielded(3)));
    assert!(!pager.expects(page_ref(4)));
    assert_eq!((pager.step(), pager.position()), (Action::End, None));
}

#[test]
fn an_error_beyond_the_end_is_not_yielded() {
    let mut pager = Pager::new(config(2));
    pager.step();
    pager.on_response(page_ref(1), Ok(read(1, Some(2))));
    pager.step();
    assert_eq!(
        (pager.step(), pager.step()),
        (Action::Fetch(page_ref(2)), Action::Fetch(page_ref(3)))
    );
    pager.on_response(page_ref(3), Err("beyond".to_owned()));
    pager.on_response(page_ref(2), Ok(read(2, None)));
    assert_eq!((pager.step(), pager.step()), (yielded(2), Action::End));
}

#[test]
fn a_next_page_farther_on_drops_the_speculative_pages_before_it() {
    let mut pager = Pager::new(config(3));
    pager.step();
    pager.on_response(page_ref(1), Ok(read(1, Some(2))));
    pager.step();
    while pager.step() != Action::Wait {}
    pager.on_response(page_ref(2), Ok(read(2, Some(4))));
    pager.on_response(page_ref(3), Ok(read(3, Some(4))));
    pager.on_response(page_ref(4), Ok(read(4, Some(9))));
    assert_eq!((pager.step(), pager.step()), (yielded(2), yielded(4)));
    assert_eq!(pager.step(), Action::Fetch(page_ref(9)));
}

#[test]
fn nothing_is_fetched_ahead_beyond_the_totals() {
    let counted = |page, next| counted(page, next, Some(3));
    let mut pager = Pager::new(config(8));
    pager.step();
    pager.on_response(page_ref(1), Ok(counted(1, Some(2))));
    pager.step();
    assert_eq!(
        (pager.step(), pager.step()),
        (Action::Fetch(page_ref(2)), Action::Fetch(page_ref(3)))
    );
    assert_eq!(pager.step(), Action::Wait);
    pager.on_response(page_ref(2), Ok(counted(2, Some(3))));
    pager.on_response(page_ref(3), Ok(counted(3, Some(4))));
    assert!(matches!(
        (pager.step(), pager.step()),
        (Action::Yield(Ok((_, 2))), Action::Yield(Ok((_, 3))))
    ));
    assert_eq!(
        pager.step(),
        Action::Fetch(page_ref(4)),
        "but a page that is named is request for"
    );
}

#[test]
fn a_page_fetched_ahead_before_the_totals_changed_is_fetched_again_in_its_turn() {
    let mut pager = Pager::new(config(3));
    pager.step();
    pager.on_response(page_ref(1), Ok(counted(1, Some(2), Some(9))));
    pager.step();
    while pager.step() != Action::Wait {}
    pager.on_response(page_ref(3), Ok(counted(3, Some(4), Some(9))));
    pager.on_response(page_ref(2), Ok(counted(2, Some(3), Some(8))));
    assert!(matches!(pager.step(), Action::Yield(Ok((_, 2)))));
    assert_eq!(pager.step(), Action::Fetch(page_ref(3)));
    pager.on_response(page_ref(3), Ok(counted(3, Some(4), Some(7))));
    assert!(matches!(pager.step(), Action::Yield(Ok((_, 3)))));
}

/// A walk that has read two pages of ten tasks, of which three had been archived in between.
fn three_tasks_archived() -> Pager<u64, String> {
    let mut pager = Pager::new(PagerConfig {
        per_page: 10,
        rereads: true,
        ..config(1)
    });
    for (page, active) in [(1, 90), (2, 90), (3, 87)] {
        assert_eq!(pager.step(), Action::Fetch(page_ref(page)));
        pager.on_response(page_ref(page), Ok(counted(page, Some(page + 1), Some(active))));
        assert!(matches!(pager.step(), Action::Yield(Ok((_, offset))) if offset == page));
    }
    pager
}

#[test]
fn pages_are_read_again_as_far_back_as_tasks_may_have_moved() {
    let mut pager = three_tasks_archived();
    assert_eq!(pager.step(), Action::Fetch(page_ref(2)));
    assert_eq!(
        pager.position().map(|position| position.page_ref),
        Some(page_ref(3)),
        "resuming repeats"
    );
    // Eight more have gone: what was first on page 3 may be the last on page 1 now.
    pager.on_response(page_ref(2), Ok(counted(2, Some(3), Some(79))));
    assert!(matches!(pager.step(), Action::Yield(Ok((position, 2))) if position.page_ref == page_ref(3)));
    assert_eq!(pager.step(), Action::Fetch(page_ref(1)));
    pager.on_response(page_ref(1), Err("offline".to_owned()));
    assert_eq!(pager.step(), Action::Yield(Err("offline".to_owned())));
    assert_eq!(pager.step(), Action::Fetch(page_ref(1)));
    pager.on_response(page_ref(1), Ok(counted(1, Some(2), Some(79))));
    assert!(matches!(pager.step(), Action::Yield(Ok((_, 1)))));
    assert_eq!(pager.step(), Action::Fetch(page_ref(4)));
}

#[test]
fn one_page_is_read_again_for_a_few_tasks() {
    let mut pager = three_tasks_archived();
    assert_eq!(pager.step(), Action::Fetch(page_ref(2)));
    pager.on_response(page_ref(2), Ok(counted(2, Some(3), Some(87))));
    assert!(matches!(pager.step(), Action::Yield(Ok((_, 2)))));
    assert_eq!(pager.step(), Action::Fetch(page_ref(4)));
}

#[test]
fn requests_that_failed_before_an_error_was_yielded_are_repeated() {
    let mut pager = Pager::new(config(3));
    pager.step();
    pager.on_response(page_ref(1), Ok(read(1, Some(2))));
    pager.step();
    while pager.step() != Action::Wait {}
    for page in 2..=4 {
        pager.on_response(page_ref(page), Err("offline".to_owned()));
    }
    assert_eq!(pager.step(), Action::Yield(Err("offline".to_owned())));
    assert_eq!(
        (pager.step(), pager.step()),
        (Action::Fetch(page_ref(2)), Action::Wait)
    );
    pager.on_response(page_ref(2), Ok(read(2, Some(3))));
    assert_eq!(
        (pager.step(), pager.step()),
        (yielded(2), Action::Fetch(page_ref(3)))
    );
}

/// A list whose pages lead anywhere ahead, and fail until this many errors were yielded.
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
    fn response(&self, page_ref: PageRef, errors: u32) -> Response {
        let Some(node) = self.0.get(&(page_ref.archived, page_ref.page)) else {
            return Err(format!("{page_ref:?} is beyond the end"));
        };
        if errors < node.fails_until {
            return Err(format!("{page_ref:?} fails"));
        }
        let ahead = node.skip.map(|skip| page_ref.page + 1 + skip);
        let next = ahead.filter(|next| self.0.contains_key(&(page_ref.archived, *next)));
        let broken = errors < node.broken_until;
        Ok(FetchedPage {
            page: page_ref.page,
            next: if broken {
                Err(format!("{page_ref:?} leads nowhere"))
            } else {
                Ok(next)
            },
            totals: node.totals,
        })
    }

    /// Everything that a walk yields when the responses arrive in the order that `order` draws.
    fn pager(&self, concurrency: usize, order: &[usize]) -> Vec<Result<(Position, u64), String>> {
        let mut pager = Pager::new(PagerConfig {
            then_archived: true,
            ..config(concurrency)
        });
        let (mut results, mut in_flight) = (Vec::new(), Vec::new());
        let mut errors = 0;
        let mut order = order.iter().copied().cycle();
        loop {
            match pager.step() {
                Action::Fetch(page_ref) => {
                    assert!(
                        in_flight.iter().all(|(other, _)| *other != page_ref),
                        "request for twice"
                    );
                    in_flight.push((page_ref, self.response(page_ref, errors)));
                    assert!(in_flight.len() <= concurrency);
                }
                Action::Yield(offset) => {
                    errors += u32::from(offset.is_err());
                    results.push(offset);
                    in_flight.retain(|(page_ref, _)| pager.expects(*page_ref));
                    while let Some(page_ref) = pager.speculate() {
                        in_flight.push((page_ref, self.response(page_ref, errors)));
                    }
                    assert!(in_flight.len() <= concurrency);
                }
                Action::Wait => {
                    let drawn = order.next().unwrap_or(0) % in_flight.len();
                    let (page_ref, response) = in_flight.remove(drawn);
                    pager.on_response(page_ref, response);
                }
                Action::End => return results,
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
    fn fetching_ahead_yields_what_a_serial_walk_does(
        graph in graph(),
        concurrency in 2..6_usize,
        order in proptest::collection::vec(any::<usize>(), 1..20),
    ) {
        prop_assert_eq!(graph.pager(concurrency, &order), graph.pager(1, &[0]));
    }
}

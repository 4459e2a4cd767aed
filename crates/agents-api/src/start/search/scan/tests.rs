//! The scans against a model of lists that change between any two requests.
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A repository's two lists, newest first. A higher number is a newer task.
#[derive(Debug)]
struct Lists {
    active: Vec<u32>,
    archived: Vec<u32>,
    next: u32,
    /// The task that is looked for. It is never deleted.
    sought: u32,
    /// How often it was archived or unarchived.
    moves: u32,
    /// Whether it stays in its list.
    stays: bool,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Archive(usize),
    Unarchive(usize),
    Create,
    DeleteActive(usize),
    DeleteArchived(usize),
}

impl Lists {
    fn new(tasks: u32, sought: u32, is_archived: impl Fn(u32) -> bool) -> Self {
        let (archived, active) = (0..tasks).rev().partition(|task| is_archived(*task));
        Self {
            active,
            archived,
            next: tasks,
            sought,
            moves: 0,
            stays: false,
        }
    }

    fn happen(&mut self, event: Event) {
        let (from, to, drawn) = match event {
            Event::Create => {
                self.active.insert(0, self.next);
                self.next += 1;
                return;
            }
            Event::Archive(drawn) => (&mut self.active, Some(&mut self.archived), drawn),
            Event::Unarchive(drawn) => (&mut self.archived, Some(&mut self.active), drawn),
            Event::DeleteActive(drawn) => (&mut self.active, None, drawn),
            Event::DeleteArchived(drawn) => (&mut self.archived, None, drawn),
        };
        if from.is_empty() {
            return;
        }
        let row = drawn % from.len();
        if from[row] == self.sought && (self.stays || to.is_none()) {
            return;
        }
        let task = from.remove(row);
        if let Some(to) = to {
            let row = to.partition_point(|other| *other > task);
            to.insert(row, task);
            self.moves += u32::from(task == self.sought);
        }
    }

    fn page(&self, archived: bool, request: PageRequest) -> (Vec<u32>, Option<u64>) {
        let list = if archived { &self.archived } else { &self.active };
        let at = |row: u64| usize::try_from(row).unwrap().min(list.len());
        let (begin, end) = (at(request.begin()), at(request.end()));
        let next = (end < list.len()).then_some(request.number + 1);
        (list[begin..end].to_vec(), next)
    }
}

/// What came of a search.
#[derive(Debug)]
struct Outcome {
    found: bool,
    settled: bool,
    /// How often the task changed its list during the last three scans.
    moves: u32,
    requests: usize,
}

/// Searches as `Search` does; these events happen before each request, and none after the last.
fn search(lists: &mut Lists, bound: u32, max_size: u64, events: &[Vec<Event>]) -> Outcome {
    let time = |task: u32| DateTime::from_timestamp(i64::from(task), 0).unwrap();
    let mut proof = Proof::default();
    let mut moves_before = Vec::new();
    let (mut found, mut settled, mut requests) = (false, false, 0);
    for archived in [false, true].into_iter().cycle().take(15) {
        let mut scan = Scan::with_pages_of(max_size);
        let mut step = Step::Request(scan.first());
        let mut is_first = true;
        while let Step::Request(request) = step {
            for event in events.get(requests).into_iter().flatten() {
                lists.happen(*event);
            }
            requests += 1;
            if is_first {
                moves_before.push(lists.moves);
            }
            let (tasks, next) = lists.page(archived, request);
            proof.page(i64::try_from(lists.archived.len()).ok(), is_first);
            is_first = false;
            found |= tasks.contains(&lists.sought);
            let ids: Vec<_> = tasks.iter().map(u32::to_string).collect();
            let row = |(id, task): (_, &u32)| (id, time(*task));
            let rows = ids.iter().zip(&tasks).map(row);
            let rows: Vec<_> = rows.map(|(id, created_at)| Row { id, created_at }).collect();
            step = scan.received(&rows, next, time(bound));
        }
        if step == Step::Endless {
            break;
        }
        if proof.scanned() {
            settled = true;
            break;
        }
    }
    let since = moves_before[moves_before.len().saturating_sub(3)];
    Outcome {
        found,
        settled,
        moves: lists.moves - since,
        requests,
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => any::<usize>().prop_map(Event::Archive),
        3 => any::<usize>().prop_map(Event::Unarchive),
        2 => Just(Event::Create),
        2 => any::<usize>().prop_map(Event::DeleteActive),
        1 => any::<usize>().prop_map(Event::DeleteArchived),
    ]
}

prop_compose! {
    fn lists()(tasks in 1..40_u32)(
        tasks in Just(tasks),
        sought in 0..tasks,
        archived in vec(any::<bool>(), 40),
    ) -> Lists {
        Lists::new(tasks, sought, |task| archived[task as usize])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_move_of_other_tasks_hides_a_task(
        mut lists in lists(), max_size in 7..12_u64, events in vec(vec(event(), 0..6), 0..60),
    ) {
        lists.stays = true;
        let bound = lists.sought;
        let outcome = search(&mut lists, bound, max_size, &events);
        prop_assert!(outcome.found, "{outcome:?}");
    }

    #[test]
    fn a_task_is_missed_only_if_it_moves_twice_unseen_in_three_scans(
        mut lists in lists(), max_size in 7..12_u64, events in vec(vec(event(), 0..4), 0..60),
    ) {
        let bound = lists.sought;
        let outcome = search(&mut lists, bound, max_size, &events);
        prop_assert!(outcome.found || !outcome.settled || outcome.moves >= 2, "{outcome:?}");
    }

    #[test]
    fn a_task_that_moves_at_will_is_found_if_events_are_apart(
        mut lists in lists(), max_size in 7..12_u64, events in vec(vec(event(), 0..2), 0..60),
    ) {
        let bound = lists.sought;
        let outcome = search(&mut lists, bound, max_size, &events);
        prop_assert!(outcome.found || !outcome.settled, "{outcome:?}");
    }

    #[test]
    fn lists_at_rest_are_settled_after_three_scans_of_few_pages(mut lists in lists(), max_size in 7..12_u64) {
        let outcome = search(&mut lists, 0, max_size, &[]);
        prop_assert!(outcome.found && outcome.settled, "{outcome:?}");
        prop_assert!(outcome.requests <= 3 * 10, "{outcome:?}");
    }
}

#[test]
fn a_task_that_another_pulls_to_the_page_before_is_found() {
    // 100 younger tasks stand before task 50: it is the first of page 2.
    for (name, gap) in [
        ("one is archived", vec![Event::Archive(7)]),
        ("one is deleted", vec![Event::DeleteActive(7)]),
        (
            "one is archived, one created",
            vec![Event::Archive(7), Event::Create],
        ),
        (
            "one is archived, an old one unarchived",
            vec![Event::Archive(7), Event::Unarchive(0)],
        ),
        (
            "one is deleted, one created",
            vec![Event::DeleteActive(7), Event::Create],
        ),
        ("all younger ones are archived", vec![Event::Archive(0); 100]),
    ] {
        let mut lists = Lists::new(151, 50, |task| task == 0);
        let outcome = search(&mut lists, 50, 100, &[vec![], gap]);
        assert!(outcome.found && outcome.settled, "{name}: {outcome:?}");
    }
}

#[test]
fn a_task_that_changes_its_list_while_the_other_is_read_is_found() {
    for (name, gap) in [
        ("unarchived", vec![Event::Unarchive(0)]),
        (
            "unarchived, and one archived",
            vec![Event::Unarchive(0), Event::Archive(5)],
        ),
        (
            "unarchived, and one deleted",
            vec![Event::Unarchive(0), Event::DeleteActive(5)],
        ),
    ] {
        let mut lists = Lists::new(10, 9, |task| task == 9);
        let outcome = search(&mut lists, 5, 100, &[vec![], gap]);
        assert!(outcome.found && outcome.settled, "{name}: {outcome:?}");
    }
}

#[test]
fn lists_that_never_rest_are_not_settled() {
    let mut lists = Lists::new(50, 0, |_| false);
    let events = vec![vec![Event::Archive(0)]; 100];
    let outcome = search(&mut lists, 0, 100, &events);
    assert!(!outcome.settled, "{outcome:?}");
}

#[test]
fn pages_overlap_and_grow_little_in_number() {
    let mut page = PageRequest::reaching_from(0, 100);
    let mut pages = vec![page];
    while page.end() < 1_000 {
        let next = PageRequest::reaching_from(page.end() - 1, 100);
        assert!(
            next.begin() < page.end() && next.end() > page.end(),
            "{page:?} {next:?}"
        );
        page = next;
        pages.push(page);
    }
    assert_eq!(pages.len(), 11);
    assert_eq!((pages[1].number, pages[1].size), (2, 99));
}

#[test]
fn pages_that_are_not_full_are_read_in_sequence() {
    let mut scan = Scan::new();
    let row = |id| Row {
        id,
        created_at: DateTime::UNIX_EPOCH,
    };
    let old = DateTime::<Utc>::MIN_UTC;
    let second = PageRequest { number: 2, size: 100 };
    assert_eq!(scan.received(&[], Some(2), old), Step::Request(second));
    assert_eq!(scan.received(&[row("a")], None, old), Step::Done);

    let mut scan = Scan::new();
    assert_eq!(scan.received(&[row("a")], Some(1), old), Step::Endless);
}

#[test]
fn a_list_without_end_ends() {
    let mut scan = Scan::new();
    let ids: Vec<_> = (0..100).map(|id| id.to_string()).collect();
    let rows: Vec<_> = ids
        .iter()
        .map(|id| Row {
            id,
            created_at: DateTime::UNIX_EPOCH,
        })
        .collect();
    let mut requests = 1;
    while let Step::Request(page) = scan.received(
        &rows[..usize::try_from(scan.first().size).unwrap()],
        Some(u64::MAX),
        DateTime::<Utc>::MIN_UTC,
    ) {
        requests += 1;
        assert!(page.number > 0);
    }
    assert_eq!(requests, MAX_REQUESTS);
}

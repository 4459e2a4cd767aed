//! Lists: every task once, whatever happens between the pages.

use std::collections::BTreeSet;

use crate::support::{answers, connect};
use agents_api::{ErrorKind, Task, TaskState};
use agents_api_emulator::{Effect, Emulator, Fault, Target, TaskSeed};
use futures_util::{Stream, TryStreamExt};

#[tokio::test]
async fn every_task_is_listed_once_over_all_pages() {
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    let (client, repo) = connect(&github);
    for list in [repo.list_tasks(), client.list_tasks()] {
        let total = list
            .clone()
            .pages()
            .try_next()
            .await
            .unwrap()
            .unwrap()
            .total_active_count;
        let mut items = list.per_page(7).items();
        let mut ids = BTreeSet::new();
        while let Some(task) = items.try_next().await.unwrap() {
            assert!(ids.insert(task.id), "a task came twice");
        }
        assert!(ids.len() > 14, "more than two pages");
        assert_eq!(i64::try_from(ids.len()).ok(), total);
    }
}

#[tokio::test]
async fn pages_and_items_are_streams_that_may_be_moved_anywhere() {
    fn is_stream<S: Stream + Send + Unpin + 'static>(stream: S) -> S {
        stream
    }
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    let (_, repo) = connect(&github);
    let list = || repo.list_tasks().per_page(7).concurrency(3);
    let pages: Vec<_> = is_stream(list().pages()).try_collect().await.unwrap();
    let items: Vec<_> = is_stream(list().items()).try_collect().await.unwrap();
    let on_pages: Vec<_> = pages.into_iter().flat_map(|page| page.tasks).collect();
    assert_eq!(on_pages, items);
}

#[tokio::test]
async fn tasks_that_move_between_pages_come_once() {
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    github.inject(Fault::on(Target::Lists, Effect::MoveItems { count: 5 }));
    let (_, repo) = connect(&github);
    let mut items = repo.list_tasks().per_page(10).items();
    let mut ids = BTreeSet::new();
    while let Some(task) = items.try_next().await.unwrap() {
        assert!(ids.insert(task.id), "a task came twice");
    }
}

#[tokio::test]
async fn an_error_keeps_the_place_and_an_empty_page_is_no_end() {
    let github = Emulator::builder().tasks(30).start().await.unwrap();
    github.inject(Fault::on(Target::Lists, Effect::Html { status: 502 }).nth(2));
    github.inject(Fault::on(Target::Lists, Effect::EmptyPage).nth(3));
    let (_, repo) = connect(&github);
    let mut pages = repo.list_tasks().per_page(5).pages();
    assert_eq!(pages.try_next().await.unwrap().unwrap().number, 1);
    assert_eq!(pages.try_next().await.unwrap_err().status(), Some(502));
    let second = pages.try_next().await.unwrap().unwrap();
    assert_eq!((second.number, second.tasks.len()), (2, 0));
    assert_eq!(pages.try_next().await.unwrap().unwrap().number, 3);
}

#[tokio::test]
async fn a_next_link_that_leads_nowhere_or_elsewhere_does_no_harm() {
    let github = Emulator::builder().tasks(30).start().await.unwrap();
    github.inject(Fault::on(Target::Lists, Effect::NextToSelf).nth(1));
    let (_, repo) = connect(&github);
    let mut pages = repo.list_tasks().per_page(5).pages();
    assert_eq!(pages.try_next().await.unwrap().unwrap().tasks.len(), 5);
    let error = pages.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);

    let elsewhere = Emulator::start().await.unwrap();
    github.clear_faults();
    github.inject(
        Fault::on(
            Target::Lists,
            Effect::NextToHost {
                to: elsewhere.base_url().to_owned(),
            },
        )
        .nth(1),
    );
    let mut pages = repo.list_tasks().per_page(20).pages();
    while pages.try_next().await.unwrap().is_some() {}
    assert!(elsewhere.requests().is_empty(), "the token went to another host");
}

#[tokio::test]
async fn filters_reach_github() {
    let github = Emulator::builder().start().await.unwrap();
    let failed = github
        .seed_task(TaskSeed::new("a").state(agents_api_emulator::TaskState::Failed))
        .unwrap();
    github
        .seed_task(TaskSeed::new("b").state(agents_api_emulator::TaskState::Idle))
        .unwrap();
    let old = github.seed_task(TaskSeed::new("c").archived()).unwrap();
    let (client, repo) = connect(&github);
    let list = repo.list_tasks().states([TaskState::Failed, TaskState::TimedOut]);
    let page = list.pages().try_next().await.unwrap().unwrap();
    assert_eq!(
        page.tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>(),
        [failed.id()]
    );
    let page = client
        .list_tasks()
        .archived()
        .pages()
        .try_next()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        page.tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>(),
        [old.id()]
    );
}

/// An answer with these tasks and this `Link` header.
fn page(ids: &[&str], link: &str) -> String {
    let tasks: Vec<_> = ids
        .iter()
        .map(|id| format!(r#"{{"id":"{id}","state":"queued","created_at":"2026-01-01T00:00:00Z"}}"#))
        .collect();
    let headers = format!("x-github-request-id: R1\r\nLink: {link}\r\n");
    crate::support::answer(200, &headers, &format!(r#"{{"tasks":[{}]}}"#, tasks.join(",")))
}

const BROKEN: &str = "<https://x/?page=two>; rel=\"next\"";

fn ids(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.id.as_str()).collect()
}

#[tokio::test]
async fn a_page_whose_next_link_is_broken_is_given_out_before_the_error() {
    let second = "<https://x/?page=2>; rel=\"next\"";
    let (_, repo) = answers([
        page(&["a", "b"], BROKEN),
        page(&["a", "b"], second),
        page(&["c"], ""),
    ])
    .await;
    let mut pages = repo.list_tasks().pages();
    assert_eq!(ids(&pages.try_next().await.unwrap().unwrap().tasks), ["a", "b"]);
    let page = pages.cursor().map(|cursor| cursor.to_string());
    assert!(page.is_some_and(|cursor| cursor.starts_with("v1.active.1.")));
    let error = pages.try_next().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status(), error.request_id()),
        (ErrorKind::UnexpectedResponse, Some(200), Some("R1"))
    );
    assert_eq!(error.response().unwrap().headers()["link"], BROKEN);
    assert_eq!(ids(&pages.try_next().await.unwrap().unwrap().tasks), ["a", "b"]);
    assert_eq!(ids(&pages.try_next().await.unwrap().unwrap().tasks), ["c"]);
    assert_eq!((pages.cursor(), pages.try_next().await.unwrap()), (None, None));
}

#[tokio::test]
async fn items_give_out_no_task_again_after_a_broken_link() {
    let (_, repo) = answers([page(&["a", "b"], BROKEN), page(&["a", "b"], BROKEN)]).await;
    let mut items = repo.list_tasks().items();
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(
            items
                .try_next()
                .await
                .map_or_else(|_| "error".to_owned(), |task| task.unwrap().id),
        );
    }
    assert_eq!(told, ["a", "b", "error", "error"]);
}

#[tokio::test]
async fn a_limit_ends_the_stream_and_its_cursor_continues_after_it() {
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    let (_, repo) = connect(&github);
    let list = || repo.list_tasks().in_creation_order().per_page(10);
    let all = list().items().next_batch(1000).await.unwrap().tasks;
    assert!(all.len() > 30, "more than three pages");
    for (limit, concurrency, pages) in [(0, 1, 0), (7, 5, 1), (10, 5, 1), (25, 5, 3), (1000, 5, 7)] {
        let before = github.requests().len();
        let mut items = list().limit(limit).concurrency(concurrency).items();
        let mut listed = Vec::new();
        while let Some(task) = items.try_next().await.unwrap() {
            listed.push(task);
        }
        assert_eq!(listed, all[..limit.min(all.len())], "{limit}");
        let requests = github.requests().len() - before;
        assert!(requests <= pages, "{requests} requests for {limit} tasks");
        assert_eq!(
            items.next_batch(5).await.unwrap().tasks,
            [],
            "the limit holds for batches"
        );
        assert!(items.drain_buffered().is_empty(), "and for what is buffered");
        if let Some(cursor) = items.cursor() {
            let rest = list().resume(cursor).items().next_batch(1000).await.unwrap();
            assert_eq!([listed, rest.tasks].concat(), all, "{limit}");
        }
    }
}

#[tokio::test]
async fn pages_end_with_the_page_that_reaches_the_limit() {
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    let (_, repo) = connect(&github);
    for (limit, sizes) in [(0, &[][..]), (1, &[10]), (10, &[10]), (11, &[10, 10])] {
        let pages: Vec<_> = repo
            .list_tasks()
            .per_page(10)
            .limit(limit)
            .pages()
            .try_collect()
            .await
            .unwrap();
        let counts: Vec<_> = pages.iter().map(|page| page.tasks.len()).collect();
        assert_eq!(counts, sizes, "{limit}");
    }
}

#[tokio::test]
async fn one_state_is_a_filter_of_one() {
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    let (_, repo) = connect(&github);
    let list = repo
        .list_tasks()
        .states([TaskState::Idle])
        .state(TaskState::Failed);
    let failed = list.items().next_batch(1000).await.unwrap().tasks;
    assert!(!failed.is_empty() && failed.iter().all(|task| task.state == TaskState::Failed));
}

#[tokio::test]
async fn a_client_that_allows_more_requests_in_flight_takes_a_larger_concurrency() {
    let github = Emulator::builder().tasks(20).start().await.unwrap();
    let (_, repo) = crate::support::connect_with(&github, |client| client.max_in_flight(32));
    let tasks = repo.list_tasks().concurrency(32).items().next_batch(1000).await;
    assert!(!tasks.unwrap().tasks.is_empty());
}

#[tokio::test]
async fn creation_order_is_oldest_first_by_creation() {
    let github = Emulator::builder().tasks(20).start().await.unwrap();
    let (_, repo) = connect(&github);
    let page = repo
        .list_tasks()
        .in_creation_order()
        .pages()
        .try_next()
        .await
        .unwrap()
        .unwrap();
    assert!(page.tasks.len() > 1 && page.tasks.is_sorted_by_key(|task| task.created_at));
}

#[tokio::test]
async fn a_list_that_names_pages_for_ever_is_an_error() {
    let next = |number: u64| format!("<https://x/?page={}>; rel=\"next\"", number + 1);
    let empty = |number| page(&[], &next(number));
    let same = |number| page(&["a", "b"], &next(number));
    let shuffled = |number: u64| {
        page(
            [&["a", "b"], &["b", "a"]][usize::from(number.is_multiple_of(2))],
            &next(number),
        )
    };

    let (_, repo) = answers((1..=150).map(empty)).await;
    let mut pages = repo.list_tasks().pages();
    let mut given = 0;
    let error = loop {
        match pages.try_next().await {
            Ok(page) => given += page.into_iter().count(),
            Err(error) => break error,
        }
    };
    assert_eq!((given, error.kind()), (99, ErrorKind::UnexpectedResponse));
    assert!(error.to_string().contains("no end"), "{error}");
    assert_eq!(pages.try_next().await.unwrap().unwrap().number, 101, "it goes on");

    for answered in [
        (1..=101).map(same).collect::<Vec<_>>(),
        (1..=101).map(shuffled).collect(),
    ] {
        let (_, repo) = answers(answered).await;
        let mut items = repo.list_tasks().items();
        let error = items.next_batch(10).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
        assert_eq!(ids(&items.drain_buffered()).len(), 2);
    }
}

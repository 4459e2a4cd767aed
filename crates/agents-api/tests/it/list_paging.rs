//! Long walks: over both lists, with requests ahead, while tasks change.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::{answers, connect};
use agents_api::list::ListTasks;
use agents_api::{Client, Error, ErrorKind};
use agents_api_emulator::{Effect, Emulator, Fault, Limits, Script, Target, TaskHandle, TaskState};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The ids of a list, in the order in which they come.
async fn walk(list: ListTasks) -> Result<Vec<String>, Error> {
    let mut items = list.items();
    let mut ids = Vec::new();
    while let Some(task) = items.try_next().await? {
        ids.push(task.id);
    }
    Ok(ids)
}

fn set(ids: &[String]) -> BTreeSet<String> {
    ids.iter().cloned().collect()
}

async fn big(tasks: u32) -> Emulator {
    let limits = Limits {
        quota: u32::MAX,
        ..Limits::default()
    };
    Emulator::builder()
        .tasks(tasks)
        .limits(limits)
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn both_lists_are_walked_one_after_the_other() {
    let github = big(300).await;
    let (client, _) = connect(&github);
    let list = || client.list_tasks().per_page(7);
    let (active, archived) = (
        walk(list()).await.unwrap(),
        walk(list().archived()).await.unwrap(),
    );
    assert!(active.len() > 14 && archived.len() > 7);
    let both = walk(list().including_archived()).await.unwrap();
    assert_eq!(both, [active, archived].concat());
    let ahead = walk(list().including_archived().concurrency(4)).await.unwrap();
    assert_eq!(ahead, both);

    let mut pages = list().including_archived().pages();
    let mut numbers = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        numbers.push((page.archived, page.number));
        assert!(
            page.tasks
                .iter()
                .all(|task| task.archived_at.is_some() == page.archived)
        );
        assert!(page.total_active_count.is_some() && page.total_archived_count.is_some());
    }
    assert!(numbers.is_sorted() && numbers.contains(&(false, 1)) && numbers.contains(&(true, 1)));
}

#[tokio::test]
async fn a_task_that_is_archived_between_the_lists_comes_once() {
    let github = big(40).await;
    let (client, _) = connect(&github);
    let all = walk(client.list_tasks().including_archived()).await.unwrap();
    let mut items = client.list_tasks().including_archived().items();
    let first = items.try_next().await.unwrap().unwrap();
    github.task(&first.id).unwrap().archive();
    let mut ids = BTreeSet::from([first.id]);
    while let Some(task) = items.try_next().await.unwrap() {
        assert!(ids.insert(task.id), "a task came twice");
    }
    assert_eq!(ids, set(&all));
}

#[tokio::test]
async fn ten_thousand_changing_tasks_are_all_found_in_creation_order() {
    for concurrency in [1, 8] {
        let github = big(10_000).await;
        let (_, repo) = connect(&github);
        let list = repo.list_tasks().in_creation_order().including_archived();
        let tasks = github.tasks();
        let all: Vec<_> = tasks.iter().map(TaskHandle::id).collect();
        for task in tasks.iter().step_by(9) {
            task.run(Script::quick_success());
        }
        github.inject(Fault::on(Target::Lists, Effect::MoveItems { count: 20 }));
        github.inject(Fault::on(Target::Lists, Effect::Html { status: 502 }).every(17));
        let mut items = list.concurrency(concurrency).items();
        let (mut ids, mut errors) = (BTreeSet::new(), 0);
        loop {
            match items.try_next().await {
                Ok(Some(task)) => assert!(ids.insert(task.id), "a task came twice"),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(error.status(), Some(502));
                    errors += 1;
                }
            }
            let step = ids.len();
            if step % 100 == 50 {
                github.advance(Duration::from_secs(2));
                // One that was given out before, one of any place, and one still to come or seen long ago.
                tasks[step / 3].archive();
                tasks[step * 7_919 % tasks.len()].archive();
                tasks[step * 104_729 % tasks.len()].set_state(TaskState::Failed);
                tasks[step * 1_299_709 % tasks.len()].follow_up("Once more");
            }
        }
        let missed: Vec<_> = all.iter().filter(|id| !ids.contains(*id)).collect();
        assert!(missed.is_empty(), "{} missed: {missed:?}", missed.len());
        assert!(concurrency > 1 || errors > 3);
    }
}

#[tokio::test]
async fn asking_ahead_gives_the_same_and_asks_for_no_page_too_many() {
    let github = big(500).await;
    let (_, repo) = connect(&github);
    let list = || repo.list_tasks().per_page(10);
    let serial = walk(list()).await.unwrap();
    let requests = github.requests().len();
    github.clear_requests();
    assert_eq!(walk(list().concurrency(6)).await.unwrap(), serial);
    assert_eq!(github.requests().len(), requests);

    let failed = || list().states([agents_api::TaskState::Failed]);
    let serial = walk(failed()).await.unwrap();
    github.clear_requests();
    assert_eq!(walk(failed().concurrency(6)).await.unwrap(), serial);
    assert!(github.requests().len() < serial.len().div_ceil(10) + 6);
}

#[tokio::test]
async fn requests_ahead_are_under_way_together_and_may_be_answered_in_any_order() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", server.local_addr().unwrap());
    tokio::spawn(async move {
        // It answers the first page, then nothing until three pages are asked for, and the last of them first.
        for together in [1, 3, 3] {
            let mut asked = Vec::new();
            while asked.len() < together {
                let (mut connection, _) = server.accept().await.unwrap();
                let mut request = vec![0; 16 * 1024];
                let length = connection.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let number = request.split("page=").nth(2).unwrap();
                let number: u32 = number.split([' ', '&']).next().unwrap().parse().unwrap();
                asked.push((number, connection));
            }
            asked.sort_by_key(|(number, _)| *number);
            for (number, mut connection) in asked.into_iter().rev() {
                let next = format!("<https://x/?page={}>; rel=\"next\"", number + 1);
                let answer = page(&number.to_string(), if number < 7 { &next } else { "" });
                connection.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    let client = Client::builder()
        .base_url(base_url)
        .token("ghp_example")
        .build()
        .unwrap();
    let ids = walk(client.list_tasks().concurrency(3)).await.unwrap();
    assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7"]);
}

#[tokio::test]
async fn an_error_keeps_the_place_with_requests_ahead_too() {
    let github = big(300).await;
    let (_, repo) = connect(&github);
    let list = || repo.list_tasks().in_creation_order().per_page(10);
    let whole = walk(list()).await.unwrap();
    github.inject(Fault::on(Target::Lists, Effect::Reset).chance(0.3));
    let mut pages = list().concurrency(5).pages();
    let (mut ids, mut errors) = (Vec::new(), 0);
    loop {
        match pages.try_next().await {
            Ok(Some(page)) => ids.extend(page.tasks.into_iter().map(|task| task.id)),
            Ok(None) => break,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Transport);
                errors += 1;
                assert!(errors < 200);
            }
        }
    }
    assert_eq!(ids, whole);
}

/// An answer with one task and this `Link` header.
fn page(id: &str, link: &str) -> String {
    let task = format!(r#"{{"id":"{id}","state":"queued","created_at":"2026-01-01T00:00:00Z"}}"#);
    let link = format!("Link: {link}\r\n");
    crate::support::answer(200, &link, &format!(r#"{{"tasks":[{task}]}}"#))
}

#[tokio::test]
async fn a_page_that_is_named_counts_and_not_the_one_that_was_guessed() {
    // Each connection takes the next answer: the first page, then two at a time in any order.
    let (_, repo) = answers([
        page("a", "<https://x/?page=2>; rel=\"next\""),
        page("b", "<https://x/?page=9>; rel=\"next\""),
        page("b", "<https://x/?page=9>; rel=\"next\""),
        page("c", ""),
        page("c", ""),
    ])
    .await;
    let mut pages = repo.list_tasks().concurrency(2).pages();
    let mut told = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        told.push((page.number, page.tasks[0].id.clone()));
    }
    assert_eq!(
        told,
        [(1, "a".to_owned()), (2, "b".to_owned()), (9, "c".to_owned())]
    );
}

#[tokio::test]
async fn a_walk_that_is_dropped_while_it_waits_goes_on_where_it_was() {
    let github = big(60).await;
    let (_, repo) = connect(&github);
    let list = || repo.list_tasks().per_page(5);
    let whole = walk(list()).await.unwrap();
    let mut items = list().concurrency(3).items();
    let mut ids = Vec::new();
    loop {
        // Now and then nobody waits for as long as the answer takes.
        match tokio::time::timeout(Duration::from_micros(300), items.try_next()).await {
            Ok(Ok(Some(task))) => ids.push(task.id),
            Ok(Ok(None)) => break,
            Ok(Err(error)) => panic!("{error}"),
            Err(_) => {}
        }
    }
    assert_eq!((ids.len(), set(&ids)), (whole.len(), set(&whole)));
}

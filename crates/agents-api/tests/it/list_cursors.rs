//! Where a walk stands: cursors, and collecting so many tasks.

use std::collections::BTreeSet;

use crate::support::connect;
use agents_api::list::Cursor;
use agents_api::list::ListTasks;
use agents_api::{ErrorKind, SortDirection, TaskSort, TaskState};
use agents_api_emulator::{Effect, Emulator, Fault, Target};

#[tokio::test]
async fn a_stored_cursor_resumes_the_walk_in_either_list() {
    let github = Emulator::builder().tasks(80).start().await.unwrap();
    let (_, repo) = connect(&github);
    let list = repo
        .list_tasks()
        .in_creation_order()
        .including_archived()
        .per_page(6);
    let mut ids = BTreeSet::new();
    let mut resumed = 0;
    let mut items = list.clone().items();
    while let Some(task) = items.try_next().await.unwrap() {
        ids.insert(task.id);
        if ids.len() % 10 == 9 {
            let stored = serde_json::to_string(&items.cursor()).unwrap();
            let cursor: Option<Cursor> = serde_json::from_str(&stored).unwrap();
            // The place is the page of the next task, so tasks of this page come again.
            let Some(cursor) = cursor else { break };
            items = list.clone().resume(cursor).items();
            resumed += 1;
            while let Some(task) = items.try_next().await.unwrap() {
                if ids.insert(task.id) {
                    break;
                }
            }
        }
    }
    assert!(resumed > 2);
    let all = list.items().next_batch(usize::MAX).await.unwrap();
    assert_eq!(ids, all.tasks.into_iter().map(|task| task.id).collect());
}

#[tokio::test]
async fn what_is_archived_before_a_walk_is_resumed_hides_no_task() {
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    let (_, repo) = connect(&github);
    let list = repo.list_tasks().in_creation_order().per_page(5);
    let mut items = list.clone().items();
    let mut ids = BTreeSet::new();
    for _ in 0..10 {
        ids.insert(items.try_next().await.unwrap().unwrap().id);
    }
    let cursor = items.cursor().unwrap();
    for id in ids.iter().take(7) {
        github.task(id).unwrap().archive();
    }
    let mut items = list.clone().resume(cursor).items();
    while let Some(task) = items.try_next().await.unwrap() {
        ids.insert(task.id);
    }
    let all = list.items().next_batch(usize::MAX).await.unwrap();
    assert!(
        all.tasks.iter().all(|task| ids.contains(&task.id)),
        "one was missed"
    );
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused_before_anything_is_sent() {
    let github = Emulator::builder().tasks(40).start().await.unwrap();
    let (client, repo) = connect(&github);
    let list = || repo.list_tasks().per_page(5);
    let mut pages = list().pages();
    pages.try_next().await.unwrap();
    let cursor = || pages.cursor().unwrap();
    github.clear_requests();
    for other in [
        client.list_tasks().per_page(5),
        client.repo("octocat", "other").unwrap().list_tasks().per_page(5),
        list().per_page(6),
        list().archived(),
        list().including_archived(),
        list().states([TaskState::Failed]),
        list().sort(TaskSort::CreatedAt),
        list().direction(SortDirection::Asc),
        list().since(github.now()),
        list().creators([1]),
    ] {
        let mut items = other.resume(cursor()).concurrency(4).items();
        for _ in 0..2 {
            let error = items.try_next().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(
                error.to_string().starts_with("the cursor is of another list"),
                "{error}"
            );
        }
    }
    assert!(github.requests().is_empty());
    let page = list()
        .concurrency(4)
        .resume(cursor())
        .pages()
        .try_next()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(page.number, 2);
}

#[tokio::test]
async fn so_many_tasks_are_collected_and_it_is_told_whether_there_are_more() {
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    let (_, repo) = connect(&github);
    let list = || repo.list_tasks().per_page(8);
    let all = list().items().next_batch(usize::MAX).await.unwrap();
    assert!(all.is_complete() && all.next.is_none() && all.tasks.len() > 20);
    let mut items = list().items();
    let mut parts = Vec::new();
    for (most, more) in [
        (0, true),
        (3, true),
        (5, true),
        (10, true),
        (1000, false),
        (1000, false),
    ] {
        let part = items.next_batch(most).await.unwrap();
        assert_eq!(!part.is_complete(), more, "{most}");
        assert!(part.tasks.len() <= most);
        parts.extend(part.tasks);
    }
    assert_eq!(parts, all.tasks);
    let exact = list().items().next_batch(all.tasks.len()).await.unwrap();
    assert!(exact.is_complete());
    github.clear_requests();
    assert_eq!(list().items().next_batch(8).await.unwrap().tasks.len(), 8);
    assert_eq!(github.requests().len(), 1, "one page was enough");
}

#[tokio::test]
async fn collecting_keeps_what_it_has_when_a_page_fails() {
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    let (_, repo) = connect(&github);
    let list = || repo.list_tasks().in_creation_order().per_page(5);
    let whole = list().items().next_batch(18).await.unwrap().tasks;
    let down = || Fault::on(Target::Lists, Effect::Status { status: 404 }).nth(3);
    github.inject(down());
    let mut items = list().items();
    let error = items.next_batch(18).await.unwrap_err();
    assert!(error.is_not_found());
    let place = items.cursor().unwrap();
    assert!(list().resume(place).items().try_next().await.unwrap().unwrap() == whole[0]);
    github.clear_faults();
    assert_eq!(items.next_batch(18).await.unwrap().tasks, whole);

    github.inject(down());
    let mut items = list().items();
    assert!(items.next_batch(18).await.is_err());
    assert_eq!(items.drain_buffered(), whole[..10]);
    let page = list()
        .resume(items.cursor().unwrap())
        .items()
        .next_batch(5)
        .await
        .unwrap();
    assert_eq!(page.tasks, whole[10..15]);
}

/// Gets a list in batches, each by a process of its own that is told no more than a cursor.
async fn in_batches(list: &ListTasks, size: usize, mut between: impl FnMut(usize)) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next: Option<String> = None;
    for round in 0..100 {
        let list = list.clone();
        let list = match next {
            Some(cursor) => list.resume(cursor.parse().unwrap()),
            None => list,
        };
        let batch = list.items().next_batch(size).await.unwrap();
        ids.extend(batch.tasks.into_iter().map(|task| task.id));
        between(round);
        match batch.next {
            Some(cursor) => next = Some(cursor.to_string()),
            None => return ids,
        }
    }
    panic!("no end after {} tasks", ids.len());
}

#[tokio::test]
async fn batches_smaller_than_a_page_get_on() {
    let github = Emulator::builder().tasks(100).start().await.unwrap();
    let (_, repo) = connect(&github);
    let list = repo.list_tasks().including_archived().in_creation_order();
    let whole = list.clone().items().next_batch(1000).await.unwrap();
    let whole: Vec<_> = whole.tasks.into_iter().map(|task| task.id).collect();
    for (page, batch) in [(100, 7), (33, 20), (20, 20), (10, 33), (1, 3)] {
        let list = list.clone().per_page(page);
        assert_eq!(in_batches(&list, batch, |_| {}).await, whole, "{batch} of {page}");
    }
}

#[tokio::test]
async fn tasks_come_again_where_their_page_has_changed_between_batches() {
    let github = Emulator::builder().tasks(40).start().await.unwrap();
    let (_, repo) = connect(&github);
    let list = repo.list_tasks().in_creation_order().per_page(20);
    let whole = list.clone().items().next_batch(1000).await.unwrap();
    let whole: Vec<_> = whole.tasks.into_iter().map(|task| task.id).collect();
    let archive_the_third = |round| {
        if round == 0 {
            github.task(&whole[2]).unwrap().archive();
        }
    };
    let ids = in_batches(&list, 10, archive_the_third).await;
    assert!(whole.iter().all(|id| ids.contains(id)), "one is missing");
    assert!(ids.len() > whole.len(), "the front of the first page has changed");
}

#[tokio::test]
async fn a_walk_that_was_resumed_and_not_begun_keeps_its_place() {
    let github = Emulator::builder().tasks(40).start().await.unwrap();
    let (_, repo) = connect(&github);
    let list = repo.list_tasks().in_creation_order().per_page(20);
    let cursor = list.clone().items().next_batch(5).await.unwrap().next;
    let resumed = list.resume(cursor.clone().unwrap()).items();
    assert_eq!(resumed.cursor(), cursor);
}

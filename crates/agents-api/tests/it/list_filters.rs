//! Filters: how each goes over the wire, and which are refused here.

use crate::support::connect;
use agents_api::chrono::{DateTime, TimeDelta, Utc};
use agents_api::list::ListTasks;
use agents_api::{Client, ErrorKind, Repo, SortDirection, TaskSort, TaskState};
use agents_api_emulator::Emulator;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[tokio::test]
async fn each_filter_goes_over_the_wire_as_github_documents_it() {
    type Make = fn(Repo) -> ListTasks;
    let cases: [(Make, &str); 13] = [
        (|repo| repo.list_tasks(), ""),
        (
            |repo| repo.list_tasks().states([TaskState::Failed]),
            "&state=failed",
        ),
        (
            |repo| repo.list_tasks().states([TaskState::Failed, TaskState::TimedOut]),
            "&state=failed,timed_out",
        ),
        (
            |repo| repo.list_tasks().sort(TaskSort::CreatedAt),
            "&sort=created_at",
        ),
        (
            |repo| repo.list_tasks().direction(SortDirection::Asc),
            "&direction=asc",
        ),
        (
            |repo| repo.list_tasks().in_creation_order(),
            "&sort=created_at&direction=asc",
        ),
        (
            |repo| repo.list_tasks().since(time("2026-01-31T12:00:00Z")),
            "&since=2026-01-31T12:00:00Z",
        ),
        (|repo| repo.list_tasks().archived(), "&is_archived=true"),
        (
            |repo| repo.list_tasks().including_archived(),
            " &is_archived=true",
        ),
        (
            |repo| repo.list_tasks().including_archived().archived(),
            "&is_archived=true",
        ),
        (
            |repo| repo.list_tasks().creators([1, 2]),
            "&creator_id=1&creator_id=2",
        ),
        (|repo| repo.list_tasks().concurrency(8), ""),
        (
            |repo| {
                let client = repo.list_tasks().states([TaskState::Idle]).archived();
                client
                    .since(time("0000-01-01T00:00:00Z"))
                    .in_creation_order()
                    .creators([7])
            },
            "&sort=created_at&direction=asc&state=idle&is_archived=true&since=0000-01-01T00:00:00Z&creator_id=7",
        ),
    ];
    for (make, expected) in cases {
        let github = Emulator::start().await.unwrap();
        let (_, repo) = connect(&github);
        let mut pages = make(repo).pages();
        while pages.try_next().await.unwrap().is_some() {}
        let sent = github.requests().into_iter().filter_map(|request| request.query);
        let sent: Vec<_> = sent
            .map(|query| query.replace("%2C", ",").replace("%3A", ":"))
            .collect();
        let expected: Vec<_> = expected
            .split(' ')
            .map(|more| format!("per_page=100&page=1{more}"))
            .collect();
        assert_eq!(sent, expected);
    }
}

#[tokio::test]
async fn a_page_and_its_size_go_over_the_wire() {
    let github = Emulator::start().await.unwrap();
    let (client, _) = connect(&github);
    client
        .list_tasks()
        .per_page(1)
        .start_page(7)
        .pages()
        .try_next()
        .await
        .unwrap();
    assert_eq!(github.requests()[0].query.as_deref(), Some("per_page=1&page=7"));
    assert_eq!(github.requests()[0].path, "/agents/tasks");
}

#[tokio::test]
async fn settings_that_make_no_sense_are_errors_before_anything_is_sent() {
    type Make = fn(&Client, &Repo) -> ListTasks;
    let cases: [(Make, &str); 20] = [
        (|_, repo| repo.list_tasks().per_page(0), "`per_page` 0:"),
        (|client, _| client.list_tasks().per_page(101), "`per_page` 101:"),
        (
            |_, repo| repo.list_tasks().per_page(u64::MAX),
            "`per_page` 18446744073709551615:",
        ),
        (|_, repo| repo.list_tasks().start_page(0), "`start_page` 0:"),
        (|client, _| client.list_tasks().start_page(0), "`start_page` 0:"),
        (
            |_, repo| repo.list_tasks().concurrency(0),
            "`concurrency` 0: GitHub serves",
        ),
        (
            |_, repo| repo.list_tasks().concurrency(101),
            "`concurrency` 101: GitHub serves",
        ),
        (
            |_, repo| repo.list_tasks().concurrency(11),
            "`concurrency` 11: the client sends at most 10 requests at a time; build it with \
             `ClientBuilder::max_in_flight(11)`",
        ),
        (
            |client, _| client.list_tasks().creators([1]),
            "filter by creators on the user's list",
        ),
        (
            |client, _| client.list_tasks().creators([]),
            "filter by creators without a creator",
        ),
        (
            |_, repo| repo.list_tasks().creators([]),
            "filter by creators without a creator",
        ),
        (|_, repo| repo.list_tasks().creators([5, -1]), "creator -1:"),
        (|_, repo| repo.list_tasks().creators([0]), "creator 0:"),
        (
            |_, repo| repo.list_tasks().states([]),
            "filter by states without a state",
        ),
        (
            |_, repo| repo.list_tasks().states([TaskState::Unknown(String::new())]),
            "state \"\":",
        ),
        (
            |_, repo| {
                repo.list_tasks()
                    .states([TaskState::Failed, TaskState::Unknown(" ".into())])
            },
            "state \" \":",
        ),
        (
            |_, repo| {
                repo.list_tasks()
                    .states([TaskState::Unknown("failed,idle".into())])
            },
            "state \"failed,idle\":",
        ),
        (
            |_, repo| repo.list_tasks().since(DateTime::<Utc>::MIN_UTC),
            "`since` in the year -262143:",
        ),
        (
            |_, repo| {
                repo.list_tasks()
                    .since(time("0000-01-01T00:00:00Z") - TimeDelta::days(1))
            },
            "`since` in the year -1:",
        ),
        (
            |client, _| client.list_tasks().since(DateTime::<Utc>::MAX_UTC),
            "`since` in the year 262142:",
        ),
    ];
    let github = Emulator::builder().tasks(5).start().await.unwrap();
    let (client, repo) = connect(&github);
    for (make, said) in cases {
        for list in [make(&client, &repo), make(&client, &repo).including_archived()] {
            let error = list.items().try_next().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert!(error.to_string().starts_with(said), "{error}");
        }
    }
    assert!(github.requests().is_empty());
}

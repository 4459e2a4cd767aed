//! The wire form of every request: method, path, query, headers, body.
mod support;

use agents_api_raw::{Error, types};
use support::Canned;

const TASK: &str = r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#;
const LIST: &str = r#"{"tasks":[]}"#;

#[tokio::test]
async fn get_task() {
    let github = Canned::new(200, TASK);
    github.client().get_task().task_id("a1b2").send().await.unwrap();
    insta::assert_snapshot!(github.only().wire());
}

#[tokio::test]
async fn get_task_for_repo() {
    let github = Canned::new(200, TASK);
    github
        .client()
        .get_task_for_repo()
        .owner("octocat")
        .repo("hello-world")
        .task_id("a1b2")
        .send()
        .await
        .unwrap();
    insta::assert_snapshot!(github.only().wire());
}

#[tokio::test]
async fn list_tasks_plain() {
    let github = Canned::new(200, LIST);
    github.client().list_tasks().send().await.unwrap();
    insta::assert_snapshot!(github.only().wire());
}

#[tokio::test]
async fn list_tasks_with_every_parameter() {
    let github = Canned::new(200, LIST);
    let since: chrono::DateTime<chrono::Utc> = "2026-07-01T08:30:00Z".parse().unwrap();
    github
        .client()
        .list_tasks()
        .per_page(100)
        .page(2)
        .sort(types::TaskSort::CreatedAt)
        .direction(types::SortDirection::Asc)
        .state("failed,timed_out")
        .is_archived(true)
        .since(since)
        .send()
        .await
        .unwrap();
    insta::assert_snapshot!(github.only().wire());
}

#[tokio::test]
async fn list_tasks_for_repo_with_creators() {
    let github = Canned::new(200, LIST);
    github
        .client()
        .list_tasks_for_repo()
        .owner("octocat")
        .repo("hello-world")
        .creator_id(vec![1, 9_007_199_254_740_993])
        .send()
        .await
        .unwrap();
    insta::assert_snapshot!(github.only().wire());
}

#[tokio::test]
async fn an_empty_list_leaves_no_trace_in_the_address() {
    let github = Canned::new(200, LIST);
    github
        .client()
        .list_tasks_for_repo()
        .owner("o")
        .repo("r")
        .creator_id(vec![])
        .send()
        .await
        .unwrap();
    assert_eq!(github.only().url, "https://api.github.com/agents/repos/o/r/tasks");
}

#[tokio::test]
async fn start_task_with_every_field() {
    let github = Canned::new(201, TASK);
    let body = types::StartTask::builder()
        .prompt("Fix the \"login\" button\nplease")
        .model("claude-sonnet-4.6")
        .custom_agent("performance")
        .create_pull_request(false)
        .base_ref("main")
        .head_ref("fix/login");
    github
        .client()
        .start_task()
        .owner("octocat")
        .repo("hello-world")
        .body(body)
        .send()
        .await
        .unwrap();
    insta::assert_snapshot!(github.only().wire());
}

#[tokio::test]
async fn start_task_sends_nothing_that_was_not_set() {
    let github = Canned::new(201, TASK);
    let body = types::StartTask::builder().prompt("p");
    github
        .client()
        .start_task()
        .owner("o")
        .repo("r")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(github.only().body, r#"{"prompt":"p"}"#);
}

#[tokio::test]
async fn values_that_need_it_are_escaped_in_their_place() {
    let github = Canned::new(200, TASK);
    github
        .client()
        .get_task()
        .task_id("a b?c#d%2e%2e&ü")
        .send()
        .await
        .unwrap();
    assert_eq!(
        github.only().url,
        "https://api.github.com/agents/tasks/a%20b%3Fc%23d%252e%252e&%C3%BC"
    );
}

#[tokio::test]
async fn values_that_would_reach_another_endpoint_are_never_sent() {
    for value in [
        "",
        ".",
        "..",
        "../tasks",
        "a/b",
        "..\\tasks",
        ".\t.",
        "..\n",
        "\n",
        "a\tb",
    ] {
        let github = Canned::new(200, TASK);
        let error = github
            .client()
            .get_task()
            .task_id(value)
            .send()
            .await
            .unwrap_err();
        let Error::InvalidRequest(invalid) = &error else {
            panic!("{value:?}: {error}")
        };
        assert_eq!((invalid.operation(), invalid.argument()), ("get_task", "task_id"));
        assert_eq!(github.count(), 0, "{value:?}");
    }
}

#[tokio::test]
async fn a_path_has_the_segments_of_its_template_whatever_is_put_into_it() {
    let github = Canned::new(200, TASK);
    let client = github.client();
    for first in (0_u32..0x250).filter_map(char::from_u32) {
        for value in [
            format!("{first}"),
            format!(".{first}."),
            format!("..{first}"),
            format!("{first}.."),
        ] {
            if let Err(error) = client.get_task().task_id(value.as_str()).send().await {
                assert!(matches!(error, Error::InvalidRequest(_)), "{value:?}");
                continue;
            }
            let url = github.latest().url;
            let segment = url.strip_prefix("https://api.github.com/agents/tasks/");
            let segment = segment.unwrap_or_else(|| panic!("{value:?} reached {url}"));
            assert!(
                !segment.is_empty() && !segment.contains(['/', '?', '#']),
                "{value:?} reached {url}"
            );
        }
    }
}

#[tokio::test]
async fn a_missing_argument_is_named_and_nothing_is_sent() {
    let github = Canned::new(200, LIST);
    let error = github
        .client()
        .list_tasks_for_repo()
        .owner("octocat")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "list_tasks_for_repo: repo is not set; call `.repo(…)`"
    );
    let body = types::StartTask::builder().model("m");
    let error = github
        .client()
        .start_task()
        .owner("o")
        .repo("r")
        .body(body)
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "start_task: body is not complete: no value supplied for prompt"
    );
    let error = github
        .client()
        .start_task()
        .owner("o")
        .repo("r")
        .body_map(|body| body.model("m"))
        .send()
        .await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "start_task: body is not complete: no value supplied for prompt"
    );
    assert_eq!(github.count(), 0);
}

#[tokio::test]
async fn numbers_out_of_bounds_are_refused_before_they_are_sent() {
    let github = Canned::new(200, LIST);
    for (per_page, page, message) in [
        (0, 1, "list_tasks: per_page 0 is not between 1 and 100"),
        (101, 1, "list_tasks: per_page 101 is not between 1 and 100"),
        (1, 0, "list_tasks: page 0 is below GitHub's minimum of 1"),
        (-1, 1, "list_tasks: per_page cannot be converted to u64"),
    ] {
        let error = github
            .client()
            .list_tasks()
            .per_page(per_page)
            .page(page)
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(github.count(), 0);
}

#[tokio::test]
async fn the_token_is_sent_and_never_shown() {
    let github = Canned::new(403, "{}");
    let client = github.client();
    let error = client.list_tasks().send().await.unwrap_err();
    assert!(github.only().wire().contains("Bearer ghp_hunter2"));
    let shown = format!("{client:?} {:?} {error:?} {error}", client.list_tasks());
    let shown = shown + &github.only().shown;
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn the_operation_is_known_to_the_transport() {
    let github = Canned::new(200, TASK);
    github.client().get_task().task_id("a").send().await.unwrap();
    let operation = github.only().operation;
    assert_eq!(
        (operation.id(), operation.path()),
        ("get_task", "/agents/tasks/{task_id}")
    );
}

#[test]
fn the_futures_can_be_spawned() {
    fn anywhere<T: Send>(_: &T) {}
    let client = Canned::new(200, LIST).client();
    anywhere(&client.list_tasks().send());
    anywhere(
        &client
            .start_task()
            .owner("o")
            .repo("r")
            .body(types::StartTask::builder().prompt("p"))
            .send(),
    );
}

//! Starts: what is sent, and what is known when no task came back.

use crate::support::{answer, answers, connect};
use agents_api::start::{Fallback, StartOrigin};
use agents_api::{Delivery, ErrorKind, serde_json};
use agents_api_emulator::{Effect, Emulator, Fault, Operation};

#[tokio::test]
async fn whether_to_open_a_pull_request_is_always_said() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    repo.start_task("p").await.unwrap();
    let body = github.requests()[0].body.clone().unwrap();
    assert_eq!(body, r#"{"create_pull_request":false,"prompt":"p"}"#);
}

#[tokio::test]
async fn a_start_whose_answer_is_lost_is_not_sent_again() {
    for effect in [
        Effect::Reset,
        Effect::Close,
        Effect::Truncate { after: None },
        Effect::Html { status: 502 },
    ] {
        let github = Emulator::start().await.unwrap();
        github.inject(Fault::on(Operation::StartTask, effect.clone()).after_applied());
        let (_, repo) = connect(&github);
        let error = repo.start_task("p").await.unwrap_err();
        assert_eq!(error.delivery(), Delivery::Unknown, "{effect:?}: {error:?}");
        assert_eq!(
            (github.requests().len(), github.tasks().len()),
            (1, 1),
            "{effect:?}"
        );
    }
}

#[tokio::test]
async fn a_start_on_a_connection_that_breaks_is_not_sent_again_either() {
    for effect in [Effect::Reset, Effect::Close] {
        for applied in [false, true] {
            let github = Emulator::start().await.unwrap();
            let fault = Fault::on(Operation::StartTask, effect.clone());
            github.inject(if applied { fault.after_applied() } else { fault });
            let (client, repo) = connect(&github);
            client.list_tasks().pages().try_next().await.unwrap(); // leaves a connection to be used again
            let error = repo.start_task("p").await.unwrap_err();
            assert_eq!(error.delivery(), Delivery::Unknown, "{effect:?}: {error:?}");
            let starts = github
                .requests()
                .iter()
                .filter(|request| request.method == "POST")
                .count();
            assert_eq!(
                (starts, github.tasks().len()),
                (1, usize::from(applied)),
                "{effect:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_start_that_no_server_took_was_not_sent() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    github.shutdown().await;
    assert_eq!(
        repo.start_task("p").await.unwrap_err().delivery(),
        Delivery::NotSent
    );
}

#[tokio::test]
async fn a_refused_start_started_nothing() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    let error = repo.start_task("p").model("no-such-model").await.unwrap_err();
    assert!(error.is_validation(), "{error:?}");
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::Validation, Delivery::Rejected)
    );
    assert!(error.request_id().is_some() && error.message().is_some());
    assert!(github.tasks().is_empty());

    let error = repo.start_task(" \n").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::InvalidInput, Delivery::NotSent)
    );
    assert_eq!(github.requests().len(), 1);
}

#[tokio::test]
async fn the_status_decides_what_became_of_a_start() {
    use Delivery::{Rejected, Unknown};
    use ErrorKind::{ClientError, NotFound, Server, UnexpectedResponse, Validation};

    for (status, kind, delivery) in [
        (203, UnexpectedResponse, Unknown),
        (204, UnexpectedResponse, Unknown),
        (303, UnexpectedResponse, Unknown),
        (304, UnexpectedResponse, Unknown),
        (307, ClientError, Rejected),
        (404, NotFound, Rejected),
        (408, ClientError, Unknown),
        (422, Validation, Rejected),
        (499, ClientError, Unknown),
        (503, Server, Unknown),
    ] {
        let (_, repo) = answers([answer(status, "", "")]).await;
        let error = repo.start_task("p").await.unwrap_err();
        assert_eq!(error.status(), Some(status), "{error}");
        assert_eq!((error.kind(), error.delivery()), (kind, delivery), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_that_breaks_off_is_a_refusal_all_the_same() {
    for (status, kind) in [(404, ErrorKind::NotFound), (422, ErrorKind::Validation)] {
        let whole = answer(status, "", r#"{"message":"no"}"#);
        let (_, repo) = answers([&whole[..whole.len() - 5]]).await;
        let error = repo.start_task("p").await.unwrap_err();
        assert_eq!(
            (error.status(), error.kind(), error.delivery()),
            (Some(status), kind, Delivery::Rejected),
            "{error}"
        );
    }
    let whole = answer(201, "", r#"{"id":"t"}"#);
    let (_, repo) = answers([&whole[..whole.len() - 5]]).await;
    let error = repo.start_task("p").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::Transport, Delivery::Unknown)
    );
}

#[tokio::test(start_paused = true)]
async fn a_start_that_hangs_into_the_time_limit_is_not_sent_again() {
    for applied in [false, true] {
        let github = Emulator::start().await.unwrap();
        let fault = Fault::on(Operation::StartTask, Effect::Hang);
        github.inject(if applied { fault.after_applied() } else { fault });
        let (_, repo) = connect(&github);
        let error = repo.start_task("p").await.unwrap_err();
        assert_eq!(error.delivery(), Delivery::Unknown, "{error:?}");
        // The emulator logs a request that hangs once it sees that the client is gone.
        while starts(&github) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        assert_eq!((starts(&github), github.tasks().len()), (1, usize::from(applied)));
    }
}

#[tokio::test]
async fn an_answer_that_is_broken_or_late_is_lost_whatever_breaks_it() {
    for effect in [
        Effect::Html { status: 500 },
        Effect::Html { status: 504 },
        Effect::Status { status: 502 },
        Effect::Truncate { after: Some(0) },
        Effect::Truncate { after: Some(40) },
        Effect::CutChunks { after: None },
        Effect::EmptyBody,
        Effect::BrokenJson,
        Effect::DropField { field: "id".into() },
        Effect::NullField {
            field: "state".into(),
        },
    ] {
        let github = Emulator::start().await.unwrap();
        let fault = Fault::on(Operation::StartTask, effect.clone());
        let late = effect.replaces_response();
        github.inject(if late { fault.after_applied() } else { fault });
        let (_, repo) = connect(&github);
        let error = repo.start_task("p").await.unwrap_err();
        assert_eq!(error.delivery(), Delivery::Unknown, "{effect:?}: {error:?}");
        assert_eq!((starts(&github), github.tasks().len()), (1, 1), "{effect:?}");
    }
}

#[tokio::test]
async fn every_field_is_sent_as_it_was_given() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    repo.start_task("p")
        .base_ref("main")
        .head_ref("fix")
        .model("gpt-5.4")
        .custom_agent("reviewer")
        .create_pull_request(true)
        .await
        .unwrap();
    let body: serde_json::Value = serde_json::from_str(github.requests()[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "prompt": "p", "base_ref": "main", "head_ref": "fix", "model": "gpt-5.4", "custom_agent": "reviewer",
            "create_pull_request": true,
        })
    );
}

#[tokio::test]
async fn another_model_is_asked_for_when_one_is_refused_and_that_is_told() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    let start = repo
        .start_task("p")
        .model("no-1")
        .or_model("no-2")
        .or_model("gpt-5.4");
    let started = start.await.unwrap();
    assert_eq!(
        (started.origin, started.model.as_deref()),
        (StartOrigin::Created, Some("gpt-5.4"))
    );
    let tried: Vec<_> = started
        .fallbacks
        .iter()
        .map(|fallback| match fallback {
            Fallback::Model { refused, instead, .. } => (refused.as_deref(), instead.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tried, [(Some("no-1"), "no-2"), (Some("no-2"), "gpt-5.4")]);
    assert_eq!((starts(&github), github.tasks().len()), (3, 1));
}

#[tokio::test]
async fn when_no_fallback_is_left_the_refusal_is_the_error() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    let error = repo
        .start_task("p")
        .model("no-1")
        .or_model("no-2")
        .await
        .unwrap_err();
    assert!(
        error.is_validation() && error.to_string().contains("no-2"),
        "{error}"
    );
    assert_eq!((starts(&github), github.tasks().len()), (2, 0));
}

#[tokio::test]
async fn a_custom_agent_is_done_without_only_when_it_was_the_one_refused() {
    let refused = |field: &str| {
        let body =
            format!(r#"{{"message":"Validation Failed","errors":[{{"field":"{field}","code":"invalid"}}]}}"#);
        answer(422, "", &body)
    };
    let task = r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#;
    let json = "Content-Type: application/json\r\n";

    let (_, repo) = answers([refused("custom_agent"), answer(201, json, task)]).await;
    let start = repo
        .start_task("p")
        .custom_agent("reviewer")
        .or_without_custom_agent();
    let started = start.await.unwrap();
    assert!(
        matches!(&started.fallbacks[..], [Fallback::WithoutCustomAgent { refused, .. }] if refused == "reviewer"),
        "{started:?}"
    );
    assert_eq!(started.id, "t");

    let (_, repo) = answers([refused("base_ref")]).await;
    let start = repo
        .start_task("p")
        .custom_agent("reviewer")
        .or_without_custom_agent();
    assert!(start.await.unwrap_err().is_validation());
}

#[tokio::test]
async fn no_fallback_is_tried_after_a_lost_answer() {
    let github = Emulator::start().await.unwrap();
    github.inject(Fault::on(Operation::StartTask, Effect::Reset).after_applied());
    let (_, repo) = connect(&github);
    let start = repo
        .start_task("p")
        .model("gpt-5.4")
        .or_model("claude-sonnet-4.6")
        .or_without_custom_agent();
    assert_eq!(start.await.unwrap_err().delivery(), Delivery::Unknown);
    assert_eq!(starts(&github), 1);
}

#[test]
fn what_is_shown_of_a_start_is_not_its_prompt() {
    let client = agents_api::Client::builder()
        .token("ghp_example")
        .build()
        .unwrap();
    let repo = client.repo("octocat", "hello-world").unwrap();
    let start = repo.start_task("hunter2").idempotency_key("k");
    let shown = format!(
        "{start:?} {:?} {:?}",
        start.reconcile(),
        repo.start_task("hunter2").reconcile()
    );
    assert!(!shown.contains("hunter2"), "{shown}");
}

/// How many starts were sent.
fn starts(github: &Emulator) -> usize {
    let is_start = |request: &&agents_api_emulator::RequestRecord| request.method == "POST";
    github.requests().iter().filter(is_start).count()
}

//! Starts: what is sent, and what is known when no task came back.
mod support;

use agents_api::{Delivery, ErrorKind};
use agents_api_emulator::{Effect, Emulator, Fault, Operation};
use support::{answer, answers, connect};

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
        Effect::Truncate(None),
        Effect::Html(502),
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
    use ErrorKind::{NotFound, Refused, Server, UnexpectedAnswer, Validation};

    for (status, kind, delivery) in [
        (203, UnexpectedAnswer, Unknown),
        (204, UnexpectedAnswer, Unknown),
        (303, UnexpectedAnswer, Unknown),
        (304, UnexpectedAnswer, Unknown),
        (307, Refused, Rejected),
        (404, NotFound, Rejected),
        (408, Refused, Unknown),
        (422, Validation, Rejected),
        (499, Refused, Unknown),
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

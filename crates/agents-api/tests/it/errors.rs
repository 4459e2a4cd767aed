//! What errors tell people and programs.

use std::time::Duration;

use crate::support::{answer, answers, connect};
use agents_api::Error;
use agents_api_emulator::{Effect, Emulator, Fault, Refused, RetryAfter, Target};

/// The error of looking at a task on a server that gives this answer.
async fn error_of(text: String) -> Error {
    let (client, _) = answers([text]).await;
    client.task("t").get().await.unwrap_err()
}

#[tokio::test]
async fn a_message_names_the_innermost_cause_once() {
    let github = Emulator::start().await.unwrap();
    let (client, _) = connect(&github);
    github.shutdown().await;
    let error = client.task("t").get().await.unwrap_err();
    let wait = client
        .task("t")
        .wait_for(|_| true)
        .timeout(Duration::from_millis(1))
        .await
        .unwrap_err();
    let errors: [&dyn std::error::Error; 2] = [&error, &wait];
    for error in errors {
        let mut told = String::new();
        let mut next = Some(error);
        while let Some(error) = next {
            told += &format!("{error}\n");
            next = error.source();
        }
        assert!(told.matches("refused").count() <= 1, "{told}");
    }
    assert!(error.to_string().contains("refused"), "{error}");
    assert!(error.as_raw().is_some());
}

#[tokio::test]
async fn a_page_in_the_place_of_an_answer_is_shown() {
    let page = "<html><title>Login</title></html>";
    let error = error_of(answer(200, "", page)).await;
    assert!(
        error.to_string().contains(page) && error.to_string().contains("expected value"),
        "{error}"
    );
    let error = error_of(answer(502, "", page)).await;
    assert_eq!(error.to_string().matches(page).count(), 1, "{error}");
}

#[tokio::test]
async fn what_may_hold_a_prompt_is_not_shown() {
    let error = error_of(answer(200, "", r#"{"id":"t","name":"hunter2","state":1}"#)).await;
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn every_form_of_rate_limit_says_how_long_it_lasts() {
    let github = Emulator::start().await.unwrap();
    for (refused, seconds) in [
        (Refused::forbidden().retry_after(RetryAfter::Seconds(50)), 50),
        (
            Refused::too_many_requests().retry_after(RetryAfter::HttpDate(50)),
            50,
        ),
        // GitHub asks for a minute where it says nothing.
        (Refused::too_many_requests(), 60),
    ] {
        github.clear_faults();
        github.inject(Fault::on(Target::Gets, Effect::SecondaryLimit(refused)));
        let (client, _) = connect(&github); // another would still be held by the limit before
        let error = client.task("t").get().await.unwrap_err();
        assert!(error.is_rate_limited() && !error.is_forbidden(), "{error:?}");
        assert_eq!(
            error.retry_after(),
            Some(Duration::from_secs(seconds)),
            "{error:?}"
        );
    }
    github.clear_faults();
    let (client, _) = connect(&github);
    github.inject(Fault::on(
        Target::Gets,
        Effect::PrimaryLimit(Refused::forbidden()),
    ));
    let error = client.task("t").get().await.unwrap_err();
    assert!(error.retry_after() > Some(Duration::ZERO), "{error:?}");
}

#[tokio::test]
async fn a_message_says_what_the_words_of_github_leave_out() {
    let not_found = answer(404, "", r#"{"message":"Not Found"}"#);
    let forbidden = answer(403, "", r#"{"message":"Resource not accessible"}"#);
    let in_haste = answer(429, "Retry-After: 3000\r\n", r#"{"message":"Too fast"}"#);
    let unspecified = answer(429, "", r#"{"message":"Too fast"}"#);
    for (text, said) in [
        (
            not_found,
            "Not Found; GitHub says so, too, of what the token cannot see",
        ),
        (
            forbidden,
            "accessible; a fine-grained token needs the permission \"Agent tasks\"",
        ),
        (in_haste, "Too fast; retry after 3000s"),
        (unspecified, "Too fast; retry after 60s"),
        (answer(403, "", "<html>no</html>"), "<html>no</html>"),
    ] {
        let error = error_of(text).await.to_string();
        assert!(error.contains(said), "{error}");
        for advice in ["retry after", "fine-grained", "cannot see"] {
            assert_eq!(error.contains(advice), said.contains(advice), "{error}");
        }
    }
}

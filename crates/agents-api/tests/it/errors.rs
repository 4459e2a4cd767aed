//! What errors tell people and programs.

use std::time::Duration;

use crate::support::{answer, answers, connect};
use agents_api::Error;
use agents_api_emulator::{Effect, Emulator, Fault, RateLimitResponse, RetryAfter, Target};

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
        (
            RateLimitResponse::forbidden().retry_after(RetryAfter::Seconds(50)),
            50,
        ),
        (
            RateLimitResponse::too_many_requests().retry_after(RetryAfter::HttpDate(50)),
            50,
        ),
        // GitHub asks for a minute where it says nothing.
        (RateLimitResponse::too_many_requests(), 60),
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
        Effect::PrimaryLimit(RateLimitResponse::forbidden()),
    ));
    let error = client.task("t").get().await.unwrap_err();
    assert!(error.retry_after() > Some(Duration::ZERO), "{error:?}");
}

#[tokio::test]
async fn a_message_adds_the_advice_that_github_leaves_out() {
    const ADVICE: [&str; 5] = [
        "retry after",
        "fine-grained",
        "not visible",
        "revoked",
        "Copilot plan",
    ];
    let plan = r#"{"code":"copilot_plan_required","error":"forbidden","message":"This API requires a valid Copilot license."}"#;
    for (text, advice) in [
        (answer(404, "", r#"{"message":"Not Found"}"#), Some("not visible")),
        (
            answer(403, "", r#"{"message":"Resource not accessible"}"#),
            Some("fine-grained"),
        ),
        (answer(403, "", plan), Some("Copilot plan")),
        (
            answer(401, "", r#"{"message":"Bad credentials"}"#),
            Some("revoked"),
        ),
        (
            answer(429, "Retry-After: 3000\r\n", r#"{"message":"Too fast"}"#),
            Some("retry after"),
        ),
        (answer(429, "", r#"{"message":"Too fast"}"#), Some("retry after")),
        (answer(403, "", "<html>no</html>"), None),
        (answer(404, "", "<html>no</html>"), None),
    ] {
        let error = error_of(text).await.to_string();
        for known in ADVICE {
            assert_eq!(error.contains(known), Some(known) == advice, "{error}");
        }
    }
}

#[tokio::test]
async fn an_account_without_a_plan_is_told_from_a_repository_without_permission() {
    let plan = r#"{"code":"copilot_plan_required","error":"forbidden","message":"This API requires a valid Copilot license."}"#;
    for (status, body, code, plan_required, account_wide) in [
        (403, plan, Some("copilot_plan_required"), true, true),
        (
            403,
            r#"{"message":"no","code":"other"}"#,
            Some("other"),
            false,
            false,
        ),
        (403, r#"{"message":"no","code":7}"#, None, false, false),
        (422, plan, Some("copilot_plan_required"), false, false),
        (401, r#"{"message":"Bad credentials"}"#, None, false, true),
        (429, r#"{"message":"Too fast"}"#, None, false, true),
        (404, "<html>", None, false, false),
    ] {
        let error = error_of(answer(status, "", body)).await;
        assert_eq!(
            (error.code(), error.is_plan_required(), error.is_account_wide()),
            (code, plan_required, account_wide),
            "{error}"
        );
    }
}

#[tokio::test]
async fn only_what_can_be_sent_again_is_retryable() {
    for (status, retryable) in [(502, true), (429, true), (404, false), (501, false), (422, false)] {
        let text = answer(status, "", r#"{"message":"no"}"#);
        let (client, _) = answers([text.clone()]).await;
        let error = client.task("t").get().await.unwrap_err();
        assert_eq!(error.is_retryable(), retryable, "{error}");
        assert_eq!(error.is_server_error(), status >= 500, "{error}");
        // A start that may have been applied must not be sent again.
        let (_, repo) = answers([text]).await;
        let error = repo.start_task("p").await.unwrap_err();
        assert_eq!(error.is_retryable(), retryable && status != 502, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_connections_is_tried_three_times_and_named() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    drop(server);
    let client = agents_api::Client::builder()
        .base_url(format!("http://{address}"))
        .token("ghp_example");
    let client = client.build().unwrap();
    let repo = client.repo("octocat", "hello-world").unwrap();
    for error in [
        client.task("t").get().await.unwrap_err(),
        repo.start_task("p").await.unwrap_err(),
    ] {
        assert_eq!((error.attempts(), error.is_transport()), (3, true), "{error}");
        assert!(error.to_string().contains(&address.to_string()), "{error}");
        assert!(error.is_retryable(), "{error}");
    }
}

#[tokio::test]
async fn a_token_of_any_form_that_a_server_echoes_is_taken_out_of_the_error() {
    let body = r#"{"message":"header was ghp_example","errors":["ghp_example!"]}"#;
    for status in [400, 500] {
        let error = error_of(answer(status, "X-Echo: ghp_example\r\n", body)).await;
        let shown = format!("{error} {error:?} {:?}", error.body().unwrap());
        assert!(!shown.contains("ghp_example") && shown.contains("was"), "{shown}");
        assert!(!error.message().unwrap().contains("example"));
    }
}

#[tokio::test]
async fn a_refusal_that_quotes_the_prompt_does_not_show_it() {
    let body = r#"{"message":"Invalid: \"Deploy with hunter2 as the password\" is too long"}"#;
    let (_, repo) = answers([answer(422, "", body)]).await;
    let error = repo
        .start_task("Deploy with hunter2 as\nthe password")
        .await
        .unwrap_err();
    assert!(
        !error.to_string().contains("hunter2") && error.to_string().contains("is too long"),
        "{error}"
    );
}

#[tokio::test]
async fn a_body_that_no_retry_can_mend_is_asked_for_once() {
    let deep = format!("{{\"x\":{}", "[".repeat(100_000));
    let bodies: [(&str, bool); 6] = [
        ("\u{feff}{\"id\":\"t\"}", false),
        (r#"{"id":NaN}"#, false),
        (&deep, false),
        (r#"{"id":"t","na"#, true),
        ("<html>", true),
        (r#"{"id":7}"#, false),
    ];
    for (body, retryable) in bodies {
        let error = error_of(answer(200, "", body)).await;
        assert_eq!(error.is_retryable(), retryable, "{error}");
    }
}

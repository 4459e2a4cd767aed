//! The log of requests.

use std::io::Write;
use std::sync::{Arc, Mutex};

use agents_api_emulator::{Effect, Emulator, Fault, Operation, Token};
use serde_json::{Value, json};

use crate::support::{REPO_TASKS, World, reply, until};

#[tokio::test]
async fn every_request_is_kept_with_its_outcome_and_without_its_token() {
    let world =
        World::with(Emulator::builder().fault(Fault::on(Operation::GetTask, Effect::Html { status: 502 })))
            .await;
    let id = world.start("Fix it").await;
    world.get(&format!("{REPO_TASKS}?state=queued&per_page=5")).await;
    world.get(&format!("/agents/tasks/{id}")).await;
    world.get("/nowhere").await;
    let log = world.github.requests();
    let logged: Vec<_> = log
        .iter()
        .map(|seen| (seen.number, seen.operation, seen.applied, seen.status))
        .collect();
    assert_eq!(
        logged,
        [
            (1, Some(Operation::StartTask), true, Some(201)),
            (2, Some(Operation::ListRepoTasks), false, Some(200)),
            (3, Some(Operation::GetTask), false, Some(502)),
            (4, None, false, Some(404)),
        ]
    );
    assert_eq!(log[0].body.as_deref(), Some(r#"{"prompt":"Fix it"}"#));
    assert_eq!(log[0].header("authorization"), Some("Bearer [redacted]"));
    assert_eq!(log[0].user.as_deref(), Some("octocat"));
    assert_eq!(log[1].query.as_deref(), Some("state=queued&per_page=5"));
    assert_eq!(log[2].faults, ["html"]);
    assert!(!format!("{log:?}").contains(world.github.token()));
    world.github.clear_requests();
    assert!(world.github.requests().is_empty());
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_sink_gets_a_line_of_json_a_request() {
    let sink = Sink::default();
    let world = World::with(Emulator::builder().log_to(sink.clone())).await;
    world.start("x").await;
    world.get(REPO_TASKS).await;
    let text = String::from_utf8(sink.0.lock().expect("a lock").clone()).expect("text");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["operation"], &lines[0]["applied"], &lines[0]["status"]),
        (&json!("start-task"), &json!(true), &json!(201))
    );
}

#[tokio::test]
async fn the_log_keeps_the_latest() {
    let world = World::with(Emulator::builder().log_capacity(2)).await;
    for _ in 0..5 {
        world.get("/agents/tasks").await;
    }
    assert_eq!(
        world
            .github
            .requests()
            .iter()
            .map(|seen| seen.number)
            .collect::<Vec<_>>(),
        [4, 5]
    );
}

#[tokio::test]
async fn a_token_is_hidden_wherever_a_client_puts_it() {
    let world = World::with(Emulator::builder().token("no-prefix-gives-it-away")).await;
    let token = world.github.token();
    for secret in [token, "ghp_0123456789abcdef"] {
        let path = format!("/agents/tasks?access_token={secret}");
        reply(world.anonymous("GET", &path).header("x-copy", secret)).await;
        let body = json!({ "prompt": secret });
        reply(world.anonymous("POST", REPO_TASKS).json(&body)).await;
        reply(world.anonymous("GET", &format!("/agents/tasks/{secret}"))).await;
        reply(
            world
                .anonymous("GET", "/")
                .header("authorization", format!("{secret} x")),
        )
        .await;
    }
    let log = format!("{:?}", world.github.requests());
    assert!(
        !log.contains("ghp_") && !log.contains(token) && log.matches("[redacted]").count() >= 10,
        "{log}"
    );
}

#[tokio::test]
async fn what_is_printed_of_an_emulator_has_no_secret() {
    let github = Emulator::builder()
        .add_token(Token::new("ghp_second"))
        .start()
        .await;
    let github = github.expect("a free port");
    let shown = format!("{github:?} {:?}", Token::new("ghp_second"));
    assert!(
        !shown.contains(github.token()) && !shown.contains("ghp_second"),
        "{shown}"
    );
}

#[tokio::test]
async fn when_a_shutdown_is_over_every_request_is_in_the_log() {
    let sink = Sink::default();
    let hang = Fault::on(Operation::StartTask, Effect::Hang).after_applied();
    let world = World::with(Emulator::builder().log_to(sink.clone()).fault(hang)).await;
    let start = world.request("POST", REPO_TASKS);
    let client = tokio::spawn(start.body(r#"{"prompt":"Fix it"}"#).send());
    until(|| world.github.tasks().len() == 1).await;
    world.github.shutdown().await;
    let lines = String::from_utf8(sink.0.lock().expect("a lock").clone()).expect("text");
    assert!(lines.contains("\"applied\":true"), "{lines}");
    assert!(client.await.expect("a client").is_err());
}

#[tokio::test]
async fn of_a_long_body_the_log_keeps_the_beginning() {
    let world = World::new().await;
    world.start(&"ü".repeat(100_000)).await;
    let body = world.github.requests()[0].body.clone().expect("a body");
    assert!(
        body.starts_with(r#"{"prompt":"ü"#) && (65_000..=65_536).contains(&body.len()),
        "{}",
        body.len()
    );
}

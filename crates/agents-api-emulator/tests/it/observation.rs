//! The log of requests.

use std::io::Write;
use std::sync::{Arc, Mutex};

use agents_api_emulator::{Effect, Emulator, Fault, Operation};
use serde_json::{Value, json};

use crate::support::{REPO_TASKS, World};

#[tokio::test]
async fn every_request_is_kept_with_its_outcome_and_without_its_token() {
    let world =
        World::with(Emulator::builder().fault(Fault::on(Operation::GetTask, Effect::Html(502)))).await;
    let id = world.start("Fix it").await;
    world.get(&format!("{REPO_TASKS}?state=queued&per_page=5")).await;
    world.get(&format!("/agents/tasks/{id}")).await;
    world.get("/nowhere").await;
    let log = world.github.requests();
    let told: Vec<_> = log
        .iter()
        .map(|seen| (seen.number, seen.operation, seen.applied, seen.status))
        .collect();
    assert_eq!(
        told,
        [
            (1, Some(Operation::StartTask), true, Some(201)),
            (2, Some(Operation::ListRepoTasks), false, Some(200)),
            (3, Some(Operation::GetTask), false, Some(502)),
            (4, None, false, Some(404)),
        ]
    );
    assert_eq!(log[0].body.as_deref(), Some(r#"{"prompt":"Fix it"}"#));
    assert_eq!(log[0].header("authorization"), Some("Bearer [hidden]"));
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

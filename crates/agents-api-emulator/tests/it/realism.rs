//! What GitHub was observed to do, and what bounds an emulator.

use std::time::Duration;

use agents_api_emulator::{Change, Emulator, Realism, TaskSeed};
use serde_json::json;

use crate::support::{REPO_TASKS, World};

#[tokio::test]
async fn a_new_task_is_found_late_and_listed_later() {
    let world = World::with(Emulator::builder().realism(Realism::github())).await;
    let id = world.start("Fix it").await;
    let path = format!("/agents/tasks/{id}");
    assert_eq!(world.get(&path).await.status, 404);
    world.github.advance(Duration::from_secs(2));
    assert_eq!(world.get(&path).await.status, 200);
    assert!(world.get(REPO_TASKS).await.ids().is_empty());
    world.github.advance(Duration::from_secs(3));
    assert_eq!(world.get(REPO_TASKS).await.ids(), [id]);
}

#[tokio::test]
async fn pull_requests_have_an_empty_global_id_and_are_the_default() {
    let world = World::with(Emulator::builder().realism(Realism::github())).await;
    let id = world.start("Fix it").await;
    world.github.advance(Duration::from_secs(60));
    let task = world.get(&format!("/agents/tasks/{id}")).await.body;
    assert_eq!(task["artifacts"][1]["data"]["global_id"], "", "{task}");
    assert!(task["artifacts"][1]["data"]["id"].is_i64());
}

#[tokio::test]
async fn nothing_of_it_is_on_by_default() {
    let world = World::new().await;
    let id = world.start("Fix it").await;
    assert_eq!(world.get(REPO_TASKS).await.ids(), [id.as_str()]);
    world.github.tasks()[0].apply(&Change::PullRequest);
    let task = world.get(&format!("/agents/tasks/{id}")).await.body;
    assert_ne!(task["artifacts"][1]["data"]["global_id"], "");
}

#[tokio::test]
async fn a_full_emulator_refuses_starts_and_seeds() {
    let world = World::with(Emulator::builder().max_tasks(2)).await;
    world.start("one").await;
    world.github.seed_tasks(5);
    let refused = world.post(REPO_TASKS, &json!({ "prompt": "three" })).await;
    assert_eq!(refused.status, 507, "{}", refused.body);
    let error = world.github.seed_task(TaskSeed::new("three")).expect_err("full");
    assert!(error.to_string().contains("maximum of 2"), "{error}");
    assert_eq!(world.github.tasks().len(), 2);
}

#[tokio::test]
async fn the_log_has_a_limit_in_bytes() {
    let world = World::with(Emulator::builder().log_bytes(100_000)).await;
    for _ in 0..10 {
        world.start(&"x".repeat(30_000)).await;
    }
    let log = world.github.requests();
    assert_eq!((log.len(), log[0].number), (3, 8));
}

#[tokio::test]
async fn pages_are_entered_at_any_position() {
    let world = World::with(Emulator::builder().tasks(2_000)).await;
    let all = world.github.tasks();
    for (direction, page) in [("asc", 1), ("asc", 10), ("desc", 1), ("desc", 10)] {
        for archived in [false, true] {
            let path = format!(
                "{REPO_TASKS}?per_page=50&page={page}&sort=created_at&direction={direction}&is_archived={archived}"
            );
            let mut expected: Vec<_> = all.iter().filter(|task| task.is_archived() == archived).collect();
            if direction == "desc" {
                expected.reverse();
            }
            let expected: Vec<_> = expected
                .iter()
                .skip(50 * (page - 1))
                .take(50)
                .map(|task| task.id())
                .collect();
            assert_eq!(world.get(&path).await.ids(), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn a_burst_of_connections_is_accepted_at_once() {
    let world = World::new().await;
    // They connect before the emulator can accept any: this runtime has one thread.
    let address = world.github.address();
    let connect = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(900));
    let connections: Result<Vec<_>, _> = (0..600).map(|_| connect()).collect();
    assert_eq!(connections.expect("no connection waits").len(), 600);
}

#[tokio::test]
async fn states_are_read_as_github_reads_them() {
    let world = World::new().await;
    let seed = TaskSeed::new("Fix it").with(Change::PullRequest);
    world.github.seed_task(seed).expect("a repository");
    let pulls = world.get("/repos/octocat/hello-world/pulls?state=bogus").await;
    assert_eq!(pulls.body.as_array().map(Vec::len), Some(1));
    assert_eq!(world.get(&format!("{REPO_TASKS}?state=%20")).await.ids().len(), 1);
}

//! Tasks live by the clock.

use std::time::Duration;

use agents_api_emulator::{Change, Clock, Emulator, Scenario, Script, TaskSeed, TaskState, Usage};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{REPO_TASKS, World};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_started_task_is_queued_bare_and_named_after_its_prompt() {
    let world = World::new().await;
    let body = json!({ "prompt": "Fix the login button\n\nIt does nothing.", "custom_agent": "tester" });
    let started = world.post("/agents/repos/OctoCat/HELLO-world/tasks", &body).await;
    assert_eq!(started.status, 201);
    let task = started.body;
    assert_eq!(task["state"], "queued");
    assert_eq!(task["name"], "Fix the login button");
    assert_eq!(task["artifacts"], json!([]));
    assert_eq!(task["session_count"], 1);
    assert_eq!(task["archived_at"], json!(null));
    assert_eq!(task["custom_agent"], json!({ "id": "tester" }));
    assert!(task.get("sessions").is_none() && task.get("prompt").is_none());
    let url = task["url"].as_str().expect("a URL");
    assert_eq!(
        url,
        format!(
            "{}{REPO_TASKS}/{}",
            world.github.base_url(),
            task["id"].as_str().expect("an id")
        )
    );
}

#[tokio::test]
async fn turning_the_clock_once_gives_every_change_its_own_time() {
    let world = World::new().await;
    let begun = world.github.now();
    let id = world.start("Fix the login button").await;
    world.github.advance(Duration::from_secs(3600));
    let task = world.get(&format!("/agents/tasks/{id}")).await.body;
    assert_eq!(task["state"], "completed");
    let session = &task["sessions"][0];
    let completed = session["completed_at"]
        .as_str()
        .expect("a time")
        .parse::<chrono::DateTime<chrono::Utc>>();
    assert_eq!((completed.expect("RFC 3339") - begun).num_seconds(), 60);
    assert_eq!(task["updated_at"], session["completed_at"]);
    assert_eq!(session["model"], "sweagent-capi:claude-sonnet-4.6");
    assert_eq!(
        session["usage"],
        json!({ "type": "ai_credits", "amount": 1_200_000_000_u64 })
    );
    assert_eq!(task["artifacts"][0]["type"], "branch");
    assert_eq!(task["artifacts"][0]["data"]["head_ref"], session["head_ref"]);
    assert_eq!(
        task["artifacts"].as_array().map(Vec::len),
        Some(1),
        "no pull request was requested"
    );
}

#[tokio::test]
async fn a_pull_request_is_opened_when_asked_for() {
    let world = World::new().await;
    let started = world
        .post(REPO_TASKS, &json!({ "prompt": "x", "create_pull_request": true }))
        .await;
    world.github.advance(secs(60));
    let task = world
        .get(&format!(
            "/agents/tasks/{}",
            started.body["id"].as_str().expect("an id")
        ))
        .await
        .body;
    let pull = &task["artifacts"][1];
    assert_eq!(pull["type"], "pull");
    let handle = world
        .github
        .task(task["id"].as_str().expect("an id"))
        .expect("the task");
    let number = handle.pull_request_number().expect("a number");
    assert_ne!(pull["data"]["id"], json!(number), "a database id is no number");
}

#[tokio::test(start_paused = true)]
async fn real_time_follows_the_paused_clock_of_tokio() {
    let world = World::with(Emulator::builder().speed(1.0)).await;
    let id = world.start("x").await;
    let task = world.github.task(&id).expect("the task");
    assert_eq!(task.state(), TaskState::Queued);
    tokio::time::sleep(secs(30)).await;
    assert_eq!(task.state(), TaskState::InProgress);
    tokio::time::sleep(secs(3600)).await;
    assert_eq!(
        world.get(&format!("/agents/tasks/{id}")).await.body["state"],
        "completed"
    );
}

#[tokio::test]
async fn every_builtin_script_ends_where_its_name_says() {
    for (script, states) in [
        ("quick-success", vec!["completed"]),
        ("slow-success", vec!["completed"]),
        ("fails", vec!["failed"]),
        ("waits-for-user", vec!["waiting_for_user"]),
        ("times-out", vec!["timed_out"]),
        ("cancelled", vec!["cancelled"]),
        ("goes-idle", vec!["idle"]),
        ("follow-up", vec!["completed", "completed"]),
        ("stays-queued", vec!["queued"]),
    ] {
        let world = World::new().await;
        let id = world.start(&format!("Do it. script:{script}")).await;
        world.github.advance(secs(86_400));
        let task = world.get(&format!("{REPO_TASKS}/{id}")).await.body;
        let sessions = task["sessions"].as_array().expect("sessions");
        let seen: Vec<_> = sessions
            .iter()
            .map(|session| session["state"].as_str().expect("a state"))
            .collect();
        assert_eq!(seen, states, "{script}");
        assert_eq!(task["state"], *seen.last().expect("a session"), "{script}");
        assert_eq!(sessions[0].get("error").is_some(), script == "fails", "{script}");
    }
}

#[tokio::test]
async fn a_custom_script_runs_through_every_kind_of_change() {
    let script = Script::new("everything")
        .then(secs(1), Change::State(TaskState::InProgress))
        .then(secs(1), Change::Rename("Better name".into()))
        .then(secs(1), Change::PullRequest)
        .then(secs(1), Change::Usage(Usage::AiCredits(9_007_199_254_740_993)))
        .then(secs(1), Change::State(TaskState::Completed))
        .then(secs(1), Change::FollowUp("More".into()))
        .then(secs(1), Change::Usage(Usage::PremiumRequests(1.5)))
        .then(secs(1), Change::Fail("No more".into()))
        .then(secs(1), Change::Artifact(json!({ "type": "odd" })))
        .then(secs(1), Change::MergePullRequest)
        .then(secs(1), Change::Archive);
    let world = World::with(Emulator::builder().scenario(Scenario::Script(script))).await;
    let id = world.start("x").await;
    world.github.advance(secs(60));
    let task = world.get(&format!("/agents/tasks/{id}")).await.body;
    assert_eq!(task["name"], "Better name");
    assert_eq!(
        task["sessions"][0]["usage"]["amount"],
        json!(9_007_199_254_740_993_u64)
    );
    assert_eq!(task["sessions"][1]["usage"]["amount"], json!(1.5));
    assert_eq!(task["sessions"][1]["error"]["message"], "No more");
    assert_eq!(task["artifacts"][2], json!({ "type": "odd" }));
    assert!(task["archived_at"].is_string());
}

#[tokio::test]
async fn every_transition_is_told_in_order_with_its_time() {
    let world = World::new().await;
    let begun = world.github.now();
    let id = world.start("x script:fails").await;
    world.github.advance(secs(3600));
    let reported: Vec<_> = world
        .github
        .transitions()
        .into_iter()
        .map(|passed| {
            assert_eq!(passed.task_id, id);
            ((passed.at - begun).num_seconds(), passed.from, passed.to)
        })
        .collect();
    let (queued, working, failed) = (TaskState::Queued, TaskState::InProgress, TaskState::Failed);
    assert_eq!(reported, [(5, queued, working), (90, working, failed)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_does_not_matter_in_how_many_steps_the_clock_is_turned(seed: u64, steps in prop::collection::vec(1_u64..20_000, 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let live = |steps: Vec<u64>| runtime.block_on(async {
            let start = "2026-01-01T00:00:00Z".parse().expect("a time");
            let clock = Clock::manual_at(start);
            let builder = Emulator::builder().seed(seed).clock(clock).scenario(Scenario::Random).tasks(20);
            let github = builder.start().await.expect("a free port");
            for step in steps {
                github.advance(secs(step));
                let _ = github.transitions();
            }
            let tasks: Vec<_> = github.tasks().iter().map(|task| task.json().to_string().replace(github.base_url(), "")).collect();
            (tasks, github.transitions())
        });
        let at_once = steps.iter().sum();
        prop_assert_eq!(live(steps), live(vec![at_once]));
    }
}

#[tokio::test]
async fn a_handle_changes_a_task_without_a_request() {
    let world = World::new().await;
    let task = world
        .github
        .seed_task(TaskSeed::new("x").state(TaskState::Completed))
        .expect("a repository");
    world.github.advance(secs(10));
    task.follow_up("again");
    assert_eq!((task.state(), task.session_count()), (TaskState::Queued, 2));
    task.set_state(TaskState::InProgress);
    assert_eq!(task.updated_at(), world.github.now());
    task.archive();
    assert!(task.is_archived());
    assert_eq!(
        world.get(&format!("/agents/tasks/{}", task.id())).await.body,
        task.json()
    );
}

#[tokio::test]
async fn the_same_seed_gives_the_same_world() {
    let tell = |seed| async move {
        let start = "2026-01-01T00:00:00Z".parse().expect("a time");
        let builder = Emulator::builder().seed(seed).clock(Clock::manual_at(start));
        let world = World::with(builder.scenario(Scenario::Random).tasks(50)).await;
        for _ in 0..20 {
            world.start("x").await;
        }
        world.github.advance(secs(50_000));
        world
            .github
            .tasks()
            .iter()
            .map(|task| task.json().to_string().replace(world.github.base_url(), ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(tell(1).await, tell(1).await);
    assert_ne!(tell(1).await, tell(2).await);
}

#[tokio::test]
async fn a_seed_without_its_repository_is_refused() {
    let world = World::new().await;
    let error = world
        .github
        .seed_task(TaskSeed::new("x").repository("no", "where"))
        .expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "repository no/where: not found in the emulator; add it first"
    );
}

#[tokio::test]
async fn a_leap_of_the_clock_is_the_sum_of_its_steps() {
    let start = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a moment");
    let mut runs = Vec::new();
    for step in [7919, 86_400] {
        let builder = Emulator::builder()
            .seed(5)
            .clock(Clock::manual_at(start))
            .scenario(Scenario::Random);
        let world = World::with(builder.tasks(50)).await;
        for n in 0..20 {
            world.start(&format!("Task {n}")).await;
        }
        for _ in 0..86_400 / step {
            world.github.advance(Duration::from_secs(step));
            // Every fetch advances the task to the clock.
            world.github.transitions();
        }
        world.github.advance(Duration::from_secs(86_400 % step));
        runs.push(world.github.transitions());
    }
    assert!(runs[0].len() > 30 && runs[0] == runs[1]);
}

#[tokio::test]
async fn a_seed_of_another_age_has_timestamps_that_clients_can_read() {
    let world = World::new().await;
    for at in [
        chrono::DateTime::<chrono::Utc>::MIN_UTC,
        chrono::DateTime::<chrono::Utc>::MAX_UTC,
    ] {
        let seed = TaskSeed::new("Fix it")
            .created_at(at)
            .script(Script::quick_success());
        let task = world.github.seed_task(seed).expect("a repository").json();
        assert_eq!(task["created_at"].as_str().map(str::len), Some(20), "{task}");
    }
}

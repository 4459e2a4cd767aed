//! Quotas, secondary rate limits, conditional requests.

use std::time::Duration;

use agents_api_emulator::{
    Effect, Emulator, Fault, Limits, Operation, RateLimitResponse, RetryAfter, SecondaryLimits, TaskSeed,
    TaskState,
};
use serde_json::json;

use crate::support::{REPO_TASKS, World, reply};

#[tokio::test]
async fn every_answer_tells_the_quota() {
    let world = World::new().await;
    let first = world.get("/agents/tasks").await;
    assert_eq!(first.header("x-ratelimit-limit"), "5000");
    assert_eq!(
        (
            first.header("x-ratelimit-used"),
            first.header("x-ratelimit-remaining")
        ),
        ("1", "4999")
    );
    assert_eq!(first.header("x-ratelimit-resource"), "core");
    let reset: i64 = first.header("x-ratelimit-reset").parse().expect("seconds");
    assert_eq!(reset, world.github.now().timestamp() + 3600);
    for path in ["/nowhere", "/agents/tasks/unknown", "/agents/tasks?page=0"] {
        assert!(
            !world.get(path).await.header("x-ratelimit-remaining").is_empty(),
            "{path}"
        );
    }
    let anonymous = reply(world.anonymous("GET", "/agents/tasks")).await;
    assert_eq!(anonymous.header("x-ratelimit-limit"), "60");
    assert_ne!(
        first.header("x-github-request-id"),
        anonymous.header("x-github-request-id")
    );
}

#[tokio::test]
async fn without_quota_nothing_is_applied_until_the_window_ends() {
    let world = World::with(Emulator::builder().limits(Limits {
        quota: 1,
        ..Limits::default()
    }))
    .await;
    world.start("x").await;
    let refused = world.post(REPO_TASKS, &json!({ "prompt": "y" })).await;
    assert_eq!(
        (refused.status, refused.header("x-ratelimit-remaining")),
        (403, "0")
    );
    assert!(
        refused.body["message"]
            .as_str()
            .expect("a message")
            .starts_with("API rate limit exceeded")
    );
    assert!(refused.header("retry-after").is_empty());
    assert_eq!(world.github.tasks().len(), 1);
    world.github.advance(Duration::from_secs(3600));
    assert_eq!(world.get("/agents/tasks").await.status, 200);
}

#[tokio::test]
async fn a_known_answer_is_304_and_free() {
    let world = World::new().await;
    let id = world.start("x").await;
    let path = format!("/agents/tasks/{id}");
    let tag = world.get(&path).await.header("etag").to_owned();
    assert!(tag.starts_with("W/\""));
    let known = reply(world.request("GET", &path).header("if-none-match", &tag)).await;
    assert_eq!(
        (
            known.status,
            known.header("x-ratelimit-used"),
            known.header("etag")
        ),
        (304, "2", tag.as_str())
    );
    world.github.advance(Duration::from_secs(5));
    let changed = reply(world.request("GET", &path).header("if-none-match", &tag)).await;
    assert_eq!((changed.status, changed.header("x-ratelimit-used")), (200, "3"));
}

#[tokio::test]
async fn haste_is_refused_in_the_form_asked_for() {
    for (refused, status, retry_after) in [
        (RateLimitResponse::forbidden(), 403, ""),
        (
            RateLimitResponse::too_many_requests().retry_after(RetryAfter::Seconds(30)),
            429,
            "30",
        ),
        (
            RateLimitResponse::too_many_requests().retry_after(RetryAfter::HttpDate(30)),
            429,
            "Thu, 01 Jan 2026 00:00:30 GMT",
        ),
    ] {
        let secondary = SecondaryLimits {
            writes_a_minute: 1,
            response: refused,
            ..SecondaryLimits::default()
        };
        let start = "2026-01-01T00:00:00Z".parse().expect("a time");
        let clock = agents_api_emulator::Clock::manual_at(start);
        let world = World::with(Emulator::builder().clock(clock).limits(Limits {
            secondary: Some(secondary),
            ..Limits::default()
        }))
        .await;
        world.start("x").await;
        let response = world.post(REPO_TASKS, &json!({ "prompt": "y" })).await;
        assert_eq!(
            (response.status, response.header("retry-after")),
            (status, retry_after)
        );
        assert!(
            response.body["message"]
                .as_str()
                .expect("a message")
                .contains("secondary rate limit")
        );
        assert!(
            response.body["documentation_url"]
                .as_str()
                .expect("a URL")
                .ends_with("secondary-rate-limits")
        );
        assert_eq!(response.header("x-ratelimit-remaining"), "4998");
    }
}

#[tokio::test]
async fn a_test_can_use_the_quota_up() {
    let world = World::new().await;
    world.github.set_remaining(world.github.token(), 1);
    assert_eq!(
        world.get("/agents/tasks").await.header("x-ratelimit-remaining"),
        "0"
    );
    assert_eq!(world.get("/agents/tasks").await.status, 403);
    let left = world.get("/rate_limit").await;
    assert_eq!(
        left.body["resources"]["search"]["remaining"], 30,
        "octocrab wants it"
    );
    assert_eq!(
        (left.status, &left.body["resources"]["core"]["remaining"]),
        (200, &json!(0))
    );
    world.github.set_limits(Limits {
        quota: 6000,
        ..Limits::default()
    });
    assert_eq!(world.get("/agents/tasks").await.status, 200);
}

#[tokio::test]
async fn too_many_at_once_are_refused_until_the_others_are_done() {
    let limits = Limits {
        secondary: Some(SecondaryLimits {
            concurrent: 2,
            ..SecondaryLimits::default()
        }),
        ..Limits::default()
    };
    let hang = Fault::on(Operation::GetTask, Effect::Hang);
    let world = World::with(Emulator::builder().limits(limits).fault(hang)).await;
    let mut hanging = tokio::task::JoinSet::new();
    for _ in 0..2 {
        hanging.spawn(world.request("GET", "/agents/tasks/x").send());
    }
    while world.get("/agents/tasks").await.status != 403 {
        tokio::task::yield_now().await;
    }
    hanging.shutdown().await;
    while world.get("/agents/tasks").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn asking_for_the_quota_again_gives_none_back() {
    let world = World::new().await;
    world.get("/agents/tasks").await;
    for _ in 0..3 {
        let ask = world.request("GET", "/rate_limit").header("if-none-match", "*");
        assert_eq!(reply(ask).await.status, 304);
    }
    assert_eq!(world.get("/rate_limit").await.body["rate"]["used"], 1);
}

#[tokio::test]
async fn a_page_that_gains_a_next_one_is_not_the_known_one() {
    let world = World::new().await;
    for state in [TaskState::Failed, TaskState::Queued] {
        let seed = TaskSeed::new("Fix it").state(state);
        world.github.seed_task(seed).expect("a repository");
    }
    let path = "/agents/tasks?state=failed&per_page=1&sort=created_at&direction=asc";
    let before = world.get(path).await;
    world.github.tasks()[1].set_state(TaskState::Failed);
    let again = world.request("GET", path);
    let again = reply(again.header("if-none-match", before.header("etag"))).await;
    assert_eq!((again.status, &again.body), (200, &before.body));
    assert!(again.header("link").contains("rel=\"next\""));
}

#[tokio::test]
async fn graphql_out_of_quota_is_told_under_status_200() {
    let world = World::with(Emulator::builder().limits(Limits {
        quota: 1,
        ..Limits::default()
    }))
    .await;
    let query = json!({ "query": "{ viewer { login } }" });
    assert_eq!(
        world.post("/graphql", &query).await.body["data"]["viewer"]["login"],
        "octocat"
    );
    let refused = world.post("/graphql", &query).await;
    assert_eq!(
        (refused.status, refused.header("x-ratelimit-remaining")),
        (200, "0")
    );
    assert_eq!(refused.header("x-ratelimit-resource"), "graphql");
    assert_eq!(refused.body["errors"][0]["type"], "RATE_LIMIT");
    assert_eq!(refused.body.get("data"), None);
    // Faults say it the same way.
    let world = World::new().await;
    let limit =
        Effect::PrimaryLimit(RateLimitResponse::too_many_requests().retry_after(RetryAfter::Seconds(7)));
    world.github.inject(Fault::on(Operation::Graphql, limit));
    let refused = world.post("/graphql", &query).await;
    assert_eq!((refused.status, refused.header("retry-after")), (200, "7"));
}

//! The control API.

use std::time::Duration;

use agents_api_emulator::{Emulator, Fault, FaultPlan, TaskSeed};
use serde_json::{Value, json};

use crate::support::{REPO_TASKS, World};

const TOKEN: &str = "control-token";

async fn world() -> World {
    World::with(Emulator::builder().control(TOKEN)).await
}

async fn call(world: &World, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = world
        .anonymous(method, &format!("/_emulator/{path}"))
        .header("x-emulator-token", TOKEN);
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    let reply = crate::support::reply(request).await;
    (reply.status, reply.body)
}

async fn done(world: &World, method: &str, path: &str, body: Value) -> Value {
    let (status, reply) = call(world, method, path, body).await;
    assert!((200..300).contains(&status), "{method} {path}: {status} {reply}");
    reply
}

#[tokio::test]
async fn it_is_off_by_default_and_needs_its_token() {
    let off = World::new().await;
    assert_eq!(call(&off, "GET", "clock", Value::Null).await.0, 404);
    let world = world().await;
    for token in [None, Some("wrong"), Some(world.github.token())] {
        let mut request = world.anonymous("GET", "/_emulator/clock");
        if let Some(token) = token {
            request = request.header("x-emulator-token", token);
        }
        let refused = crate::support::reply(request).await;
        assert_eq!(refused.status, 401, "{token:?}");
        assert_eq!(refused.header("access-control-allow-origin"), "");
    }
    let health = crate::support::reply(world.anonymous("GET", "/_emulator/health")).await;
    assert_eq!((health.status, &health.body["status"]), (200, &json!("ok")));
}

#[tokio::test]
async fn a_test_seeds_breaks_advances_and_asserts() {
    let world = world().await;
    let seed = json!([
        { "prompt": "Fix it", "state": "failed", "archived": true, "creator": "monalisa" },
        { "prompt": "Go on", "script": { "name": "mine", "steps": [
            { "after": 5, "change": { "state": "in_progress" } },
            { "after": 1.5, "change": "pull_request" },
            { "after": 60, "change": { "fail": "No." } },
        ] } },
    ]);
    let tasks = done(&world, "POST", "tasks", seed).await;
    assert_eq!(
        (&tasks[0]["state"], &tasks[1]["state"]),
        (&json!("failed"), &json!("queued"))
    );
    let id = tasks[1]["id"].as_str().expect("an id").to_owned();
    done(&world, "POST", "clock/advance", json!({ "seconds": 10 })).await;
    let running = done(&world, "GET", &format!("tasks/{id}"), Value::Null).await;
    assert_eq!(
        (&running["state"], &running["artifacts"][1]["type"]),
        (&json!("in_progress"), &json!("pull"))
    );
    let acts = json!([{ "state": "completed" }, "merge_pull_request", { "follow_up": "More" }, "archive"]);
    let changed = done(&world, "POST", &format!("tasks/{id}/changes"), acts).await;
    assert_eq!(
        (&changed["state"], &changed["session_count"]),
        (&json!("queued"), &json!(2))
    );
    assert!(changed["archived_at"].is_string());
    done(
        &world,
        "POST",
        "faults",
        json!({ "on": "start-task", "do": "html", "status": 503, "nth": 1 }),
    )
    .await;
    assert_eq!(
        world.post(REPO_TASKS, &json!({ "prompt": "x" })).await.status,
        503
    );
    let faults = done(&world, "GET", "faults", Value::Null).await;
    assert_eq!(
        faults,
        json!([{ "fault": { "on": "start-task", "nth": [1], "do": "html", "status": 503 }, "triggered": 1 }])
    );
    world.start("y").await;
    let log = done(
        &world,
        "GET",
        "requests?operation=start-task&status=503",
        Value::Null,
    )
    .await;
    assert_eq!(
        (log.as_array().map(Vec::len), &log[0]["faults"]),
        (Some(1), &json!(["html"]))
    );
    let transitions = done(&world, "GET", "transitions", Value::Null).await;
    assert_eq!(transitions[0]["to"], "in_progress");
    done(&world, "DELETE", "requests", Value::Null).await;
    assert_eq!(done(&world, "GET", "requests", Value::Null).await, json!([]));
}

#[tokio::test]
async fn a_snapshot_is_restored_and_a_reset_goes_back_to_the_start() {
    let world = world().await;
    done(&world, "PUT", "clock", json!({ "speed": 0 })).await;
    world.start("before").await;
    let snapshot = done(&world, "POST", "snapshots", Value::Null).await["id"].clone();
    let clock = done(&world, "GET", "clock", Value::Null).await;
    world.github.advance(Duration::from_secs(3600));
    world.start("after").await;
    done(&world, "PUT", "limits", json!({ "quota": 1 })).await;
    done(
        &world,
        "POST",
        &format!("snapshots/{snapshot}/restore"),
        Value::Null,
    )
    .await;
    assert_eq!(done(&world, "GET", "clock", Value::Null).await, clock);
    assert_eq!(world.github.tasks().len(), 1);
    assert_eq!(world.github.tasks()[0].state().as_str(), "queued");
    assert_eq!(done(&world, "GET", "limits", Value::Null).await["quota"], 5000);
    done(&world, "DELETE", &format!("snapshots/{snapshot}"), Value::Null).await;
    assert_eq!(
        call(
            &world,
            "POST",
            &format!("snapshots/{snapshot}/restore"),
            Value::Null
        )
        .await
        .0,
        404
    );
    for _ in 0..16 {
        done(&world, "POST", "snapshots", Value::Null).await;
    }
    assert_eq!(call(&world, "POST", "snapshots", Value::Null).await.0, 409);
    done(&world, "POST", "reset", Value::Null).await;
    assert!(world.github.tasks().is_empty() && world.github.requests().is_empty());
}

#[tokio::test]
async fn tokens_models_users_and_quotas_are_changed() {
    let world = world().await;
    done(&world, "PUT", "models", json!(["tiny"])).await;
    let refused = world
        .post(REPO_TASKS, &json!({ "prompt": "x", "model": "gpt-5.4" }))
        .await;
    assert_eq!(refused.status, 422);
    let token = json!({ "secret": "ghp_other", "user": "hubot", "access": "write", "no_plan": true });
    done(&world, "POST", "tokens", token).await;
    let start = world.anonymous("POST", REPO_TASKS).bearer_auth("ghp_other");
    let refused = crate::support::reply(start.json(&json!({ "prompt": "x" }))).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (403, &json!("copilot_plan_required"))
    );
    done(
        &world,
        "PUT",
        "tokens/remaining",
        json!({ "secret": "ghp_other", "remaining": 0 }),
    )
    .await;
    let list = world.anonymous("GET", REPO_TASKS).bearer_auth("ghp_other");
    assert_eq!(
        crate::support::reply(list).await.header("x-ratelimit-remaining"),
        "0"
    );
    assert_eq!(
        done(&world, "POST", "users", json!({ "login": "octocat" })).await["id"],
        1
    );
    done(&world, "POST", "repositories", json!({ "name": "acme/shop" })).await;
    done(
        &world,
        "POST",
        "tasks",
        json!({ "prompt": "x", "repository": "acme/shop" }),
    )
    .await;
    done(&world, "POST", "scripts/next", json!({ "name": "still" })).await;
    world.start("x").await;
    world.github.advance(Duration::from_secs(3600));
    assert_eq!(world.github.tasks()[1].state().as_str(), "queued");
    done(
        &world,
        "POST",
        "scripts",
        json!({ "name": "swift", "steps": [{ "change": { "state": "completed" } }] }),
    )
    .await;
    world.start("go script:swift").await;
    assert_eq!(world.github.tasks()[2].state().as_str(), "completed");
}

#[tokio::test]
async fn what_is_wrong_is_said_with_the_remedy() {
    let world = world().await;
    for (method, path, body, status, message) in [
        (
            "GET",
            "nothing",
            Value::Null,
            404,
            "GET /_emulator/nothing: not found; see",
        ),
        (
            "GET",
            "tasks/x",
            Value::Null,
            404,
            "task \"x\": not found; list them",
        ),
        (
            "POST",
            "tasks",
            json!({ "prompts": "x" }),
            422,
            "request body: entry 0: unknown field `prompts`",
        ),
        (
            "POST",
            "tasks",
            json!({ "repository": "no/where" }),
            422,
            "entry 0: repository no/where: not found",
        ),
        (
            "POST",
            "faults",
            json!({ "on": "any", "do": "reset", "ms": 1 }),
            422,
            "request body: entry 0: `ms`: unknown to",
        ),
        (
            "POST",
            "faults",
            json!({ "on": "any", "do": "hang", "times": 0 }),
            422,
            "request body: entry 0: `times`: 0",
        ),
        (
            "PUT",
            "clock",
            json!({ "now": "2000-01-01T00:00:00Z" }),
            422,
            "`now`: 2000-01-01 00:00:00 UTC is before",
        ),
        (
            "PUT",
            "clock",
            json!({ "speed": -1 }),
            422,
            "`speed`: -1 is negative",
        ),
        (
            "POST",
            "clock/advance",
            json!({ "seconds": -1 }),
            422,
            "`seconds`: -1 is not a duration",
        ),
        (
            "GET",
            "requests?colour=red",
            Value::Null,
            422,
            "`colour`: not a filter",
        ),
    ] {
        let (got, reply) = call(&world, method, path, body).await;
        let said = reply["message"].as_str().unwrap_or_default().to_owned();
        assert!(
            got == status && said.starts_with(message),
            "{method} {path}: {got} {reply}"
        );
    }
}

#[tokio::test]
async fn requests_are_followed_as_they_come() {
    let world = world().await;
    let request = world
        .anonymous("GET", "/_emulator/requests/stream")
        .header("x-emulator-token", TOKEN);
    let mut stream = request.send().await.expect("a stream");
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    world.start("Fix it").await;
    let event = stream.chunk().await.expect("an event").expect("a chunk");
    let event = String::from_utf8_lossy(&event).into_owned();
    assert!(event.starts_with("event: request\nid: 1\ndata: {"), "{event}");
    assert!(
        event.ends_with("}\n\n") && !event.contains(world.github.token()),
        "{event}"
    );
    drop(stream);
    // Streams are limited, and free again once their client is gone.
    let open = async || {
        let request = world.anonymous("GET", "/_emulator/requests/stream");
        request
            .header("x-emulator-token", TOKEN)
            .send()
            .await
            .expect("a response")
    };
    let mut streams = Vec::new();
    let full = loop {
        let stream = open().await;
        if stream.status() != 200 || streams.len() > 32 {
            break stream;
        }
        streams.push(stream);
    };
    assert_eq!(full.status(), 503);
    drop((streams, full));
    let mut freed = open().await;
    for _ in 0..2000 {
        if freed.status() == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        freed = open().await;
    }
    assert_eq!(freed.status(), 200);
}

#[test]
fn seeds_and_faults_are_the_same_data_everywhere() {
    let plan: FaultPlan = "[[fault]]\non = 'lists'\ndo = 'latency'\nms = 5\nbody_contains = 'x'"
        .parse()
        .expect("a plan");
    let json = serde_json::to_value(&plan.faults()[0]).expect("JSON");
    assert_eq!(
        json,
        json!({ "on": "lists", "do": "latency", "ms": 5, "body_contains": "x" })
    );
    assert_eq!(
        serde_json::from_value::<Fault>(json).expect("a fault"),
        plan.faults()[0]
    );
    let seed = TaskSeed::new("Fix it").archived();
    let data = serde_json::to_value(&seed).expect("JSON");
    assert_eq!(serde_json::from_value::<TaskSeed>(data).expect("a seed"), seed);
}

#[cfg(feature = "schema")]
#[tokio::test]
async fn the_document_is_that_of_the_code() {
    let world = world().await;
    let document = done(&world, "GET", "openapi.json", Value::Null).await;
    let text = format!("{document:#}\n");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/emulator-control.json");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(file, &text).expect("written");
    }
    assert_eq!(
        std::fs::read_to_string(file).unwrap_or_default(),
        text,
        "spec/emulator-control.json is not that of the code; write it with INSTA_UPDATE=always"
    );
    // Every documented path is served: none is unknown.
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            let path = path.trim_start_matches("/_emulator/").replace("{id}", "0");
            if path == "requests/stream" {
                continue;
            }
            let (_, reply) = call(&world, &method.to_uppercase(), &path, json!(0)).await;
            let message = reply["message"].as_str().unwrap_or_default();
            assert!(
                !message.contains("see /_emulator/openapi.json") || message.starts_with("request body"),
                "{method} {path}: {reply}"
            );
        }
    }
}

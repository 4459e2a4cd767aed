//! Requests nobody should send.

use serde_json::json;

use crate::support::{REPO_TASKS, World, reply};
use crate::wire::raw;

#[tokio::test]
async fn other_methods_are_told_which_ones_exist() {
    let world = World::new().await;
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "X-ODD"] {
        let refused = reply(world.request(method, REPO_TASKS)).await;
        assert_eq!(
            (refused.status, refused.header("allow")),
            (405, "GET, HEAD, POST"),
            "{method}"
        );
        assert_eq!(refused.body["status"], "405");
    }
    assert_eq!(
        reply(world.request("POST", "/agents/tasks"))
            .await
            .header("allow"),
        "GET, HEAD"
    );
}

#[tokio::test]
async fn a_browser_may_send_a_token() {
    let world = World::new().await;
    let request = world
        .anonymous("OPTIONS", REPO_TASKS)
        .header("origin", "http://localhost:3000");
    let allowed = reply(request.header("access-control-request-method", "POST")).await;
    assert_eq!(
        (allowed.status, allowed.header("access-control-allow-origin")),
        (204, "*")
    );
    assert!(
        allowed
            .header("access-control-allow-headers")
            .contains("Authorization")
    );
    assert_eq!(
        world.get(REPO_TASKS).await.header("access-control-allow-origin"),
        "*"
    );
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let world = World::new().await;
    for path in [
        "/",
        "/agents",
        "/agents/tasks/",
        "/agents/tasks/a/b",
        "/agents/repos/octocat/tasks",
        "/user",
        "/agents/tasks/%FF%00",
        "/agents/tasks/..%2F..",
    ] {
        let missing = world.get(path).await;
        assert_eq!(
            (missing.status, &missing.body["message"]),
            (404, &json!("Not Found")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn raw_garbage_never_makes_a_server_error() {
    let world = World::new().await;
    let auth = format!(
        "Authorization: Bearer {}\r\nUser-Agent: x\r\nConnection: close\r\n",
        world.github.token()
    );
    for line in [
        "OPTIONS * HTTP/1.1",
        "CONNECT example.com:443 HTTP/1.1",
        "GET http://elsewhere/agents/tasks HTTP/1.1",
        "GET //agents//tasks HTTP/1.1",
        "GET /agents/tasks/../tasks HTTP/1.1",
        "GET /agents/tasks/%zz%C3%28 HTTP/1.1",
        "GET /agents/tasks?%FF=%FE&=&&state HTTP/1.1",
        "GET /agents/tasks HTTP/1.0",
        "TRACE /agents/tasks HTTP/1.1",
    ] {
        let response = raw(&world, &format!("{line}\r\nHost: h\r\n{auth}\r\n")).await;
        let status: u16 = response
            .get(9..12)
            .and_then(|digits| digits.parse().ok())
            .unwrap_or_default();
        assert!((200..500).contains(&status), "{line}\n{response}");
    }
    let long = format!(
        "GET /agents/tasks?x={} HTTP/1.1\r\nHost: h\r\n{auth}\r\n",
        "y".repeat(1 << 20)
    );
    assert!(raw(&world, &long).await.starts_with("HTTP/1.1 4"), "a long URI");
    let many = format!(
        "GET /agents/tasks HTTP/1.1\r\nHost: h\r\n{}{auth}\r\n",
        "a: b\r\n".repeat(2000)
    );
    assert!(raw(&world, &many).await.starts_with("HTTP/1.1 4"), "many headers");
    assert_eq!(world.get("/agents/tasks").await.status, 200, "it still serves");
}

#[tokio::test]
async fn head_is_a_get_without_its_body() {
    let world = World::new().await;
    let (get, head) = (
        world.get(REPO_TASKS).await,
        reply(world.request("HEAD", REPO_TASKS)).await,
    );
    assert_eq!(
        (head.status, head.header("etag"), head.header("link")),
        (200, get.header("etag"), get.header("link"))
    );
    assert!(head.body.is_null());
}

#[tokio::test]
async fn bodies_are_bounded_and_read_whatever_their_type() {
    let world = World::new().await;
    let large = json!({ "prompt": "x".repeat(2 << 20) });
    assert_eq!(world.post(REPO_TASKS, &large).await.status, 413);
    let untyped = reply(
        world
            .request("POST", REPO_TASKS)
            .header("content-type", "text/plain")
            .body(r#"{"prompt":"x"}"#),
    )
    .await;
    assert_eq!(untyped.status, 201);
    assert_eq!(
        reply(world.request("POST", REPO_TASKS).body("{")).await.status,
        400
    );
    assert_eq!(reply(world.request("POST", REPO_TASKS)).await.status, 422);
    assert_eq!(world.github.tasks().len(), 1, "what is refused starts nothing");
}

#[tokio::test]
async fn a_start_names_what_is_wrong() {
    let world = World::new().await;
    let refused = world
        .post(
            REPO_TASKS,
            &json!({ "prompt": "", "model": "gpt-1", "base_ref": 3 }),
        )
        .await;
    assert_eq!(refused.status, 422);
    let fields: Vec<_> = refused.body["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| error["field"].clone())
        .collect();
    assert_eq!(fields, ["prompt", "base_ref", "model"]);
    assert_eq!(
        refused.body["documentation_url"],
        "https://docs.github.com/rest/agent-tasks/agent-tasks#start-a-task"
    );
}

#[tokio::test]
async fn a_client_that_takes_no_json_is_told_so() {
    let world = World::new().await;
    assert_eq!(
        reply(world.request("GET", REPO_TASKS).header("accept", "text/html"))
            .await
            .status,
        415
    );
    let github = reply(
        world
            .request("GET", REPO_TASKS)
            .header("accept", "application/vnd.github+json"),
    )
    .await;
    assert_eq!(github.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(github.header("x-github-media-type"), "github.v3; format=json");
}

#[tokio::test]
async fn many_clients_at_once_start_each_task_once() {
    let world = World::new().await;
    let mut starts = tokio::task::JoinSet::new();
    for n in 0..200 {
        starts.spawn(reply(
            world
                .request("POST", REPO_TASKS)
                .json(&json!({ "prompt": format!("Task {n}") })),
        ));
    }
    let responses = starts.join_all().await;
    let started: std::collections::HashSet<_> = responses
        .iter()
        .map(|response| response.body["id"].to_string())
        .collect();
    assert_eq!((started.len(), world.github.tasks().len()), (200, 200));
}

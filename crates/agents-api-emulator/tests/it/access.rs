//! Who gets in, and what they see.

use agents_api_emulator::{Access, Emulator, TaskSeed, Token};
use serde_json::json;

use crate::support::{REPO_TASKS, Reply, World, reply};

const READER: &str = "github_pat_reader";
const NOBODY: &str = "ghu_nobody";
const NARROW: &str = "gho_narrow";

async fn world() -> World {
    let builder = Emulator::builder()
        .repository("octocat", "hello-world")
        .repository("acme", "shop");
    let world = World::with(
        builder
            .add_token(Token::new(READER).access(Access::Read))
            .add_token(Token::new(NOBODY).access(Access::None))
            .add_token(Token::new(NARROW).user("monalisa").sees("ACME", "Shop")),
    );
    world.await
}

async fn as_token(world: &World, token: &str, method: &str, path: &str) -> Reply {
    let request = world
        .anonymous(method, path)
        .header("authorization", format!("token {token}"));
    let request = if method == "POST" {
        request.json(&json!({ "prompt": "x" }))
    } else {
        request
    };
    reply(request).await
}

#[tokio::test]
async fn tokens_are_known_or_refused() {
    let world = world().await;
    let none = reply(world.anonymous("GET", "/agents/tasks")).await;
    assert_eq!(
        (none.status, &none.body["message"]),
        (401, &json!("Requires authentication"))
    );
    let unknown = as_token(&world, "ghp_unknown", "GET", "/agents/tasks").await;
    assert_eq!(
        (unknown.status, &unknown.body["message"]),
        (401, &json!("Bad credentials"))
    );
    assert_eq!(unknown.body["status"], "401");
    let server = as_token(&world, "ghs_anything", "GET", "/agents/tasks").await;
    assert_eq!(
        (server.status, &server.body["message"]),
        (403, &json!("Resource not accessible by integration"))
    );
    assert_eq!(
        as_token(&world, world.github.token(), "GET", "/agents/tasks")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn permissions_are_enforced_and_named() {
    let world = world().await;
    assert_eq!(as_token(&world, READER, "GET", REPO_TASKS).await.status, 200);
    let start = as_token(&world, READER, "POST", REPO_TASKS).await;
    assert_eq!(start.status, 403);
    assert_eq!(
        start.body["message"],
        "Resource not accessible by personal access token"
    );
    assert_eq!(start.header("x-accepted-github-permissions"), "agent_tasks=write");
    let read = as_token(&world, NOBODY, "GET", "/agents/tasks").await;
    assert_eq!(
        (read.status, &read.body["message"]),
        (403, &json!("Resource not accessible by integration"))
    );
    assert_eq!(read.header("x-accepted-github-permissions"), "agent_tasks=read");
}

#[tokio::test]
async fn what_a_token_cannot_see_does_not_exist() {
    let world = world().await;
    let hidden = world.github.seed_task(TaskSeed::new("x")).expect("a repository");
    let shown = world
        .github
        .seed_task(TaskSeed::new("x").repository("acme", "shop").creator("monalisa"));
    let shown = shown.expect("a repository");
    let by_id = |task: &agents_api_emulator::TaskHandle| format!("/agents/tasks/{}", task.id());
    assert_eq!(as_token(&world, NARROW, "GET", REPO_TASKS).await.status, 404);
    assert_eq!(as_token(&world, NARROW, "GET", &by_id(&hidden)).await.status, 404);
    assert_eq!(as_token(&world, NARROW, "GET", &by_id(&shown)).await.status, 200);
    let through_wrong_repo = format!("{REPO_TASKS}/{}", shown.id());
    assert_eq!(world.get(&through_wrong_repo).await.status, 404);
    assert_eq!(
        as_token(&world, NARROW, "POST", REPO_TASKS).await.status,
        403,
        "a start documents no 404"
    );
    assert_eq!(
        as_token(&world, NARROW, "GET", "/agents/tasks").await.ids(),
        [shown.id()]
    );
}

#[tokio::test]
async fn a_user_lists_the_tasks_they_created() {
    let world = world().await;
    let mine = world.start("mine").await;
    world
        .github
        .seed_task(TaskSeed::new("theirs").creator("hubot"))
        .expect("a repository");
    let page = world.get("/agents/tasks").await;
    assert_eq!(page.ids(), [mine]);
    assert_eq!(
        (
            &page.body["total_active_count"],
            &page.body["total_archived_count"]
        ),
        (&json!(1), &json!(0))
    );
    assert_eq!(world.get(REPO_TASKS).await.body["total_active_count"], 2);
}

#[tokio::test]
async fn a_client_must_say_what_it_is() {
    let world = world().await;
    let request = world.request("GET", "/agents/tasks").header("user-agent", "");
    let refused = reply(request).await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.body["message"]
            .as_str()
            .expect("a message")
            .contains("User-Agent")
    );
}

#[tokio::test]
async fn versions_are_selected_or_refused() {
    let world = world().await;
    let ask = async |version: &str| {
        reply(
            world
                .request("GET", "/agents/tasks")
                .header("x-github-api-version", version),
        )
        .await
    };
    assert_eq!(
        world
            .get("/agents/tasks")
            .await
            .header("x-github-api-version-selected"),
        "2022-11-28"
    );
    assert_eq!(
        ask("2026-03-10").await.header("x-github-api-version-selected"),
        "2026-03-10"
    );
    let unknown = ask("2020-01-01").await;
    assert_eq!(unknown.status, 400);
    assert!(
        unknown.body["message"]
            .as_str()
            .expect("a message")
            .contains("2026-03-10")
    );
}

#[tokio::test]
async fn an_empty_token_opens_nothing() {
    let world = World::with(Emulator::builder().add_token(Token::new(""))).await;
    for header in ["Bearer ", "Basic b2N0b2NhdDo=", ""] {
        let request = world.anonymous("GET", "/agents/tasks");
        assert_eq!(
            reply(request.header("authorization", header)).await.status,
            401,
            "{header}"
        );
    }
}

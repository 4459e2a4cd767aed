//! From an artifact to a pull request.

use std::time::Duration;

use agents_api_emulator::{Change, TaskSeed};
use serde_json::{Value, json};

use crate::support::World;

fn pulls(world: &World, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let seed = TaskSeed::new(format!("Task number {n}")).with(Change::PullRequest);
        let task = world.github.seed_task(seed).expect("a repository").json();
        ids.push(
            task["artifacts"][1]["data"]["global_id"]
                .as_str()
                .expect("an id")
                .to_owned(),
        );
    }
    ids
}

#[tokio::test]
async fn ids_resolve_to_numbers_in_the_shape_of_the_query() {
    let world = World::new().await;
    let ids = pulls(&world, 3);
    let query = "query($ids: [ID!]!) { found: nodes(ids: $ids) { __typename ...P } } \
                 fragment P on PullRequest { number state repository { nameWithOwner owner { login } } }";
    let answer = world
        .post(
            "/graphql",
            &json!({ "query": query, "variables": { "ids": ids } }),
        )
        .await;
    assert_eq!(answer.status, 200);
    let second = json!({
        "__typename": "PullRequest",
        "number": 103,
        "state": "OPEN",
        "repository": { "nameWithOwner": "octocat/hello-world", "owner": { "login": "octocat" } },
    });
    assert_eq!(answer.body["data"]["found"][1], second);
    assert_eq!(answer.body.get("errors"), None);
    assert_eq!(answer.header("x-ratelimit-resource"), "graphql");
}

#[tokio::test]
async fn an_unknown_id_is_null_with_an_error_and_the_others_resolve() {
    let world = World::new().await;
    let id = pulls(&world, 1).remove(0);
    let query = format!("{{ nodes(ids: [\"PR_nothing\", \"{id}\"]) {{ ... on PullRequest {{ number }} }} }}");
    let body = world.post("/graphql", &json!({ "query": query })).await.body;
    assert_eq!(body["data"]["nodes"], json!([null, { "number": 102 }]));
    assert_eq!(
        (&body["errors"][0]["type"], &body["errors"][0]["path"]),
        (&json!("NOT_FOUND"), &json!(["nodes", 0]))
    );
}

#[tokio::test]
async fn more_than_a_hundred_ids_are_refused() {
    let world = World::new().await;
    let ask = async |count: usize| {
        let ids = vec!["PR_nothing"; count];
        world
            .post(
                "/graphql",
                &json!({ "query": "query($ids:[ID!]!){nodes(ids:$ids){id}}", "variables": { "ids": ids } }),
            )
            .await
            .body
    };
    assert_eq!(
        ask(100).await["data"]["nodes"].as_array().map(Vec::len),
        Some(100)
    );
    assert_eq!(ask(101).await["data"]["nodes"], Value::Null);
    assert!(
        ask(101).await["errors"][0]["message"]
            .as_str()
            .expect("a message")
            .contains("100")
    );
}

#[tokio::test]
async fn what_github_lacks_here_is_an_error_and_not_a_guess() {
    let world = World::new().await;
    for query in [
        "{ nodes(ids: []) { id }",
        "{ repository(owner: \"a\", name: \"b\") { id } }",
        "mutation { x }",
    ] {
        let body = world.post("/graphql", &json!({ "query": query })).await.body;
        assert!(
            body["errors"][0]["message"].is_string() && body.get("data").is_none(),
            "{query}: {body}"
        );
    }
}

#[tokio::test]
async fn a_branch_leads_to_its_pull_request() {
    let world = World::new().await;
    pulls(&world, 3);
    let task = world.github.tasks()[1].json();
    let head = task["artifacts"][0]["data"]["head_ref"]
        .as_str()
        .expect("a branch")
        .to_owned();
    let path = |state: &str| format!("/repos/octocat/hello-world/pulls?head=octocat:{head}&state={state}");
    let found = world.get(&path("all")).await.body;
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&found[0]["number"], &found[0]["id"]),
        (&json!(103), &task["artifacts"][1]["data"]["id"])
    );
    for side in ["head", "base"] {
        let sha = found[0][side]["sha"].as_str().unwrap_or_default();
        assert!(
            sha.len() == 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{side}: {sha:?}"
        );
        assert_eq!(found[0][side]["repo"]["id"], task["repository"]["id"], "{side}");
    }
    let of_another = format!("/repos/octocat/hello-world/pulls?head=monalisa:{head}&state=all");
    assert_eq!(world.get(&of_another).await.body, json!([]));
    let of_nobody = format!("/repos/octocat/hello-world/pulls?head={head}&state=all");
    assert_eq!(world.get(&of_nobody).await.body.as_array().map(Vec::len), Some(3));
    world.github.tasks()[1].apply(&Change::MergePullRequest);
    assert_eq!(world.get(&path("open")).await.body, json!([]));
    assert!(world.get(&path("closed")).await.body[0]["merged_at"].is_string());
}

#[tokio::test]
async fn a_head_ref_counts_only_with_an_open_pull_request() {
    let world = World::new().await;
    pulls(&world, 1);
    let known = world.github.tasks()[0].json()["artifacts"][0]["data"]["head_ref"].clone();
    let start = async |head: &Value| {
        let body =
            json!({ "prompt": "Go on", "head_ref": head, "base_ref": "main", "create_pull_request": true });
        let id = world.post(crate::support::REPO_TASKS, &body).await.body["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        world.github.advance(Duration::from_secs(60));
        world.get(&format!("/agents/tasks/{id}")).await.body
    };
    let continued = start(&known).await;
    assert_eq!(continued["sessions"][0]["head_ref"], known);
    assert_eq!(
        continued["artifacts"][1],
        world.github.tasks()[0].json()["artifacts"][1]
    );
    assert_ne!(
        start(&json!("no-such-branch")).await["sessions"][0]["head_ref"],
        "no-such-branch"
    );
}

#[tokio::test]
async fn what_is_asked_for_twice_is_merged() {
    let world = World::new().await;
    let id = pulls(&world, 1).remove(0);
    let query = format!(
        "{{ node(id: \"{id}\") {{ ...A ... on PullRequest {{ repository {{ owner {{ login }} }} }} }} viewer {{ login }} \
         viewer {{ databaseId }} }} fragment A on PullRequest {{ number repository {{ name owner {{ __typename }} }} }}"
    );
    let body = world.post("/graphql", &json!({ "query": query })).await.body;
    let owner = json!({ "__typename": "User", "login": "octocat" });
    let node = json!({ "number": 102, "repository": { "name": "hello-world", "owner": owner } });
    let viewer = json!({ "login": "octocat", "databaseId": 1 });
    assert_eq!(body, json!({ "data": { "node": node, "viewer": viewer } }));
}

#[tokio::test]
async fn fragments_that_spread_themselves_come_to_an_end() {
    let world = World::new().await;
    let query = "{ ...A } fragment A on Query { ...B ...B ...A ...A __typename } fragment B on Query { ...A ...A ...B }";
    let body = world.post("/graphql", &json!({ "query": query })).await.body;
    assert_eq!(body, json!({ "data": { "__typename": "Query" } }));
}

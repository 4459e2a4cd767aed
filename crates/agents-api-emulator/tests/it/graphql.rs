//! From an artifact to a pull request.

use std::ops::Range;
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
    let response = world
        .post(
            "/graphql",
            &json!({ "query": query, "variables": { "ids": ids } }),
        )
        .await;
    assert_eq!(response.status, 200);
    let second = json!({
        "__typename": "PullRequest",
        "number": 103,
        "state": "OPEN",
        "repository": { "nameWithOwner": "octocat/hello-world", "owner": { "login": "octocat" } },
    });
    assert_eq!(response.body["data"]["found"][1], second);
    assert_eq!(response.body.get("errors"), None);
    assert_eq!(response.header("x-ratelimit-resource"), "graphql");
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

async fn ask(world: &World, query: &str) -> Value {
    let reply = world.post("/graphql", &json!({ "query": query })).await;
    assert_eq!(reply.status, 200, "{query}");
    reply.body
}

#[tokio::test]
async fn a_fragment_applies_to_its_type_alone() {
    let world = World::new().await;
    let id = pulls(&world, 1).remove(0);
    let query = format!(
        "{{ node(id: \"{id}\") {{ ...N ...R ... on Issue {{ title }} ... {{ __typename }} }} }} \
         fragment N on Node {{ id }} fragment R on Repository {{ name }}"
    );
    let body = ask(&world, &query).await;
    assert_eq!(
        body,
        json!({ "data": { "node": { "id": id, "__typename": "PullRequest" } } })
    );
}

#[tokio::test]
async fn directives_decide_what_is_selected() {
    let world = World::new().await;
    let query = "query($yes: Boolean!, $no: Boolean = false) { viewer { \
                 a: login @include(if: $yes) b: login @include(if: $no) c: login @skip(if: $yes) d: login @skip(if: $no) \
                 ... @skip(if: true) { databaseId } ...F @include(if: $no) } } fragment F on User { url }";
    let body = json!({ "query": query, "variables": { "yes": true } });
    let body = world.post("/graphql", &body).await.body;
    assert_eq!(
        body,
        json!({ "data": { "viewer": { "a": "octocat", "d": "octocat" } } })
    );
    let body = ask(&world, "{ viewer { login @include } }").await;
    assert_eq!(
        body["errors"][0]["extensions"]["code"], "missingRequiredArguments",
        "{body}"
    );
    let body = ask(&world, "{ viewer { login @stream } }").await;
    assert_eq!(
        body["errors"][0]["extensions"]["code"], "undefinedDirective",
        "{body}"
    );
}

#[tokio::test]
async fn an_operation_is_chosen_by_its_name() {
    let world = World::new().await;
    let query = "query A { viewer { login } } query B { __typename } mutation C { x }";
    let named = async |name: Value| {
        let body = json!({ "query": query, "operationName": name });
        world.post("/graphql", &body).await.body
    };
    assert_eq!(
        named(json!("B")).await,
        json!({ "data": { "__typename": "Query" } })
    );
    for (name, message) in [
        (Value::Null, "An operation name is required"),
        (json!("D"), "No operation named \"D\""),
        (json!("C"), "Schema is not configured for mutations"),
    ] {
        assert_eq!(named(name).await, json!({ "errors": [{ "message": message }] }));
    }
}

#[tokio::test]
async fn a_mistake_in_a_query_has_github_s_code() {
    let world = World::new().await;
    for (query, code) in [
        ("{ nodes(ids: []) { number } }", "undefinedField"),
        ("{ viewer }", "selectionMismatch"),
        ("{ viewer { login { x } } }", "selectionMismatch"),
        ("{ nodes { id } }", "missingRequiredArguments"),
        ("{ nodes(ids: [], first: 1) { id } }", "argumentNotAccepted"),
        ("{ nodes(ids: $ids) { id } }", "variableNotDefined"),
        ("{ viewer { ...X } }", "useAndDefineFragment"),
        (
            "{ ...A } fragment A on Query { ...B } fragment B on Query { x: viewer { login } ...A }",
            "infiniteLoop",
        ),
        ("{ ...A } fragment A on Query { ...A }", "infiniteLoop"),
    ] {
        let body = ask(&world, query).await;
        assert_eq!(body["errors"][0]["extensions"]["code"], code, "{query}: {body}");
        assert_eq!(body.get("data"), None, "{query}");
    }
}

fn repeated(range: Range<usize>, write: impl Fn(usize) -> String) -> String {
    range.map(write).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn no_query_nests_or_multiplies_without_bound() {
    let world = World::new().await;
    let chain = repeated(0..10_800, |n| format!("fragment F{n} on Query {{...F{}}}", n + 1));
    let chain = format!("{{...F0}} {chain} fragment F10800 on Query {{__typename}}");
    let backwards = repeated(0..10_800, |n| format!("fragment F{} on Query {{...F{n}}}", n + 1));
    let backwards = format!("{{...F1 ...F80 ...F10800}} {backwards} fragment F0 on Query {{__typename}}");
    let doubling = repeated(0..60, |n| {
        format!("fragment F{n} on User {{...F{0} ...F{0}}}", n + 1)
    });
    let doubling = format!("{{viewer{{...F0}}}} {doubling} fragment F60 on User {{login}}");
    let ids = (0..100)
        .map(|n| format!("\"PR_{n}\""))
        .collect::<Vec<_>>()
        .join(",");
    let aliases = |count: usize| {
        let fields = repeated(0..count, |n| format!("a{n}:nodes(ids:$ids){{id}}"));
        format!("query($ids:[ID!]!=[{ids}]){{{fields}}}")
    };
    let deep_field = format!(
        "{{ viewer {{ {} login {} }} }}",
        "... on User {".repeat(500),
        "}".repeat(500)
    );
    let deep_list = format!(
        "{{ nodes(ids: {}1{}) {{ id }} }}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let deep_object = format!(
        "{{ nodes(ids: {}1{}) {{ id }} }}",
        "{a:".repeat(5000),
        "}".repeat(5000)
    );
    for (query, kind, message) in [
        (
            chain,
            "RESOURCE_LIMITS_EXCEEDED",
            "Resource limits for this query exceeded.",
        ),
        (
            backwards,
            "RESOURCE_LIMITS_EXCEEDED",
            "Resource limits for this query exceeded.",
        ),
        (
            doubling,
            "RESOURCE_LIMITS_EXCEEDED",
            "Resource limits for this query exceeded.",
        ),
        (
            aliases(1_000),
            "RESOURCE_LIMITS_EXCEEDED",
            "Resource limits for this query exceeded.",
        ),
        (
            aliases(5_001),
            "MAX_NODE_LIMIT_EXCEEDED",
            "This query requests up to 500,100 possible nodes which exceeds the maximum limit of 500,000.",
        ),
        (deep_field, "", "This query is too large to execute."),
        (deep_list, "", "This query is too large to execute."),
        (deep_object, "", "This query is too large to execute."),
    ] {
        let body = ask(&world, &query).await;
        let error = &body["errors"][0];
        let start: String = query.chars().take(60).collect();
        assert_eq!(error["message"], message, "{start}");
        assert_eq!(error["type"].as_str().unwrap_or_default(), kind, "{start}");
        assert_eq!(body.get("data"), None, "{start}");
    }
    // Long names and large variables are not multiplied either.
    let long = "k".repeat(200_000);
    let keys = repeated(0..3, |n| {
        format!("{long}{n}:nodes(ids:[1,2,3,4,5,6,7,8,9]){{id}}")
    });
    let body = ask(&world, &format!("{{{keys}}}")).await;
    assert_eq!(body["errors"][0]["type"], "RESOURCE_LIMITS_EXCEEDED");
    let fields = repeated(0..2_000, |n| format!("a{n}:node(id:$id){{id}}"));
    let body = json!({ "query": format!("query($id:ID!){{{fields}}}"), "variables": { "id": long } });
    let reply = world.post("/graphql", &body).await;
    assert_eq!(reply.body["errors"].as_array().map(Vec::len), Some(2_000));
    let errors = repeated(0..40, |n| format!("{long:.20000}{n} "));
    let body = ask(&world, &format!("{{{errors}}}")).await.to_string();
    assert!(body.len() < 200_000, "{} bytes of errors", body.len());
    let within = ask(&world, &aliases(400)).await;
    assert_eq!(within["data"]["a399"].as_array().map(Vec::len), Some(100));
}

#[tokio::test]
async fn fields_nest_to_github_s_depth() {
    let world = World::new().await;
    let nested = |depth: usize| {
        let fields = "x: y { ".repeat(depth - 2);
        // Of a type that the emulator lacks nothing is known but its depth.
        format!(
            "{{ node(id: \"a\") {{ ... on Issue {{ {fields} z {} }} }} }}",
            "}".repeat(depth - 2)
        )
    };
    assert_eq!(ask(&world, &nested(25)).await["errors"][0]["type"], "NOT_FOUND");
    assert_eq!(
        ask(&world, &nested(26)).await["errors"][0]["message"],
        "Query has depth of 26, which exceeds max depth of 25"
    );
}

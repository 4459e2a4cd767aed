//! Operations, statuses and headers.
use serde_json::json;

use super::{check, get, list, remove, start};

#[test]
fn operations() {
    check(vec![
        (
            "/paths".to_owned(),
            |v| v["/agents/automations"] = json!({ "get": { "responses": {} } }),
            "additive",
            "operation",
            "operation added",
        ),
        (
            "/paths".to_owned(),
            |v| remove(v, "/agents/tasks"),
            "breaking",
            "operation",
            "operation removed",
        ),
        (
            "/paths".to_owned(),
            |v| {
                v["/agents/all-tasks"] = v["/agents/tasks"].take();
                remove(v, "/agents/tasks");
            },
            "breaking",
            "operation",
            "operation moved from `GET /agents/tasks`",
        ),
        (
            "/paths".to_owned(),
            |v| {
                let mut item = v["/agents/tasks/{task_id}"].take();
                remove(v, "/agents/tasks/{task_id}");
                item["get"]["parameters"][0]["name"] = json!("id");
                v["/agents/tasks/{id}"] = item;
            },
            "additive",
            "path parameter id",
            "renamed from `task_id`; the request stays the same",
        ),
        (
            list("/operationId"),
            |v| *v = json!("tasks/all"),
            "additive",
            "operation",
            "operation id changed from `tasks/list` to `tasks/all`",
        ),
        (
            list(""),
            |v| v["deprecated"] = json!(true),
            "additive",
            "operation",
            "now deprecated",
        ),
        (
            list("/summary"),
            |v| *v = json!("Tasks"),
            "documentation",
            "operation",
            "summary changed",
        ),
        (
            list(""),
            |v| remove(v, "description"),
            "documentation",
            "operation",
            "description removed",
        ),
        (
            "/servers".to_owned(),
            |v| {
                v.as_array_mut()
                    .unwrap()
                    .push(json!({ "url": "https://two.example.com" }));
            },
            "additive",
            "servers",
            "server `https://two.example.com` added (and in 2 more places)",
        ),
        (
            list(""),
            |v| v["security"] = json!([{ "token": [] }]),
            "breaking",
            "authentication",
            "`token ()` listed",
        ),
    ]);
}

#[test]
fn answers() {
    check(vec![
        (
            start("/responses"),
            |v| {
                v["202"] = v["201"].take();
                remove(v, "201");
            },
            "breaking",
            "response 202",
            "success status changed from 201 to 202",
        ),
        (
            start("/responses"),
            |v| v["202"] = json!({ "description": "Later." }),
            "breaking",
            "response 202",
            "success status added",
        ),
        (
            get("/responses"),
            |v| v["304"] = json!({ "description": "As before." }),
            "additive",
            "response 304",
            "status added",
        ),
        (
            get("/responses"),
            |v| v["429"] = json!({ "description": "Too many." }),
            "additive",
            "response 429",
            "error status added",
        ),
        (
            get("/responses"),
            |v| remove(v, "404"),
            "additive",
            "response 404",
            "error status removed",
        ),
        (
            list("/responses/200"),
            |v| remove(v, "headers"),
            "breaking",
            "response 200 header Link",
            "header removed",
        ),
        (
            get("/responses/200"),
            |v| v["headers"] = json!({ "ETag": { "schema": { "type": "string" } } }),
            "additive",
            "response 200 header ETag",
            "header added",
        ),
        (
            get("/responses/200/description"),
            |v| *v = json!("A task."),
            "documentation",
            "response 200",
            "description changed",
        ),
    ]);
}

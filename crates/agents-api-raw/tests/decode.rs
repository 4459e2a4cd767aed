//! What GitHub sends, and what it may send tomorrow, is read without loss.
mod support;

use agents_api_raw::{Error, types};
use serde_json::{Value, json};
use support::Canned;

/// A task with the required fields, and `more`.
fn task(more: &Value) -> Value {
    let mut task = json!({ "id": "t", "state": "queued", "created_at": "2026-01-01T00:00:00Z" });
    task.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    task
}

fn read(value: &Value) -> types::Task {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"))
}

/// The value without `null`s: what is null is absent.
fn dense(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k.clone(), dense(v)))
            .collect(),
        Value::Array(items) => items.iter().map(dense).collect(),
        other => other.clone(),
    }
}

/// A type's round trip: JSON of the shape in, the same JSON out.
fn round_trip<T: serde::de::DeserializeOwned + serde::Serialize>(example: &Value) -> Value {
    let value: T =
        serde_json::from_value(example.clone()).unwrap_or_else(|error| panic!("{example}: {error}"));
    serde_json::to_value(value).unwrap()
}

#[test]
fn every_example_of_the_official_document_survives_unchanged() {
    let read = |name: &str| -> Value {
        let path = format!("{}/../../spec/{name}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let (upstream, spec) = (read("upstream.json"), read("agents-api.json"));
    let mut count = 0;
    for (path, item) in upstream["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let ours = &spec["paths"][path][method];
            let mut places = vec![(&operation["requestBody"], &ours["requestBody"])];
            for (status, response) in operation["responses"].as_object().unwrap() {
                places.push((response, &ours["responses"][status]));
            }
            for (theirs, ours) in places {
                let examples = theirs["content"]["application/json"]["examples"].as_object();
                let schema = &ours["content"]["application/json"]["schema"];
                let schema = schema["$ref"].as_str().unwrap_or_default();
                for example in examples
                    .into_iter()
                    .flatten()
                    .map(|(_, example)| &example["value"])
                {
                    let out = match schema.rsplit('/').next().unwrap() {
                        "Task" => round_trip::<types::Task>(example),
                        "TaskList" => round_trip::<types::TaskList>(example),
                        "StartTask" => round_trip::<types::StartTask>(example),
                        other => panic!("{method} {path} has an example of {other}: add it here"),
                    };
                    assert_eq!(out, dense(example), "{method} {path}");
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 8, "the document has examples, found {count}");
}

#[test]
fn deviations_are_read_and_written_back_unchanged() {
    for value in [
        task(&json!({})),
        task(&json!({ "state": "paused_by_policy" })),
        task(&json!({ "creator_type": "enterprise", "creator": {} })),
        task(&json!({ "artifacts": [], "user_collaborators": [] })),
        task(&json!({ "session_count": i64::MAX, "owner": { "id": i64::MAX } })),
        task(&json!({ "artifacts": [
            { "provider": "github", "type": "pull", "data": { "id": 9_007_199_254_740_993_i64, "global_id": "PR_x" } },
            { "provider": "github", "type": "branch", "data": { "head_ref": "h", "base_ref": "b" } },
        ] })),
        task(&json!({ "artifacts": [
            { "provider": "elsewhere", "type": "github_resource", "data": { "url": "https://x", "n": [1, null] } },
            { "provider": "github", "type": "pull", "data": { "id": 1, "number": 7, "deep": { "a": [true] } } },
            { "provider": "github", "type": "branch", "data": { "head_ref": "h", "base_ref": "b", "sha": "c0ffee" } },
            { "provider": "github", "type": "branch", "data": {} },
            { "provider": "github", "type": "note", "data": "text" },
            { "provider": "github", "type": "note", "data": null },
            { "provider": "github", "type": "note", "data": [1] },
        ] })),
        task(
            &json!({ "sessions": [{ "id": "s", "state": "in_progress", "created_at": "2026-01-01T00:00:00Z",
            "usage": { "type": "ai_credits", "amount": 18_446_744_073_709_551_615_u64 }, "error": {} }] }),
        ),
        task(
            &json!({ "sessions": [{ "id": "s", "state": "failed", "created_at": "2026-01-01T00:00:00Z",
            "usage": { "type": "premium_requests", "amount": 1.5 }, "error": { "message": "out of time" } }] }),
        ),
        task(
            &json!({ "sessions": [{ "id": "s", "state": "idle", "created_at": "2026-01-01T00:00:00Z",
            "usage": { "type": "gpu_seconds", "amount": -0.25 } }] }),
        ),
    ] {
        assert_eq!(serde_json::to_value(read(&value)).unwrap(), value);
    }
}

#[test]
fn null_is_absent_wherever_a_field_may_be_missing() {
    let nothing = read(&task(&json!({})));
    for field in [
        "url",
        "html_url",
        "name",
        "creator",
        "creator_type",
        "user_collaborators",
        "owner",
        "repository",
        "session_count",
        "artifacts",
        "archived_at",
        "updated_at",
        "custom_agent",
        "sessions",
    ] {
        assert_eq!(read(&task(&json!({ field: null }))), nothing, "{field}");
    }
    let session = json!({ "id": "s", "state": "idle", "created_at": "2026-01-01T00:00:00Z" });
    let nothing: types::Session = serde_json::from_value(session.clone()).unwrap();
    for field in [
        "name",
        "user",
        "owner",
        "repository",
        "task_id",
        "updated_at",
        "completed_at",
        "prompt",
        "head_ref",
        "base_ref",
        "model",
        "usage",
        "error",
    ] {
        let mut with_null = session.clone();
        with_null[field] = Value::Null;
        assert_eq!(
            serde_json::from_value::<types::Session>(with_null).unwrap(),
            nothing,
            "{field}"
        );
    }
    let page = json!({ "tasks": [], "total_active_count": null, "total_archived_count": null });
    assert!(serde_json::from_value::<types::TaskList>(page).is_ok());
}

#[test]
fn fields_of_tomorrow_are_kept() {
    let value = task(&json!({ "priority": { "level": 9 }, "sessions": [
        { "id": "s", "state": "queued", "created_at": "2026-01-01T00:00:00Z", "logs_url": "x" },
    ] }));
    let task = read(&value);
    assert_eq!(task.extra["priority"], json!({ "level": 9 }));
    assert_eq!(serde_json::to_value(&task).unwrap(), value);
    assert_eq!(task.sessions.unwrap()[0].extra["logs_url"], "x");
}

#[test]
fn unknown_fields_of_small_shapes_do_no_harm() {
    let task = read(&task(&json!({ "creator": { "id": 1, "login": "octocat" } })));
    assert_eq!(task.creator.unwrap().id, Some(1));
}

#[test]
fn times_are_read_in_any_zone() {
    let task = read(&task(
        &json!({ "updated_at": "2026-01-01T00:00:00.123456+02:00" }),
    ));
    assert_eq!(
        task.updated_at.unwrap().to_rfc3339(),
        "2025-12-31T22:00:00.123456+00:00"
    );
}

#[test]
fn an_unknown_value_keeps_its_text() {
    let state = read(&task(&json!({ "state": "paused" }))).state;
    assert_eq!(state, types::TaskState::Unknown("paused".to_owned()));
    assert_eq!(
        (state.as_str(), state.to_string().as_str(), state.is_known()),
        ("paused", "paused", false)
    );
    assert!(types::TaskState::KNOWN.iter().all(types::TaskState::is_known));
    assert_eq!(types::TaskState::from("timed_out"), types::TaskState::TimedOut);
}

#[test]
fn each_artifact_shape_is_its_own_variant() {
    let data = |value: Value| serde_json::from_value::<types::ArtifactData>(value).unwrap();
    assert!(matches!(data(json!({ "id": 1 })), types::ArtifactData::GitHubResource(pull) if pull.id == 1));
    let branch = json!({ "head_ref": "h", "base_ref": "b" });
    assert!(matches!(data(branch), types::ArtifactData::BranchRef(branch) if branch.head_ref == "h"));
    assert!(
        matches!(data(json!({ "head_ref": "h" })), types::ArtifactData::Other(value) if value["head_ref"] == "h")
    );
}

#[test]
fn an_artifact_is_the_first_shape_whose_fields_fit() {
    use types::ArtifactData::{BranchRef, GitHubResource, Other};
    for (text, shape, extra) in [
        (r#"{"global_id": "g", "id": 1}"#, "resource", json!({})),
        (r#"{"global_id": null, "id": 1}"#, "resource", json!({})),
        (
            r#"{"i\u0064": 1, "x": 1, "a": {"b": [null]}, "x": 2}"#,
            "resource",
            json!({ "x": 2, "a": { "b": [null] } }),
        ),
        (
            r#"{"base_ref": "b", "id": 1, "head_ref": null}"#,
            "resource",
            json!({ "base_ref": "b", "head_ref": null }),
        ),
        (
            r#"{"base_ref": "b", "head_ref": "h", "base_ref": "c", "id": 1}"#,
            "resource",
            json!({ "base_ref": "c", "head_ref": "h" }),
        ),
        (
            r#"{"base_ref": "b", "x": true, "head_ref": "h"}"#,
            "branch",
            json!({ "x": true }),
        ),
        (
            r#"{"head_ref": "h\n", "id": null, "base_ref": "\u00e9"}"#,
            "branch",
            json!({ "id": null }),
        ),
        (
            r#"{"id": "1", "head_ref": "h", "base_ref": "b"}"#,
            "branch",
            json!({ "id": "1" }),
        ),
        (
            r#"{"id": 1, "id": 2, "head_ref": "h", "base_ref": "b"}"#,
            "branch",
            json!({ "id": 2 }),
        ),
        (
            r#"{"id": 1, "global_id": 2, "head_ref": "h", "base_ref": "b"}"#,
            "branch",
            json!({ "id": 1, "global_id": 2 }),
        ),
        (r#"{"id": 1, "id": 1}"#, "other", json!({ "id": 1 })),
        (r#"{"id": 1.0}"#, "other", json!({ "id": 1.0 })),
        (
            r#"{"id": 9223372036854775808}"#,
            "other",
            json!({ "id": 9_223_372_036_854_775_808_u64 }),
        ),
        (
            r#"{"id": {"id": 1}, "x": []}"#,
            "other",
            json!({ "id": { "id": 1 }, "x": [] }),
        ),
        (
            r#"{"base_ref": null, "head_ref": "h"}"#,
            "other",
            json!({ "base_ref": null, "head_ref": "h" }),
        ),
        (r#"[{"id": 1}]"#, "other", json!([{ "id": 1 }])),
        (r#""id""#, "other", json!("id")),
        ("1", "other", json!(1)),
        ("false", "other", json!(false)),
        ("null", "other", Value::Null),
    ] {
        let read = |data| match data {
            GitHubResource(data) => ("resource", Value::Object(data.extra)),
            BranchRef(data) => ("branch", Value::Object(data.extra)),
            Other(value) => ("other", value),
            data => panic!("{data:?}"),
        };
        let expected = (shape, extra);
        assert_eq!(read(serde_json::from_str(text).unwrap()), expected, "{text}");
        let from_reader = serde_json::from_reader(text.as_bytes()).unwrap();
        assert_eq!(read(from_reader), expected, "{text}");
    }
}

#[test]
fn what_is_no_json_is_no_artifact() {
    let deep = format!("{{\"id\": {}{}}}", "[".repeat(200), "]".repeat(200));
    let deep_rest = format!("{{\"x\": {}{}}}", "[".repeat(200), "]".repeat(200));
    for (text, message) in [
        (deep.as_str(), "recursion limit exceeded"),
        (deep_rest.as_str(), "recursion limit exceeded"),
        (r#"{"id": 1"#, "EOF while parsing an object"),
        (r#"{"id": 1,}"#, "trailing comma"),
        (r#"{"id": tru}"#, "expected ident"),
        (r"{id: 1}", "key must be a string"),
    ] {
        let error = serde_json::from_str::<types::ArtifactData>(text).unwrap_err();
        assert!(error.to_string().starts_with(message), "{text}: {error}");
    }
}

#[tokio::test]
async fn a_number_of_400_digits_in_an_unknown_field_does_not_lose_the_task() {
    let digits = "9".repeat(400);
    let body =
        format!(r#"{{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z","size":{digits}}}"#);
    let task = Canned::new(200, &body)
        .client()
        .get_task()
        .task_id("t")
        .send()
        .await
        .unwrap();
    assert_eq!(task.extra["size"], Value::String(digits));
    assert_eq!(task.body(), body.as_bytes());
}

#[tokio::test]
async fn the_body_keeps_what_the_value_does_not() {
    let body = r#"{ "id":"t", "name":null, "creator":{"id":1,"login":"octocat"}, "state":"queued",
        "created_at":"2026-01-01T02:00:00.5000+02:00", "x": 1.00000000000000000001 }"#;
    let task = Canned::new(200, body)
        .client()
        .get_task()
        .task_id("t")
        .send()
        .await
        .unwrap();
    assert_eq!(task.created_at.to_rfc3339(), "2026-01-01T00:00:00.500+00:00");
    assert_eq!(task.body(), body.as_bytes());
}

#[tokio::test]
async fn only_a_truncated_body_is_worth_another_request() {
    let deep = format!(r#"{{"id":{}"#, "[".repeat(200));
    let many = format!(r#"{{"x":[0{}]}}"#, ",0".repeat(300_000));
    for (body, truncated) in [
        (&b"{\"id\":\"t\""[..], true),
        (b"", true),
        (b"\xef\xbb\xbf{}", false),
        (br#"{"id":NaN}"#, false),
        (b"{\"id\":\"\xff\"}", false),
        (deep.as_bytes(), false),
        (many.as_bytes(), false),
        (br#"{"id":1}"#, false),
    ] {
        let error = Canned::new(200, body)
            .client()
            .get_task()
            .task_id("t")
            .send()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{error:?}");
        assert_eq!(error.is_truncated(), truncated, "{error:?}");
    }
}

#[tokio::test]
async fn a_missing_required_field_is_a_typed_error_that_keeps_the_response() {
    let path = format!("{}/../../spec/agents-api.json", env!("CARGO_MANIFEST_DIR"));
    let spec: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema = &spec["components"]["schemas"]["Task"];
    let required = schema["required"].as_array().unwrap().iter();
    let required = required.map(|name| name.as_str().unwrap());
    for field in required.filter(|name| schema["properties"][name]["nullable"] != true) {
        let mut value = task(&json!({ "name": "n" }));
        assert!(
            value.as_object_mut().unwrap().remove(field).is_some(),
            "`task` lacks {field}"
        );
        let github = Canned::new(200, value.to_string()).header("x-github-request-id", "AB:1");
        let error = github.client().get_task().task_id("t").send().await.unwrap_err();
        let Error::Decode { response, source } = &error else {
            panic!("{error:?}")
        };
        assert!(source.to_string().contains(field), "{source}");
        assert_eq!(response.json::<Value>().unwrap(), value);
        assert_eq!(
            (response.status().as_u16(), response.request_id()),
            (200, Some("AB:1"))
        );
    }
}

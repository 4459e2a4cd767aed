//! Generation is deterministic, follows the spec, and says what it cannot handle.
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

fn spec() -> Value {
    serde_json::from_str(&std::fs::read_to_string(xtask::paths::resolved()).unwrap()).unwrap()
}

fn sources(spec: &Value) -> BTreeMap<String, String> {
    xtask::generate::sources(spec).unwrap()
}

fn fails(spec: &Value) -> String {
    format!("{:#}", xtask::generate::sources(spec).unwrap_err())
}

/// Compares without printing the sources.
fn assert_same(left: &BTreeMap<String, String>, right: &BTreeMap<String, String>) {
    assert!(
        left.keys().eq(right.keys()),
        "{:?} and {:?}",
        left.keys(),
        right.keys()
    );
    for (name, text) in left {
        let differs = text
            .lines()
            .zip(right[name].lines())
            .find(|(left, right)| left != right);
        assert_eq!(differs, None, "{name}");
        assert_eq!(text.len(), right[name].len(), "{name}");
    }
}

#[test]
fn the_committed_sources_are_what_the_spec_yields_every_time() {
    let first = sources(&spec());
    assert_same(&first, &sources(&spec()));
    assert_same(
        &first,
        &xtask::generate::committed(&xtask::paths::generated()).unwrap(),
    );
}

#[test]
fn what_is_added_to_the_spec_is_in_the_crate() {
    let mut spec = spec();
    let schemas = &mut spec["components"]["schemas"];
    schemas["Task"]["properties"]["limits"] = json!({ "type": "object", "description": "Limits by name.",
        "additionalProperties": { "type": "integer", "format": "int64" } });
    schemas["Task"]["properties"]["priority"] =
        json!({ "type": "integer", "format": "int32", "description": "Urgency." });
    schemas["TaskState"]["enum"]
        .as_array_mut()
        .unwrap()
        .push(json!("paused_by_policy"));
    schemas["TaskState"]["x-enum-descriptions"]["paused_by_policy"] = json!("Stopped by a policy.");
    let get = spec["paths"]["/agents/tasks/{task_id}"]["get"].clone();
    // A name that GitHub will not give to an operation.
    let mut added = get;
    added["operationId"] = json!("added_by_this_test");
    added["parameters"].as_array_mut().unwrap().push(
        json!({ "name": "type", "in": "query", "required": true, "description": "Why.", "schema": { "type": "string" } }),
    );
    added["responses"]["200"] = json!(null);
    added["responses"].as_object_mut().unwrap().remove("200");
    added["responses"]["204"] = json!({ "description": "Done." });
    spec["paths"]["/agents/tasks/{task_id}"]["delete"] = added;

    let sources = sources(&spec);
    for (file, text) in [
        ("types.rs", "    /// Urgency.\n"),
        ("types.rs", "    pub priority: Option<i64>,"),
        (
            "types.rs",
            "    pub limits: Option<::std::collections::BTreeMap<String, i64>>,",
        ),
        (
            "types.rs",
            "    /// `paused_by_policy`: Stopped by a policy.\n    PausedByPolicy,",
        ),
        (
            "mod.rs",
            "pub fn added_by_this_test(&self) -> builder::AddedByThisTest<'_>",
        ),
        ("builder.rs", "call.query(\"type\", type_.map(Some))?;"),
        (
            "builder.rs",
            "pub async fn send(self) -> Result<ResponseValue<()>, Error>",
        ),
        ("builder.rs", "call.send(&[204]).await"),
    ] {
        assert!(sources[file].contains(text), "{file} lacks {text:?}");
    }
}

#[test]
fn defaults_are_left_to_github() {
    let mut spec = spec();
    let without = sources(&spec);
    spec["components"]["schemas"]["StartTask"]["properties"]["create_pull_request"]["default"] = json!(true);
    assert_same(&sources(&spec), &without);
}

#[test]
fn a_second_error_shape_is_generated_as_a_type() {
    let mut spec = spec();
    spec["components"]["schemas"]["PolicyError"] = json!({ "type": "object", "description": "A policy forbids it.",
        "properties": { "policy": { "type": "string", "description": "Which." } } });
    spec["paths"]["/agents/tasks"]["get"]["responses"]["409"] = json!({ "description": "Forbidden by a policy.",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/PolicyError" } } } });
    let sources = sources(&spec);
    assert!(sources["types.rs"].contains("pub struct PolicyError"));
    assert!(sources["builder.rs"].contains("/// - 409: Forbidden by a policy."));
}

#[test]
fn a_panic_in_the_generator_names_the_operation() {
    let mut spec = spec();
    let list = spec["paths"]["/agents/tasks"]["get"]["responses"]["200"].clone();
    spec["paths"]["/agents/tasks/{task_id}"]["get"]["responses"]["202"] = list;
    let message = fails(&spec);
    assert!(
        message.contains("get_task (GET /agents/tasks/{task_id})"),
        "{message}"
    );
}

#[test]
fn a_schema_the_generator_cannot_handle_is_named() {
    let mut spec = spec();
    spec["components"]["schemas"]["Odd"] =
        json!({ "description": "x", "not": { "type": "object", "not": {} } });
    let message = fails(&spec);
    assert!(message.contains("#/components/schemas/Odd"), "{message}");
}

#[test]
fn an_undocumented_enum_value_is_refused() {
    let mut spec = spec();
    spec["components"]["schemas"]["TaskState"]["enum"]
        .as_array_mut()
        .unwrap()
        .push(json!("paused"));
    let message = fails(&spec);
    assert!(
        message.contains("TaskState") && message.contains("\"paused\""),
        "{message}"
    );
}

#[test]
fn a_value_called_unknown_gives_way() {
    let mut spec = spec();
    spec["components"]["schemas"]["UsageType"]["enum"]
        .as_array_mut()
        .unwrap()
        .push(json!("unknown"));
    spec["components"]["schemas"]["UsageType"]["x-enum-descriptions"]["unknown"] = json!("Not said.");
    assert!(sources(&spec)["types.rs"].contains("UnknownValue,"));
}

#[test]
fn values_that_make_one_name_are_refused() {
    let mut spec = spec();
    spec["components"]["schemas"]["UsageType"]["enum"]
        .as_array_mut()
        .unwrap()
        .push(json!("ai-credits"));
    spec["components"]["schemas"]["UsageType"]["x-enum-descriptions"]["ai-credits"] = json!("The same?");
    let message = fails(&spec);
    assert!(message.contains("\"ai_credits\" and \"ai-credits\""), "{message}");
}

/// Type-checks the raw crate with other generated sources.
fn assert_compiles(name: &str, sources: &BTreeMap<String, String>) {
    let root = xtask::paths::root();
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&scratch);
    let copy = |from: &str| {
        let to = scratch.join(from);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(root.join(from), to).unwrap();
    };
    for file in ["Cargo.toml", "README.md", "src/lib.rs"] {
        copy(&format!("crates/agents-api-raw/{file}"));
    }
    copy("Cargo.lock");
    for entry in std::fs::read_dir(root.join("crates/agents-api-raw/src/runtime")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        copy(&format!("crates/agents-api-raw/src/runtime/{file}"));
    }
    for (file, text) in sources {
        let to = scratch.join("crates/agents-api-raw/src/generated").join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, text).unwrap();
    }
    let workspace = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (_, shared) = workspace.split_once("[workspace.package]").unwrap();
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/agents-api-raw\"]\n[workspace.package]{shared}"
    );
    std::fs::write(scratch.join("Cargo.toml"), manifest).unwrap();
    let output = Command::new(env!("CARGO"))
        .args([
            "check",
            "--offline",
            "--quiet",
            "--no-default-features",
            "--features",
            "schemars",
        ])
        .current_dir(&scratch)
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated"),
        )
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Automations in the form that GitHub announced: keyed triggers, `PATCH` with nullable fields, deletes without content,
/// identifiers of several types.
fn automations() -> Value {
    let event = |name: &str| json!({ "type": "string", "description": "An event.", "enum": [name], "x-enum-descriptions": { name: "It." } });
    let trigger = |event: &str, key: &str| {
        json!({ "type": "object", "description": "A trigger.", "required": ["event", key], "properties": {
            "event": { "$ref": format!("#/components/schemas/{event}Event") }, key: { "type": "string", "description": "More." } } })
    };
    let path = |name: &str, schema: Value| json!({ "name": name, "in": "path", "required": true, "description": "Which.", "schema": schema });
    let (integer, boolean) = (
        json!({ "type": "integer", "minimum": 1 }),
        json!({ "type": "boolean" }),
    );
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    let text = json!({ "type": "string", "nullable": true, "description": "Some text." });
    let at = json!({ "type": "string", "format": "date-time", "nullable": true, "description": "When." });
    json!({
        "openapi": "3.0.3", "info": { "title": "t", "version": "2026-03-10" },
        "paths": { "/agents/automations/{id}/{enabled}/{kind}": {
            "patch": { "operationId": "edit", "summary": "Edits.",
                "parameters": [path("id", integer), path("enabled", boolean), path("kind", reference("Kind"))],
                "requestBody": { "required": true, "description": "Changes.", "content": content(reference("Edit")) },
                "responses": { "200": { "description": "Done.", "content": content(reference("Automation")) } } },
            "delete": { "operationId": "remove", "summary": "Removes.",
                "parameters": [path("id", json!({ "type": "integer" })), path("enabled", json!({ "type": "boolean" })), path("kind", reference("Kind"))],
                "responses": { "204": { "description": "Gone." } } } } },
        "components": { "schemas": {
            "Kind": { "type": "string", "description": "A kind.", "enum": ["+1", "-1", "", "2fa", "all"],
                "x-enum-descriptions": { "+1": "a", "-1": "b", "": "c", "2fa": "d", "all": "e" } },
            "PushEvent": event("push"), "ScheduleEvent": event("schedule"), "IssueEvent": event("issue"),
            "Push": trigger("Push", "branch"), "Schedule": trigger("Schedule", "cron"), "Issue": trigger("Issue", "branch"),
            "Trigger": { "description": "One of them.", "oneOf": [reference("Push"), reference("Schedule"), reference("Issue")] },
            "Automation": { "type": "object", "description": "An automation.", "required": ["id", "since"], "properties": {
                "id": { "type": "integer", "format": "int64", "description": "Its id." },
                "since": at, "at": at, "trigger": reference("Trigger") } },
            "Edit": { "type": "object", "description": "Changes.", "required": ["name"], "properties": {
                "name": { "type": "string", "description": "The name." }, "prompt": text, "until": at,
                "labels": { "type": "array", "nullable": true, "description": "Labels.", "items": { "type": "string" } },
                "trigger": reference("Trigger") } } } }
    })
}

#[test]
fn operations_like_those_announced_compile() {
    let sources = sources(&automations());
    for (file, text) in [
        ("builder.rs", "id: Result<u64, String>,"),
        ("builder.rs", "enabled: Result<bool, String>,"),
        ("builder.rs", "call.path(\"id\", id)?;"),
        ("types.rs", "pub prompt: Option<crate::Nullable<String>>,"),
        ("types.rs", "pub labels: Option<crate::Nullable<Vec<String>>>,"),
        (
            "types.rs",
            "    pub at: Option<::chrono::DateTime<::chrono::offset::Utc>>,",
        ),
        ("types/builder.rs", "T: TryInto<crate::Nullable<String>>,"),
        (
            "types.rs",
            "value.variant(&[\"branch\", \"event\"], &[(\"event\", &[\"push\"])])",
        ),
        (
            "types.rs",
            "value.variant(&[\"branch\", \"event\"], &[(\"event\", &[\"issue\"])])",
        ),
        ("types.rs", "    Plus1,"),
    ] {
        assert!(sources[file].contains(text), "{file} lacks {text:?}");
    }
    assert_compiles("automations", &sources);
}

#[test]
fn operations_without_types_compile() {
    let mut spec = automations();
    let paths = spec["paths"].as_object_mut().unwrap();
    paths["/agents/automations/{id}/{enabled}/{kind}"]
        .as_object_mut()
        .unwrap()
        .remove("patch");
    let parameters = &mut paths["/agents/automations/{id}/{enabled}/{kind}"]["delete"]["parameters"];
    parameters[2]["schema"] = json!({ "type": "string" });
    spec["components"]["schemas"] = json!({});
    assert_compiles("no-types", &sources(&spec));
}

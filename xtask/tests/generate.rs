//! Generation is deterministic, follows the spec, and says what it cannot handle.
use std::collections::BTreeMap;

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

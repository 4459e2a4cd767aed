//! What a maintainer reads when GitHub changes the description.
use serde_json::json;

use super::support::{BODY, LIST, START, Workspace, at, each_with, list_item, upstream};

#[test]
fn a_new_field_and_a_new_value() {
    let mut input = upstream();
    at(&mut input, &list_item())["properties"]["priority"] =
        json!({"type": "integer", "format": "int32", "description": "GitHub's own words."});
    each_with(&mut input, &["enum"], &mut |schema| {
        if schema["enum"][0] == "ai_credits" {
            schema["enum"].as_array_mut().unwrap().push(json!("tokens"));
        }
    });
    insta::assert_snapshot!(Workspace::new().import_value(&input).stderr);
}

#[test]
fn a_new_object_and_a_changed_copy() {
    let mut input = upstream();
    at(&mut input, &list_item())["properties"]["billing_plan"] =
        json!({"type": "object", "properties": {"seats": {"type": "integer"}}});
    at(&mut input, &format!("{START}/responses/422/{BODY}/properties"))["request_id"] =
        json!({"type": "string"});
    insta::assert_snapshot!(Workspace::new().import_value(&input).stderr);
}

#[test]
fn a_new_operation() {
    let mut input = upstream();
    at(&mut input, "/paths")["/agents/tasks/{task_id}/cancel"] = json!({"post": {
        "operationId": "agent-tasks/cancel-task",
        "parameters": [{"name": "task_id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {"204": {"description": ""}}
    }});
    insta::assert_snapshot!(Workspace::new().import_value(&input).stderr);
}

#[test]
fn traps_of_the_generator() {
    let mut input = upstream();
    at(&mut input, &format!("{LIST}/parameters/0"))["explode"] = json!(false);
    at(
        &mut input,
        &format!("{START}/requestBody/{BODY}/properties/model"),
    )["maxLength"] = json!(100);
    insta::assert_snapshot!(Workspace::new().import_value(&input).stderr);
}

#[test]
fn a_hand_edit() {
    let workspace = Workspace::new();
    workspace.write(
        "agents-api.json",
        workspace
            .read("agents-api.json")
            .replace("\"start_task\"", "\"begin_task\""),
    );
    insta::assert_snapshot!(workspace.import(&["--check"]).stderr);
}

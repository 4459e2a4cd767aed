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

/// The start of a task, once more at the path of the user's list: what is said of every response there takes it in.
fn a_start_without_a_repository() -> serde_json::Value {
    let mut input = upstream();
    let mut start = at(&mut input, START).clone();
    start["operationId"] = json!("agent-tasks/create-task");
    start.as_object_mut().unwrap().remove("parameters");
    at(&mut input, "/paths/~1agents~1tasks")["post"] = start;
    input
}

#[test]
fn old_actions_that_match_new_places_are_reported() {
    let workspace = Workspace::new();
    let input = a_start_without_a_repository();
    let outcome = workspace.import_value(&input);
    let said =
        "Old overlay actions matched new places; check that each means them too, or narrow its target:\n";
    let place = "\n    $.paths['/agents/tasks'].post.responses['401']\n";
    let body =
        "- StartTask\n    $.paths['/agents/tasks'].post.requestBody.content['application/json'].schema\n";
    let equal = "New places took the name of an equal shape; if one is another thing, name it with x-name:\n";
    outcome.failed_with(&[said, place, equal, body]);
    workspace.append(&outcome);
    let outcome = workspace.import(&["input.json"]);
    outcome.succeeded();
    assert!(outcome.stdout.contains(said), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("$.components"), "{}", outcome.stdout);
    let outcome = workspace.import(&[]);
    outcome.succeeded();
    assert_eq!(outcome.stdout, "no changes\n", "it is said once");
}

//! The report as people and programs read it.
use serde_json::{Value, json};
use xtask::compare::{Format, Report, compare};

use crate::fixture::{GET, LIST, PROMPT, START, TASK, at, inlined};

/// A release of the preview API as they come: something new, something gone, something reworded.
fn release() -> Report {
    let mut new = inlined();
    for task in [
        TASK.to_owned(),
        format!("{START}/responses/201/content/application~1json/schema"),
        format!("{LIST}/responses/200/content/application~1json/schema/properties/tasks/items"),
    ] {
        let state = at(&mut new, &format!("{task}/properties/state/enum"));
        *state = json!(["queued", "completed", "paused"]);
        at(&mut new, &format!("{task}/properties/session_count"))["format"] = json!("int64");
        at(&mut new, &format!("{task}/properties"))["agent"] =
            json!({ "type": "object", "properties": { "id": {} } });
        at(&mut new, &format!("{task}/properties/id"))["description"] = json!("Identifies the task.");
    }
    for (operation, status) in [
        (LIST, 400),
        (LIST, 401),
        (LIST, 403),
        (LIST, 422),
        (GET, 404),
        (START, 422),
    ] {
        let fields = format!("{operation}/responses/{status}/content/application~1json/schema/properties");
        at(&mut new, &fields)["hint|`now`"] = json!({ "type": "string" });
    }
    at(&mut new, PROMPT)["required"] = json!(["prompt", "model"]);
    at(&mut new, &format!("{LIST}/parameters/0/schema"))["maximum"] = json!(50);
    at(&mut new, GET)["summary"] = json!("Show a task");
    new["paths"]["/agents/automations"] = json!({ "get": { "responses": {} } });
    compare(&inlined(), &new).unwrap()
}

#[test]
fn text() {
    insta::assert_snapshot!(release().render(Format::Text));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(release().render(Format::Markdown));
}

#[test]
fn json_form() {
    insta::assert_snapshot!(release().render(Format::Json));
}

#[test]
fn json_has_the_four_keys_and_the_places() {
    let value: Value = serde_json::from_str(&release().render(Format::Json)).unwrap();
    for change in value["changes"].as_array().unwrap() {
        let mut keys: Vec<&String> = change.as_object().unwrap().keys().collect();
        keys.sort_unstable();
        assert_eq!(keys, ["class", "location", "message", "operation", "places"]);
    }
}

#[test]
fn nothing_to_report() {
    let report = compare(&inlined(), &inlined()).unwrap();
    assert_eq!(report.render(Format::Text), "no changes\n");
    assert_eq!(report.render(Format::Markdown), "No changes.\n");
    let json: Value = serde_json::from_str(&report.render(Format::Json)).unwrap();
    assert_eq!(json, json!({ "changes": [] }));
}

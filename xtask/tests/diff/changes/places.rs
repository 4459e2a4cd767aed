//! What is one finding and what are two.
use serde_json::json;
use xtask::compare::compare;

use super::{get, only, prompt, task};
use crate::fixture::{GET, LIST, START, at, inlined};

#[test]
fn a_schema_used_in_both_directions_is_judged_in_each() {
    let both = |limit: u64| {
        let mut description = inlined();
        description["components"] =
            json!({ "schemas": { "Name": { "type": "string", "maxLength": limit } } });
        let name = json!({ "$ref": "#/components/schemas/Name" });
        *at(&mut description, &task("/properties/name")) = name.clone();
        *at(&mut description, &prompt("/properties/model")) = name;
        description
    };
    let report = compare(&both(10), &both(5)).unwrap();
    let seen: Vec<(&str, &str)> = report
        .changes
        .iter()
        .map(|change| (change.class.as_str(), change.location.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("breaking", "request body model"),
            ("additive", "response 200 body name")
        ]
    );
}

#[test]
fn a_change_in_every_copy_is_one_finding_with_all_its_places() {
    let mut new = inlined();
    for (operation, status) in [
        (LIST, 400),
        (LIST, 401),
        (LIST, 403),
        (LIST, 422),
        (GET, 404),
        (START, 422),
    ] {
        let fields = format!("{operation}/responses/{status}/content/application~1json/schema/properties");
        at(&mut new, &fields)["hint"] = json!({ "type": "string" });
    }
    let change = only(&new);
    assert_eq!(
        change.message,
        "optional field `hint` added (string) (and in 5 more places)"
    );
    assert_eq!(change.operation, "GET /agents/tasks");
    assert_eq!(change.location, "response 400 body hint");
    assert_eq!(change.places.len(), 6);
    assert_eq!(change.places[4].operation, "GET /agents/tasks/{task_id}");
}

#[test]
fn fields_of_one_name_and_different_shape_are_two_findings() {
    let mut new = inlined();
    let sessions =
        get("/responses/200/content/application~1json/schema/allOf/1/properties/sessions/items/properties");
    at(&mut new, &task("/properties"))["extra"] = json!({ "type": "object", "properties": { "a": {} } });
    at(&mut new, &sessions)["extra"] = json!({ "type": "object", "properties": { "b": {} } });
    assert_eq!(compare(&inlined(), &new).unwrap().changes.len(), 2);
}

#[test]
fn words_of_a_type_are_one_finding_whatever_fields_have_it() {
    let described = |text: &str| {
        let mut description = inlined();
        description["components"] =
            json!({ "schemas": { "Name": { "type": "string", "description": text } } });
        for field in ["name", "id"] {
            let wrapped = json!({ "description": field, "allOf": [{ "$ref": "#/components/schemas/Name" }] });
            *at(&mut description, &task(&format!("/properties/{field}"))) = wrapped;
        }
        description
    };
    let report = compare(&described("A name."), &described("Any name.")).unwrap();
    assert_eq!(report.changes.len(), 1);
    assert_eq!(report.changes[0].location, "response 200 body id");
    assert_eq!(
        report.changes[0].message,
        "description of the type changed (and in 1 more place)"
    );
}

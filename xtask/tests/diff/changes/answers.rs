//! Fields of answers.
use serde_json::{Value, json};
use xtask::compare::compare;

use super::{check, get, remove, task};
use crate::fixture::{at, edited, inlined};

#[test]
fn fields_of_answers() {
    let state = "response 200 body state";
    check(vec![
        (
            task("/properties"),
            |v| remove(v, "name"),
            "breaking",
            "response 200 body name",
            "field `name` removed",
        ),
        (
            task("/properties"),
            |v| v["agent"] = json!({ "type": "string" }),
            "additive",
            "response 200 body agent",
            "optional field `agent` added (string)",
        ),
        (
            task("/properties/name"),
            |v| v["nullable"] = json!(true),
            "breaking",
            "response 200 body name",
            "now nullable",
        ),
        (
            task("/properties/archived_at"),
            |v| remove(v, "nullable"),
            "additive",
            "response 200 body archived_at",
            "no longer nullable",
        ),
        (
            task("/required"),
            |v| *v = json!(["id"]),
            "breaking",
            state,
            "no longer required",
        ),
        (
            task("/required"),
            |v| *v = json!(["id", "state", "name"]),
            "additive",
            "response 200 body name",
            "now required",
        ),
        (
            task("/properties/session_count/format"),
            |v| *v = json!("int64"),
            "breaking",
            "response 200 body session_count",
            "type changed from integer (int32) to integer (int64)",
        ),
        (
            task("/properties/name/type"),
            |v| *v = json!("integer"),
            "breaking",
            "response 200 body name",
            "type changed from string to integer",
        ),
        (
            task("/properties/state/enum"),
            |v| *v = json!(["queued", "completed", "idle", "paused"]),
            "additive",
            state,
            "enum value `paused` added",
        ),
        (
            task("/properties/state/enum"),
            |v| *v = json!(["queued", "completed"]),
            "breaking",
            state,
            "enum value `idle` removed",
        ),
        (
            task("/properties/state"),
            |v| remove(v, "enum"),
            "breaking",
            state,
            "no longer limited to an enum of `completed`, `idle`, `queued`",
        ),
        (
            task("/properties/name"),
            |v| v["enum"] = json!(["a"]),
            "additive",
            "response 200 body name",
            "limited to an enum of `a`",
        ),
        (
            task("/properties/state"),
            |v| v["deprecated"] = json!(true),
            "additive",
            state,
            "now deprecated",
        ),
        (
            task("/properties/name"),
            |v| v["default"] = json!("x"),
            "additive",
            "response 200 body name",
            "default set to `\"x\"`",
        ),
        (
            task("/properties/name"),
            |v| v["minLength"] = json!(1),
            "additive",
            "response 200 body name",
            "`minLength` set to 1",
        ),
        (
            task("/properties/artifacts/items/properties/type"),
            |v| v["type"] = json!("integer"),
            "breaking",
            "response 200 body artifacts[].type",
            "type changed from string to integer",
        ),
        (
            task(""),
            |v| v["additionalProperties"] = json!({ "type": "string" }),
            "additive",
            "response 200 body",
            "fields not listed are limited to string",
        ),
        (
            task("/properties/id/description"),
            |v| *v = json!("Identifies the task."),
            "documentation",
            "response 200 body id",
            "description changed",
        ),
        (
            task("/properties/id"),
            |v| remove(v, "description"),
            "documentation",
            "response 200 body id",
            "description removed",
        ),
    ]);
}

#[test]
fn limits_of_answers_break_when_they_loosen() {
    let amount = get(
        "/responses/200/content/application~1json/schema/allOf/1/properties/sessions/items/properties/usage/properties/amount",
    );
    let location = "response 200 body sessions[].usage.amount";
    check(vec![
        (
            amount.clone(),
            |v| remove(v, "minimum"),
            "breaking",
            location,
            "`minimum` 0 removed",
        ),
        (
            amount.clone(),
            |v| v["minimum"] = json!(1),
            "additive",
            location,
            "`minimum` changed from 0 to 1",
        ),
        (
            amount,
            |v| v["exclusiveMinimum"] = json!(true),
            "additive",
            location,
            "`minimum` changed from 0 to 0 (exclusive)",
        ),
    ]);
}

#[test]
fn maps_are_judged_by_their_values() {
    let of = |values: Value| {
        edited(&task("/properties"), |fields| {
            fields["labels"] = json!({ "type": "object", "additionalProperties": values });
        })
    };
    let report = compare(
        &of(json!({ "type": "string" })),
        &of(json!({ "type": "integer" })),
    )
    .unwrap();
    assert_eq!(report.changes.len(), 1);
    assert_eq!(report.changes[0].class.as_str(), "breaking");
    assert_eq!(report.changes[0].location, "response 200 body labels{}");
    assert_eq!(compare(&of(json!(true)), &of(json!({}))).unwrap().changes, []);
}

#[test]
fn meanings_of_enum_values_are_documentation() {
    let own = |text: &str| {
        edited(&task("/properties/state"), |state| {
            state["x-enum-descriptions"] = json!({ "idle": text });
        })
    };
    let report = compare(&own("It waits."), &own("It waits for somebody.")).unwrap();
    assert_eq!(report.changes.len(), 1);
    assert_eq!(report.changes[0].class.as_str(), "documentation");
    assert_eq!(report.changes[0].message, "description of `idle` changed");
}

#[test]
fn a_nullable_beside_a_reference_is_seen() {
    let with = |wrapped: Value| {
        let mut description = inlined();
        description["components"] = json!({ "schemas": { "Name": { "type": "string" } } });
        *at(&mut description, &task("/properties/name")) = wrapped;
        description
    };
    let plain = with(json!({ "$ref": "#/components/schemas/Name" }));
    for wrapped in [
        json!({ "$ref": "#/components/schemas/Name", "nullable": true }),
        json!({ "allOf": [{ "$ref": "#/components/schemas/Name" }], "nullable": true }),
    ] {
        let report = compare(&plain, &with(wrapped)).unwrap();
        assert_eq!(report.changes.len(), 1);
        assert_eq!(report.changes[0].message, "now nullable");
    }
}

//! Documents that cannot be compared are refused with the place and the reason, and nothing makes it hang.
use serde_json::{Value, json};
use xtask::compare::{Which, compare};

use crate::fixture::{GET, LIST, TASK, edited, inlined};

fn refused(new: &Value, pointer: &str, problem: &str) {
    let error = compare(&inlined(), new).unwrap_err();
    assert_eq!(
        (error.which(), error.pointer(), error.problem()),
        (Which::New, pointer, problem)
    );
    assert_eq!(compare(new, &inlined()).unwrap_err().which(), Which::Old);
}

#[test]
fn other_documents() {
    refused(
        &json!({}),
        "#",
        "is not an OpenAPI 3.0 description: it has no `openapi` version",
    );
    refused(
        &json!([]),
        "#",
        "is not an OpenAPI 3.0 description: it has no `openapi` version",
    );
    refused(
        &json!({ "openapi": "3.1.0", "paths": {} }),
        "#/openapi",
        "is OpenAPI 3.1.0, not 3.0",
    );
    refused(&json!({ "openapi": "3.0.3" }), "#", "has no `paths`");
    refused(
        &json!({ "openapi": "3.0.3", "paths": [] }),
        "#/paths",
        "is not an object",
    );
}

#[test]
fn broken_parts() {
    let name = format!("#{TASK}/properties/name");
    let cases = [
        (
            json!({ "$ref": "#/components/schemas/No" }),
            "",
            "refers to `#/components/schemas/No`, which does not exist",
        ),
        (
            json!({ "$ref": "other.json#/No" }),
            "",
            "refers to another document, `other.json#/No`",
        ),
        (
            json!({ "type": ["string", "null"] }),
            "/type",
            "is not a string, as `type` has to be",
        ),
        (json!({ "oneOf": [] }), "", "has an empty `oneOf`"),
        (
            json!({ "minLength": "1" }),
            "/minLength",
            "is not a number, as `minLength` has to be",
        ),
        (json!(7), "", "is not an object"),
    ];
    for (schema, below, problem) in cases {
        let new = edited(&format!("{TASK}/properties/name"), |name| *name = schema);
        refused(&new, &format!("{name}{below}"), problem);
    }
    let new = edited(&format!("{LIST}/parameters/0"), |parameter| {
        *parameter = json!({ "name": "q" });
    });
    refused(
        &new,
        &format!("#{LIST}/parameters/0"),
        "is a parameter without `name` and `in`",
    );
}

#[test]
fn a_reference_in_an_example_is_only_an_example() {
    let new = edited(&format!("{TASK}/properties/name"), |name| {
        name["example"] = json!({ "$ref": "#/nowhere" });
    });
    assert_eq!(compare(&inlined(), &new).unwrap().changes, []);
}

fn with_components(schema: &Value, components: &Value) -> Value {
    let content = format!("{GET}/responses/200/content/application~1json/schema");
    let mut description = edited(&content, |at| *at = schema.clone());
    description["components"] = json!({ "schemas": components });
    description
}

#[test]
fn references_in_a_circle() {
    let circle =
        json!({ "A": { "$ref": "#/components/schemas/B" }, "B": { "$ref": "#/components/schemas/A" } });
    let new = with_components(&json!({ "$ref": "#/components/schemas/A" }), &circle);
    let error = compare(&inlined(), &new).unwrap_err();
    assert_eq!(error.problem(), "is a reference that only leads to references");
}

/// `length` schemas, each made from the reference to the next.
fn chain(length: usize, link: impl Fn(Value) -> Value) -> Value {
    let name = |index: usize| format!("S{index}");
    let mut schemas: serde_json::Map<String, Value> = (0..length)
        .map(|index| {
            (
                name(index),
                link(json!({ "$ref": format!("#/components/schemas/{}", name(index + 1)) })),
            )
        })
        .collect();
    schemas.insert(name(length), json!({ "type": "string" }));
    with_components(
        &json!({ "$ref": "#/components/schemas/S0" }),
        &Value::Object(schemas),
    )
}

#[test]
fn schemas_too_deep() {
    let new = chain(5000, |next| json!({ "type": "array", "items": next }));
    assert_eq!(
        compare(&new, &new).unwrap_err().problem(),
        "nests more than 100 schemas deep"
    );
    let new = chain(5000, |next| json!({ "allOf": [next] }));
    assert!(compare(&new, &new).is_err());
}

#[test]
fn schemas_shared_over_and_over_cost_nothing() {
    let both = |next: Value| json!({ "type": "object", "properties": { "a": next, "b": next } });
    let new = chain(60, both);
    assert_eq!(compare(&new, &new).unwrap().changes, []);
}

#[test]
fn a_change_below_too_many_places_is_refused_in_time() {
    let both = |next: Value| json!({ "type": "object", "properties": { "a": next, "b": next } });
    let old = chain(60, both);
    let mut new = old.clone();
    new["components"]["schemas"]["S60"]["type"] = json!("integer");
    assert_eq!(
        compare(&old, &new).unwrap_err().problem(),
        "has schemas too entangled to compare"
    );
}

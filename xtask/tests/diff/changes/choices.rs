//! Choices between schemas in answers.
use serde_json::{Value, json};
use xtask::compare::compare;

use super::{check, task};
use crate::fixture::{at, edited, inlined};

#[test]
fn choices_of_answers() {
    let data = task("/properties/artifacts/items/properties/data");
    let location = "response 200 body artifacts[].data";
    check(vec![
        (
            data.clone(),
            |v| {
                let commit = json!({ "type": "object", "properties": { "sha": { "type": "string" } } });
                v["oneOf"].as_array_mut().unwrap().push(commit);
            },
            "additive",
            location,
            "variant added (object with `sha`)",
        ),
        (
            data.clone(),
            |v| {
                v["oneOf"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "type": "string" }));
            },
            "breaking",
            location,
            "variant added (string)",
        ),
        (
            data.clone(),
            |v| {
                v["oneOf"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "type": "array", "items": {} }));
            },
            "breaking",
            location,
            "variant added (array of any type)",
        ),
        (
            data.clone(),
            |v| v["oneOf"][1]["properties"]["tip"] = json!({ "type": "string" }),
            "additive",
            "response 200 body artifacts[].data.tip",
            "optional field `tip` added (string)",
        ),
        (
            data.clone(),
            |v| *v = json!({ "anyOf": v["oneOf"] }),
            "breaking",
            location,
            "`oneOf` became `anyOf`",
        ),
        (
            data.clone(),
            |v| *v = v["oneOf"][0].clone(),
            "breaking",
            location,
            "type changed from one of 2 shapes to object",
        ),
        (
            data.clone(),
            |v| v["discriminator"] = json!({ "propertyName": "kind" }),
            "additive",
            location,
            "discriminator `kind` added",
        ),
        (
            task("/properties/creator/oneOf"),
            |v| {
                v.as_array_mut()
                    .unwrap()
                    .push(json!({ "type": "object", "properties": { "slug": {} } }));
            },
            "breaking",
            "response 200 body creator",
            "type changed from object to one of 2 shapes",
        ),
        (
            task("/properties/creator/oneOf"),
            |v| {
                v.as_array_mut()
                    .unwrap()
                    .push(json!({ "nullable": true, "enum": [null] }));
            },
            "breaking",
            "response 200 body creator",
            "now nullable",
        ),
    ]);
}

#[test]
fn a_variant_that_goes() {
    let mut old = inlined();
    let data = task("/properties/artifacts/items/properties/data/oneOf");
    at(&mut old, &data)
        .as_array_mut()
        .unwrap()
        .push(json!({ "type": "object", "properties": { "sha": {} } }));
    let report = compare(&old, &inlined()).unwrap();
    assert_eq!(report.changes.len(), 1);
    assert_eq!(report.changes[0].class.as_str(), "breaking");
    assert_eq!(report.changes[0].message, "variant removed (object with `sha`)");
}

#[test]
fn discriminators_that_go_or_move_break() {
    let told_by = |discriminator: Value| {
        let data = task("/properties/artifacts/items/properties/data");
        edited(&data, |data| data["discriminator"] = discriminator)
    };
    let one = told_by(json!({ "propertyName": "kind", "mapping": { "a": "A" } }));
    for (new, class, message) in [
        (inlined(), "breaking", "discriminator `kind` removed"),
        (
            told_by(json!({ "propertyName": "sort", "mapping": { "a": "A" } })),
            "breaking",
            "discriminator changed from `kind` to `sort`",
        ),
        (
            told_by(json!({ "propertyName": "kind" })),
            "breaking",
            "discriminator value `a` removed",
        ),
        (
            told_by(json!({ "propertyName": "kind", "mapping": { "a": "A", "b": "B" } })),
            "additive",
            "discriminator value `b` added",
        ),
    ] {
        let report = compare(&one, &new).unwrap();
        assert_eq!(report.changes.len(), 1);
        assert_eq!(
            (
                report.changes[0].class.as_str(),
                report.changes[0].message.as_str()
            ),
            (class, message)
        );
    }
}

//! Rules for what is inside an enum or an object: values and fields, and the Rust names they get.
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::pointer;
use super::{Lint, casing};

/// The rules for the values of an enum.
pub(super) fn enumeration(lint: &mut Lint<'_>, values: &Value, place: &str) {
    let at = format!("{place}/enum");
    let texts: Vec<&str> = values
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if texts.is_empty() || values.as_array().is_none_or(|values| values.len() != texts.len()) {
        return lint.report_keyword(
            place,
            "enum",
            "an enum with values that are not texts is not generated well; remove it",
        );
    }
    if !place.starts_with("/components/schemas/") || pointer::tokens(place).len() != 3 {
        lint.report(
            &at,
            "an enum described in place; the generator invents a name for it",
        );
    }
    let mut seen = BTreeSet::new();
    for value in texts.iter().filter(|value| !seen.insert(**value)) {
        lint.report(&at, format!("the value {value:?} is listed twice"));
    }
    for group in casing::collisions(seen.iter().copied(), casing::variant) {
        lint.report(
            &at,
            format!("the values {} become one variant in Rust", group.join(" and ")),
        );
    }
    for value in seen
        .iter()
        .filter(|value| !casing::variant(value).starts_with(|first: char| first.is_ascii_alphabetic()))
    {
        lint.report(
            &at,
            format!("the value {value:?} cannot be a variant's name in Rust"),
        );
    }
}

/// The rules for the fields of an object.
pub(super) fn object(lint: &mut Lint<'_>, schema: &Map<String, Value>, place: &str) {
    if schema.get("additionalProperties") == Some(&Value::Bool(true)) {
        lint.report_keyword(place, "additionalProperties", "`additionalProperties: true` drops unknown fields in the generated type, as its absence does; remove it");
    }
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        lint.report_keyword(
            place,
            "additionalProperties",
            "`additionalProperties: false` makes every new field of GitHub's an error; remove it",
        );
    }
    let fields: Vec<&str> = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    if !fields.is_empty() && pointer::tokens(place).len() != 3 {
        lint.report(
            place,
            "an object described in place; the generator invents a name for it",
        );
    }
    for group in casing::collisions(fields.iter().copied(), casing::field) {
        lint.report(
            place,
            format!("the fields {} become one field in Rust", group.join(" and ")),
        );
    }
    for required in schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if !required.as_str().is_some_and(|name| fields.contains(&name)) {
            lint.report(
                &format!("{place}/required"),
                format!("the required field {required} is not described"),
            );
        }
    }
}

//! Rules for what is inside an enum or an object: values and fields, and the Rust names they get.
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Lint, casing};
use crate::description::pointer;

/// The generated field for what an object holds besides its own.
const EXTRA: &str = "extra";

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
    let (speakable, unspeakable): (Vec<&str>, Vec<&str>) = seen
        .iter()
        .copied()
        .partition(|value| casing::variant(value).starts_with(|first: char| first.is_ascii_alphabetic()));
    for group in casing::collisions(speakable.into_iter(), casing::variant) {
        let removed = odd_ones(&group);
        let message = format!(
            "the values {} become one variant in Rust.\n\
             A value that is removed is still read, as one that is not documented",
            group.join(" and ")
        );
        let stanza = removed
            .iter()
            .map(|value| removal(lint, &at, &texts, value))
            .collect();
        lint.report_with(&at, message, stanza);
    }
    for value in unspeakable {
        let message = format!(
            "the value {value:?} cannot be a variant's name in Rust.\n\
             When it is removed it is still read, as one that is not documented"
        );
        let stanza = removal(lint, &at, &texts, value);
        lint.report_with(&at, message, stanza);
    }
}

/// Of names that become one, all but the one written most like GitHub's other names.
fn odd_ones<'a>(group: &[&'a str]) -> Vec<&'a str> {
    let usual = group
        .iter()
        .position(|name| casing::is_snake_case(name))
        .unwrap_or(0);
    let (before, after) = (group.iter().take(usual), group.iter().skip(usual + 1));
    before.chain(after).copied().collect()
}

/// The action that removes a value of an enum.
fn removal(lint: &mut Lint<'_>, at: &str, values: &[&str], value: &str) -> String {
    let index = values
        .iter()
        .position(|other| *other == value)
        .unwrap_or_default();
    lint.removal(&format!("{at}/{index}"))
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
        let removed = odd_ones(&group);
        let properties = format!("{place}/properties");
        let stanza = removed
            .iter()
            .map(|field| lint.removal(&pointer::join(&properties, field)))
            .collect();
        let message = format!(
            "the fields {} become one field in Rust.\n\
             A field that is removed is one the client does not know",
            group.join(" and ")
        );
        lint.report_with(&pointer::join(&properties, group[0]), message, stanza);
    }
    for field in fields.iter().filter(|field| casing::field(field) == EXTRA) {
        let at = pointer::join(&format!("{place}/properties"), field);
        let message = format!(
            "a field named `{field}` hides the generated one that keeps fields the client does not know"
        );
        let stanza = lint.removal(&at);
        lint.report_with(&at, message + ".\nA field that is removed is found in it", stanza);
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

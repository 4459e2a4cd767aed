//! The rule for defaults of fields: nothing is sent that the caller did not ask for, and nothing is reported that
//! GitHub did not say.
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::pointer;
use super::Lint;

/// Applies the rule to every component.
pub(super) fn check(lint: &mut Lint<'_>) {
    let sent = sent(lint);
    let components = lint
        .document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    for (name, schema) in components.into_iter().flatten() {
        let place = pointer::join("/components/schemas", name);
        fields(lint, schema, &place, sent.contains(name));
    }
}

/// The components that are sent, directly or inside others.
fn sent(lint: &Lint<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = Vec::new();
    for item in lint
        .document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::values)
    {
        for operation in item.as_object().into_iter().flat_map(Map::values) {
            open.extend(operation.get("requestBody"));
        }
    }
    while let Some(value) = open.pop() {
        if let Some((name, component)) = lint.component(value)
            && found.insert(name)
        {
            open.push(component);
        }
        match value {
            Value::Object(map) => open.extend(
                map.iter()
                    .filter(|(key, _)| *key != "examples")
                    .map(|(_, value)| value),
            ),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

fn fields(lint: &mut Lint<'_>, schema: &Value, place: &str, sent: bool) {
    for (field, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let place = pointer::join(&format!("{place}/properties"), field);
        if property.get("default").is_some() {
            let message = if sent {
                format!(
                    "the default of `{field}` in a request body: the generator sends it when the caller said nothing; \
                     remove it"
                )
            } else {
                format!(
                    "the default of `{field}` in an answer: the generator reports it as what GitHub said when GitHub \
                     said nothing; remove it"
                )
            };
            lint.report_keyword(&place, "default", message);
        }
    }
}

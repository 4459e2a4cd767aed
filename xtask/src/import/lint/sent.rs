//! The rule for what is sent: nothing the caller did not ask for.
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::pointer;
use super::Lint;

/// Applies the rule to every component that is sent.
pub(super) fn check(lint: &mut Lint<'_>) {
    for name in sent(lint) {
        let place = pointer::join("/components/schemas", &name);
        if let Some(schema) = lint.document.pointer(&place) {
            defaults(lint, schema, &place);
        }
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

/// A default in a body would be sent whether the caller meant it or not.
fn defaults(lint: &mut Lint<'_>, schema: &Value, place: &str) {
    for (field, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let place = pointer::join(&format!("{place}/properties"), field);
        if property.get("default").is_some() {
            lint.report_keyword(&place, "default", format!("the default of `{field}` in a request body: the generator sends it when the caller said nothing; remove it"));
        }
    }
}

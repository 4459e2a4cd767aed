//! Writes `{$ref, description}` as `{allOf: [{$ref}], description}`: what stands beside a `$ref` is ignored by
//! everybody who reads it. And `{allOf: [{$ref}]}` with nothing beside it as `{$ref}`.
use serde_json::{Map, Value, json};

use crate::description::grammar::Kind;

/// Wraps every reference in a schema that the overlay gave a sentence or a keyword of its own.
pub(crate) fn references(document: &mut Value) {
    walk(document, Kind::Document);
}

fn walk(value: &mut Value, kind: Kind) {
    match value {
        _ if kind == Kind::Data => {}
        Value::Object(map) => {
            if kind == Kind::Schema && map.len() > 1 && !map.contains_key("allOf") {
                wrap(map);
            }
            if kind == Kind::Schema && map.len() == 1 {
                unwrap(map);
            }
            for (key, value) in map.iter_mut() {
                walk(value, kind.child(key));
            }
        }
        Value::Array(items) => {
            for item in items {
                walk(item, kind.child(""));
            }
        }
        _ => {}
    }
}

fn wrap(map: &mut Map<String, Value>) {
    if let Some(reference) = map.remove("$ref") {
        map.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
}

/// A wrapper that holds nothing besides (any more) is a reference.
fn unwrap(map: &mut Map<String, Value>) {
    if let Some([only]) = map.get("allOf").and_then(Value::as_array).map(Vec::as_slice)
        && let Some(reference) = only.get("$ref").cloned()
        && only.as_object().is_some_and(|only| only.len() == 1)
    {
        map.remove("allOf");
        map.insert("$ref".to_owned(), reference);
    }
}

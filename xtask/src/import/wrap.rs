//! Writes `{$ref, description}` as `{allOf: [{$ref}], description}`: what stands beside a `$ref` is ignored by
//! everybody who reads it.
use serde_json::{Map, Value, json};

use super::grammar::Kind;

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

//! Brings an `OpenAPI` 3.1 description to the words of 3.0, so that everything after reads one language.
//!
//! GitHub publishes the same description in both. What 3.1 says with other words is translated; a keyword that 3.0 does
//! not have is left standing, and the import's lint refuses it by its name.
use serde_json::{Map, Value, json};

use super::grammar::Kind;

/// The description in the words of 3.0.
pub(super) fn lower(mut description: Value) -> Value {
    node(&mut description, Kind::Document);
    if let Value::Object(document) = &mut description {
        document.insert("openapi".to_owned(), json!("3.0.3"));
        document.remove("jsonSchemaDialect");
        document.remove("webhooks");
    }
    description
}

fn node(value: &mut Value, kind: Kind) {
    match value {
        _ if kind == Kind::Data => {}
        // `true` and `false` are schemas in 3.1; in 3.0 only below `additionalProperties`, which is left alone.
        Value::Bool(true) if kind == Kind::Schema => *value = json!({}),
        Value::Bool(false) if kind == Kind::Schema => *value = json!({"not": {}}),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if !(kind == Kind::Schema && key == "additionalProperties" && value.is_boolean()) {
                    node(value, kind.child(key));
                }
            }
            if kind.may_refer() && map.contains_key("$ref") {
                reference(map, kind);
            } else if kind == Kind::Schema {
                schema(map);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| node(item, kind.child(""))),
        _ => {}
    }
}

/// 3.1 lets keywords stand beside a reference: words for the place, or more that a schema has to satisfy.
fn reference(map: &mut Map<String, Value>, kind: Kind) {
    if map.len() == 1 {
        return;
    }
    if kind == Kind::Schema {
        let target = map.remove("$ref");
        schema(map);
        map.insert("allOf".to_owned(), json!([{ "$ref": target }]));
    } else {
        map.retain(|key, _| key == "$ref");
    }
}

fn schema(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        let count = types.len();
        types.retain(|kind| kind != "null");
        let nullable = types.len() < count;
        match types.as_slice() {
            [] if nullable => null(map),
            [only] => {
                let only = only.clone();
                map.insert("type".to_owned(), only);
                if nullable {
                    map.insert("nullable".to_owned(), json!(true));
                }
            }
            // Several types: refused by the lint.
            _ => {}
        }
    }
    if map.get("type") == Some(&json!("null")) {
        null(map);
    }
    if let Some(value) = map.remove("const") {
        map.insert("enum".to_owned(), json!([value]));
    }
    for (exclusive, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(number) = map.get(exclusive).filter(|value| value.is_number()).cloned() {
            map.insert(limit.to_owned(), number);
            map.insert(exclusive.to_owned(), json!(true));
        }
    }
    // A list of examples of the value, where 3.0 has one `example`.
    map.remove("examples");
    map.remove("$comment");
}

/// "Nothing but null", as 3.0 says it.
fn null(map: &mut Map<String, Value>) {
    map.remove("type");
    map.insert("enum".to_owned(), json!([null]));
}

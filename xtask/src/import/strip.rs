//! Drops prose and vendor data, and keeps the structure: what is left is facts about the interface.
//!
//! Payload examples stay, since tests decode them. A response object keeps an empty `description` because `OpenAPI`
//! demands the key. `security` goes too: how to authenticate is the client's own business, and GitHub describes it
//! in prose.
use serde_json::{Map, Value, json};

use crate::description::grammar::Kind;

/// Keywords that hold prose, or that point to prose, in every kind of object.
const PROSE: [&str; 5] = ["description", "summary", "externalDocs", "title", "tags"];

/// The description without its prose and vendor extensions, and with an `info` that is always the same, so that a
/// newer edition with the same operations gives the same file.
pub(crate) fn prose(description: &Value) -> Value {
    let mut kept = strip(description, Kind::Document);
    if let Value::Object(document) = &mut kept {
        let info = json!({"title": "GitHub REST API, agent task operations", "version": "upstream"});
        document.insert("info".to_owned(), info);
        document.insert("openapi".to_owned(), json!("3.0.3"));
        document.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
    }
    kept
}

fn strip(value: &Value, kind: Kind) -> Value {
    match value {
        _ if kind == Kind::Data => value.clone(),
        Value::Object(map) => Value::Object(object(map, kind)),
        Value::Array(items) => Value::Array(items.iter().map(|item| strip(item, kind.child(""))).collect()),
        other => other.clone(),
    }
}

fn object(map: &Map<String, Value>, kind: Kind) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in map {
        if (!kind.is_map() || is_extension(kind, key)) && is_dropped(kind, key) {
            continue;
        }
        kept.insert(key.clone(), strip(value, kind.child(key)));
    }
    if kind == Kind::Response && !kept.contains_key("$ref") {
        kept.insert("description".to_owned(), json!(""));
    }
    kept
}

/// Maps keep every key as somebody's name, except those that `OpenAPI` lets vendors extend.
fn is_extension(kind: Kind, key: &str) -> bool {
    key.starts_with("x-") && matches!(kind, Kind::Paths | Kind::Responses | Kind::Callbacks)
}

fn is_dropped(kind: Kind, key: &str) -> bool {
    PROSE.contains(&key)
        || key.starts_with("x-")
        || (key == "security" && kind == Kind::Operation)
        || (key == "example" && kind != Kind::MediaType)
        || (key == "examples" && matches!(kind, Kind::Parameter | Kind::Header))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::prose;

    #[test]
    fn keywords_go_and_names_stay() {
        let schema = json!({
            "title": "T", "description": "D", "x-a": 1, "example": "e", "type": "object",
            "properties": {
                "title": {"type": "string", "description": "D"}, "description": {"type": "string"},
                "summary": {"type": "string"}, "example": {"type": "string"}, "x-b": {"type": "string"},
                "tags": {"type": "string", "enum": ["title"], "default": {"description": "kept"}}
            }
        });
        let input = json!({
            "openapi": "3.0.1", "info": {"title": "x", "version": "9"}, "tags": [{"name": "a"}], "x-webhooks": {},
            "paths": {"/a": {"get": {
                "summary": "S", "tags": ["a"], "operationId": "o", "externalDocs": {"url": "u"},
                "parameters": [{"name": "description", "in": "query", "description": "D", "example": 1}],
                "responses": {"200": {"description": "D", "content": {"application/json": {
                    "schema": schema,
                    "examples": {"summary": {"summary": "S", "value": {"description": "kept"}}}
                }}}}
            }}}
        });
        let kept = prose(&input);
        let operation = &kept["paths"]["/a"]["get"];
        assert_eq!(
            operation["parameters"],
            json!([{"name": "description", "in": "query"}])
        );
        let media = &operation["responses"]["200"]["content"]["application/json"];
        assert_eq!(
            media["examples"],
            json!({"summary": {"value": {"description": "kept"}}})
        );
        assert_eq!(
            media["schema"],
            json!({"type": "object", "properties": {
                "title": {"type": "string"}, "description": {"type": "string"}, "summary": {"type": "string"},
                "example": {"type": "string"}, "x-b": {"type": "string"},
                "tags": {"type": "string", "enum": ["title"], "default": {"description": "kept"}}
            }})
        );
        assert_eq!(operation.as_object().map(serde_json::Map::len), Some(3));
        assert_eq!(kept["openapi"], "3.0.3");
        assert!(kept.get("tags").is_none() && kept.get("x-webhooks").is_none());
        assert_eq!(prose(&kept), kept, "stripping twice changes nothing");
    }
}

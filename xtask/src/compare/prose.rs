//! Whose words a document carries, and so whether two documents' words can be compared at all.
//!
//! `spec/upstream.json` has no prose, the resolved spec has ours, GitHub's description has GitHub's. Only words of the
//! same author say something by being different.
use serde_json::Value;

use super::document::Document;

/// The author of a document's names and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// Nobody: prose was removed.
    Nobody,
    /// This project: the resolved spec.
    Own,
    /// Whoever wrote the description, GitHub as a rule.
    Upstream,
}

impl Author {
    /// Who wrote the words of `document`.
    ///
    /// The resolved spec says so in `info.x-documentation`, and its lifted schemas and enums carry `x-name` and
    /// `x-enum-descriptions`, which GitHub's description never does.
    pub(super) fn of(document: &Document<'_>) -> Self {
        let marker = document
            .top("info")
            .and_then(|info| info.get("x-documentation"))
            .and_then(Value::as_str);
        let parts: Vec<&Value> = ["paths", "components"]
            .iter()
            .filter_map(|key| document.top(key))
            .collect();
        if marker == Some("own") || parts.iter().any(|part| mentions(part, &is_own)) {
            Self::Own
        } else if parts.iter().any(|part| mentions(part, &is_prose)) {
            Self::Upstream
        } else {
            Self::Nobody
        }
    }
}

fn is_own(key: &str, _: &Value) -> bool {
    matches!(key, "x-name" | "x-enum-descriptions")
}

fn is_prose(key: &str, value: &Value) -> bool {
    matches!(key, "description" | "summary") && value.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// Whether a key like `wanted` occurs outside of data. Depth and references were checked when the document was opened.
fn mentions(value: &Value, wanted: &dyn Fn(&str, &Value) -> bool) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, inner)| match (key.as_str(), inner) {
            // The names of fields are no keywords.
            ("properties", Value::Object(fields)) => fields.values().any(|field| mentions(field, wanted)),
            _ => wanted(key, inner) || descends(key) && mentions(inner, wanted),
        }),
        Value::Array(items) => items.iter().any(|inner| mentions(inner, wanted)),
        _ => false,
    }
}

/// Examples hold whatever the server sends, a `description` included.
fn descends(key: &str) -> bool {
    !matches!(key, "example" | "examples" | "default" | "enum") && !key.starts_with("x-")
}

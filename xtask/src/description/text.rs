//! The text form of the files the import writes: sorted keys, two spaces, a final line break.
use serde_json::{Map, Value};

/// The document as text that depends on its content only, never on the order in which keys were read or added.
pub fn to_text(document: &Value) -> String {
    let mut text = format!("{:#}", sorted(document));
    text.push('\n');
    text
}

/// A short text equal for equal values, whatever the order of their keys.
pub fn canonical(value: &Value) -> String {
    sorted(value).to_string()
}

/// `serde_json` sorts keys by itself unless some crate of the build asks it to preserve their order; this does not
/// depend on which.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.clone(), sorted(value)))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

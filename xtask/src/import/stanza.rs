//! Writes overlay actions as YAML, indented to be appended to `spec/overlay.yaml`, whose last key is `actions`.
use serde_json::{Map, Value};

use super::overlay::{MERGE, NAME};

/// An action that updates `target` with `update`.
pub(crate) fn update(target: &str, update: &Map<String, Value>) -> String {
    let mut text = format!("  - target: {}\n    update:\n", scalar(target));
    object(update, 6, &mut text);
    text
}

/// An action that gives the shape at `target` a name, and says with `merge` that it is one with others of that name.
pub(crate) fn name(target: &str, name: &str, merge: bool) -> String {
    let merge = if merge {
        format!(", {MERGE}: true")
    } else {
        String::new()
    };
    format!(
        "  - target: {}\n    update: {{{NAME}: {name}{merge}}}\n",
        scalar(target)
    )
}

/// An action that removes `target`.
pub(crate) fn remove(target: &str) -> String {
    format!("  - target: {}\n    remove: true\n", scalar(target))
}

fn object(map: &Map<String, Value>, indent: usize, text: &mut String) {
    for (key, value) in map {
        text.push_str(&" ".repeat(indent));
        text.push_str(&scalar(key));
        text.push(':');
        match value {
            Value::Object(map) if !map.is_empty() => {
                text.push('\n');
                object(map, indent + 2, text);
            }
            // JSON is YAML, and quotes a text so that no placeholder is read as anything else.
            other => text.push_str(&format!(" {other}\n")),
        }
    }
}

/// A text as a YAML scalar, plain where that is safe.
pub(crate) fn scalar(text: &str) -> String {
    let inner = |letter: char| letter.is_alphanumeric() || "_$./[]'*@?=&()~- ".contains(letter);
    let plain = text.starts_with(|first: char| first.is_alphabetic() || "$_".contains(first))
        && text.chars().all(inner)
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_lowercase().as_str());
    if plain {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

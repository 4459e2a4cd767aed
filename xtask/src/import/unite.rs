//! Makes one object (or enum, or choice) of several views of the same thing, where the overlay says that they are.
use serde_json::{Map, Value, json};

use super::lint::TOO_STRICT;
use super::problem::Problem;
use super::stanza;
use crate::description::pointer;

/// The view that is added, for messages.
pub(crate) struct Other<'a> {
    /// The name of the component.
    pub(crate) component: &'a str,
    /// Where this view is in the input.
    pub(crate) origin: &'a str,
    /// Where it is in the document that names are given in.
    pub(crate) place: &'a str,
}

/// Adds what another view of the same thing has. Only what all of them promise is required. `document` is the one
/// that names are given in.
pub(crate) fn unite(
    united: &mut Map<String, Value>,
    other: Map<String, Value>,
    from: &Other<'_>,
    document: &Value,
    problems: &mut Vec<Problem>,
) {
    let promised = |map: &Map<String, Value>| {
        map.get("required")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let theirs = promised(&other);
    let required: Vec<Value> = promised(united)
        .into_iter()
        .filter(|field| theirs.contains(field))
        .collect();
    united.remove("required");
    let mut refuse = |place: String, what: &str, here: &Value, there: &Value| {
        let message = format!(
            "{what} of {} is {here} here and {there} elsewhere, so the shapes cannot become one; \
             give this one a name of its own",
            from.component
        );
        let target = pointer::target(document, from.place);
        let stanza = stanza::name(&target, &format!("{}2", from.component), false);
        problems.push(Problem::at(place, message).cured_by(stanza));
    };
    for (key, value) in other {
        match (united.get_mut(&key), value) {
            _ if key == "required" => {}
            (None, value) => {
                united.insert(key, value);
            }
            (Some(Value::Object(mine)), Value::Object(theirs)) if key == "properties" => {
                for (field, schema) in theirs {
                    let other = mine.get(&field).unwrap_or(&schema);
                    if let Some(both) = loosest(other, &schema) {
                        mine.insert(field, both);
                    } else {
                        let place = pointer::join(&format!("{}/properties", from.origin), &field);
                        refuse(place, &format!("the field `{field}`"), &schema, other);
                    }
                }
            }
            (Some(Value::Array(mine)), Value::Array(theirs)) if key == "enum" || key == "oneOf" => {
                let more: Vec<Value> = theirs.into_iter().filter(|value| !mine.contains(value)).collect();
                mine.extend(more);
            }
            (Some(mine), value) if *mine == value => {}
            (Some(mine), value) => refuse(from.origin.to_owned(), &format!("`{key}`"), &value, mine),
        }
    }
    if !required.is_empty() {
        united.insert("required".to_owned(), Value::Array(required));
    }
}

/// The schema that both are cases of, when they differ only in what may be absent from one of them: that the value can
/// be null, that it is deprecated, or a keyword that the lint refuses in any case.
fn loosest(mine: &Value, theirs: &Value) -> Option<Value> {
    if mine == theirs {
        return Some(mine.clone());
    }
    let (mine, theirs) = (unwrapped(mine), unwrapped(theirs));
    let mut both = mine.clone();
    for key in mine.keys().chain(theirs.keys()) {
        let free = matches!(key.as_str(), "nullable" | "deprecated" | "default")
            || TOO_STRICT.contains(&key.as_str());
        match (mine.get(key), theirs.get(key)) {
            (Some(mine), Some(theirs)) if mine == theirs => {}
            (None, Some(value)) | (Some(value), None) if free => {
                both.insert(key.clone(), value.clone());
            }
            _ => return None,
        }
    }
    Some(Value::Object(both))
}

/// A bare reference written like one with something beside it.
fn unwrapped(schema: &Value) -> Map<String, Value> {
    match schema.get("$ref") {
        Some(reference) => Map::from_iter([("allOf".to_owned(), json!([{"$ref": reference}]))]),
        None => schema.as_object().cloned().unwrap_or_default(),
    }
}

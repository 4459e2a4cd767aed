//! Demands that everything a user of the crate can see is documented, in our own words, by the overlay.
use serde_json::{Map, Value, json};

use super::lint::Lint;
use super::overlay::VALUES;
use super::stanza;
use crate::description::grammar::METHODS;
use crate::description::pointer;

/// Reports what has no documentation, and documentation of what does not exist.
pub(crate) fn check(lint: &mut Lint<'_>) {
    if let Some(info) = lint.document.get("info") {
        one(lint, "/info", info, "the document", "the generated client");
    }
    for (path, item) in lint
        .document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&method.as_str()) {
                let place = pointer::join(&pointer::join("/paths", path), method);
                self::operation(lint, &place, operation);
            }
        }
    }
    let components = lint
        .document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    for (name, schema) in components.into_iter().flatten() {
        component(lint, &pointer::join("/components/schemas", name), name, schema);
    }
    placeholders(lint, lint.document, "");
}

fn operation(lint: &mut Lint<'_>, place: &str, operation: &Value) {
    let id = operation
        .get("operationId")
        .and_then(Value::as_str)
        .unwrap_or(place);
    let name = id.rsplit('/').next().unwrap_or(id);
    let mut missing = Map::new();
    if is_missing(operation, "summary") {
        missing.insert(
            "summary".to_owned(),
            json!(format!("<what the operation {name} is, in one line>")),
        );
    }
    if is_missing(operation, "description") {
        let text = format!("<what the operation {name} is: permission, tokens, pages, errors>");
        missing.insert("description".to_owned(), json!(text));
    }
    report(
        lint,
        place,
        &format!("the operation `{name}` is undocumented"),
        &missing,
    );
    for (index, parameter) in operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        let word = parameter.get("name").and_then(Value::as_str).unwrap_or("?");
        let place = format!("{place}/parameters/{index}");
        one(
            lint,
            &place,
            parameter,
            &format!("the parameter `{word}` of `{name}`"),
            word,
        );
    }
    if let Some(body) = operation.get("requestBody") {
        one(
            lint,
            &format!("{place}/requestBody"),
            body,
            &format!("the request body of `{name}`"),
            "the request body",
        );
    }
    for (status, response) in operation
        .get("responses")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let place = pointer::join(&format!("{place}/responses"), status);
        one(
            lint,
            &place,
            response,
            &format!("the response {status} of `{name}`"),
            &format!("the answer {status}"),
        );
        for (header, value) in response
            .get("headers")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let place = pointer::join(&format!("{place}/headers"), header);
            let what = format!("the header `{header}` of the response {status} of `{name}`");
            one(lint, &place, value, &what, &format!("the header {header}"));
        }
    }
}

fn component(lint: &mut Lint<'_>, place: &str, name: &str, schema: &Value) {
    let mut fields = Map::new();
    for (field, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let at = pointer::join(&format!("{place}/properties"), field);
        if is_missing(property, "description") && !lint.is_removed(&at) {
            fields.insert(
                field.clone(),
                json!({"description": format!("<what {field} is>")}),
            );
        }
    }
    let values: Vec<&str> = schema
        .get("enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let described = schema.get(VALUES).and_then(Value::as_object);
    let said = |value: &str| {
        described
            .and_then(|texts| texts.get(value))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let silent: Map<String, Value> = values
        .iter()
        .enumerate()
        .filter(|(index, value)| {
            said(value).trim().is_empty() && !lint.is_removed(&format!("{place}/enum/{index}"))
        })
        .map(|(_, value)| ((*value).to_owned(), json!(format!("<what {value} is>"))))
        .collect();
    for stray in described
        .into_iter()
        .flat_map(Map::keys)
        .filter(|key| !values.contains(&key.as_str()))
    {
        let target = pointer::target(lint.document, place);
        lint.report(place, format!(
            "the overlay documents a value {stray:?} that the enum {name} does not have; delete it from `{VALUES}` of {target}"
        ));
    }
    if is_missing(schema, "description") {
        let mut missing = Map::new();
        missing.insert("description".to_owned(), json!(format!("<what {name} is>")));
        if !fields.is_empty() {
            missing.insert("properties".to_owned(), Value::Object(fields));
        }
        if !silent.is_empty() {
            missing.insert(VALUES.to_owned(), Value::Object(silent));
        }
        report(
            lint,
            place,
            &format!("the shape {name} is undocumented"),
            &missing,
        );
        return;
    }
    for (field, text) in fields {
        let place = pointer::join(&format!("{place}/properties"), &field);
        let message = format!("the field `{field}` of {name} is undocumented");
        report(
            lint,
            &place,
            &message,
            &text.as_object().cloned().unwrap_or_default(),
        );
    }
    for (value, text) in silent {
        let index = values
            .iter()
            .position(|other| *other == value)
            .unwrap_or_default();
        let missing = Map::from_iter([(VALUES.to_owned(), json!({ value.clone(): text }))]);
        let stanza = stanza::update(&pointer::target(lint.document, place), &missing);
        let message = format!("the value `{value}` of the enum {name} is undocumented");
        let place = format!("{place}/enum/{index}");
        lint.report_with(&place, message, stanza);
    }
}

fn one(lint: &mut Lint<'_>, place: &str, value: &Value, what: &str, word: &str) {
    if is_missing(value, "description") {
        let missing = Map::from_iter([("description".to_owned(), json!(format!("<what {word} is>")))]);
        report(lint, place, &format!("{what} is undocumented"), &missing);
    }
}

fn report(lint: &mut Lint<'_>, place: &str, message: &str, missing: &Map<String, Value>) {
    if !missing.is_empty() && !lint.is_removed(place) {
        let stanza = stanza::update(&pointer::target(lint.document, place), missing);
        lint.report_with(place, message.to_owned(), stanza);
    }
}

fn is_missing(value: &Value, key: &str) -> bool {
    value
        .get(key)
        .and_then(Value::as_str)
        .is_none_or(|text| text.trim().is_empty())
}

/// Words that only stand in a sentence nobody has written yet.
const UNWRITTEN: [&str; 4] = ["<what ", "TODO", "FIXME", "TBD"];

/// Reports documentation that still is a placeholder. Payloads and names are not looked at.
fn placeholders(lint: &mut Lint<'_>, value: &Value, place: &str) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if ["example", "examples", "default", "enum"].contains(&key.as_str())
                    && !place.ends_with("/properties")
                {
                    continue;
                }
                placeholders(lint, value, &pointer::join(place, key));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                placeholders(lint, item, &pointer::join(place, &index.to_string()));
            }
        }
        Value::String(text) if UNWRITTEN.iter().any(|word| text.contains(word)) => {
            let target = pointer::target(lint.document, place);
            lint.report(
                place,
                format!("a placeholder is left in the overlay, at {target}: {text:?}; write the sentence"),
            );
        }
        _ => {}
    }
}

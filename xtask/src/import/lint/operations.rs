//! Rules for operations as such: paths, methods and names.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::stanza;
use super::{Lint, bodies, casing, parameters};
use crate::description::grammar::METHODS;
use crate::description::pointer;

/// Applies the rules to every operation.
pub(super) fn check(lint: &mut Lint<'_>) {
    lint.allow(
        "",
        lint.document,
        "the document",
        &["openapi", "info", "servers", "paths", "components"],
    );
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, item) in lint
        .document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let place = pointer::join("/paths", path);
        if !path.starts_with('/') {
            lint.report(&place, "a path must start with \"/\"");
        }
        let mut allowed = METHODS.to_vec();
        allowed.extend(["summary", "description"]);
        lint.allow(&place, item, "a path", &allowed);
        for (method, operation) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&method.as_str()) {
                let place = pointer::join(&place, method);
                if let Some(id) = operation_id(lint, &place, operation) {
                    ids.entry(id).or_default().push(place.clone());
                }
                self::operation(lint, &place, path, operation);
            }
        }
    }
    for (id, places) in ids.into_iter().filter(|(_, places)| places.len() > 1) {
        for place in &places[1..] {
            let method = place.rsplit('/').next().unwrap_or_default();
            let update = Map::from_iter([("operationId".to_owned(), json!(format!("{method}_{id}")))]);
            let stanza = stanza::update(&pointer::target(lint.document, place), &update);
            let message = format!("two operations are called `{id}`; give one another operationId");
            lint.report_with(place, message, stanza);
        }
    }
}

fn operation_id(lint: &mut Lint<'_>, place: &str, operation: &Value) -> Option<String> {
    let id = operation.get("operationId").and_then(Value::as_str);
    if let Some(id) = id.filter(|id| casing::is_snake_case(id) && !is_keyword(id)) {
        return Some(id.to_owned());
    }
    let tokens = pointer::tokens(place);
    let spoken = match id {
        Some(id) => id.rsplit('/').next().unwrap_or(id).to_owned(),
        None => format!(
            "{} {}",
            tokens.last().map_or("", String::as_str),
            tokens.get(1).map_or("", String::as_str)
        ),
    };
    let words: String = spoken
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                ' '
            }
        })
        .collect();
    let update = Map::from_iter([("operationId".to_owned(), json!(casing::field(&words)))]);
    let message = match id {
        Some(id) => format!("the operationId {id:?} is not a Rust function name (snake_case)"),
        None => "the operation has no operationId".to_owned(),
    };
    let stanza = stanza::update(&pointer::target(lint.document, place), &update);
    lint.report_with(place, message, stanza);
    None
}

fn is_keyword(word: &str) -> bool {
    syn::parse_str::<syn::Ident>(word).is_err()
}

fn operation(lint: &mut Lint<'_>, place: &str, path: &str, operation: &Value) {
    let allowed = [
        "operationId",
        "summary",
        "description",
        "parameters",
        "requestBody",
        "responses",
        "deprecated",
    ];
    lint.allow(place, operation, "an operation", &allowed);
    parameters::check(lint, place, path, operation);
    bodies::request(lint, place, operation);
    bodies::responses(lint, place, operation);
}

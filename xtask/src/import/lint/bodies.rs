//! Rules for what is sent and answered: statuses, media types, and that every body has a name.
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::stanza;
use super::Lint;
use super::parameters::is_simple;
use crate::description::pointer;
use crate::description::text::canonical;

/// The one media type that is generated.
const JSON: &str = "application/json";

/// Applies the rules to the request body of an operation.
pub(super) fn request(lint: &mut Lint<'_>, place: &str, operation: &Value) {
    if let Some(body) = operation.get("requestBody") {
        let place = format!("{place}/requestBody");
        lint.allow(
            &place,
            body,
            "a request body",
            &["description", "required", "content"],
        );
        media(lint, &place, body, "a request body");
        if let Some(schema) = body.pointer("/content/application~1json/schema") {
            let at = pointer::join(&format!("{place}/content"), JSON) + "/schema";
            if schema.get("$ref").is_none() && is_named(lint, schema) {
                let message = "a request body that is not just a component: the generator has no builder for a list \
                               or for a body that can be null";
                let stanza = match schema.get("nullable") {
                    Some(_) => lint.removal(&pointer::join(&at, "nullable")),
                    None => String::new(),
                };
                lint.report_with(&at, message, stanza);
            }
        }
        if body.get("content").is_none() {
            lint.report(&place, "the request body has no content");
        }
    }
}

/// Applies the rules to the answers of an operation.
pub(super) fn responses(lint: &mut Lint<'_>, place: &str, operation: &Value) {
    let Some(responses) = operation.get("responses").and_then(Value::as_object) else {
        lint.report(place, "the operation has no responses");
        return;
    };
    let mut successes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (status, response) in responses {
        let place = pointer::join(&format!("{place}/responses"), status);
        let number = status
            .parse::<u16>()
            .ok()
            .filter(|number| (100..600).contains(number) && status.len() == 3);
        if number.is_none() {
            let message = format!(
                "the status {status:?} is not a number like 404; list each status by itself, or remove it"
            );
            let stanza = lint.removal(&place);
            lint.report_with(&place, message, stanza);
        }
        lint.allow(
            &place,
            response,
            "a response",
            &["description", "headers", "content"],
        );
        for (name, header) in response
            .get("headers")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let place = pointer::join(&format!("{place}/headers"), name);
            lint.allow(
                &place,
                header,
                "a response header",
                &["description", "required", "deprecated", "schema"],
            );
        }
        media(lint, &place, response, &format!("the response {status}"));
        if status.starts_with('2') {
            let schema = response.pointer("/content/application~1json/schema");
            successes
                .entry(schema.map_or_else(String::new, canonical))
                .or_default()
                .push(status);
        }
    }
    let place = format!("{place}/responses");
    match successes.len() {
        0 => lint.report(&place, "the operation describes no success (2xx)"),
        1 => {}
        _ => {
            let all: Vec<String> = successes
                .iter()
                .map(|(schema, statuses)| {
                    format!(
                        "{} is {}",
                        statuses.join(" and "),
                        if schema.is_empty() { "empty" } else { schema }
                    )
                })
                .collect();
            let message = format!(
                "more than one type of success ({}); the generator takes one.\n\
                 The action below keeps the first; decide whether that is the one",
                all.join(", ")
            );
            let first = successes.values().flatten().min().copied().unwrap_or_default();
            let others = successes
                .values()
                .filter(|statuses| !statuses.contains(&first))
                .flatten();
            let stanza = others
                .map(|status| lint.removal(&pointer::join(&place, status)))
                .collect();
            lint.report_with(&place, message, stanza);
        }
    }
}

/// The rules for the content of a body or an answer.
fn media(lint: &mut Lint<'_>, place: &str, holder: &Value, what: &str) {
    let Some(content) = holder.get("content").and_then(Value::as_object) else {
        return;
    };
    for (kind, media) in content {
        let place = pointer::join(&format!("{place}/content"), kind);
        if kind != JSON {
            other_media(lint, &place, content, kind, what);
            continue;
        }
        lint.allow(&place, media, "a media type", &["schema", "example", "examples"]);
        let Some(schema) = media.get("schema") else {
            lint.report(
                &place,
                format!("{what} has no schema, so it would become untyped bytes"),
            );
            continue;
        };
        if !is_named(lint, schema) {
            lint.report(
                &format!("{place}/schema"),
                format!("{what} is described in place; the generator gives such bodies one name for success and error alike, so it must be a component"),
            );
        }
    }
}

/// The rule for a media type the generator does not know. It must not end in an answer without its body: JSON by another
/// name is named `application/json`.
fn other_media(lint: &mut Lint<'_>, place: &str, content: &Map<String, Value>, kind: &str, what: &str) {
    let is_json = |kind: &str| {
        let plain = kind.split(';').next().unwrap_or(kind).trim().to_lowercase();
        plain == JSON || plain.ends_with("+json")
    };
    let mut message =
        format!("the media type {kind} in {what} would become untyped bytes; only {JSON} is generated");
    let mut stanza = String::new();
    if content.contains_key(JSON) {
        message.push_str(".\nThe action below keeps that one");
    } else if content
        .keys()
        .find(|kind| is_json(kind))
        .is_some_and(|first| first == kind)
    {
        let schema = content.get(kind).and_then(|media| media.get("schema"));
        let media = Map::from_iter(schema.map(|schema| ("schema".to_owned(), schema.clone())));
        let update = Map::from_iter([(JSON.to_owned(), Value::Object(media))]);
        let holder = pointer::split(place).map_or(place, |(holder, _)| holder);
        stanza = stanza::update(&pointer::target(lint.document, holder), &update);
        message.push_str(".\nThe actions below take it for that");
    } else if !content.keys().any(|kind| is_json(kind)) {
        message.push_str(".\nThe action below drops the body: decide whether the client can do without it");
    }
    let stanza = stanza + &lint.removal(place);
    lint.report_with(place, message, stanza);
}

/// A component, or a list of components or of single values.
fn is_named(lint: &Lint<'_>, schema: &Value) -> bool {
    if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        return lint.component(only).is_some();
    }
    lint.component(schema).is_some()
        || matches!(schema.get("type").and_then(Value::as_str), Some("array"))
            && schema
                .get("items")
                .is_some_and(|items| is_simple(lint, items, false) || is_named(lint, items))
}

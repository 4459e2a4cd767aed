//! Rules for operations: names, parameters, bodies and answers.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::super::document::canonical;
use super::super::grammar::METHODS;
use super::super::{pointer, stanza};
use super::{Lint, casing};

/// Names the generated builders use themselves.
const BUILDER_METHODS: [&str; 3] = ["body", "new", "send"];

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
        lint.report(
            &places[1],
            format!("two operations are called `{id}`; give one another operationId"),
        );
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
    parameters(lint, place, path, operation);
    if let Some(body) = operation.get("requestBody") {
        let place = format!("{place}/requestBody");
        lint.allow(
            &place,
            body,
            "a request body",
            &["description", "required", "content"],
        );
        media(lint, &place, body, "a request body");
        if body.get("content").is_none() {
            lint.report(&place, "the request body has no content");
        }
    }
    responses(lint, place, operation);
}

fn parameters(lint: &mut Lint<'_>, place: &str, path: &str, operation: &Value) {
    let list: Vec<&Value> = operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect();
    let word = |parameter: &Value, key: &str| {
        parameter
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    for (index, parameter) in list.iter().enumerate() {
        self::parameter(lint, &format!("{place}/parameters/{index}"), parameter);
    }
    let names: Vec<String> = list.iter().map(|parameter| word(parameter, "name")).collect();
    for group in casing::collisions(names.iter().map(String::as_str), casing::field) {
        lint.report(
            &format!("{place}/parameters"),
            format!(
                "the parameters {} become one argument in Rust",
                group.join(" and ")
            ),
        );
    }
    let declared: BTreeSet<String> = list
        .iter()
        .filter(|parameter| word(parameter, "in") == "path")
        .map(|parameter| word(parameter, "name"))
        .collect();
    let wanted: BTreeSet<String> = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in wanted.difference(&declared) {
        lint.report(
            place,
            format!("the path wants {{{name}}}, but the operation declares no such path parameter"),
        );
    }
    for name in declared.difference(&wanted) {
        lint.report(
            place,
            format!("the path parameter `{name}` does not occur in the path"),
        );
    }
}

fn parameter(lint: &mut Lint<'_>, place: &str, parameter: &Value) {
    let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
    let stanza = stanza::remove(&pointer::target(lint.document, place));
    if name.is_empty() {
        lint.report(place, "a parameter without a name");
    }
    if BUILDER_METHODS.contains(&name) {
        lint.report(
            place,
            format!("a parameter named `{name}` hides a method of the generated builder"),
        );
    }
    let style = match parameter.get("in").and_then(Value::as_str) {
        Some("path") => {
            if parameter.get("required") != Some(&Value::Bool(true)) {
                lint.report(
                    place,
                    format!("the path parameter `{name}` must be `required: true`"),
                );
            }
            "simple"
        }
        Some("query") => "form",
        other => {
            let message = format!(
                "the parameter `{name}` is in {}; only path and query parameters are generated (headers are the transport's)",
                other.unwrap_or("no place")
            );
            lint.report_with(place, message, stanza);
            return;
        }
    };
    let allowed = [
        "name",
        "in",
        "description",
        "required",
        "deprecated",
        "schema",
        "style",
        "explode",
    ];
    lint.allow(place, parameter, "a parameter", &allowed);
    if parameter.get("style").is_some_and(|value| value != style) {
        lint.report_keyword(
            place,
            "style",
            format!("the style of `{name}` is ignored by the generator, which writes {style}"),
        );
    }
    if style == "form" && parameter.get("explode") == Some(&Value::Bool(false)) {
        let message = format!(
            "`explode: false` of `{name}` is ignored by the generator, which repeats the key; make it a plain string"
        );
        lint.report_keyword(place, "explode", message);
    }
    let Some(schema) = parameter.get("schema") else {
        lint.report(place, format!("the parameter `{name}` has no schema"));
        return;
    };
    if !is_simple(lint, schema, style == "form") {
        lint.report(
            &format!("{place}/schema"),
            format!("the parameter `{name}` is neither a single value nor (in a query) a list of such; the generator writes it wrongly"),
        );
    }
}

/// A number, text, boolean or enum, or a list of them.
fn is_simple(lint: &Lint<'_>, schema: &Value, list: bool) -> bool {
    if let Some((_, component)) = lint.component(schema) {
        return component.get("enum").is_some();
    }
    if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        return is_simple(lint, only, false);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => {
            list && schema
                .get("items")
                .is_some_and(|items| is_simple(lint, items, false))
        }
        Some("object") | None => false,
        Some(_) => true,
    }
}

fn responses(lint: &mut Lint<'_>, place: &str, operation: &Value) {
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
            lint.report(
                &place,
                format!("the status {status:?} is not a number like 404; list each status by itself"),
            );
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
            lint.report(
                &place,
                format!("more than one type of success ({}); the generator takes one: remove the others by the overlay", all.join(", ")),
            );
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
        if kind != "application/json" {
            let stanza = stanza::remove(&pointer::target(lint.document, &place));
            lint.report_with(&place, format!("the media type {kind} in {what} would become untyped bytes; only application/json is generated"), stanza);
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

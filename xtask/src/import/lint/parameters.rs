//! Rules for parameters: where they are, how they are written, and that the path knows them.
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::stanza;
use super::{Lint, casing};
use crate::description::pointer;

/// Names the generated builders use themselves.
const BUILDERS: [&str; 4] = ["body", "client", "new", "send"];

/// Applies the rules to the parameters of an operation.
pub(super) fn check(lint: &mut Lint<'_>, place: &str, path: &str, operation: &Value) {
    let all: Vec<&Value> = operation
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
    for (index, parameter) in all.iter().enumerate() {
        one(lint, &format!("{place}/parameters/{index}"), parameter);
    }
    let names: Vec<String> = all.iter().map(|parameter| word(parameter, "name")).collect();
    for group in casing::collisions(names.iter().map(String::as_str), casing::field) {
        lint.report(
            &format!("{place}/parameters"),
            format!(
                "the parameters {} become one argument in Rust",
                group.join(" and ")
            ),
        );
    }
    let declared: BTreeSet<String> = all
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
        let parameter = json!([{
            "name": name, "in": "path", "required": true, "schema": {"type": "string"},
            "description": format!("<what {name} is>"),
        }]);
        let update = Map::from_iter([("parameters".to_owned(), parameter)]);
        let stanza = stanza::update(&pointer::target(lint.document, place), &update);
        let message = format!("the path wants {{{name}}}, but the operation declares no such path parameter");
        lint.report_with(place, message, stanza);
    }
    for name in declared.difference(&wanted) {
        lint.report(
            place,
            format!("the path parameter `{name}` does not occur in the path"),
        );
    }
}

fn one(lint: &mut Lint<'_>, place: &str, parameter: &Value) {
    let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        lint.report(place, "a parameter without a name");
    }
    if BUILDERS.contains(&casing::field(name).as_str()) {
        let message = format!("a parameter named `{name}` hides a part of the generated builder");
        return unless_required(lint, place, parameter, message);
    }
    let style = match parameter.get("in").and_then(Value::as_str) {
        Some("path") => {
            if parameter.get("required") != Some(&Value::Bool(true)) {
                let update = Map::from_iter([("required".to_owned(), json!(true))]);
                let stanza = stanza::update(&pointer::target(lint.document, place), &update);
                lint.report_with(
                    place,
                    format!("the path parameter `{name}` must be `required: true`"),
                    stanza,
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
            let stanza = lint.removal(place);
            lint.report_with(place, message, stanza);
            return;
        }
    };
    let Some(schema) = parameter.get("schema") else {
        let message = format!("the parameter `{name}` has no schema");
        return unless_required(lint, place, parameter, message);
    };
    if !is_simple(lint, schema, style == "form") {
        let message = format!(
            "the parameter `{name}` is neither a single value nor (in a query) a list of such; the generator writes it wrongly"
        );
        return unless_required(lint, place, parameter, message);
    }
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
}

/// Reports a parameter that the client can only do without, which is possible when it is optional.
fn unless_required(lint: &mut Lint<'_>, place: &str, parameter: &Value, message: String) {
    if parameter.get("required") == Some(&Value::Bool(true)) {
        return lint.report(place, message);
    }
    let stanza = lint.removal(place);
    lint.report_with(
        place,
        message + ".\nIt is optional: the action below does without it",
        stanza,
    );
}

/// A number, text, boolean or enum, or a list of them.
pub(super) fn is_simple(lint: &Lint<'_>, schema: &Value, or_list: bool) -> bool {
    if let Some((_, component)) = lint.component(schema) {
        return component.get("enum").is_some();
    }
    if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        return is_simple(lint, only, false);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => {
            or_list
                && schema
                    .get("items")
                    .is_some_and(|items| is_simple(lint, items, false))
        }
        Some("object") | None => false,
        Some(_) => true,
    }
}

//! Refuses a description whose keywords hold values of the wrong kind, so that no later step has to wonder.
use serde_json::{Map, Value};

use super::origins::Origins;
use super::problem::Problem;
use crate::description::grammar::Kind;
use crate::description::pointer;

/// Reports every value that is not of the kind its keyword wants.
pub(crate) fn check(document: &Value, problems: &mut Vec<Problem>) {
    walk(document, Kind::Document, "", 0, problems);
}

/// Reports what the overlay broke: nothing after it looks for what every document has.
pub(crate) fn after(document: &Value, origins: &Origins) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(document, Kind::Document, "", 0, &mut problems);
    for problem in &mut problems {
        let places = problem.places.iter().flat_map(|place| origins.of(place));
        *problem = Problem::among(places.collect(), &problem.message);
    }
    let fixed = [
        ("/openapi", Value::from("3.0.3")),
        ("/info/x-documentation", Value::from("own")),
    ];
    let lost = fixed
        .iter()
        .filter(|(place, value)| document.pointer(place) != Some(value));
    let lost = lost.map(|(place, value)| format!("`{place}` of the resolved spec is not {value}"));
    let entries = |place| document.pointer(place).and_then(Value::as_object);
    let gone = ["/paths", "/components/schemas"]
        .into_iter()
        .filter(|place| entries(place).is_none());
    let gone = gone.map(|place| format!("the resolved spec has no `{place}` any more"));
    let empty = entries("/paths").is_some_and(Map::is_empty);
    let empty = empty.then(|| "the resolved spec has no operation any more".to_owned());
    problems.extend(
        lost.chain(gone)
            .chain(empty)
            .map(|message| Problem::at("", message)),
    );
    problems
}

/// What a keyword wants, in words, and whether a value is that.
type Want = (&'static str, fn(&Value) -> bool);

const OBJECT: Want = ("an object", Value::is_object);
const LIST: Want = ("a list", Value::is_array);
const TEXT: Want = ("a text", Value::is_string);
const TRUTH: Want = ("true or false", Value::is_boolean);
const NUMBER: Want = ("a number", Value::is_number);
const TEXTS: Want = ("a list of texts", |value| {
    value
        .as_array()
        .is_some_and(|items| items.iter().all(Value::is_string))
});

/// No description read from a file is deeper.
const MAX_DEPTH: usize = 256;

fn walk(value: &Value, kind: Kind, place: &str, depth: usize, problems: &mut Vec<Problem>) {
    let mut next = |key: &str, value: &Value| {
        let place = pointer::join(place, key);
        match wanted(kind, key) {
            Some((what, is_so)) if !is_so(value) => {
                problems.push(Problem::at(
                    place,
                    format!("`{key}` must be {what}, not {}", short(value)),
                ));
            }
            _ if depth < MAX_DEPTH => walk(value, kind.child(key), &place, depth + 1, problems),
            _ => problems.push(Problem::at(place, "the description is nested too deeply")),
        }
    };
    match value {
        _ if kind == Kind::Data => {}
        Value::Object(map) => map.iter().for_each(|(key, value)| next(key, value)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, item)| next(&index.to_string(), item)),
        _ => {}
    }
}

fn wanted(kind: Kind, key: &str) -> Option<Want> {
    match (kind.child(key), kind, key) {
        (Kind::ParameterList | Kind::SchemaList | Kind::Servers, ..) | (Kind::Data, Kind::Schema, "enum") => {
            Some(LIST)
        }
        (Kind::Schema, Kind::Schema, "additionalProperties") => {
            Some(("an object, or true or false", |value| {
                value.is_object() || value.is_boolean()
            }))
        }
        (Kind::Data, Kind::Schema, "required") => Some(TEXTS),
        (Kind::Data, Kind::Schema, "nullable" | "deprecated" | "readOnly" | "writeOnly" | "uniqueItems")
        | (Kind::Data, Kind::Parameter, "required" | "deprecated" | "explode")
        | (Kind::Data, Kind::RequestBody, "required")
        | (Kind::Data, Kind::Operation, "deprecated") => Some(TRUTH),
        (
            Kind::Data,
            Kind::Schema,
            "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems",
        ) => Some(NUMBER),
        (Kind::Data, Kind::Schema, "format" | "pattern")
        | (Kind::Data, Kind::Parameter, "name" | "in" | "style")
        | (Kind::Data, Kind::Operation, "operationId") => Some(TEXT),
        (Kind::Data, ..) => None,
        _ => Some(OBJECT),
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => other.to_string().chars().take(40).collect(),
    }
}

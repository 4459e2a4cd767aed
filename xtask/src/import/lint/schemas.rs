//! Rules for schemas: what the generator understands of them, and which names collide in Rust.
use serde_json::{Map, Value, json};

use super::super::overlay::VALUES;
use super::super::stanza;
use super::{Lint, casing, members};
use crate::description::choice::{self, Shape};
use crate::description::grammar::Kind;
use crate::description::pointer;

/// Keywords that the generator understands on any schema.
const COMMON: [&str; 9] = [
    "type",
    "description",
    "nullable",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
    "enum",
];

/// Formats with a Rust type of their own, or known to stay a plain text.
fn formats(kind: &str) -> &'static [&'static str] {
    match kind {
        "integer" => &["int32", "int64"],
        "number" => &["float", "double"],
        "string" => &["date-time", "date", "uri", "url", "email"],
        _ => &[],
    }
}

/// Applies the rules to every schema of the document.
pub(super) fn check(lint: &mut Lint<'_>) {
    walk(lint, lint.document, Kind::Document, "");
    let components: Map<String, Value> = lint
        .document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for name in components.keys() {
        if let Err(why) = casing::check_component(name) {
            lint.report(&pointer::join("/components/schemas", name), why);
        }
    }
    for group in casing::collisions(components.keys().map(String::as_str), casing::component) {
        let place = pointer::join("/components/schemas", group[0]);
        lint.report(
            &place,
            format!("the components {} become one type in Rust", group.join(" and ")),
        );
    }
}

fn walk(lint: &mut Lint<'_>, value: &Value, kind: Kind, place: &str) {
    match value {
        _ if kind == Kind::Data => {}
        Value::Object(map) => {
            if kind == Kind::Schema {
                schema(lint, map, place);
            }
            for (key, value) in map {
                walk(lint, value, kind.child(key), &pointer::join(place, key));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(
                    lint,
                    item,
                    kind.child(""),
                    &pointer::join(place, &index.to_string()),
                );
            }
        }
        _ => {}
    }
}

fn schema(lint: &mut Lint<'_>, schema: &Map<String, Value>, place: &str) {
    let value = Value::Object(schema.clone());
    if schema.contains_key("$ref") {
        for key in schema.keys().filter(|key| *key != "$ref") {
            lint.report_keyword(place, key, format!("`{key}` beside a $ref is ignored by the generator; write the reference as allOf with one element"));
        }
        if lint.component(&value).is_none() {
            lint.report(place, "the reference leads to no component");
        }
        return;
    }
    for (key, why) in REFUSED {
        if key == "anyOf" && schema.contains_key(key) {
            return any_of(lint, schema, place);
        }
        if schema.contains_key(key) {
            lint.report_keyword(place, key, why);
        }
    }
    let refused: Vec<&str> = REFUSED.iter().map(|(key, _)| *key).collect();
    if let Some(members) = schema.get("allOf").and_then(Value::as_array) {
        lint.allow(
            place,
            &value,
            "a wrapped reference",
            &[&COMMON[1..7], &["allOf"], refused.as_slice()].concat(),
        );
        if members.len() != 1 || members.iter().any(|member| lint.component(member).is_none()) {
            lint.report(
                place,
                "an `allOf` of other things than objects with fields is not understood by the generator",
            );
        }
        return;
    }
    if let Some(members) = schema.get("oneOf").and_then(Value::as_array) {
        lint.allow(
            place,
            &value,
            "a choice",
            &[
                &["description", "nullable", "deprecated", "oneOf"],
                refused.as_slice(),
            ]
            .concat(),
        );
        for (index, member) in members.iter().enumerate() {
            if lint.component(member).is_none() {
                lint.report(
                    &format!("{place}/oneOf/{index}"),
                    "an alternative of a `oneOf` that is neither an object with fields nor an enum: the generator invents a name for it",
                );
            }
        }
        indistinct(lint, place, members);
        return;
    }
    typed(lint, schema, &value, place, &refused);
}

/// Refuses alternatives that nothing tells apart.
fn indistinct(lint: &mut Lint<'_>, place: &str, members: &[Value]) {
    let shapes = members.iter().filter_map(|member| lint.component(member));
    let shapes: Vec<Shape> = shapes.map(|(name, _)| Shape::of(lint.document, &name)).collect();
    let all: Vec<&Shape> = shapes.iter().collect();
    let Err(conflict) = choice::order(&all) else {
        return;
    };
    let (earlier, later) = (&shapes[conflict.earlier].name, &shapes[conflict.later].name);
    let message = format!(
        "{later} cannot be told from {earlier}: {}.\n\
         The action below leaves {later} out; such a value is then kept as it came",
        choice::NOTHING_DIFFERS
    );
    let place = format!("{place}/oneOf/{}", conflict.later);
    let stanza = lint.removal(&place);
    lint.report_with(&place, message, stanza);
}

fn untyped(lint: &mut Lint<'_>, schema: &Map<String, Value>, place: &str) {
    if !schema.is_empty()
        && schema.keys().all(|key| key == "description" || key == VALUES)
        && !lint.is_upstream(place)
    {
        let target = pointer::target(lint.document, place);
        return lint.report(
            place,
            format!(
                "only the overlay knows {target}: it documents it, but the description does not have it (any more); \
                 delete it from the overlay"
            ),
        );
    }
    if let Some(holder) = place.strip_suffix("/additionalProperties") {
        let message =
            "fields of any type are what the generator assumes anyway; remove `additionalProperties`";
        return lint.report_keyword(holder, "additionalProperties", message);
    }
    let update = Map::from_iter([(
        "type".to_owned(),
        json!("<what type the value has: string, integer, object …>"),
    )]);
    let stanza = stanza::update(&pointer::target(lint.document, place), &update);
    let message = "a schema without a type, which the generator makes \"any value\"; say the type";
    lint.report_with(place, message, stanza);
}

/// `anyOf` as the choice it is in practice.
fn any_of(lint: &mut Lint<'_>, schema: &Map<String, Value>, place: &str) {
    let update = Map::from_iter([(
        "oneOf".to_owned(),
        schema.get("anyOf").cloned().unwrap_or_default(),
    )]);
    let stanza = stanza::update(&pointer::target(lint.document, place), &update);
    let place = pointer::join(place, "anyOf");
    let stanza = stanza + &lint.removal(&place);
    let message = "`anyOf` becomes a struct of all alternatives, which decodes anything; write a `oneOf`";
    lint.report_with(&place, message, stanza);
}

/// Keywords with a reason of their own to be refused.
const REFUSED: [(&str, &str); 8] = [
    (
        "discriminator",
        "`discriminator` is ignored by the generator, which tries the alternatives in their order; remove it",
    ),
    (
        "title",
        "`title` changes the name of the generated type and can merge two types into one; remove it",
    ),
    ("anyOf", "see `any_of`"),
    (
        "not",
        "`not` becomes a type that nothing can be decoded into reliably; remove it",
    ),
    (
        "pattern",
        "`pattern` becomes a type with a check that refuses what GitHub may send tomorrow; remove it",
    ),
    (
        "minLength",
        "`minLength` becomes a type with a check that refuses what GitHub may send tomorrow; remove it",
    ),
    (
        "maxLength",
        "`maxLength` becomes a type with a check that refuses what GitHub may send tomorrow; remove it",
    ),
    (
        "x-name",
        "`x-name` did not name a shape that is lifted; delete it from the overlay",
    ),
];

fn typed(lint: &mut Lint<'_>, schema: &Map<String, Value>, value: &Value, place: &str, refused: &[&str]) {
    let own: &[&str] = match schema.get("type") {
        Some(Value::String(kind)) => match kind.as_str() {
            "object" => &["properties", "required", "additionalProperties"],
            "array" => &["items", "minItems", "maxItems"],
            "string" if schema.contains_key("enum") => &[VALUES],
            "integer" | "number" => &[
                "minimum",
                "maximum",
                "exclusiveMinimum",
                "exclusiveMaximum",
                "multipleOf",
            ],
            "string" | "boolean" => &[],
            other => return lint.report(&pointer::join(place, "type"), format!("{other:?} is not a type")),
        },
        Some(Value::Array(_)) => {
            return lint.report(
                &pointer::join(place, "type"),
                "a list of types is not OpenAPI 3.0, and not understood by the generator",
            );
        }
        Some(_) => return lint.report(&pointer::join(place, "type"), "`type` must be a text"),
        None => {
            untyped(lint, schema, place);
            return;
        }
    };
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    lint.allow(
        place,
        value,
        &format!("a schema of type {kind}"),
        &[&COMMON, own, refused].concat(),
    );
    if let Some(format) = schema.get("format")
        && !format
            .as_str()
            .is_some_and(|format| formats(kind).contains(&format))
    {
        let message = format!("the format {format} of a {kind} is not known to be generated well; remove it");
        lint.report_keyword(place, "format", message);
    }
    if let Some(values) = schema.get("enum") {
        members::enumeration(lint, values, place);
    }
    match kind {
        "array" if schema.get("items").is_none() => {
            lint.report(place, "a list whose elements are not described");
        }
        "object" => members::object(lint, schema, place),
        _ => {}
    }
}

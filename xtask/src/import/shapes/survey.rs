//! Finds the schemas of a document and reads them as shapes.
use serde_json::{Map, Value, json};

use super::super::origins::Origins;
use super::super::overlay::{MERGE, NAME};
use super::super::problem::Problem;
use super::{Forest, Id, OF_THE_PLACE, Shape, Slot};
use crate::description::grammar::Kind;
use crate::description::pointer;

impl Forest {
    /// Finds every schema of the document.
    pub(crate) fn of(document: &Value, origins: &Origins, problems: &mut Vec<Problem>) -> Self {
        let mut builder = Builder {
            forest: Self::default(),
            origins,
            problems,
        };
        builder.find(document, Kind::Document, "", "");
        builder.forest
    }
}

pub(super) struct Builder<'a> {
    pub(super) forest: Forest,
    pub(super) origins: &'a Origins,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Builder<'_> {
    /// `hint` is a word for what is described here: the operation, then its parameter or body.
    pub(super) fn find(&mut self, value: &Value, kind: Kind, place: &str, hint: &str) {
        match (kind, value) {
            (Kind::Data, _) => {}
            (Kind::Schema, _) => {
                let id = self.shape(value, place, hint);
                self.forest.roots.push((place.to_owned(), id));
            }
            (_, Value::Object(map)) => {
                for (key, value) in map {
                    let child = kind.child(key);
                    let hint = match kind {
                        Kind::PathItem => value
                            .get("operationId")
                            .and_then(Value::as_str)
                            .unwrap_or(key)
                            .to_owned(),
                        Kind::Responses if key.starts_with('2') => format!("{hint} result"),
                        Kind::Responses => format!("{hint} error"),
                        Kind::Operation if child == Kind::RequestBody => format!("{hint} body"),
                        Kind::Headers => key.clone(),
                        _ => hint.to_owned(),
                    };
                    self.find(value, child, &pointer::join(place, key), &hint);
                }
            }
            (_, Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let name = item.get("name").and_then(Value::as_str).unwrap_or(hint);
                    self.find(
                        item,
                        kind.child(""),
                        &pointer::join(place, &index.to_string()),
                        name,
                    );
                }
            }
            _ => {}
        }
    }

    fn shape(&mut self, schema: &Value, place: &str, hint: &str) -> Id {
        let origin = self.origins.first(place);
        let mut shape = Shape {
            place: place.to_owned(),
            origin: origin.clone(),
            name: schema.get(NAME).and_then(Value::as_str).map(str::to_owned),
            merge: schema.get(MERGE) == Some(&Value::Bool(true)),
            hint: hint.to_owned(),
            usage: Map::new(),
            keywords: Map::new(),
            parts: Vec::new(),
            height: 0,
        };
        let mut whole = Vec::new();
        for (key, value) in schema.as_object().into_iter().flatten() {
            let at = pointer::join(place, key);
            match (key.as_str(), value) {
                (NAME | MERGE, _) => {}
                ("properties", Value::Object(map)) => {
                    for (name, value) in map {
                        let id = self.shape(value, &pointer::join(&at, name), name);
                        shape.parts.push((Slot::Property(name.clone()), id));
                    }
                }
                ("items", Value::Object(_)) => {
                    let id = self.shape(value, &at, &singular(hint));
                    shape.parts.push((Slot::Items, id));
                }
                ("not", Value::Object(_)) => shape.parts.push((Slot::Not, self.shape(value, &at, hint))),
                ("additionalProperties", Value::Object(_)) => {
                    shape
                        .parts
                        .push((Slot::Additional, self.shape(value, &at, &singular(hint))));
                }
                ("allOf" | "oneOf" | "anyOf", Value::Array(items)) => {
                    let word = ["allOf", "oneOf", "anyOf"]
                        .into_iter()
                        .find(|word| word == key)
                        .unwrap_or("oneOf");
                    let null = |item: &Value| word != "allOf" && is_null(item);
                    let rest: Vec<usize> = (0..items.len()).filter(|index| !null(&items[*index])).collect();
                    if rest.len() < items.len() && !rest.is_empty() {
                        shape.usage.insert("nullable".to_owned(), json!(true));
                    }
                    for (number, index) in rest.iter().copied().enumerate() {
                        let hint = if rest.len() == 1 {
                            hint.to_owned()
                        } else {
                            format!("{hint} option {}", number + 1)
                        };
                        let item = self.shape(&items[index], &pointer::join(&at, &index.to_string()), &hint);
                        whole.push((Slot::Choice(word, number), item));
                    }
                }
                ("enum", Value::Array(values)) if values.contains(&Value::Null) => {
                    let rest: Vec<Value> = values.iter().filter(|value| !value.is_null()).cloned().collect();
                    shape.keywords.insert(key.clone(), Value::Array(rest));
                }
                (word, _) if OF_THE_PLACE.contains(&word) => {
                    // `false` is what these mean when they are absent.
                    if word == "default" || *value != Value::Bool(false) {
                        shape.usage.insert(key.clone(), value.clone());
                    }
                }
                _ => {
                    shape.keywords.insert(key.clone(), value.clone());
                }
            }
        }
        if shape
            .parts
            .iter()
            .any(|(slot, _)| matches!(slot, Slot::Property(_)))
        {
            shape.keywords.entry("type").or_insert_with(|| json!("object"));
        }
        if whole.is_empty() {
            self.add(shape)
        } else {
            self.simplify(shape, whole)
        }
    }

    pub(super) fn add(&mut self, mut shape: Shape) -> Id {
        if let Some(Value::Array(required)) = shape.keywords.get_mut("required") {
            required.sort_by_key(ToString::to_string);
            required.dedup();
            if required.is_empty() {
                shape.keywords.remove("required");
            }
        }
        shape.parts.sort();
        shape.height = shape
            .parts
            .iter()
            .map(|(_, id)| self.forest.shapes[*id].height + 1)
            .max()
            .unwrap_or(0);
        self.forest.shapes.push(shape);
        self.forest.shapes.len() - 1
    }
}

/// The way to write "or null" as an alternative.
fn is_null(schema: &Value) -> bool {
    schema
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_null))
}

/// A word for one of several.
fn singular(word: &str) -> String {
    match word {
        _ if word.ends_with("ies") => format!("{}y", &word[..word.len() - 3]),
        _ if word.ends_with("sses") || word.ends_with("xes") => word[..word.len() - 2].to_owned(),
        _ if word.ends_with('s') && !word.ends_with("ss") => word[..word.len() - 1].to_owned(),
        _ => format!("{word} item"),
    }
}

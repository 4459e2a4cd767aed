//! The schemas of a description as a tree of shapes, brought to one form so that equal shapes are equal values.
//!
//! One form means: an `allOf` of objects is the object they describe together, a choice of one is that one, and what
//! belongs to the place rather than to the shape (may it be null, has it a default, is it deprecated) stands apart.
use serde_json::{Map, Value, json};

use super::grammar::Kind;
use super::origins::Origins;
use super::overlay::{MERGE, NAME};
use super::pointer;
use super::problem::Problem;

/// Keywords that say something about a place where a shape is used, not about the shape.
pub(crate) const OF_THE_PLACE: [&str; 5] = ["nullable", "default", "deprecated", "readOnly", "writeOnly"];

/// Where a part of a shape stands in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// The field of this name.
    Property(String),
    /// The elements of a list.
    Items,
    /// The values of a map.
    Additional,
    /// What it must not be.
    Not,
    /// An alternative of a `oneOf`, `anyOf` or (when it could not be merged) `allOf`.
    Choice(&'static str, usize),
}

/// The index of a shape in the forest.
pub(crate) type Id = usize;

/// One shape at one place.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Its place in the document with references expanded.
    pub(crate) place: String,
    /// Where its keywords come from in the input.
    pub(crate) origin: String,
    /// The name the overlay gives it here.
    pub(crate) name: Option<String>,
    /// Whether the overlay wants the differing shapes of this name made one.
    pub(crate) merge: bool,
    /// A word to make a name of when it has none.
    pub(crate) hint: String,
    /// Keywords of the place.
    pub(crate) usage: Map<String, Value>,
    /// Keywords of the shape, without its parts.
    pub(crate) keywords: Map<String, Value>,
    /// Its parts.
    pub(crate) parts: Vec<(Slot, Id)>,
    /// How many levels of parts are below it.
    pub(crate) height: usize,
}

impl Shape {
    /// Whether this shape must become a component: an object with fields, a list of values, or a choice.
    pub(crate) fn is_lifted(&self) -> bool {
        let object = self
            .parts
            .iter()
            .any(|(slot, _)| matches!(slot, Slot::Property(_)));
        let choice = self
            .parts
            .iter()
            .any(|(slot, _)| matches!(slot, Slot::Choice(..)));
        object || choice || self.is_enum()
    }

    /// Whether this is an enum of texts.
    pub(crate) fn is_enum(&self) -> bool {
        let texts = |values: &Vec<Value>| !values.is_empty() && values.iter().all(Value::is_string);
        self.keywords
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(texts)
            && self.keywords.get("type").is_none_or(|kind| kind == "string")
    }

    /// The part in this slot.
    pub(crate) fn part(&self, slot: &Slot) -> Option<Id> {
        self.parts
            .iter()
            .find(|(other, _)| other == slot)
            .map(|(_, id)| *id)
    }

    fn is_object(&self) -> bool {
        self.keywords.get("type").is_some_and(|kind| kind == "object")
            && !self
                .parts
                .iter()
                .any(|(slot, _)| matches!(slot, Slot::Choice(..)))
    }

    fn says_nothing(&self) -> bool {
        self.keywords.is_empty() && self.parts.is_empty()
    }
}

/// All shapes of a document.
#[derive(Debug, Default)]
pub(crate) struct Forest {
    /// The shapes; an [`Id`] is an index.
    pub(crate) shapes: Vec<Shape>,
    /// The places where a schema begins, with their shapes.
    pub(crate) roots: Vec<(String, Id)>,
}

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

struct Builder<'a> {
    forest: Forest,
    origins: &'a Origins,
    problems: &'a mut Vec<Problem>,
}

impl Builder<'_> {
    /// `hint` is a word for what is described here: the operation, then its parameter or body.
    fn find(&mut self, value: &Value, kind: Kind, place: &str, hint: &str) {
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
                    for (index, item) in items.iter().enumerate() {
                        let hint = if items.len() == 1 {
                            hint.to_owned()
                        } else {
                            format!("{hint} option {}", index + 1)
                        };
                        let id = self.shape(item, &pointer::join(&at, &index.to_string()), &hint);
                        whole.push((Slot::Choice(word, index), id));
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

    fn add(&mut self, mut shape: Shape) -> Id {
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

    /// Brings a schema with `allOf`, `oneOf` or `anyOf` to its simplest form.
    fn simplify(&mut self, mut shape: Shape, mut choices: Vec<(Slot, Id)>) -> Id {
        let words: Vec<&str> = choices
            .iter()
            .filter_map(|(slot, _)| {
                if let Slot::Choice(word, _) = slot {
                    Some(*word)
                } else {
                    None
                }
            })
            .collect();
        let one = choices.len() == 1;
        if one && let Some((_, id)) = choices.first().cloned() {
            let only = &self.forest.shapes[id];
            // `type: object` beside `oneOf: [one object]` repeats what the object says.
            let repeats = shape.parts.is_empty()
                && shape
                    .keywords
                    .iter()
                    .all(|(key, value)| only.keywords.get(key) == Some(value));
            if repeats {
                return self.adopt(shape, id);
            }
        }
        if words.iter().all(|word| *word == "allOf") {
            let members: Vec<Id> = choices.iter().map(|(_, id)| *id).collect();
            if shape.parts.is_empty() && shape.keywords.get("type").is_none_or(|kind| kind == "object") {
                let mergeable =
                    |id: &Id| self.forest.shapes[*id].is_object() || self.forest.shapes[*id].says_nothing();
                if members.iter().all(mergeable) {
                    return self.unite(shape, &members);
                }
            } else if shape.is_object() && members.iter().all(|id| self.forest.shapes[*id].is_object()) {
                let own = Shape {
                    name: None,
                    merge: false,
                    usage: Map::new(),
                    keywords: std::mem::take(&mut shape.keywords),
                    parts: std::mem::take(&mut shape.parts),
                    place: shape.place.clone(),
                    origin: shape.origin.clone(),
                    hint: shape.hint.clone(),
                    height: 0,
                };
                let own = self.add(own);
                return self.unite(shape, &[&[own], members.as_slice()].concat());
            }
        }
        shape.parts.append(&mut choices);
        self.add(shape)
    }

    /// The place has the shape of its only choice.
    fn adopt(&mut self, holder: Shape, id: Id) -> Id {
        let only = &mut self.forest.shapes[id];
        only.place = holder.place;
        if holder.name.is_some() {
            only.name = holder.name;
            only.merge = holder.merge;
        }
        only.hint = holder.hint;
        only.usage.extend(holder.usage);
        id
    }

    /// One object with everything the members have.
    fn unite(&mut self, mut shape: Shape, members: &[Id]) -> Id {
        let mut required = shape
            .keywords
            .get("required")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let mut nullable = true;
        for id in members {
            let member = &self.forest.shapes[*id];
            if member.name.is_some() {
                self.problems.push(Problem::at(
                    &member.origin,
                    "a name for a part of an `allOf`: the parts become one object; name the schema that holds the `allOf`",
                ));
            }
            nullable &= member.usage.contains_key("nullable") || member.says_nothing();
            for (key, value) in &member.keywords {
                if key == "required" {
                    required.extend(value.as_array().cloned().unwrap_or_default());
                } else if shape.keywords.get(key).is_some_and(|other| other != value) {
                    let message = format!("the parts of this `allOf` disagree about `{key}`");
                    self.problems.push(Problem::at(&shape.origin, message));
                } else {
                    shape.keywords.insert(key.clone(), value.clone());
                }
            }
            for (slot, part) in &member.parts {
                match shape.part(slot) {
                    None => shape.parts.push((slot.clone(), *part)),
                    Some(other) if self.forest.deep(other) == self.forest.deep(*part) => {}
                    Some(_) => {
                        let message = "the parts of this `allOf` describe the same field differently";
                        self.problems
                            .push(Problem::at(&self.forest.shapes[*part].origin, message));
                    }
                }
            }
        }
        if nullable && !members.is_empty() {
            shape.usage.insert("nullable".to_owned(), json!(true));
        }
        if !required.is_empty() {
            shape
                .keywords
                .insert("required".to_owned(), Value::Array(required));
        }
        self.add(shape)
    }
}

impl Forest {
    /// The whole shape as a value, for comparison.
    fn deep(&self, id: Id) -> Value {
        let shape = &self.shapes[id];
        let parts: Vec<Value> = shape
            .parts
            .iter()
            .map(|(slot, id)| json!([format!("{slot:?}"), self.deep(*id)]))
            .collect();
        json!([shape.usage, comparable(&shape.keywords), parts])
    }
}

/// Keywords of a shape with the order of an enum's values taken out: it means nothing.
pub(crate) fn comparable(keywords: &Map<String, Value>) -> Map<String, Value> {
    let mut keywords = keywords.clone();
    if let Some(Value::Array(values)) = keywords.get_mut("enum") {
        values.sort_by_key(ToString::to_string);
    }
    keywords
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

//! The schemas of a description as a tree of shapes, brought to one form so that equal shapes are equal values.
//!
//! One form means: an `allOf` of objects is the object they describe together, a choice of one is that one, and what
//! belongs to the place rather than to the shape (may it be null, has it a default, is it deprecated) stands apart.
mod simplify;
mod survey;

use serde_json::{Map, Value, json};

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

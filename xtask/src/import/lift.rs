//! Writes the document of named shapes: every object, enum and choice is a component, every use of it a `$ref`.
use serde_json::{Map, Value, json};

use super::naming::{Component, Names};
use super::origins::Origins;
use super::problem::Problem;
use super::shapes::{Forest, Id, Shape, Slot};
use super::unite::{Other, unite};
use crate::description::pointer;

/// Replaces every schema of `document` by a reference to its component and adds the components.
pub(crate) fn lift(
    document: &mut Value,
    forest: &Forest,
    names: &Names,
    origins: &mut Origins,
    problems: &mut Vec<Problem>,
) {
    let original = document.clone();
    let mut lift = Lift {
        original: &original,
        forest,
        names,
        origins,
        problems,
    };
    for (place, id) in &forest.roots {
        let written = lift.usage(&[*id]);
        lift.locate(place, &[*id]);
        if let Some(schema) = document.pointer_mut(place) {
            *schema = written;
        }
    }
    let mut schemas = Map::new();
    for (name, component) in &names.components {
        let place = pointer::join("/components/schemas", name);
        schemas.insert(name.clone(), lift.component(name, component));
        let all: Vec<Id> = component.variants.iter().flatten().copied().collect();
        lift.locate_body(&place, &all);
    }
    if let Value::Object(map) = document {
        map.insert("components".to_owned(), json!({ "schemas": schemas }));
    }
}

/// The place of a component, as it is written in references.
pub(crate) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

struct Lift<'a> {
    /// The document before anything was lifted, for writing targets.
    original: &'a Value,
    forest: &'a Forest,
    names: &'a Names,
    origins: &'a mut Origins,
    problems: &'a mut Vec<Problem>,
}

impl Lift<'_> {
    /// What stands at a place; `ids` are the shapes of all places that are written as this one.
    fn usage(&self, ids: &[Id]) -> Value {
        let Some(first) = ids.first() else {
            return json!({});
        };
        let shape = &self.forest.shapes[*first];
        let Some(name) = self.names.of.get(first) else {
            let mut written = self.body(shape, ids);
            written.extend(shape.usage.clone());
            return Value::Object(written);
        };
        let mut written = shape.usage.clone();
        if written.is_empty() {
            return reference(name);
        }
        written.insert("allOf".to_owned(), json!([reference(name)]));
        Value::Object(written)
    }

    /// A shape as one of `ids`, which are written as one.
    fn body(&self, shape: &Shape, ids: &[Id]) -> Map<String, Value> {
        let mut written = shape.keywords.clone();
        for (slot, id) in &shape.parts {
            let others = ids.iter().filter_map(|id| self.forest.shapes[*id].part(slot));
            let all: Vec<Id> = std::iter::once(*id).chain(others).collect();
            let part = self.usage(&all);
            match slot {
                Slot::Property(name) => {
                    let properties = written.entry("properties").or_insert_with(|| json!({}));
                    if let Value::Object(properties) = properties {
                        properties.insert(name.clone(), part);
                    }
                }
                Slot::Items => drop(written.insert("items".to_owned(), part)),
                Slot::Additional => drop(written.insert("additionalProperties".to_owned(), part)),
                Slot::Not => drop(written.insert("not".to_owned(), part)),
                Slot::Choice(word, _) => {
                    if let Value::Array(list) = written.entry(*word).or_insert_with(|| json!([])) {
                        list.push(part);
                    }
                }
            }
        }
        written
    }

    fn component(&mut self, name: &str, component: &Component) -> Value {
        let mut variants = component.variants.iter().filter_map(|ids| ids.first());
        let Some(first) = variants.next() else {
            return json!({});
        };
        let all: Vec<Id> = component.variants.iter().flatten().copied().collect();
        let mut united = self.body(&self.forest.shapes[*first], &all);
        for other in variants {
            let shape = &self.forest.shapes[*other];
            let other = Other {
                component: name,
                origin: &shape.origin,
                place: &shape.place,
            };
            unite(
                &mut united,
                self.body(shape, &all),
                &other,
                self.original,
                self.problems,
            );
        }
        Value::Object(united)
    }

    /// Notes where a use of shapes came from.
    fn locate(&mut self, place: &str, ids: &[Id]) {
        self.origins
            .set(place, ids.iter().map(|id| self.usage_origin(*id)).collect());
        if ids.iter().all(|id| !self.names.of.contains_key(id)) {
            self.locate_body(place, ids);
        }
    }

    /// Notes where the inside of a shape that several places share came from.
    fn locate_body(&mut self, place: &str, ids: &[Id]) {
        let body = |id: &Id| self.forest.shapes[*id].origin.clone();
        self.origins.set(place, ids.iter().map(body).collect());
        let mut parts: Vec<(Slot, Vec<Id>)> = Vec::new();
        for (slot, part) in ids.iter().flat_map(|id| &self.forest.shapes[*id].parts) {
            match parts.iter_mut().find(|(other, _)| other == slot) {
                Some((_, ids)) => ids.push(*part),
                None => parts.push((slot.clone(), vec![*part])),
            }
        }
        for (slot, ids) in parts {
            let place = match &slot {
                Slot::Property(name) => pointer::join(&format!("{place}/properties"), name),
                Slot::Items => format!("{place}/items"),
                Slot::Additional => format!("{place}/additionalProperties"),
                Slot::Not => format!("{place}/not"),
                Slot::Choice(word, index) => format!("{place}/{word}/{index}"),
            };
            self.locate(&place, &ids);
        }
    }

    fn usage_origin(&self, id: Id) -> String {
        self.forest.shapes[id].origin.clone()
    }
}

//! Puts what a reference refers to in its place, so that a description written with shared components and one with
//! everything inline are the same document from here on.
use serde_json::{Map, Value};

use super::origins::Origins;
use super::problem::Problem;
use crate::description::grammar::{Kind, METHODS};
use crate::description::pointer;
use crate::description::reference::follow;

/// Deeper than any real description, and shallow enough for every later walk.
const MAX_DEPTH: usize = 160;
/// The official description has about ten thousand nodes of ours; a document that unfolds to this many is a bomb.
const MAX_NODES: usize = 2_000_000;

/// A document without references, and where its parts came from.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub(crate) document: Value,
    pub(crate) origins: Origins,
}

/// Replaces every reference by its target, drops `components`, and gives each operation the parameters of its path.
///
/// # Errors
/// References that lead nowhere, out of the document, in a circle, or to themselves through a schema.
pub(crate) fn expand(document: &Value) -> Result<Expanded, Vec<Problem>> {
    let mut walk = Walk {
        source: document,
        origins: Origins::default(),
        problems: Vec::new(),
        open: Vec::new(),
        nodes: 0,
        overflowed: false,
    };
    let mut expanded = Map::new();
    for (key, value) in document
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key != "components")
    {
        let here = Place {
            out: pointer::join("", key),
            origin: pointer::join("", key),
            depth: 1,
        };
        expanded.insert(key.clone(), walk.value(value, Kind::Document.child(key), &here));
    }
    let mut document = Value::Object(expanded);
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, item) in paths {
            share_parameters(&pointer::join("/paths", path), item, &mut walk.origins);
        }
    }
    if walk.problems.is_empty() {
        Ok(Expanded {
            document,
            origins: walk.origins,
        })
    } else {
        Err(walk.problems)
    }
}

struct Walk<'a> {
    source: &'a Value,
    origins: Origins,
    problems: Vec<Problem>,
    /// The references being expanded, outermost first.
    open: Vec<String>,
    nodes: usize,
    overflowed: bool,
}

/// A node's place in the result, in the input, and how deep it is.
struct Place {
    out: String,
    origin: String,
    depth: usize,
}

impl Place {
    fn child(&self, token: &str) -> Self {
        Self {
            out: pointer::join(&self.out, token),
            origin: pointer::join(&self.origin, token),
            depth: self.depth + 1,
        }
    }
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, kind: Kind, place: &Place) -> Value {
        self.nodes += 1;
        if kind == Kind::Data || self.overflowed {
            return value.clone();
        }
        if place.depth > MAX_DEPTH || self.nodes > MAX_NODES {
            self.overflowed = true;
            let what = if self.nodes > MAX_NODES {
                "too much"
            } else {
                "too deep"
            };
            self.problems.push(Problem::at(
                &place.origin,
                format!("the description unfolds to {what} to be imported"),
            ));
            return Value::Null;
        }
        match value {
            Value::Object(map) => match map.get("$ref") {
                Some(reference) if kind.may_refer() => self.reference(reference, map, kind, place),
                _ => Value::Object(
                    map.iter()
                        .map(|(key, value)| {
                            (key.clone(), self.value(value, kind.child(key), &place.child(key)))
                        })
                        .collect(),
                ),
            },
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.value(item, kind.child(""), &place.child(&index.to_string())))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    fn reference(&mut self, reference: &Value, map: &Map<String, Value>, kind: Kind, place: &Place) -> Value {
        if let Some(sibling) = map.keys().find(|key| *key != "$ref") {
            self.problems.push(Problem::at(
                pointer::join(&place.origin, sibling),
                format!(
                    "`{sibling}` beside a $ref: OpenAPI 3.0 ignores it, and so does the generator.\n\
                     Write the reference as `allOf: [{{$ref: …}}]` with `{sibling}` beside it, or take `{sibling}` out \
                     of the file you import."
                ),
            ));
        }
        let at_reference = pointer::join(&place.origin, "$ref");
        match follow(self.source, reference) {
            Ok((target, _)) if self.open.contains(&target) => {
                self.problems.push(Problem::at(
                    at_reference,
                    format!(
                        "the shape at {target} contains itself; the import cannot lift a recursive shape.\n\
                         Cut the circle in the file you import, for instance with `{{}}` (any value) in place of this $ref."
                    ),
                ));
                Value::Null
            }
            Ok((target, value)) => {
                self.origins.set(&place.out, vec![target.clone()]);
                self.open.push(target.clone());
                let inner = Place {
                    out: place.out.clone(),
                    origin: target,
                    depth: place.depth + 1,
                };
                let expanded = self.value(value, kind, &inner);
                self.open.pop();
                expanded
            }
            Err(message) => {
                self.problems.push(Problem::at(at_reference, message));
                Value::Null
            }
        }
    }
}

/// Gives each operation of a path the path's parameters, except those the operation has of its own.
fn share_parameters(path: &str, item: &mut Value, origins: &mut Origins) {
    let Some(item) = item.as_object_mut() else { return };
    let Some(Value::Array(shared)) = item.remove("parameters") else {
        return;
    };
    for method in METHODS {
        let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
            continue;
        };
        let list = operation
            .entry("parameters")
            .or_insert_with(|| Value::Array(Vec::new()));
        let Some(own) = list.as_array_mut() else { continue };
        for (index, parameter) in shared.iter().enumerate() {
            let same = |other: &Value| {
                other.get("name") == parameter.get("name") && other.get("in") == parameter.get("in")
            };
            if own.iter().any(same) {
                continue;
            }
            let out = format!("{path}/{method}/parameters/{}", own.len());
            let from = format!("{path}/parameters/{index}");
            origins.copy_below(&from, &out);
            own.push(parameter.clone());
        }
    }
}

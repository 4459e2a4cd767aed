//! What a place has of its type, and what not.
//!
//! Shapes that the overlay merges become one component, which no single place of GitHub's description is equal to. So
//! that the resolved spec still says what GitHub promises where, a use of such a component lists what is different
//! there, and `cargo xtask diff` reads it so. The generator takes every use for the whole type.
//!
//! What differs is named by its path: `sessions` is a field of the type itself, `tasks/[]/sessions` one of the elements
//! of its list `tasks`. Where all uses of a component agree about a part, the component itself says it.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::naming::Names;
use super::shapes::{Forest, Id, Shape, Slot};
use crate::description::pointer;

/// Fields that are absent, values of an enum and components of a choice that do not occur.
pub(crate) const WITHOUT: &str = "x-without";
/// Fields that are always present.
pub(crate) const REQUIRED: &str = "x-required";
/// Fields that are never null.
pub(crate) const NOT_NULL: &str = "x-not-null";
/// All of them; a use may carry each.
pub(crate) const KEYS: [&str; 3] = [WITHOUT, REQUIRED, NOT_NULL];

/// In what a place differs from its type: the keys above, each with a path.
type Differences = BTreeSet<(&'static str, String)>;

/// The differences of every shape from its component.
pub(crate) struct Apart<'a> {
    /// By shape.
    all: Vec<Differences>,
    /// What a component itself says about its parts: the differences that all shapes with the part have.
    said: BTreeMap<&'a str, Differences>,
}

/// What a component is made of.
#[derive(Default)]
struct Type<'a> {
    fields: BTreeSet<&'a str>,
    required: BTreeSet<&'a str>,
    nullable: BTreeSet<&'a str>,
    values: BTreeSet<&'a str>,
    choices: BTreeSet<&'a str>,
}

impl<'a> Apart<'a> {
    pub(crate) fn new(forest: &Forest, names: &'a Names) -> Self {
        let types: BTreeMap<&str, Type<'_>> = names
            .components
            .iter()
            .map(|(name, component)| {
                let firsts = component.variants.iter().filter_map(|ids| ids.first());
                let types = firsts.map(|id| Type::of(forest, names, &forest.shapes[*id]));
                (name.as_str(), Type::united(types))
            })
            .collect();
        let mut all: Vec<Differences> = Vec::with_capacity(forest.shapes.len());
        for (id, shape) in forest.shapes.iter().enumerate() {
            let whole = names.of.get(&id).and_then(|name| types.get(name.as_str()));
            let mut found = whole.map_or_else(Differences::new, |whole| {
                whole.missing_in(&Type::of(forest, names, shape))
            });
            for (slot, part) in &shape.parts {
                // A shape is made after its parts.
                if let (Some(step), Some(inside)) = (step(slot, names.of.get(part)), all.get(*part)) {
                    found.extend(below(&step, inside));
                }
            }
            all.push(found);
        }
        let said = names.components.iter().map(|(name, component)| {
            let ids = component.variants.iter().flatten();
            (name.as_str(), common_parts(forest, names, &all, ids))
        });
        let said = said.collect();
        Self { all, said }
    }

    /// What to write beside a reference to the component `name` where these shapes stand, all at one place.
    pub(crate) fn beside(&self, name: &str, ids: &[Id]) -> Map<String, Value> {
        let mut all = ids.iter().filter_map(|id| self.all.get(*id));
        let first = all.next().cloned().unwrap_or_default();
        let common = all.fold(first, |common, other| &common & other);
        let said = self.said.get(name);
        let mut written = Map::new();
        for (key, path) in common {
            let one = (key, path);
            if said.is_some_and(|said| said.contains(&one)) {
                continue;
            }
            if let Value::Array(paths) = written.entry(key).or_insert_with(|| json!([])) {
                paths.push(Value::from(one.1));
            }
        }
        written
    }
}

fn common_parts<'a>(
    forest: &Forest,
    names: &Names,
    all: &[Differences],
    ids: impl Iterator<Item = &'a Id>,
) -> Differences {
    let mut parts: BTreeMap<String, Differences> = BTreeMap::new();
    for (slot, part) in ids.flat_map(|id| &forest.shapes[*id].parts) {
        if let (Some(step), Some(here)) = (step(slot, names.of.get(part)), all.get(*part)) {
            parts
                .entry(step)
                .and_modify(|common| *common = &*common & here)
                .or_insert_with(|| here.clone());
        }
    }
    parts
        .iter()
        .flat_map(|(step, common)| below(step, common))
        .collect()
}

/// The differences of a part as differences of what it is a part of.
fn below(step: &str, inside: &Differences) -> impl Iterator<Item = (&'static str, String)> {
    inside
        .iter()
        .map(move |(key, path)| (*key, format!("{step}/{path}")))
}

impl<'a> Type<'a> {
    fn of(forest: &'a Forest, names: &'a Names, shape: &'a Shape) -> Self {
        let texts = |key: &str| -> BTreeSet<&'a str> {
            let list = shape.keywords.get(key).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).collect()
        };
        let mut found = Self {
            required: texts("required"),
            values: texts("enum"),
            ..Self::default()
        };
        for (slot, part) in &shape.parts {
            if let Slot::Property(field) = slot {
                found.fields.insert(field);
                if forest.shapes[*part].usage.get("nullable") == Some(&Value::Bool(true)) {
                    found.nullable.insert(field);
                }
            }
            if let (Slot::Choice(..), Some(name)) = (slot, names.of.get(part)) {
                found.choices.insert(name);
            }
        }
        found
    }

    /// As `unite` makes one of several.
    fn united(shapes: impl Iterator<Item = Self>) -> Self {
        shapes
            .reduce(|one, other| Self {
                fields: &one.fields | &other.fields,
                required: &one.required & &other.required,
                nullable: &one.nullable | &other.nullable,
                values: &one.values | &other.values,
                choices: &one.choices | &other.choices,
            })
            .unwrap_or_default()
    }

    fn missing_in(&self, place: &Type<'_>) -> Differences {
        let fields = self.fields.iter().filter(|field| !place.fields.contains(**field));
        let values = self.values.iter().filter(|value| !place.values.contains(**value));
        let choices = self.choices.iter().filter(|name| !place.choices.contains(**name));
        let required = place
            .required
            .iter()
            .filter(|field| !self.required.contains(**field));
        let nullable = self
            .nullable
            .iter()
            .filter(|field| place.fields.contains(**field));
        let never = nullable.filter(|field| !place.nullable.contains(**field));
        let said = |key: &'static str| move |name: &&str| (key, pointer::escaped(name));
        fields
            .chain(values)
            .chain(choices)
            .map(said(WITHOUT))
            .chain(required.map(said(REQUIRED)))
            .chain(never.map(said(NOT_NULL)))
            .collect()
    }
}

/// A step of a path: a field, the elements of a list, the values of a map, or the component of a choice.
fn step(slot: &Slot, name: Option<&String>) -> Option<String> {
    match slot {
        Slot::Property(name) => Some(pointer::escaped(name)),
        Slot::Items => Some("[]".to_owned()),
        Slot::Additional => Some("{}".to_owned()),
        Slot::Choice(..) => name.cloned(),
        Slot::Not => None,
    }
}

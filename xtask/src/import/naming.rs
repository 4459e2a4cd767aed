//! Decides the name of every shape that becomes a component.
//!
//! The overlay names a place; every place with an equal shape shares the name, unless equal shapes have several names
//! (a user and a repository may both be `{id}`), for then each place must say which it is. Nothing is guessed: a shape
//! without a name gets one for the rest of this run only, so that one run reports all that is missing.
use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use serde_json::{Value, json};

use super::document::canonical;
use super::lint::casing;
use super::problem::Problem;
use super::shapes::{Forest, Id, Shape, Slot, comparable};
use super::{overlay, pointer};

/// The shapes of one name.
#[derive(Debug, Default)]
pub(crate) struct Component {
    /// The different shapes, each with the places that have it.
    pub(crate) variants: Vec<Vec<Id>>,
}

/// The outcome of naming.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The name of each shape that has one.
    pub(crate) of: BTreeMap<Id, String>,
    /// The components by name.
    pub(crate) components: BTreeMap<String, Component>,
}

/// Names the shapes reachable from the roots. `document` is the one the forest was made from, for writing targets.
pub(crate) fn assign(forest: &Forest, document: &Value, problems: &mut Vec<Problem>) -> Names {
    let mut naming = Naming {
        forest,
        document,
        problems,
        names: Names::default(),
        known: BTreeMap::new(),
        keys: BTreeMap::new(),
    };
    let mut levels: BTreeMap<usize, Vec<Id>> = BTreeMap::new();
    for id in reachable(forest) {
        let shape = &forest.shapes[id];
        if shape.is_lifted() {
            levels.entry(shape.height).or_default().push(id);
        } else if shape.name.is_some() {
            naming.problems.push(Problem::at(
                &shape.origin,
                format!("`{}` on a schema that is neither an object with fields, nor an enum of texts, nor a choice", overlay::NAME),
            ));
        }
    }
    // From the smallest shapes up, so that a shape is compared by the names of its parts.
    for (_, mut ids) in levels {
        ids.sort_by(|a, b| {
            forest.shapes[*a]
                .origin
                .cmp(&forest.shapes[*b].origin)
                .then(a.cmp(b))
        });
        naming.level(&ids);
    }
    naming.collect();
    naming.names
}

fn reachable(forest: &Forest) -> BTreeSet<Id> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Id> = forest.roots.iter().map(|(_, id)| *id).collect();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(forest.shapes[id].parts.iter().map(|(_, part)| *part));
        }
    }
    found
}

struct Naming<'a> {
    forest: &'a Forest,
    document: &'a Value,
    problems: &'a mut Vec<Problem>,
    names: Names,
    /// The names the overlay gives to each shape, by key.
    known: BTreeMap<String, BTreeSet<String>>,
    /// The key of each named shape.
    keys: BTreeMap<Id, String>,
}

impl Naming<'_> {
    fn level(&mut self, ids: &[Id]) {
        for id in ids {
            let key = self.key(*id);
            if let Some(name) = &self.forest.shapes[*id].name {
                self.known.entry(key.clone()).or_default().insert(name.clone());
                self.names.of.insert(*id, name.clone());
                if let Err(why) = casing::check_component(name) {
                    self.problems
                        .push(Problem::at(&self.forest.shapes[*id].origin, why));
                }
            }
            self.keys.insert(*id, key);
        }
        let mut nameless: BTreeMap<String, Vec<Id>> = BTreeMap::new();
        for id in ids.iter().filter(|id| self.forest.shapes[**id].name.is_none()) {
            let key = self.keys.get(id).cloned().unwrap_or_default();
            match self
                .known
                .get(&key)
                .map(|names| names.iter().collect::<Vec<_>>())
                .as_deref()
            {
                Some([name]) => {
                    self.names.of.insert(*id, (*name).clone());
                }
                _ => nameless.entry(key).or_default().push(*id),
            }
        }
        let mut groups: Vec<(String, Vec<Id>)> = nameless.into_iter().collect();
        groups.sort_by(|a, b| {
            self.forest.shapes[a.1[0]]
                .origin
                .cmp(&self.forest.shapes[b.1[0]].origin)
        });
        for (key, group) in groups {
            let candidates: Vec<String> = self.known.get(&key).into_iter().flatten().cloned().collect();
            self.nameless(&group, &candidates);
            if candidates.is_empty()
                && let Some(name) = self.names.of.get(&group[0]).cloned()
            {
                self.known.entry(key).or_default().insert(name);
            }
        }
    }

    /// Reports shapes that nobody named, under a name that holds for this run.
    fn nameless(&mut self, group: &[Id], candidates: &[String]) {
        let first = &self.forest.shapes[group[0]];
        let what = describe(first);
        let name = self.suggestion(first);
        let places: Vec<String> = group
            .iter()
            .map(|id| self.forest.shapes[*id].origin.clone())
            .collect();
        let (message, count) = if candidates.is_empty() {
            let like = self
                .resembling(group[0])
                .map(|text| format!("\n{text}"))
                .unwrap_or_default();
            (format!("{what} has no name{like}"), 1)
        } else {
            (
                format!(
                    "{what} is equal to {}, so each place must say which it is, or that it is something else",
                    candidates.join(" and to ")
                ),
                group.len(),
            )
        };
        let stanza: String = group
            .iter()
            .take(count)
            .map(|id| {
                let target = pointer::target(self.document, &self.forest.shapes[*id].place);
                format!(
                    "  - target: {}\n    update: {{{}: {name}}}\n",
                    super::stanza::scalar(&target),
                    overlay::NAME
                )
            })
            .collect();
        self.problems
            .push(Problem::among(places, message).cured_by(stanza));
        for id in group {
            self.names.of.insert(*id, name.clone());
        }
    }

    /// A name made of the nearest word, different from every other.
    fn suggestion(&self, shape: &Shape) -> String {
        let word = shape.hint.rsplit(['/', '.']).next().unwrap_or(&shape.hint);
        let letters: String = word
            .chars()
            .map(|letter| {
                if letter.is_ascii_alphanumeric() {
                    letter
                } else {
                    ' '
                }
            })
            .collect();
        let mut base = letters.to_upper_camel_case();
        if casing::check_component(&base).is_err() {
            base = format!("Shape{base}");
        }
        let taken = |name: &String| {
            self.names.of.values().any(|other| other == name)
                || self
                    .forest
                    .shapes
                    .iter()
                    .any(|shape| shape.name.as_ref() == Some(name))
        };
        let mut name = base.clone();
        let mut number = 2;
        while taken(&name) {
            name = format!("{base}{number}");
            number += 1;
        }
        name
    }

    /// Equal for shapes that are equal, with parts that have a name compared by it.
    fn key(&self, id: Id) -> String {
        let shape = &self.forest.shapes[id];
        canonical(&json!({"keywords": comparable(&shape.keywords), "parts": self.parts(shape)}))
    }

    fn parts(&self, shape: &Shape) -> Vec<Value> {
        let one = |(slot, id): &(Slot, Id)| json!([format!("{slot:?}"), self.part(*id)]);
        shape.parts.iter().map(one).collect()
    }

    fn part(&self, id: Id) -> Value {
        let shape = &self.forest.shapes[id];
        match self.names.of.get(&id) {
            Some(name) => json!({"named": name, "usage": shape.usage}),
            None => {
                json!({"keywords": comparable(&shape.keywords), "usage": shape.usage, "parts": self.parts(shape)})
            }
        }
    }

    /// Says which named shape a nameless one is close to, and where they differ: it is often a changed copy.
    fn resembling(&self, id: Id) -> Option<String> {
        let shape = &self.forest.shapes[id];
        let mine = features(shape);
        let (score, other) = self
            .forest
            .shapes
            .iter()
            .enumerate()
            .filter(|(other, _)| self.names.of.contains_key(other))
            .map(|(other, candidate)| {
                let theirs = features(candidate);
                let shared = mine.intersection(&theirs).count();
                (shared * 1000 / mine.union(&theirs).count().max(1), other)
            })
            .max_by_key(|(score, other)| (*score, std::cmp::Reverse(*other)))?;
        if score < 500 {
            return None;
        }
        let name = self.names.of.get(&other)?;
        Some(format!("It resembles {name}, but {}", self.difference(other, id)))
    }

    /// In what two shapes differ, for people.
    fn difference(&self, left: Id, right: Id) -> String {
        let (a, b) = (&self.forest.shapes[left], &self.forest.shapes[right]);
        let mut said = Vec::new();
        for (slot, id) in &b.parts {
            match a.part(slot) {
                None => said.push(format!("has {} more", name_of(slot))),
                Some(other) if self.part(other) != self.part(*id) => {
                    said.push(format!("{} differs", name_of(slot)))
                }
                Some(_) => {}
            }
        }
        for (slot, _) in a.parts.iter().filter(|(slot, _)| b.part(slot).is_none()) {
            said.push(format!("lacks {}", name_of(slot)));
        }
        let (old, new) = (comparable(&a.keywords), comparable(&b.keywords));
        for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let show =
                |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            if old.get(key) != new.get(key) {
                said.push(format!(
                    "`{key}` is {} instead of {}",
                    show(new.get(key)),
                    show(old.get(key))
                ));
            }
        }
        said.join("; ")
    }

    /// Sorts the named shapes into components and refuses two shapes under one name.
    fn collect(&mut self) {
        let mut sorted: BTreeMap<String, BTreeMap<String, Vec<Id>>> = BTreeMap::new();
        for (id, name) in &self.names.of {
            let key = self.keys.get(id).cloned().unwrap_or_default();
            sorted
                .entry(name.clone())
                .or_default()
                .entry(key)
                .or_default()
                .push(*id);
        }
        for (name, variants) in sorted {
            let mut variants: Vec<Vec<Id>> = variants.into_values().collect();
            for ids in &mut variants {
                ids.sort_by(|a, b| self.forest.shapes[*a].origin.cmp(&self.forest.shapes[*b].origin));
            }
            variants.sort_by(|a, b| {
                self.forest.shapes[a[0]]
                    .origin
                    .cmp(&self.forest.shapes[b[0]].origin)
            });
            let merged = variants.iter().flatten().any(|id| self.forest.shapes[*id].merge);
            if let [first, others @ ..] = variants.as_slice()
                && !merged
            {
                for other in others {
                    self.problems.push(Problem::among(
                        vec![
                            self.forest.shapes[first[0]].origin.clone(),
                            self.forest.shapes[other[0]].origin.clone(),
                        ],
                        format!(
                            "two different shapes are named {name}: the one at {} {}.\n\
                             Give one of them another name, or, if they are one thing seen in two ways, \
                             `{}: true` beside the name.",
                            self.forest.shapes[other[0]].origin,
                            self.difference(first[0], other[0]),
                            overlay::MERGE,
                        ),
                    ));
                }
            }
            self.names.components.insert(name, Component { variants });
        }
    }
}

fn features(shape: &Shape) -> BTreeSet<String> {
    let values = shape
        .keywords
        .get("enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let values = values.map(|value| format!("value {value}"));
    shape
        .parts
        .iter()
        .map(|(slot, _)| format!("{slot:?}"))
        .chain(values)
        .collect()
}

fn name_of(slot: &Slot) -> String {
    match slot {
        Slot::Property(name) => format!("the field `{name}`"),
        Slot::Items => "the type of its elements".to_owned(),
        Slot::Additional => "the type of further fields".to_owned(),
        Slot::Not => "`not`".to_owned(),
        Slot::Choice(word, index) => format!("`{word}` option {}", index + 1),
    }
}

fn describe(shape: &Shape) -> String {
    let hint = &shape.hint;
    if shape.is_enum() {
        let values = shape
            .keywords
            .get("enum")
            .map(ToString::to_string)
            .unwrap_or_default();
        return format!("the enum `{hint}` {values}");
    }
    let fields: Vec<&str> = shape
        .parts
        .iter()
        .filter_map(|(slot, _)| {
            if let Slot::Property(name) = slot {
                Some(name.as_str())
            } else {
                None
            }
        })
        .collect();
    if fields.is_empty() {
        format!("the choice `{hint}`")
    } else {
        format!("the object `{hint}` {{{}}}", fields.join(", "))
    }
}

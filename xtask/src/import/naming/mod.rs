//! Decides the name of every shape that becomes a component.
//!
//! The overlay names a place; every place with an equal shape shares the name, unless equal shapes have several names
//! (a user and a repository may both be `{id}`), for then each place must say which it is. Nothing is guessed: a shape
//! without a name gets one for the rest of this run only, so that one run reports all that is missing.
mod suggest;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::lint::casing;
use super::problem::Problem;
use super::shapes::{Forest, Id, Shape, Slot, comparable};
use super::{overlay, stanza};
use crate::description::pointer;
use crate::description::text::canonical;

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
        merged: BTreeSet::new(),
    };
    let mut levels: BTreeMap<usize, Vec<Id>> = BTreeMap::new();
    let level = self::levels(forest);
    for id in reachable(forest) {
        let shape = &forest.shapes[id];
        if shape.is_lifted() {
            levels.entry(level[id]).or_default().push(id);
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

/// How often levels are evened out: a name inside of a shape of that name would raise both for ever.
const ROUNDS: usize = 8;

/// For each shape a level above those of its parts, and the same for all shapes of one name: so that what is made of
/// differing views of one thing is compared when all of them have its name.
fn levels(forest: &Forest) -> Vec<usize> {
    let mut levels: Vec<usize> = forest.shapes.iter().map(|shape| shape.height).collect();
    for _ in 0..ROUNDS {
        let mut of_name: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, shape) in forest.shapes.iter().enumerate() {
            if let Some(name) = &shape.name {
                let highest = of_name.entry(name).or_default();
                *highest = levels[id].max(*highest);
            }
        }
        let before = levels.clone();
        // A shape stands behind its parts.
        for (id, shape) in forest.shapes.iter().enumerate() {
            let parts = shape.parts.iter().map(|(_, part)| levels[*part] + 1).max();
            let named = shape.name.as_deref().and_then(|name| of_name.get(name).copied());
            levels[id] = levels[id].max(parts.unwrap_or(0)).max(named.unwrap_or(0));
        }
        if levels == before {
            break;
        }
    }
    levels
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
    /// Names under which this run unites shapes that nobody said are one.
    merged: BTreeSet<String>,
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
                ids.sort_by_key(|id| self.origin(*id));
            }
            variants.sort_by_key(|ids| ids.first().map(|id| self.origin(*id)));
            let wanted = self.merged.contains(&name)
                || variants.iter().flatten().any(|id| self.forest.shapes[*id].merge);
            if !wanted {
                self.fight(&name, &variants);
            }
            self.names.components.insert(name, Component { variants });
        }
    }

    /// Refuses different shapes under one name that nobody said are one thing.
    fn fight(&mut self, name: &str, variants: &[Vec<Id>]) {
        let firsts: Vec<Id> = variants.iter().filter_map(|ids| ids.first().copied()).collect();
        let Some((first, others)) = firsts.split_first() else {
            return;
        };
        for other in others {
            let message = format!(
                "two different shapes are named {name}: the one at {} {}.\n\
                 If they are one thing seen in two ways, append the action below; if not, give one of them another name.",
                self.origin(*other),
                self.difference(*first, *other),
            );
            let stanza = self.stanza(*other, name, true);
            self.problems.push(
                Problem::among(vec![self.origin(*first), self.origin(*other)], message).cured_by(stanza),
            );
        }
    }

    fn origin(&self, id: Id) -> String {
        self.forest.shapes[id].origin.clone()
    }

    /// The action that gives the place of a shape this name.
    fn stanza(&self, id: Id, name: &str, merge: bool) -> String {
        let target = pointer::target(self.document, &self.forest.shapes[id].place);
        stanza::name(&target, name, merge)
    }
}

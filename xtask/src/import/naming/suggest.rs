//! What to say about a shape that nobody named, and which name to suggest.
use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use serde_json::Value;

use super::super::problem::Problem;
use super::super::shapes::{Id, Shape, Slot, comparable};
use super::{Naming, casing};

/// From this share of common fields or values on (in thousandths), one shape is taken for a changed copy of another.
const ALIKE: usize = 500;

impl Naming<'_> {
    /// Reports shapes that nobody named, under a name that holds for this run.
    pub(super) fn nameless(&mut self, group: &[Id], candidates: &[String]) {
        let Some(first) = group.first().copied() else {
            return;
        };
        let what = describe(&self.forest.shapes[first]);
        let like = if candidates.is_empty() {
            self.resembling(first)
        } else {
            None
        };
        let (message, name, count) = match &like {
            Some((name, difference)) => {
                self.merged.insert(name.clone());
                let message = format!(
                    "{what} has no name.\nIt resembles {name}, but {difference}.\n\
                     The action below makes the two one; if it is something else, give it another name."
                );
                (message, name.clone(), 1)
            }
            None if candidates.is_empty() => (
                format!("{what} has no name"),
                self.suggestion(&self.forest.shapes[first]),
                1,
            ),
            None => {
                let message = format!(
                    "{what} is equal to {}, so each place must say which it is, or that it is something else",
                    candidates.join(" and to ")
                );
                (message, self.suggestion(&self.forest.shapes[first]), group.len())
            }
        };
        let stanza: String = group
            .iter()
            .take(count)
            .map(|id| self.stanza(*id, &name, like.is_some()))
            .collect();
        let places = group.iter().map(|id| self.origin(*id)).collect();
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

    /// The named shape that a nameless one is a changed copy of, and where they differ.
    fn resembling(&self, id: Id) -> Option<(String, String)> {
        let shape = &self.forest.shapes[id];
        if last_word(&shape.hint) == "body" {
            // One type for two requests would let each send what only the other takes.
            return None;
        }
        let mine = features(shape);
        let alike = |other: Id| {
            let candidate = &self.forest.shapes[other];
            let theirs = features(candidate);
            let part = mine.intersection(&theirs).count() * 1000 / mine.union(&theirs).count().max(1);
            let same = candidate.is_enum() == shape.is_enum()
                && last_word(&candidate.hint) == last_word(&shape.hint);
            (same && part >= ALIKE).then_some(part)
        };
        let (_, _, other) = self
            .names
            .of
            .keys()
            .filter_map(|other| Some((alike(*other)?, std::cmp::Reverse(self.origin(*other)), *other)))
            .max()?;
        Some((self.names.of.get(&other)?.clone(), self.difference(other, id)))
    }

    /// In what two shapes differ, for people.
    pub(super) fn difference(&self, left: Id, right: Id) -> String {
        let (a, b) = (&self.forest.shapes[left], &self.forest.shapes[right]);
        let mut said = Vec::new();
        for (slot, id) in &b.parts {
            match a.part(slot) {
                None => said.push(format!("has {} more", name_of(slot))),
                Some(other) if self.part(other) != self.part(*id) => {
                    said.push(format!("{} differs", name_of(slot)));
                }
                Some(_) => {}
            }
        }
        for (slot, _) in a.parts.iter().filter(|(slot, _)| b.part(slot).is_none()) {
            said.push(format!("lacks {}", name_of(slot)));
        }
        let (old, new) = (comparable(&a.keywords), comparable(&b.keywords));
        let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for key in keys.into_iter().filter(|key| old.get(*key) != new.get(*key)) {
            match (old.get(key), new.get(key)) {
                (Some(Value::Array(old)), Some(Value::Array(new))) if key == "enum" || key == "required" => {
                    let word = if key == "enum" {
                        "the value"
                    } else {
                        "the promise of"
                    };
                    said.extend(
                        new.iter()
                            .filter(|one| !old.contains(one))
                            .map(|one| format!("has {word} {one} more")),
                    );
                    said.extend(
                        old.iter()
                            .filter(|one| !new.contains(one))
                            .map(|one| format!("lacks {word} {one}")),
                    );
                }
                (old, new) => {
                    let show = |value: Option<&Value>| {
                        value.map_or_else(|| "absent".to_owned(), ToString::to_string)
                    };
                    said.push(format!("`{key}` is {} instead of {}", show(new), show(old)));
                }
            }
        }
        said.join("; ")
    }
}

/// The part of a hint that says what kind of thing it is: `error` of `list-tasks error`.
fn last_word(hint: &str) -> &str {
    hint.rsplit(' ').next().unwrap_or(hint)
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

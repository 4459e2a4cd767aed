//! Brings schemas made of others to their simplest form.
use serde_json::{Map, Value, json};

use super::super::problem::Problem;
use super::survey::Builder;
use super::{Id, Shape, Slot};

impl Builder<'_> {
    /// Brings a schema with `allOf`, `oneOf` or `anyOf` to its simplest form.
    pub(super) fn simplify(&mut self, mut shape: Shape, mut choices: Vec<(Slot, Id)>) -> Id {
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

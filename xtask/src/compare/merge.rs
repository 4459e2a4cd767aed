//! Reads everything that holds at one place of a schema tree into one view.
use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::document::Document;
use super::error::Error;
use super::schema::{Discriminator, Extra, Node, Union, View, squeezed};

/// How many `allOf` and references may be wrapped around one schema.
const WRAPPINGS: usize = 64;

impl<'a> Document<'a> {
    /// What holds at `node`.
    pub(super) fn view(&self, node: &Node<'a>) -> Result<View<'a>, Error> {
        let mut merge = Merge {
            document: *self,
            view: View::default(),
            seen: HashSet::new(),
            nulls: Nulls::default(),
        };
        let mut words = Words::default();
        for schema in node.schemas() {
            words.join(merge.add(schema, 0)?);
        }
        Ok(merge.finish(words))
    }
}

/// `nullable` belongs to the `type` beside it: every typed schema has to allow null. A wrapper without a type that
/// says `nullable` means the whole, whatever the standard's letter; ignoring it would hide a null from the reader.
#[derive(Debug, Default)]
struct Nulls {
    typed: Vec<bool>,
    wrapper: bool,
}

/// The descriptions of a schema: its own, or else those of what it wraps.
#[derive(Debug, Default)]
struct Words {
    said: BTreeSet<String>,
    /// What is hidden behind a wrapper's own description: the words of a named type, where a field has words too.
    wrapped: Option<BTreeSet<String>>,
}

impl Words {
    fn join(&mut self, other: Self) {
        self.said.extend(other.said);
        if let Some(wrapped) = other.wrapped {
            self.wrapped.get_or_insert_default().extend(wrapped);
        }
    }
}

struct Merge<'a> {
    document: Document<'a>,
    view: View<'a>,
    seen: HashSet<usize>,
    nulls: Nulls,
}

impl<'a> Merge<'a> {
    /// Adds one schema and returns its words.
    fn add(&mut self, schema: &'a Value, depth: usize) -> Result<Words, Error> {
        let mut words = Words::default();
        if depth > WRAPPINGS {
            return Err(self.document.error(schema, "is wrapped in too many schemas"));
        }
        if !self.seen.insert(std::ptr::from_ref(schema).addr()) {
            return Ok(words);
        }
        self.document.object(schema)?;
        self.own(schema)?;
        // The standard ignores what stands beside a `$ref`, but its author meant it: a `nullable` there is reported.
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            words.join(self.add(self.document.target(schema, reference)?, depth + 1)?);
        }
        for part in self.document.items(schema, "allOf")? {
            words.join(self.add(part, depth + 1)?);
        }
        for keyword in ["oneOf", "anyOf"] {
            words.join(self.choice(schema, keyword, depth)?);
        }
        if let Some(own) = self
            .document
            .text(schema, "description")?
            .map(squeezed)
            .filter(|own| !own.is_empty())
        {
            let wraps = ["$ref", "allOf", "oneOf", "anyOf"]
                .iter()
                .any(|key| schema.get(key).is_some());
            let below = words
                .said
                .into_iter()
                .chain(words.wrapped.unwrap_or_default())
                .collect();
            words = Words {
                said: BTreeSet::from([own]),
                wrapped: wraps.then_some(below),
            };
        }
        Ok(words)
    }

    fn choice(&mut self, schema: &'a Value, keyword: &'static str, depth: usize) -> Result<Words, Error> {
        let all = self.document.items(schema, keyword)?;
        if all.is_empty() && schema.get(keyword).is_some() {
            return Err(self.document.error(schema, format!("has an empty `{keyword}`")));
        }
        let variants: Vec<&'a Value> = all.iter().filter(|variant| !is_null(variant)).collect();
        self.nulls.wrapper |= variants.len() < all.len();
        match variants.as_slice() {
            [] => Ok(Words::default()),
            [only] => self.add(only, depth + 1),
            _ => {
                let variants = variants.into_iter().map(Node::of).collect();
                self.view.unions.push(Union { keyword, variants });
                Ok(Words::default())
            }
        }
    }

    /// Adds the keywords of one schema itself.
    fn own(&mut self, schema: &'a Value) -> Result<(), Error> {
        let document = self.document;
        let kind = document.text(schema, "type")?;
        let nullable = document.flag(schema, "nullable")?.unwrap_or(false);
        match kind {
            Some(_) => self.nulls.typed.push(nullable),
            None => self.nulls.wrapper |= nullable,
        }
        both(&mut self.view.kind, kind.or_else(|| implied_kind(schema)));
        both(&mut self.view.format, document.text(schema, "format")?);
        self.values(schema)?;
        self.object_keywords(schema)?;
        if let Some(items) = schema.get("items") {
            self.view.items.get_or_insert_default().and(items);
        }
        if let Some(excluded) = schema.get("not") {
            self.view.excluded.push(Node::of(excluded));
        }
        self.view.bounds.add(&document, schema)?;
        self.view.default = self.view.default.or(schema.get("default"));
        self.view.deprecated |= document.flag(schema, "deprecated")?.unwrap_or(false);
        self.view.hidden.in_requests |= document.flag(schema, "readOnly")?.unwrap_or(false);
        self.view.hidden.in_answers |= document.flag(schema, "writeOnly")?.unwrap_or(false);
        if let Some(discriminator) = schema.get("discriminator") {
            let Some(property) = document.text(discriminator, "propertyName")? else {
                return Err(document.error(discriminator, "has no `propertyName`"));
            };
            let mapping = document.entries(discriminator, "mapping")?;
            let mapping = mapping
                .into_iter()
                .filter_map(|(value, target)| Some((value, target.as_str()?)));
            self.view.discriminator = Some(Discriminator {
                property,
                mapping: mapping.collect(),
            });
        }
        Ok(())
    }

    fn object_keywords(&mut self, schema: &'a Value) -> Result<(), Error> {
        for (name, field) in self.document.entries(schema, "properties")? {
            self.view.fields.entry(name).or_default().and(field);
        }
        for name in self.document.items(schema, "required")? {
            let Some(name) = name.as_str() else {
                return Err(self
                    .document
                    .error(name, "is not the name of a field, as `required` has to list"));
            };
            self.view.required.insert(name);
        }
        let Some(values) = schema.get("additionalProperties") else {
            return Ok(());
        };
        match (values, &mut self.view.extra) {
            (Value::Bool(false), extra) => *extra = Extra::None,
            (Value::Object(map), Extra::Typed(node)) if !map.is_empty() => node.and(values),
            (Value::Object(map), extra @ Extra::Any) if !map.is_empty() => {
                *extra = Extra::Typed(Node::of(values));
            }
            (Value::Object(_) | Value::Bool(true), _) => {}
            (other, _) => {
                return Err(self
                    .document
                    .error(other, "is neither a schema nor true or false"));
            }
        }
        Ok(())
    }

    fn values(&mut self, schema: &'a Value) -> Result<(), Error> {
        if schema.get("enum").is_some() {
            let listed = self.document.items(schema, "enum")?;
            let values: BTreeSet<String> = listed
                .iter()
                .filter(|value| !value.is_null())
                .map(Value::to_string)
                .collect();
            self.view.values = Some(match self.view.values.take() {
                Some(others) => others.intersection(&values).cloned().collect(),
                None => values,
            });
        }
        // Ours, as an object from value to text or as a list beside the values.
        let meanings: Vec<(String, &Value)> = match schema.get("x-enum-descriptions") {
            Some(Value::Object(map)) => map
                .iter()
                .map(|(v, text)| (Value::from(v.as_str()).to_string(), text))
                .collect(),
            Some(Value::Array(texts)) => self
                .document
                .items(schema, "enum")?
                .iter()
                .map(Value::to_string)
                .zip(texts)
                .collect(),
            _ => Vec::new(),
        };
        for (value, text) in meanings {
            if let Some(text) = text.as_str() {
                self.view.meanings.entry(value).or_insert_with(|| squeezed(text));
            }
        }
        Ok(())
    }

    fn finish(self, words: Words) -> View<'a> {
        let Self { mut view, nulls, .. } = self;
        view.nullable = nulls.wrapper || (!nulls.typed.is_empty() && nulls.typed.iter().all(|null| *null));
        for name in &view.required {
            view.fields.entry(name).or_default();
        }
        let joined = |texts: BTreeSet<String>| texts.into_iter().collect::<Vec<_>>().join(" ");
        view.description = (!words.said.is_empty()).then(|| joined(words.said));
        view.wrapped = words.wrapped.map(joined);
        view
    }
}

/// Two schemas that hold together and disagree leave both in the text: rare, and a change of it is still seen.
fn both(slot: &mut Option<String>, more: Option<&str>) {
    let Some(more) = more else { return };
    match slot {
        Some(text) if text.split(" and ").any(|part| part == more) => {}
        Some(text) => {
            let mut parts: Vec<&str> = text.split(" and ").chain([more]).collect();
            parts.sort_unstable();
            *text = parts.join(" and ");
        }
        None => *slot = Some(more.to_owned()),
    }
}

/// The type that a schema without `type` has in practice.
fn implied_kind(schema: &Value) -> Option<&'static str> {
    let strings = |values: &Vec<Value>| !values.is_empty() && values.iter().all(Value::is_string);
    if ["properties", "additionalProperties"]
        .iter()
        .any(|key| schema.get(key).is_some())
    {
        Some("object")
    } else if schema.get("items").is_some() {
        Some("array")
    } else if schema.get("enum").and_then(Value::as_array).is_some_and(strings) {
        Some("string")
    } else {
        None
    }
}

/// The way to write "or null" as a variant in `OpenAPI` 3.0.
fn is_null(variant: &Value) -> bool {
    matches!(
        variant.get("enum").and_then(Value::as_array).map(Vec::as_slice),
        Some([Value::Null])
    )
}

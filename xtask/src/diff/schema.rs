//! Schemas as the comparison sees them: references followed, `allOf` merged, one-element choices unwrapped.
//!
//! A [`Node`] is one place in a schema tree: the schemas that all hold there. A [`View`] is what they say together,
//! one level deep; its children are nodes again. Nothing is expanded ahead of time, so a schema that contains itself
//! costs nothing until somebody walks it, and whoever walks it can tell by [`Node::key`] where it has been before.
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::bounds::Bounds;
use super::document::Document;
use super::error::Error;

/// How many `allOf` and references may be wrapped around one schema.
const WRAPPINGS: usize = 64;

/// One place in a schema tree: every schema that holds there. Without any, everything is allowed.
#[derive(Debug, Clone, Default)]
pub(super) struct Node<'a>(Vec<&'a Value>);

impl<'a> Node<'a> {
    pub(super) fn of(schema: &'a Value) -> Self {
        Self(vec![schema])
    }

    /// Names the place: equal keys are the same schemas of the same document.
    pub(super) fn key(&self) -> Vec<usize> {
        let mut key: Vec<usize> = self
            .0
            .iter()
            .map(|value| std::ptr::from_ref::<Value>(value).addr())
            .collect();
        key.sort_unstable();
        key.dedup();
        key
    }

    /// The schemas that hold here.
    pub(super) fn schemas(&self) -> &[&'a Value] {
        &self.0
    }
}

/// Which further fields an object may have. Saying nothing, `true` and `{}` all allow any.
#[derive(Debug, Clone, Default)]
pub(super) enum Extra<'a> {
    #[default]
    Any,
    None,
    Typed(Node<'a>),
}

/// A choice between schemas.
#[derive(Debug, Clone)]
pub(super) struct Union<'a> {
    /// `oneOf` or `anyOf`.
    pub(super) keyword: &'static str,
    pub(super) variants: Vec<Node<'a>>,
}

/// What tells the variants of a choice apart.
#[derive(Debug, Clone)]
pub(super) struct Discriminator<'a> {
    pub(super) property: &'a str,
    pub(super) mapping: BTreeMap<&'a str, &'a str>,
}

/// The direction in which a field does not travel.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hidden {
    /// `readOnly`: the server alone writes it.
    pub(super) in_requests: bool,
    /// `writeOnly`: the server never sends it.
    pub(super) in_answers: bool,
}

/// What holds at a node, one level deep.
#[derive(Debug, Clone, Default)]
pub(super) struct View<'a> {
    /// The type; none for any.
    pub(super) kind: Option<String>,
    pub(super) format: Option<String>,
    pub(super) nullable: bool,
    /// The values of an enum by their JSON, without null.
    pub(super) values: Option<BTreeSet<String>>,
    pub(super) fields: BTreeMap<&'a str, Node<'a>>,
    pub(super) required: BTreeSet<&'a str>,
    pub(super) extra: Extra<'a>,
    pub(super) items: Option<Node<'a>>,
    pub(super) unions: Vec<Union<'a>>,
    pub(super) excluded: Vec<Node<'a>>,
    pub(super) bounds: Bounds<'a>,
    pub(super) default: Option<&'a Value>,
    pub(super) deprecated: bool,
    pub(super) hidden: Hidden,
    pub(super) discriminator: Option<Discriminator<'a>>,
    pub(super) description: Option<String>,
    /// What each enum value means, by the value's JSON.
    pub(super) meanings: BTreeMap<String, String>,
}

impl<'a> Document<'a> {
    /// What holds at `node`.
    pub(super) fn view(&self, node: &Node<'a>) -> Result<View<'a>, Error> {
        let mut merge = Merge {
            document: *self,
            view: View::default(),
            seen: HashSet::new(),
            nulls: Nulls::default(),
        };
        let mut words = BTreeSet::new();
        for schema in node.schemas() {
            words.extend(merge.add(schema, 0)?);
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

struct Merge<'a> {
    document: Document<'a>,
    view: View<'a>,
    seen: HashSet<usize>,
    nulls: Nulls,
}

impl<'a> Merge<'a> {
    /// Adds one schema and returns its description: its own, or else those of what it wraps.
    fn add(&mut self, schema: &'a Value, depth: usize) -> Result<BTreeSet<String>, Error> {
        let mut words = BTreeSet::new();
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
            words.extend(self.add(self.document.target(schema, reference)?, depth + 1)?);
        }
        for part in self.document.items(schema, "allOf")? {
            words.extend(self.add(part, depth + 1)?);
        }
        for keyword in ["oneOf", "anyOf"] {
            words.extend(self.choice(schema, keyword, depth)?);
        }
        match self.document.text(schema, "description")? {
            Some(own) if !own.trim().is_empty() => Ok(BTreeSet::from([squeezed(own)])),
            _ => Ok(words),
        }
    }

    fn choice(
        &mut self,
        schema: &'a Value,
        keyword: &'static str,
        depth: usize,
    ) -> Result<BTreeSet<String>, Error> {
        let all = self.document.items(schema, keyword)?;
        if all.is_empty() && schema.get(keyword).is_some() {
            return Err(self.document.error(schema, format!("has an empty `{keyword}`")));
        }
        let variants: Vec<&'a Value> = all.iter().filter(|variant| !is_null(variant)).collect();
        self.nulls.wrapper |= variants.len() < all.len();
        match variants.as_slice() {
            [] => Ok(BTreeSet::new()),
            [only] => self.add(only, depth + 1),
            _ => {
                let variants = variants.into_iter().map(Node::of).collect();
                self.view.unions.push(Union { keyword, variants });
                Ok(BTreeSet::new())
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
            self.view.items.get_or_insert_default().0.push(items);
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
            self.view.fields.entry(name).or_default().0.push(field);
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
            (Value::Object(map), Extra::Typed(node)) if !map.is_empty() => node.0.push(values),
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

    fn finish(self, words: BTreeSet<String>) -> View<'a> {
        let Self { mut view, nulls, .. } = self;
        view.nullable = nulls.wrapper || (!nulls.typed.is_empty() && nulls.typed.iter().all(|null| *null));
        for name in &view.required {
            view.fields.entry(name).or_default();
        }
        view.description = (!words.is_empty()).then(|| words.into_iter().collect::<Vec<_>>().join(" "));
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

/// Line breaks and indentation are the file format's, not the author's.
pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

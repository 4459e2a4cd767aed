//! What tells the alternatives of a choice apart: required keys, and enum values that only one of them has.
//!
//! Enums are open, so a value that no alternative lists decides nothing: it is the required keys that do then. What
//! nothing tells apart would always be read as the first alternative, so it is refused, by the import's lint and by the
//! generator.
use std::collections::BTreeSet;

use serde_json::Value;

/// Why two alternatives cannot be told apart, and what to do.
pub const NOTHING_DIFFERS: &str = "neither a required property nor an enum value differs; describe one of them as an \
    object without fields in the overlay, or leave it out of the `oneOf`";

/// Two alternatives that cannot be told apart: what is the later one would be read as the earlier one.
#[derive(Debug)]
pub struct Conflict {
    /// The one that is tried first.
    pub earlier: usize,
    /// The one that is never reached.
    pub later: usize,
}

/// The order in which the alternatives are tried.
///
/// # Errors
/// When a value of one of them would be read as another.
pub fn order(shapes: &[&Shape]) -> Result<Vec<usize>, Conflict> {
    let mut tried: Vec<usize> = Vec::new();
    for (index, shape) in shapes.iter().enumerate() {
        // A shape that needs more than another one is tried before it.
        let at = tried
            .iter()
            .position(|earlier| shape.is_narrower_than(shapes[*earlier]));
        tried.insert(at.unwrap_or(tried.len()), index);
    }
    for (at, &later) in tried.iter().enumerate() {
        let captures = |earlier: &&usize| shapes[**earlier].captures(shapes[later]);
        if let Some(&earlier) = tried[..at].iter().find(captures) {
            return Err(Conflict { earlier, later });
        }
    }
    Ok(tried)
}

/// What tells a variant from the others.
#[derive(Debug, Default)]
pub struct Shape {
    /// The component it is.
    pub name: String,
    /// The JSON type, `object` where there are properties.
    kind: String,
    /// Its required properties.
    pub required: BTreeSet<String>,
    properties: Vec<Property>,
}

#[derive(Debug)]
struct Property {
    key: String,
    kind: String,
    /// Its documented values, if it is an enum.
    values: BTreeSet<String>,
}

impl Shape {
    /// The shape of the component `name` of the resolved spec.
    #[must_use]
    pub fn of(spec: &Value, name: &str) -> Self {
        let component = |name: &str| spec.pointer("/components/schemas")?.get(name);
        let schema = component(name).unwrap_or(&Value::Null);
        let texts = |list: Option<&Value>| -> BTreeSet<String> {
            let list = list.and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let kind = |schema: &Value| {
            schema
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = properties.into_iter().flatten().map(|(key, property)| {
            let wrapped = property.pointer("/allOf/0").unwrap_or(property);
            let reference = wrapped.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|text| text.strip_prefix("#/components/schemas/"));
            let schema = name.and_then(component).unwrap_or(property);
            Property {
                key: key.clone(),
                kind: kind(schema),
                values: texts(schema.get("enum")),
            }
        });
        Self {
            name: name.to_owned(),
            kind: kind(schema),
            required: texts(schema.get("required")),
            properties: properties.collect(),
        }
    }

    fn property(&self, key: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.key == key)
    }

    /// The enums whose values differ from those of another shape; the values of any other enum stay open.
    #[must_use]
    pub fn constants(&self, all: &[&Self]) -> Vec<(&String, &BTreeSet<String>)> {
        let differs = |mine: &&Property| {
            let others = all.iter().filter_map(|other| other.property(&mine.key));
            others.into_iter().any(|theirs| mine.excludes(theirs))
        };
        let constants = self.properties.iter().filter(differs);
        constants
            .map(|property| (&property.key, &property.values))
            .collect()
    }

    fn is_narrower_than(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.required.len() > other.required.len()
            && self.required.is_superset(&other.required)
    }

    /// Whether values of the other shape would be read as this one, which is tried before it.
    fn captures(&self, other: &Self) -> bool {
        let lacks = |key: &String| match (self.property(key), other.property(key)) {
            (_, None) => true,
            (Some(mine), Some(theirs)) => mine.kind != theirs.kind,
            (None, Some(_)) => false,
        };
        let excludes = |mine: &Property| {
            let theirs = other
                .property(&mine.key)
                .filter(|_| other.required.contains(&mine.key));
            theirs.is_some_and(|theirs| mine.excludes(theirs))
        };
        self.kind == other.kind && !self.required.iter().any(lacks) && !self.properties.iter().any(excludes)
    }
}

impl Property {
    /// Whether no value is one of both.
    fn excludes(&self, other: &Self) -> bool {
        !self.values.is_empty() && !other.values.is_empty() && self.values.is_disjoint(&other.values)
    }
}

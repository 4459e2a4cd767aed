//! Untagged enums: how a value picks its variant. `runtime/untagged.rs` of the raw crate says why serde does not derive it.
use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use quote::quote;
use serde_json::Value;
use syn::{Attribute, Item, ItemEnum, Meta, parse_quote};

/// Puts a `Deserialize` behind each untagged enum among `items`, in place of the derived one.
pub(super) fn readers(items: &mut Vec<Item>, spec: &Value) -> Result<()> {
    let mut readers = Vec::new();
    for item in items.iter_mut() {
        if let Item::Enum(item) = item
            && item.attrs.iter().any(is_untagged)
        {
            readers.push(reader(item, spec)?);
            item.attrs.iter_mut().for_each(remove_deserialize);
        }
    }
    items.extend(readers);
    Ok(())
}

fn is_untagged(attribute: &Attribute) -> bool {
    attribute.path().is_ident("serde")
        && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "untagged")
}

/// Takes `Deserialize` out of a `derive`.
fn remove_deserialize(attribute: &mut Attribute) {
    if !attribute.path().is_ident("derive") {
        return;
    }
    let derived =
        attribute.parse_args_with(syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
    if let Ok(derived) = derived {
        let is_deserialize = |path: &syn::Path| {
            path.segments
                .last()
                .is_some_and(|last| last.ident == "Deserialize")
        };
        let kept = derived.into_iter().filter(|path| !is_deserialize(path));
        *attribute = parse_quote!(#[derive(#(#kept),*)]);
    }
}

/// The `Deserialize` of an untagged enum: its variants in turn, the one that takes anything last.
fn reader(choice: &ItemEnum, spec: &Value) -> Result<Item> {
    let name = &choice.ident;
    let mut other = None;
    let mut variants = Vec::new();
    for variant in &choice.variants {
        let field = variant.fields.iter().next();
        let ty = field.map(|field| super::rewrite::own_name(&field.ty));
        let ty = ty.with_context(|| format!("the variant {} of {name} holds nothing", variant.ident))?;
        if ty == "Value" {
            other = Some(&variant.ident);
        } else {
            let schema = super::schema(spec, &ty).unwrap_or(&Value::Null);
            variants.push((&variant.ident, Shape::of(spec, &ty, schema)));
        }
    }
    let other = other.with_context(|| format!("{name} has no variant that takes anything"))?;
    let shapes: Vec<_> = variants.iter().map(|(_, shape)| shape).collect();
    let mut tried: Vec<usize> = Vec::new();
    for (index, shape) in shapes.iter().enumerate() {
        // A shape that needs more than another one is tried before it.
        let at = tried
            .iter()
            .position(|earlier| shape.is_narrower_than(shapes[*earlier]));
        tried.insert(at.unwrap_or(tried.len()), index);
    }
    for (at, &later) in tried.iter().enumerate() {
        if let Some(&earlier) = tried[..at]
            .iter()
            .find(|earlier| shapes[**earlier].captures(shapes[later]))
        {
            bail!(
                "{name}: {} cannot be told from {}: neither a required property nor an enum value differs; \
                 describe one of them as an object without fields in the overlay, or leave it out of the `oneOf`",
                shapes[later].name,
                shapes[earlier].name
            );
        }
    }
    let arms = tried.iter().map(|&index| {
        let (ident, shape) = &variants[index];
        let required = &shape.required;
        let constants = shape
            .constants(&shapes)
            .into_iter()
            .map(|(key, values)| quote!((#key, &[#(#values),*])));
        quote! {
            if let Some(value) = value.variant(&[#(#required),*], &[#(#constants),*]) {
                return Ok(Self::#ident(value));
            }
        }
    });
    Ok(parse_quote! {
        impl<'de> serde::Deserialize<'de> for #name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = crate::runtime::untagged::BorrowedValue::read(deserializer)?;
                #(#arms)*
                Ok(Self::#other(value.into_value()))
            }
        }
    })
}

/// What tells a variant from the others.
#[derive(Debug, Default)]
struct Shape {
    name: String,
    /// The JSON type, `object` where there are properties.
    kind: String,
    required: BTreeSet<String>,
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
    fn of(spec: &Value, name: &str, schema: &Value) -> Self {
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
            let reference = super::engine::references(property);
            let schema = match reference.as_slice() {
                [name] if property.get("items").is_none() => super::schema(spec, name).unwrap_or(property),
                _ => property,
            };
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
    fn constants(&self, all: &[&Self]) -> Vec<(&String, &BTreeSet<String>)> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The `Deserialize` of an untagged enum of these shapes, as text without spaces.
    fn generated(shapes: &Value) -> Result<String> {
        let spec = json!({ "components": { "schemas": shapes } });
        let names = shapes
            .as_object()
            .unwrap()
            .keys()
            .map(|name| quote::format_ident!("{name}"));
        let mut items = vec![parse_quote! {
            #[derive(::serde::Deserialize, Clone)]
            #[serde(untagged)]
            enum Data { #(#names(#names),)* Other(::serde_json::Value) }
        }];
        readers(&mut items, &spec)?;
        Ok(quote!(#(#items)*).to_string().replace(' ', ""))
    }

    fn object(required: &[&str], properties: &Value) -> Value {
        json!({ "type": "object", "required": required, "properties": properties })
    }

    #[test]
    fn required_keys_pick_the_variant_and_the_derived_impl_goes() {
        let text = generated(&json!({
            "Branch": object(&["head"], &json!({ "head": { "type": "string" }, "id": { "type": "integer" } })),
            "Pull": object(&["id"], &json!({ "id": { "type": "integer" } })),
        }))
        .unwrap();
        assert!(text.contains("#[derive(Clone)]"), "{text}");
        assert!(
            text.contains(r#"value.variant(&["head"],&[]){returnOk(Self::Branch(value));}"#),
            "{text}"
        );
        assert!(text.ends_with("Ok(Self::Other(value.into_value()))}}"), "{text}");
    }

    #[test]
    fn enum_values_pick_the_variant_where_they_differ() {
        let one = |value: &str| {
            let properties = json!({ "type": { "type": "string", "enum": [value] }, "host": { "type": "string", "enum": ["github"] } });
            object(&["type"], &properties)
        };
        let text = generated(&json!({ "A": one("integer"), "B": one("string") })).unwrap();
        assert!(
            text.contains(r#"variant(&["type"],&[("type",&["integer"])])"#),
            "{text}"
        );
        assert!(
            text.contains(r#"variant(&["type"],&[("type",&["string"])])"#),
            "{text}"
        );
    }

    #[test]
    fn the_variant_that_requires_more_is_tried_first() {
        let id = json!({ "id": { "type": "integer" } });
        let both = json!({ "id": { "type": "integer" }, "name": { "type": "string" } });
        let text =
            generated(&json!({ "A": object(&["id"], &id), "B": object(&["id", "name"], &both) })).unwrap();
        assert!(
            text.find("Self::B(").unwrap() < text.find("Self::A(").unwrap(),
            "{text}"
        );
    }

    #[test]
    fn variants_that_nothing_tells_apart_are_refused() {
        let id = json!({ "id": { "type": "integer" } });
        let optional = json!({ "id": { "type": "integer" }, "name": { "type": "string" } });
        for shapes in [
            json!({ "A": object(&["id"], &id), "B": object(&["id"], &optional) }),
            json!({ "A": object(&["name"], &json!({ "name": { "type": "string" } })), "B": object(&[], &optional) }),
            json!({ "A": { "type": "string", "enum": ["a"] }, "B": { "type": "string", "enum": ["b"] } }),
        ] {
            let message = generated(&shapes).unwrap_err().to_string();
            assert!(message.starts_with("Data: B cannot be told from A"), "{message}");
        }
    }

    #[test]
    fn an_enum_without_a_variant_for_anything_is_an_error() {
        let mut items = vec![parse_quote!(
            #[serde(untagged)]
            enum Data {
                Branch(Branch),
            }
        )];
        let message = readers(&mut items, &json!({})).unwrap_err().to_string();
        assert_eq!(message, "Data has no variant that takes anything");
    }
}

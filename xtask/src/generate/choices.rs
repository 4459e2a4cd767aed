//! Untagged enums: how a value picks its variant. `runtime/untagged.rs` of the raw crate says why serde does not derive it.
use anyhow::{Context, Result, anyhow};
use quote::quote;
use serde_json::Value;
use syn::{Attribute, Item, ItemEnum, Meta, parse_quote};

use crate::description::choice::{self, Shape};

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
            variants.push((&variant.ident, Shape::of(spec, &ty)));
        }
    }
    let other = other.with_context(|| format!("{name} has no variant that takes anything"))?;
    let shapes: Vec<_> = variants.iter().map(|(_, shape)| shape).collect();
    let tried = choice::order(&shapes).map_err(|conflict| {
        let (earlier, later) = (&shapes[conflict.earlier].name, &shapes[conflict.later].name);
        anyhow!(
            "{name}: {later} cannot be told from {earlier}: {}",
            choice::NOTHING_DIFFERS
        )
    })?;
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

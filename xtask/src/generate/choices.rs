//! Choices between objects: how they are read. Serde would derive it, but slowly; `seam/choice.rs` says why.
use anyhow::{Context, Result, bail};
use quote::quote;
use syn::{Attribute, Fields, Item, ItemEnum, ItemStruct, Meta, parse_quote};

/// Puts a reader behind each choice among `items`, in place of the derived one.
pub(super) fn readers(items: &mut Vec<Item>) -> Result<()> {
    let structs: Vec<_> = items.iter().filter_map(structure).cloned().collect();
    let mut readers = Vec::new();
    for item in items.iter_mut() {
        if let Item::Enum(item) = item
            && item.attrs.iter().any(is_untagged)
        {
            readers.push(reader(item, &structs)?);
            item.attrs.iter_mut().for_each(derive_no_reader);
        }
    }
    items.extend(readers);
    Ok(())
}

fn structure(item: &Item) -> Option<&ItemStruct> {
    match item {
        Item::Struct(item) => Some(item),
        _ => None,
    }
}

fn is_untagged(attribute: &Attribute) -> bool {
    attribute.path().is_ident("serde")
        && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "untagged")
}

/// Takes `Deserialize` out of a `derive`.
fn derive_no_reader(attribute: &mut Attribute) {
    if !attribute.path().is_ident("derive") {
        return;
    }
    let derived =
        attribute.parse_args_with(syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
    if let Ok(derived) = derived {
        let is_reader = |path: &syn::Path| {
            path.segments
                .last()
                .is_some_and(|last| last.ident == "Deserialize")
        };
        let kept = derived.into_iter().filter(|path| !is_reader(path));
        *attribute = parse_quote!(#[derive(#(#kept),*)]);
    }
}

/// The reader of a choice: its alternatives in their order, the one that takes anything last.
fn reader(choice: &ItemEnum, structs: &[ItemStruct]) -> Result<Item> {
    let name = &choice.ident;
    let mut objects = Vec::new();
    let mut other = None;
    for variant in &choice.variants {
        let ident = &variant.ident;
        let Some(ty) = variant
            .fields
            .iter()
            .next()
            .map(|field| super::rewrite::own_name(&field.ty))
        else {
            bail!("the alternative {ident} of the choice {name} holds nothing");
        };
        if ty == "Value" {
            other = Some(ident);
            continue;
        }
        if other.is_some() {
            bail!("the alternative {ident} of the choice {name} comes after the one that takes anything");
        }
        let item = structs.iter().find(|item| item.ident == ty);
        let item =
            item.with_context(|| format!("the alternative {ident} of the choice {name} is no object"))?;
        let needed = needed(item);
        objects.push(quote! {
            if let Some(value) = choice.object(&[#(#needed),*]) {
                return Ok(Self::#ident(value));
            }
        });
    }
    let other = other.with_context(|| format!("the choice {name} has no alternative that takes anything"))?;
    Ok(parse_quote! {
        impl<'de> serde::Deserialize<'de> for #name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let choice = crate::seam::Choice::deserialize(deserializer)?;
                #(#objects)*
                Ok(Self::#other(choice.any()))
            }
        }
    })
}

/// The fields without which an object is not that one, by their names in JSON.
fn needed(item: &ItemStruct) -> Vec<String> {
    let Fields::Named(fields) = &item.fields else {
        return Vec::new();
    };
    let fields = fields.named.iter().filter_map(|field| {
        let mut name = field.ident.as_ref()?.to_string();
        let mut flat = false;
        for attribute in field
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("serde"))
        {
            let _ = attribute.parse_nested_meta(|meta| {
                flat |= meta.path.is_ident("flatten") || meta.path.is_ident("default");
                if meta.path.is_ident("rename") {
                    name = meta.value()?.parse::<syn::LitStr>()?.value();
                } else if meta.input.peek(syn::Token![=]) {
                    meta.value()?.parse::<syn::Lit>()?;
                }
                Ok(())
            });
        }
        let optional = super::rewrite::own_name(&field.ty) == "Option";
        (!flat && !optional).then_some(name)
    });
    fields.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_may_be_absent_are_not_needed() {
        let item: ItemStruct = parse_quote! {
            struct Pull {
                #[serde(default, skip_serializing_if = "Option::is_none")]
                name: ::std::option::Option<String>,
                id: i64,
                #[serde(rename = "type")]
                kind: Kind,
                #[serde(default)]
                count: i64,
                #[serde(flatten)]
                extra: Map<String, Value>,
            }
        };
        assert_eq!(needed(&item), ["id", "type"]);
    }

    #[test]
    fn a_choice_gets_a_reader_in_place_of_the_derived_one() {
        let file: syn::File = parse_quote! {
            struct Branch { head: String }
            #[derive(::serde::Deserialize, Clone)]
            #[serde(untagged)]
            enum Data { Branch(Branch), Other(::serde_json::Value) }
        };
        let mut items = file.items;
        readers(&mut items).unwrap();
        let text = quote!(#(#items)*).to_string();
        assert!(text.contains("derive (Clone)"), "{text}");
        assert!(text.contains("choice . object (& [\"head\"])"), "{text}");
    }

    #[test]
    fn a_choice_that_cannot_take_anything_is_an_error() {
        let file: syn::File = parse_quote! {
            struct Branch { head: String }
            #[serde(untagged)]
            enum Data { Branch(Branch) }
        };
        let message = readers(&mut { file.items }).unwrap_err().to_string();
        assert_eq!(message, "the choice Data has no alternative that takes anything");
    }
}

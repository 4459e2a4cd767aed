//! Choices between objects: how they are read. Serde would derive it, but slowly; `runtime/untagged.rs` says why.
use anyhow::{Context, Result, bail};
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::{Attribute, Fields, Ident, Item, ItemEnum, ItemStruct, Meta, parse_quote};

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
        objects.push((ident, item, fields(item)?));
    }
    let other = other.with_context(|| format!("the choice {name} has no alternative that takes anything"))?;
    let mut names: Vec<&str> = Vec::new();
    for field in objects.iter().flat_map(|(_, _, fields)| fields) {
        if field.kind != Kind::Extra && !names.contains(&field.name.as_str()) {
            names.push(&field.name);
        }
    }
    let numbers = (0..names.len()).map(Literal::usize_unsuffixed);
    let objects = objects
        .iter()
        .map(|(variant, item, fields)| alternative(variant, &item.ident, fields, &names));
    Ok(parse_quote! {
        impl<'de> serde::Deserialize<'de> for #name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut fields = crate::runtime::untagged::Fields::new(&[#(#names),*]);
                let number = |name: &str| match name {
                    #(#names => Some(#numbers),)*
                    _ => None,
                };
                if let Some(value) = fields.read(deserializer, number)? {
                    return Ok(Self::#other(value));
                }
                #(#objects)*
                Ok(Self::#other(fields.into_value()))
            }
        }
    })
}

/// Builds an alternative if its fields are there; those it needs are looked at first.
fn alternative(variant: &Ident, object: &Ident, fields: &[Field], names: &[&str]) -> TokenStream {
    let number = |field: &Field| {
        let number = names.iter().position(|name| *name == field.name);
        number.map(Literal::usize_unsuffixed)
    };
    let taken: Vec<_> = fields.iter().filter_map(number).collect();
    let (mut found, mut read, mut built) = (Vec::new(), Vec::new(), Vec::new());
    for kind in [Kind::Needed, Kind::Optional, Kind::Defaulted, Kind::Extra] {
        for field in fields.iter().filter(|field| field.kind == kind) {
            let (ident, number) = (&field.ident, number(field));
            built.push(match kind {
                Kind::Needed | Kind::Optional => quote!(#ident),
                Kind::Defaulted => quote!(#ident: #ident.unwrap_or_default()),
                Kind::Extra => quote!(#ident: fields.unknown(&[#(#taken),*])),
            });
            read.push(match kind {
                Kind::Needed => quote!(fields.required(#number)),
                Kind::Optional | Kind::Defaulted => quote!(fields.optional(#number)),
                Kind::Extra => continue,
            });
            found.push(quote!(Some(#ident)));
        }
    }
    quote! {
        if let (#(#found,)*) = (#(#read,)*) {
            return Ok(Self::#variant(#object { #(#built),* }));
        }
    }
}

/// A field of an alternative.
struct Field {
    ident: Ident,
    /// Its name in JSON.
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Without it, an object is not this one.
    Needed,
    /// An `Option`.
    Optional,
    /// Not an `Option`, but has a default.
    Defaulted,
    /// The fields that no other one is.
    Extra,
}

fn fields(item: &ItemStruct) -> Result<Vec<Field>> {
    let Fields::Named(named) = &item.fields else {
        return Ok(Vec::new());
    };
    let fields = named.named.iter().map(|field| {
        let ident = field.ident.clone().context("a field has no name")?;
        let mut name = ident.to_string();
        let mut kind = match super::rewrite::own_name(&field.ty).as_str() {
            "Option" => Kind::Optional,
            _ => Kind::Needed,
        };
        let serde = field.attrs.iter();
        for attribute in serde.filter(|attribute| attribute.path().is_ident("serde")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("flatten") {
                    kind = Kind::Extra;
                } else if meta.path.is_ident("rename") {
                    name = meta.value()?.parse::<syn::LitStr>()?.value();
                } else if meta.path.is_ident("skip_serializing_if") {
                    meta.value()?.parse::<syn::Lit>()?;
                } else if meta.path.is_ident("default") && !meta.input.peek(syn::Token![=]) {
                    if kind == Kind::Needed {
                        kind = Kind::Defaulted;
                    }
                } else {
                    let unknown = format!(
                        "{}.{ident} is read in a way that the reader of a choice is not",
                        item.ident
                    );
                    return Err(meta.error(unknown));
                }
                Ok(())
            })?;
        }
        Ok(Field { ident, name, kind })
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
        let fields = fields(&item).unwrap();
        let fields: Vec<_> = fields
            .iter()
            .map(|field| (field.name.as_str(), field.kind))
            .collect();
        assert_eq!(
            fields,
            [
                ("name", Kind::Optional),
                ("id", Kind::Needed),
                ("type", Kind::Needed),
                ("count", Kind::Defaulted),
                ("extra", Kind::Extra),
            ]
        );
    }

    #[test]
    fn a_field_with_a_reader_of_its_own_is_an_error() {
        for attribute in [
            quote!(deserialize_with = "hex"),
            quote!(alias = "size"),
            quote!(default = "one"),
        ] {
            let item: ItemStruct = parse_quote!(
                struct Pull {
                    #[serde(#attribute)]
                    count: i64,
                }
            );
            let message = fields(&item).err().unwrap().to_string();
            assert!(message.contains("Pull.count"), "{message}");
        }
    }

    #[test]
    fn an_alternative_is_built_from_its_fields_and_the_rest() {
        let file: syn::File = parse_quote! {
            struct Branch { head: Option<String>, #[serde(default)] count: i64, id: i64 }
            struct Pull { id: i64, #[serde(flatten)] extra: Map<String, Value> }
            #[serde(untagged)]
            enum Data { Branch(Branch), Pull(Pull), Other(Value) }
        };
        let mut items = file.items;
        readers(&mut items).unwrap();
        let text = quote!(#(#items)*).to_string();
        let branch = quote! {
            if let (Some(id), Some(head), Some(count),) = (fields.required(2), fields.optional(0), fields.optional(1),) {
                return Ok(Self::Branch(Branch { id, head, count: count.unwrap_or_default() }));
            }
            if let (Some(id),) = (fields.required(2),) {
                return Ok(Self::Pull(Pull { id, extra: fields.unknown(&[2]) }));
            }
        };
        assert!(text.contains(&branch.to_string()), "{text}");
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
        assert!(text.contains("Fields :: new (& [\"head\"])"), "{text}");
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

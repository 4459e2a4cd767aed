//! From progenitor's single file to the parts of the generated module, with the handwritten runtime in place.
//!
//! Types, builders and setters are progenitor's. What each `send` does is replaced: progenitor's runtime loses status
//! and headers of undecodable answers, does not stop `..` in a path and sends a header GitHub does not know.
use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use syn::Item;
use syn::visit_mut::VisitMut;

use super::operation::Operation;
use super::{choices, docs, engine, enums, nullable, schemas};

mod client;
mod operations;
mod paths;
mod types;

/// The items of each generated file.
pub(super) struct Parts {
    pub api_version: Vec<Item>,
    pub client: Vec<Item>,
    pub operations: Vec<Item>,
    pub types: Vec<Item>,
    pub type_builders: Vec<Item>,
    pub type_errors: Vec<Item>,
    pub schemas: Vec<Item>,
}

/// Takes progenitor's output apart.
pub(super) fn rewrite(file: &mut syn::File, spec: &Value, list: &[Operation]) -> Result<Parts> {
    let mut shapes = take_mod(&mut file.items, "types")?;
    let mut type_builders = take_mod(&mut shapes, "builder")?;
    let mut type_errors = take_mod(&mut shapes, "error")?;
    let mut builders = take_mod(&mut file.items, "builder")?;

    engine::assert_replaced(&shapes, &enums::names(spec))?;
    shapes.iter_mut().for_each(types::open_up);
    for item in &mut shapes {
        docs::document_type(item, spec)?;
    }
    for name in enums::names(spec) {
        let schema = super::schema(spec, &name).context("a schema is gone")?;
        shapes.extend(enums::items(&name, schema)?);
    }
    choices::readers(&mut shapes, spec)?;
    let nullable = nullable::fields(spec);
    nullable::apply(&mut shapes, &mut type_builders, &nullable);
    shapes.sort_by_key(type_name); // stable: what belongs to a type stays behind it, in order

    for item in &mut type_builders {
        docs::document_type_builder(item, spec);
        if let Item::Impl(item) = item {
            types::PlainOptions.visit_item_impl_mut(item);
        }
    }
    for item in &mut type_errors {
        docs::document_fixed(item);
    }
    builders.retain(|item| !matches!(item, Item::Use(_)));
    for item in &mut builders {
        operations::operation_builder(item, list)?;
    }

    let taken: BTreeSet<String> = super::schemas_of(spec)?.keys().cloned().collect();
    for (items, types_are_in) in [
        (&mut shapes, None),
        (&mut type_builders, Some("super")),
        (&mut type_errors, Some("super")),
        (&mut builders, Some("types")),
    ] {
        let mut short = paths::ShortPaths {
            taken: &taken,
            types_are_in,
        };
        for item in items {
            short.visit_item_mut(item);
        }
    }
    Ok(Parts {
        api_version: client::api_version(spec)?,
        client: client::client(list)?,
        operations: builders,
        types: shapes,
        type_builders,
        type_errors,
        schemas: schemas::items(spec)?,
    })
}

/// Takes a module out; progenitor writes none where it would be empty.
fn take_mod(items: &mut Vec<Item>, name: &str) -> Result<Vec<Item>> {
    let position = items
        .iter()
        .position(|item| matches!(item, Item::Mod(m) if m.ident == name));
    match position.map(|position| items.remove(position)) {
        None => Ok(Vec::new()),
        Some(Item::Mod(syn::ItemMod {
            content: Some((_, items)),
            ..
        })) => Ok(items),
        Some(_) => bail!("progenitor's module {name} has no content; has its output changed?"),
    }
}

/// The type an item belongs to, by which items are ordered.
fn type_name(item: &Item) -> String {
    match item {
        Item::Struct(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Impl(item) => own_name(&item.self_ty),
        _ => String::new(),
    }
}

pub(super) fn own_name(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|s| s.ident.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// The first type argument: `T` of `Option<T>`.
pub(super) fn first_argument(ty: &syn::Type) -> Option<syn::Type> {
    let syn::Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    }
}

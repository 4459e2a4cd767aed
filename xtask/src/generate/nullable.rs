//! Optional fields of requests that may be `null`: absent, `null` and a value are three things there, so the field
//! becomes an `Option<Nullable<T>>`.
use std::collections::BTreeSet;

use quote::quote;
use serde_json::Value;
use syn::visit_mut::VisitMut;
use syn::{Item, parse_quote};

use super::engine::{closure_of, references};
use super::rewrite::{first_argument, own_name};

/// The struct and the field of each: of shapes that are sent and never received, which read `null` as absent.
pub(super) fn fields(spec: &Value) -> BTreeSet<(String, String)> {
    let (mut sent, mut received) = (BTreeSet::new(), BTreeSet::new());
    let items = spec.get("paths").and_then(Value::as_object).into_iter().flatten();
    for operation in items
        .filter_map(|(_, item)| item.as_object())
        .flat_map(|item| item.values())
    {
        sent.extend(operation.get("requestBody").map(references).unwrap_or_default());
        received.extend(operation.get("responses").map(references).unwrap_or_default());
    }
    let (sent, received) = (closure_of(spec, sent), closure_of(spec, received));
    let mut found = BTreeSet::new();
    for name in sent.difference(&received) {
        let Some(schema) = super::schema(spec, name) else {
            continue;
        };
        let required = schema.get("required").and_then(Value::as_array);
        let properties = schema.get("properties").and_then(Value::as_object);
        for (key, property) in properties.into_iter().flatten() {
            let is_required = required.is_some_and(|names| names.iter().any(|name| name == key.as_str()));
            if !is_required && property.get("nullable") == Some(&Value::Bool(true)) {
                found.insert((name.clone(), super::operation::ident(key)));
            }
        }
    }
    found
}

/// Changes the fields of the structs and of their builders, and the setters.
pub(super) fn apply(shapes: &mut [Item], builders: &mut [Item], nullable: &BTreeSet<(String, String)>) {
    let is_nullable = |item: &str, field: &str| nullable.contains(&(item.to_owned(), field.to_owned()));
    for item in shapes.iter_mut().chain(builders) {
        match item {
            Item::Struct(item) => {
                let name = item.ident.to_string();
                for field in &mut item.fields {
                    let ident = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
                    if !is_nullable(&name, &ident) {
                        continue;
                    }
                    Wrap.visit_type_mut(&mut field.ty);
                    if own_name(&field.ty) == "Option" {
                        // In the struct; a field of the builder holds a `Result`.
                        field
                            .attrs
                            .retain(|attribute| !quote!(#attribute).to_string().contains("deserialize_with"));
                        field.attrs.push(parse_quote!(#[serde(default, deserialize_with = "crate::runtime::nullable::present")]));
                    }
                }
            }
            Item::Impl(item) if item.trait_.is_none() => {
                let name = own_name(&item.self_ty);
                for member in &mut item.items {
                    if let syn::ImplItem::Fn(setter) = member
                        && is_nullable(&name, &setter.sig.ident.to_string())
                        && let Some(bounds) = &mut setter.sig.generics.where_clause
                    {
                        Wrap.visit_where_clause_mut(bounds);
                    }
                }
            }
            _ => {}
        }
    }
}

/// `Option<Nullable<T>>` for `Option<T>`.
struct Wrap;

impl VisitMut for Wrap {
    fn visit_type_mut(&mut self, ty: &mut syn::Type) {
        match first_argument(ty) {
            Some(inner) if own_name(ty) == "Option" => {
                *ty = parse_quote!(::std::option::Option<crate::Nullable<#inner>>);
            }
            _ => syn::visit_mut::visit_type_mut(self, ty),
        }
    }
}

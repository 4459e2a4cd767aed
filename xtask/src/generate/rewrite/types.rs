//! The types: room for what GitHub may add, schemas behind a feature, setters that take plain values.
use quote::{format_ident, quote};
use syn::visit_mut::VisitMut;
use syn::{Item, parse_quote};

use super::{first_argument, own_name};

/// Makes room for what GitHub may add, and derives schemas behind a feature.
pub(super) fn open_up(item: &mut Item) {
    match item {
        Item::Struct(item) => {
            item.attrs
                .push(parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]));
            item.attrs.push(parse_quote!(#[non_exhaustive]));
            item.fields.iter_mut().for_each(read_time_fast);
        }
        Item::Enum(item) => {
            item.attrs
                .push(parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]));
            item.attrs.push(parse_quote!(#[non_exhaustive]));
            for variant in &mut item.variants {
                if let Some(field) = variant.fields.iter().next() {
                    variant.ident = better(&variant.ident, &field.ty);
                }
            }
        }
        Item::Impl(item) => {
            let from = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
            if let Some(from) = from.filter(|from| from.ident == "From")
                && let syn::PathArguments::AngleBracketed(arguments) = &from.arguments
                && let Some(syn::GenericArgument::Type(ty)) = arguments.args.first()
            {
                let ty = ty.clone();
                Rename(&ty).visit_item_impl_mut(item);
            }
        }
        _ => {}
    }
}

/// Reads times through the runtime, which is faster than chrono and reads the same.
fn read_time_fast(field: &mut syn::Field) {
    let is_time = |ty: &syn::Type| own_name(ty) == "DateTime";
    let is_optional =
        own_name(&field.ty) == "Option" && first_argument(&field.ty).as_ref().is_some_and(is_time);
    if !is_time(&field.ty) && !is_optional {
        return;
    }
    let before = field.attrs.len();
    // Progenitor reads a field that is required and nullable by a function, because serde would accept its absence.
    field
        .attrs
        .retain(|attribute| !quote!(#attribute).to_string().contains("deserialize_with"));
    let is_required = field.attrs.len() < before;
    field.attrs.push(if !is_optional {
        parse_quote!(#[serde(deserialize_with = "crate::runtime::timestamp::required")])
    } else if is_required {
        parse_quote!(#[serde(deserialize_with = "crate::runtime::timestamp::optional")])
    } else {
        parse_quote!(#[serde(default, deserialize_with = "crate::runtime::timestamp::optional")])
    });
}

/// The name of a choice's alternative: that of the type in it, or `Other` for the one that takes anything.
fn better(ident: &syn::Ident, ty: &syn::Type) -> syn::Ident {
    let numbered = ident
        .to_string()
        .strip_prefix("Variant")
        .is_some_and(|rest| rest.parse::<u8>().is_ok());
    match own_name(ty).as_str() {
        _ if !numbered => ident.clone(),
        "Value" => format_ident!("Other"),
        name => format_ident!("{name}"),
    }
}

/// In the conversion from an alternative's type, its name.
struct Rename<'a>(&'a syn::Type);

impl VisitMut for Rename<'_> {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        if path.segments.len() == 2
            && path.segments[0].ident == "Self"
            && let Some(last) = path.segments.last_mut()
        {
            last.ident = better(&last.ident, self.0);
        }
        syn::visit_mut::visit_path_mut(self, path);
    }
}

/// Setters of optional fields that take the value itself: `.model("…")`, not `.model(Some("…".to_owned()))`.
pub(super) struct PlainOptions;

impl VisitMut for PlainOptions {
    fn visit_impl_item_fn_mut(&mut self, function: &mut syn::ImplItemFn) {
        let bounds = function
            .sig
            .generics
            .where_clause
            .iter_mut()
            .flat_map(|clause| &mut clause.predicates);
        let mut optional = false;
        for bound in bounds {
            let syn::WherePredicate::Type(bound) = bound else {
                continue;
            };
            for bound in &mut bound.bounds {
                let syn::TypeParamBound::Trait(bound) = bound else {
                    continue;
                };
                let Some(last) = bound.path.segments.last_mut() else {
                    continue;
                };
                let syn::PathArguments::AngleBracketed(arguments) = &mut last.arguments else {
                    continue;
                };
                for argument in &mut arguments.args {
                    if let syn::GenericArgument::Type(ty) = argument
                        && own_name(ty) == "Option"
                        && let Some(inner) = first_argument(ty)
                    {
                        *ty = inner;
                        optional = true;
                    }
                }
            }
        }
        if optional || function.sig.ident == "default" {
            self.visit_block_mut(&mut function.block);
        }
    }

    /// Nothing unknown is what one begins with; progenitor asks for it to be said.
    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        let expression = &field.expr;
        if quote!(#expression)
            .to_string()
            .contains("no value supplied for extra")
        {
            field.expr = parse_quote!(Ok(Default::default()));
        }
        syn::visit_mut::visit_field_value_mut(self, field);
    }

    fn visit_expr_mut(&mut self, expression: &mut syn::Expr) {
        if let syn::Expr::MethodCall(call) = expression
            && call.method == "try_into"
        {
            *expression = parse_quote!(value.try_into().map(Some));
            return;
        }
        syn::visit_mut::visit_expr_mut(self, expression);
    }
}

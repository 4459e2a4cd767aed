//! From progenitor's single file to the parts of the generated module, with the handwritten seam in place.
//!
//! Types, builders and setters are progenitor's. What each `send` does is replaced: progenitor's runtime loses status
//! and headers of undecodable answers, does not stop `..` in a path and sends a header GitHub does not know.
use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use heck::ToUpperCamelCase;
use proc_macro2::{Literal, TokenTree};
use quote::{ToTokens, format_ident, quote};
use serde_json::Value;
use syn::visit_mut::VisitMut;
use syn::{ImplItem, Item, parse_quote};

use super::operation::{Operation, Parameter};
use super::{docs, engine, enums, schemas};

/// The items of each generated file.
pub(super) struct Parts {
    pub client: Vec<Item>,
    pub operations: Vec<Item>,
    pub types: Vec<Item>,
    pub type_builders: Vec<Item>,
    pub type_errors: Vec<Item>,
    pub schemas: Vec<Item>,
}

/// Takes progenitor's output apart.
pub(super) fn rewrite(file: &mut syn::File, spec: &Value, operations: &[Operation]) -> Result<Parts> {
    let mut types = take_mod(&mut file.items, "types")?;
    let mut type_builders = take_mod(&mut types, "builder")?;
    let mut type_errors = take_mod(&mut types, "error")?;
    let mut builders = take_mod(&mut file.items, "builder")?;

    engine::assert_replaced(&types, &enums::names(spec))?;
    types.iter_mut().for_each(open_up);
    for item in &mut types {
        docs::document_type(item, spec)?;
    }
    for name in enums::names(spec) {
        let schema = super::schema(spec, &name).context("a schema is gone")?;
        types.extend(enums::items(&name, schema)?);
    }
    types.sort_by_key(type_name); // stable: what belongs to a type stays behind it, in order

    for item in &mut type_builders {
        docs::document_type_builder(item, spec);
    }
    for item in &mut type_errors {
        docs::document_fixed(item);
    }
    builders.retain(|item| !matches!(item, Item::Use(_)));
    for item in &mut builders {
        operation_builder(item, operations)?;
    }

    let taken: BTreeSet<String> = super::schemas_of(spec)?.keys().cloned().collect();
    for (items, types_are_in) in [
        (&mut types, None),
        (&mut type_builders, Some("super")),
        (&mut type_errors, Some("super")),
        (&mut builders, Some("types")),
    ] {
        let mut short = ShortPaths { taken: &taken, types_are_in };
        items.iter_mut().for_each(|item| short.visit_item_mut(item));
    }
    Ok(Parts {
        client: client(spec, operations)?,
        operations: builders,
        types,
        type_builders,
        type_errors,
        schemas: schemas::items(spec)?,
    })
}

fn take_mod(items: &mut Vec<Item>, name: &str) -> Result<Vec<Item>> {
    let position = items
        .iter()
        .position(|item| matches!(item, Item::Mod(m) if m.ident == name));
    let position =
        position.with_context(|| format!("progenitor wrote no module {name}; has its output changed?"))?;
    match items.remove(position) {
        Item::Mod(syn::ItemMod {
            content: Some((_, items)),
            ..
        }) => Ok(items),
        _ => bail!("progenitor's module {name} has no content; has its output changed?"),
    }
}

/// Makes room for what GitHub may add, and derives schemas behind a feature.
fn open_up(item: &mut Item) {
    match item {
        Item::Struct(item) => {
            item.attrs
                .push(parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]));
            item.attrs.push(parse_quote!(#[non_exhaustive]));
        }
        Item::Enum(item) => {
            item.attrs
                .push(parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]));
            item.attrs.push(parse_quote!(#[non_exhaustive]));
            for variant in item
                .variants
                .iter_mut()
                .filter(|variant| variant.ident == "Object")
            {
                variant.ident = format_ident!("Other");
            }
        }
        Item::Impl(item) => RenameObject.visit_item_impl_mut(item),
        _ => {}
    }
}

/// `Self::Object(…)`, progenitor's name of the alternative that takes any object, becomes `Self::Other(…)`.
struct RenameObject;

impl VisitMut for RenameObject {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        if path.segments.len() == 2
            && path.segments[0].ident == "Self"
            && let Some(last) = path.segments.last_mut()
            && last.ident == "Object"
        {
            last.ident = format_ident!("Other");
        }
        syn::visit_mut::visit_path_mut(self, path);
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

fn own_name(ty: &syn::Type) -> String {
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

/// Gives the builder of an operation its documentation and its `send`.
fn operation_builder(item: &mut Item, operations: &[Operation]) -> Result<()> {
    let name = match item {
        Item::Struct(item) => item.ident.to_string(),
        Item::Impl(item) => own_name(&item.self_ty),
        _ => bail!("progenitor's operation builders hold something unknown; has its output changed?"),
    };
    let operation = operations
        .iter()
        .find(|operation| operation.id.to_upper_camel_case() == name);
    let operation =
        operation.with_context(|| format!("the builder {name} belongs to no operation of the spec"))?;
    match item {
        Item::Struct(item) => {
            let doc = format!("Arguments of [`Client::{0}`](super::Client::{0}).", operation.id);
            docs::set(&mut item.attrs, &doc);
            item.attrs
                .push(parse_quote!(#[must_use = "nothing is sent until `send` is awaited"]));
        }
        Item::Impl(item) => {
            for member in &mut item.items {
                if let ImplItem::Fn(function) = member {
                    operation_method(function, operation)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn operation_method(function: &mut syn::ImplItemFn, operation: &Operation) -> Result<()> {
    match function.sig.ident.to_string().as_str() {
        "new" => {
            function.vis = parse_quote!(pub(super));
            Messages.visit_block_mut(&mut function.block);
        }
        "send" => send(function, operation)?,
        "body" => {
            docs::set(&mut function.attrs, &docs::body_setter(operation));
            Messages.visit_block_mut(&mut function.block);
        }
        "body_map" => {
            docs::set(
                &mut function.attrs,
                "Changes the body in place: `.body_map(|body| body.prompt(\"…\"))`.",
            );
        }
        name => {
            let parameter = operation
                .parameters
                .iter()
                .find(|parameter| parameter.name == name);
            let parameter = parameter.with_context(|| format!("{}: no parameter {name}", operation.id))?;
            docs::set(
                &mut function.attrs,
                &format!("Sets `{name}`: {}", docs::lower_first(&parameter.doc)),
            );
            Messages.visit_block_mut(&mut function.block);
        }
    }
    Ok(())
}

/// Words of progenitor's that reach users.
struct Messages;

impl VisitMut for Messages {
    fn visit_lit_str_mut(&mut self, literal: &mut syn::LitStr) {
        let text = literal.value();
        let better = if let Some(name) = text.strip_suffix(" was not initialized") {
            format!("is not set; call `.{name}(…)`")
        } else if let Some(rest) = text.strip_prefix("conversion to `") {
            format!("cannot be converted to {}", last_names(rest.split('`').next().unwrap_or(rest)))
        } else {
            return;
        };
        *literal = syn::LitStr::new(&better, literal.span());
    }

    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        let tokens = call.tokens.clone().into_iter().map(|token| match token {
            TokenTree::Literal(literal) if literal.to_string().ends_with(" for body failed: {}\"") => {
                Literal::string("is not complete: {}").into()
            }
            other => other,
        });
        call.tokens = tokens.collect();
    }
}

/// `Vec<i64>` for `:: std :: vec :: Vec < i64 >`.
fn last_names(ty: &str) -> String {
    let mut name = String::new();
    for part in ty.replace(' ', "").split_inclusive(['<', '>', ',']) {
        name.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    name
}

/// Replaces the body of `send` by a call of the seam.
fn send(function: &mut syn::ImplItemFn, operation: &Operation) -> Result<()> {
    let id = &operation.id;
    let value = response_type(&function.sig.output)
        .with_context(|| format!("{id}: `send` does not return a ResponseValue; has progenitor changed?"))?;
    let method = format_ident!("{}", operation.method);
    let path = &operation.path;
    let fields: Vec<_> = operation
        .parameters
        .iter()
        .map(|p| format_ident!("{}", p.name))
        .collect();
    let body = operation.body.as_ref().map(|body| {
        let schema = format_ident!("{}", body.schema);
        quote!(call.json(body.and_then(|body| types::#schema::try_from(body).map_err(|error| error.to_string())))?;)
    });
    let body_field = operation.body.as_ref().map(|_| quote!(body,));
    let arguments = operation.parameters.iter().map(argument);
    let success = operation.success.iter().map(|status| Literal::u16_unsuffixed(*status));
    let mutable = (!operation.parameters.is_empty() || operation.body.is_some()).then(|| quote!(mut));
    function.sig.output = parse_quote!(-> Result<ResponseValue<#value>, Error>);
    function.block = parse_quote!({
        let Self { client, #(#fields,)* #body_field } = self;
        let #mutable call = Call::new(client, #id, Method::#method, #path)?;
        #(#arguments)*
        #body
        call.send(&[#(#success),*]).await
    });
    docs::set(&mut function.attrs, &docs::send(operation));
    Ok(())
}

fn argument(parameter: &Parameter) -> proc_macro2::TokenStream {
    let name = &parameter.name;
    let ident = format_ident!("{name}");
    if parameter.in_path {
        return quote!(call.path(#name, #ident)?;);
    }
    let value = if parameter.required {
        quote!(#ident.map(Some))
    } else {
        quote!(#ident)
    };
    match parameter.bounds {
        Some((least, most)) => {
            let least = Literal::u64_unsuffixed(least);
            let most = if most == u64::MAX { quote!(u64::MAX) } else { Literal::u64_unsuffixed(most).into_token_stream() };
            quote!(call.query_within(#name, #value, #least..=#most)?;)
        }
        None => quote!(call.query(#name, #value)?;),
    }
}

/// `T` of `Result<ResponseValue<T>, _>`.
fn response_type(output: &syn::ReturnType) -> Option<syn::Type> {
    let syn::ReturnType::Type(_, ty) = output else {
        return None;
    };
    first_argument(&first_argument(ty)?)
}

fn first_argument(ty: &syn::Type) -> Option<syn::Type> {
    let syn::Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    }
}

/// The client, with a method for each operation.
fn client(spec: &Value, operations: &[Operation]) -> Result<Vec<Item>> {
    let version = spec
        .pointer("/info/version")
        .and_then(Value::as_str)
        .context("the spec has no info.version")?;
    let mut by_id = BTreeMap::new();
    for operation in operations {
        by_id.insert(&operation.id, operation);
    }
    let methods = by_id.values().map(|operation| {
        let name = format_ident!("{}", operation.id);
        let builder = format_ident!("{}", operation.id.to_upper_camel_case());
        let doc = docs::lines(&docs::operation(operation));
        quote! {
            #(#[doc = #doc])*
            pub fn #name(&self) -> builder::#builder<'_> {
                builder::#builder::new(self)
            }
        }
    });
    let doc = docs::lines(&docs::client(spec));
    let file: syn::File = syn::parse2(quote! {
        /// The API version the client was generated from, sent as `X-GitHub-Api-Version`.
        pub const API_VERSION: &str = #version;

        #(#[doc = #doc])*
        #[derive(Clone)]
        pub struct Client {
            pub(crate) base_url: reqwest::Url,
            pub(crate) http: reqwest::Client,
            pub(crate) pipeline: crate::Pipeline,
        }

        impl Client {
            #(#methods)*
        }
    })?;
    Ok(file.items)
}

/// `::std::option::Option` and its like, as one writes them.
struct ShortPaths<'a> {
    /// Names that types of the API have taken.
    taken: &'a BTreeSet<String>,
    /// What stands before the name of such a type in this file.
    types_are_in: Option<&'static str>,
}

impl ShortPaths<'_> {
    const PRELUDE: [(&'static str, &'static str); 7] = [
        ("option", "Option"),
        ("string", "String"),
        ("vec", "Vec"),
        ("result", "Result"),
        ("convert", "TryInto"),
        ("default", "Default"),
        ("ops", "FnOnce"),
    ];

    /// `Option::is_none` for `::std::option::Option::is_none`.
    fn short(&self, path: &str) -> Option<String> {
        let path = path.strip_prefix("::").unwrap_or(path);
        let (module, tail) = path.strip_prefix("std::")?.split_once("::")?;
        let name = tail.split("::").next()?;
        let in_prelude = Self::PRELUDE.contains(&(module, name));
        (in_prelude && !self.taken.contains(name)).then(|| tail.to_owned())
    }
}

impl VisitMut for ShortPaths<'_> {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        let names: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if names.len() >= 3 && self.short(&names.join("::")).is_some() {
            path.leading_colon = None;
            path.segments = path.segments.iter().skip(2).cloned().collect();
        } else if names.len() >= 3 && names[0] == "crate" && names[1] == "types" {
            let prefix = self.types_are_in.map(|name| syn::PathSegment::from(format_ident!("{name}")));
            path.segments = prefix.into_iter().chain(path.segments.iter().skip(2).cloned()).collect();
        }
        syn::visit_mut::visit_path_mut(self, path);
    }

    fn visit_type_path_mut(&mut self, ty: &mut syn::TypePath) {
        let before = ty.path.segments.len();
        syn::visit_mut::visit_type_path_mut(self, ty);
        // In `<V as std::convert::TryInto<T>>::Error` the position counts the segments of the trait.
        if let Some(qself) = &mut ty.qself {
            qself.position -= before - ty.path.segments.len();
        }
    }

    fn visit_attribute_mut(&mut self, attribute: &mut syn::Attribute) {
        if let syn::Meta::List(list) = &mut attribute.meta
            && list.path.is_ident("serde")
        {
            let tokens = list.tokens.clone().into_iter().map(|token| match &token {
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    match self.short(text.trim_matches('"')) {
                        Some(short) => Literal::string(&short).into(),
                        None => token,
                    }
                }
                _ => token,
            });
            list.tokens = tokens.collect();
        }
        syn::visit_mut::visit_attribute_mut(self, attribute);
    }
}

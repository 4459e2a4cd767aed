//! The builders of the operations: each `send` becomes a call of the handwritten runtime.
use anyhow::{Context, Result, bail};
use heck::ToUpperCamelCase;
use proc_macro2::{Literal, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::visit_mut::VisitMut;
use syn::{ImplItem, Item, parse_quote};

use super::{first_argument, own_name};
use crate::generate::docs;
use crate::generate::operation::{Operation, Parameter};

/// Gives the builder of an operation its documentation and its `send`.
pub(super) fn operation_builder(item: &mut Item, operations: &[Operation]) -> Result<()> {
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
                .find(|parameter| parameter.ident == name);
            let parameter = parameter.with_context(|| format!("{}: no parameter {name}", operation.id))?;
            docs::set(
                &mut function.attrs,
                &format!("Sets `{}`: {}", parameter.name, docs::lower_first(&parameter.doc)),
            );
            Messages.visit_block_mut(&mut function.block);
        }
    }
    Ok(())
}

/// Words of progenitor's that reach users.
struct Messages;

impl VisitMut for Messages {
    /// That a value is not set is the first state of each builder: it costs no text until it is told.
    fn visit_expr_mut(&mut self, expression: &mut syn::Expr) {
        if let syn::Expr::MethodCall(call) = &*expression
            && call.method == "to_string"
            && let syn::Expr::Lit(literal) = &*call.receiver
            && let syn::Lit::Str(text) = &literal.lit
            && text.value().ends_with(" was not initialized")
        {
            *expression = parse_quote!(String::new());
            return;
        }
        syn::visit_mut::visit_expr_mut(self, expression);
    }

    fn visit_lit_str_mut(&mut self, literal: &mut syn::LitStr) {
        let text = literal.value();
        let better = if let Some(rest) = text.strip_prefix("conversion to `") {
            format!(
                "cannot be converted to {}",
                last_names(rest.split('`').next().unwrap_or(rest))
            )
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

/// Replaces the body of `send` by a call of the runtime.
fn send(function: &mut syn::ImplItemFn, operation: &Operation) -> Result<()> {
    let id = &operation.id;
    let value = response_type(&function.sig.output)
        .with_context(|| format!("{id}: `send` does not return a ResponseValue; has progenitor changed?"))?;
    let method = format_ident!("{}", operation.method);
    let path = &operation.path;
    let fields: Vec<_> = operation
        .parameters
        .iter()
        .map(|p| format_ident!("{}", p.ident))
        .collect();
    let body = operation.body.as_ref().map(|body| {
        let schema = format_ident!("{}", body.schema);
        quote! {
            let body = body.and_then(|body| {
                types::#schema::try_from(body).map_err(|error| format!("is not complete: {error}"))
            });
            call.json(body)?;
        }
    });
    let body_field = operation.body.as_ref().map(|_| quote!(body,));
    let arguments = operation.parameters.iter().map(argument);
    let success = operation
        .success
        .iter()
        .map(|status| Literal::u16_unsuffixed(*status));
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
    let ident = format_ident!("{}", parameter.ident);
    if parameter.in_path {
        return quote!(call.path(#name, #ident)?;);
    }
    let value = if parameter.required {
        quote!(#ident.map(Some))
    } else {
        quote!(#ident)
    };
    let Some((least, most)) = parameter.bounds else {
        return quote!(call.query(#name, #value)?;);
    };
    let least = Literal::u64_unsuffixed(least);
    let most = match most {
        u64::MAX => quote!(u64::MAX),
        most => Literal::u64_unsuffixed(most).into_token_stream(),
    };
    quote!(call.query_within(#name, #value, #least..=#most)?;)
}

/// `T` of `Result<ResponseValue<T>, _>`.
fn response_type(output: &syn::ReturnType) -> Option<syn::Type> {
    let syn::ReturnType::Type(_, ty) = output else {
        return None;
    };
    first_argument(&first_argument(ty)?)
}

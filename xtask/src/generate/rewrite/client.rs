//! The client's methods, one an operation; the client itself belongs to the runtime.
use std::collections::BTreeMap;

use anyhow::{Context, Result};
use heck::ToUpperCamelCase;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::Item;

use crate::generate::docs;
use crate::generate::operation::Operation;

/// The API version, in a file of its own: the runtime needs it, and nothing else that is generated.
pub(super) fn api_version(spec: &Value) -> Result<Vec<Item>> {
    let version = spec
        .pointer("/info/version")
        .and_then(Value::as_str)
        .context("the spec has no info.version")?;
    let file: syn::File = syn::parse2(quote! {
        /// The API version the client was generated from, sent as `X-GitHub-Api-Version`.
        pub const API_VERSION: &str = #version;
    })?;
    Ok(file.items)
}

/// The client's methods, one for each operation.
pub(super) fn client(operations: &[Operation]) -> Result<Vec<Item>> {
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
    let file: syn::File = syn::parse2(quote! {
        /// The operations of the API.
        impl Client {
            #(#methods)*
        }
    })?;
    Ok(file.items)
}

//! The function that hands out the JSON Schemas of all types.
use anyhow::Result;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::Item;

/// The items of the generated file.
pub(super) fn items(spec: &Value) -> Result<Vec<Item>> {
    let names = super::schemas_of(spec)?
        .keys()
        .map(|name| format_ident!("{name}"));
    let file: syn::File = syn::parse2(quote! {
        use super::types;

        /// The JSON Schema of every type of the API, by the type's name; references have the form `#/$defs/Task`.
        ///
        /// ```
        /// let schemas = agents_api_raw::schemas();
        /// assert!(schemas["Task"]["properties"]["state"].is_object());
        /// ```
        pub fn schemas() -> serde_json::Map<String, serde_json::Value> {
            let mut generator = schemars::SchemaGenerator::default();
            #(generator.subschema_for::<types::#names>();)*
            generator.take_definitions(true)
        }
    })?;
    Ok(file.items)
}

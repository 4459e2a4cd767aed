//! Documentation for every public item: progenitor leaves most of its output undocumented.
use anyhow::{Context, Result};
use serde_json::Value;
use syn::{Attribute, Fields, ImplItem, Item, parse_quote};

use super::operation::Operation;

/// The summary and the description of a part of the spec.
pub(super) fn text(value: &Value) -> String {
    let part = |name| {
        value
            .get(name)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text: &&str| !text.is_empty())
    };
    [part("summary"), part("description")]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// Replaces an item's documentation.
pub(super) fn set(attributes: &mut Vec<Attribute>, text: &str) {
    attributes.retain(|attribute| !attribute.path().is_ident("doc"));
    let lines = lines(text).into_iter().map(|line| parse_quote!(#[doc = #line]));
    attributes.splice(0..0, lines.collect::<Vec<Attribute>>());
}

/// The lines of a text as they stand behind `///`.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!(" {line}")
            }
        })
        .collect()
}

/// A sentence that goes on after a colon.
pub(super) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        // An abbreviation or a code span stays as it is.
        (Some(first), second) if first.is_uppercase() && second.is_none_or(|c| !c.is_uppercase()) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// Documents a struct or enum of the API, its fields, variants and `builder()`.
pub(super) fn document_type(item: &mut Item, spec: &Value) -> Result<()> {
    match item {
        Item::Struct(item) => {
            let name = item.ident.to_string();
            let schema =
                super::schema(spec, &name).with_context(|| format!("the struct {name} has no schema"))?;
            set(&mut item.attrs, &text(schema));
            for field in &mut item.fields {
                let json = json_name(field);
                let doc = match schema
                    .get("properties")
                    .and_then(|properties| properties.get(&json))
                {
                    Some(property) => field_doc(spec, property),
                    None => "Fields that this version of the crate does not know.".to_owned(),
                };
                set(&mut field.attrs, &doc);
            }
        }
        Item::Enum(item) => {
            let name = item.ident.to_string();
            let schema =
                super::schema(spec, &name).with_context(|| format!("the enum {name} has no schema"))?;
            set(&mut item.attrs, &text(schema));
            for variant in &mut item.variants {
                let doc = match super::schema(spec, &inner_name(&variant.fields)) {
                    Some(schema) => text(schema),
                    None => "Any other value, as GitHub sent it.".to_owned(),
                };
                set(&mut variant.attrs, &doc);
            }
        }
        Item::Impl(item) => {
            for member in &mut item.items {
                if let ImplItem::Fn(function) = member
                    && function.sig.ident == "builder"
                {
                    set(&mut function.attrs, "Returns a builder with no field set.");
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// A field's own text, with the mark of a deprecated one.
fn field_doc(spec: &Value, property: &Value) -> String {
    let mut doc = text(property);
    if doc.is_empty()
        && let Some(name) = super::engine::references(property).first()
        && let Some(schema) = super::schema(spec, name)
    {
        doc = text(schema);
    }
    if property.get("deprecated").and_then(Value::as_bool) == Some(true)
        && !doc.to_lowercase().contains("deprecated")
    {
        doc.push_str("\n\nGitHub has deprecated this field.");
    }
    doc
}

/// The field's name in JSON.
fn json_name(field: &syn::Field) -> String {
    let mut renamed = None;
    for attribute in field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                renamed = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if let Ok(value) = meta.value() {
                value.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    renamed.unwrap_or_else(|| field.ident.as_ref().map(ToString::to_string).unwrap_or_default())
}

fn inner_name(fields: &Fields) -> String {
    match fields.iter().next().map(|field| &field.ty) {
        Some(syn::Type::Path(path)) => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// Documents the builder of a type.
pub(super) fn document_type_builder(item: &mut Item, spec: &Value) {
    match item {
        Item::Struct(item) => {
            let doc = format!(
                "Builder of [`{0}`](super::{0}), into which it converts with `try_into()`.",
                item.ident
            );
            set(&mut item.attrs, &doc);
        }
        Item::Impl(item) if item.trait_.is_none() => {
            let syn::Type::Path(path) = &*item.self_ty else {
                return;
            };
            let name = path
                .path
                .segments
                .last()
                .map(|segment| segment.ident.to_string())
                .unwrap_or_default();
            let properties = super::schema(spec, &name).and_then(|schema| schema.get("properties"));
            for member in &mut item.items {
                let ImplItem::Fn(function) = member else { continue };
                let field = function.sig.ident.to_string();
                let json = field.trim_end_matches('_');
                let property = properties.and_then(|p| p.get(&field).or_else(|| p.get(json)));
                let doc = match property.map(|property| field_doc(spec, property)) {
                    Some(doc) => format!("Sets `{json}`: {}", lower_first(&doc)),
                    None => format!("Sets `{json}`: fields that this version of the crate does not know."),
                };
                set(&mut function.attrs, &doc);
            }
        }
        _ => {}
    }
}

/// Documents the error of conversions.
pub(super) fn document_fixed(item: &mut Item) {
    if let Item::Struct(item) = item {
        set(
            &mut item.attrs,
            "Why a conversion failed: a required field is not set, or its value is invalid.",
        );
    }
}

/// The documentation of the client's method for an operation.
pub(super) fn operation(operation: &Operation) -> String {
    let mut doc = format!("{}\n\n`{} {}`\n", operation.doc, operation.method, operation.path);
    if !operation.parameters.is_empty() || operation.body.is_some() {
        doc.push_str("\n# Arguments\n\n");
    }
    for parameter in &operation.parameters {
        let needed = if parameter.required { " (required)" } else { "" };
        let text = parameter.doc.replace("\n\n", " ").replace('\n', " ");
        doc.push_str(&format!("- `{}`{needed}: {text}\n", parameter.name));
    }
    if let Some(body) = &operation.body {
        doc.push_str(&format!("- `body` (required): {}\n", body.doc.replace('\n', " ")));
    }
    doc.push_str(&format!("\n# Example\n\n{}", example(operation)));
    doc
}

/// What `body` takes.
pub(super) fn body_setter(operation: &Operation) -> String {
    match &operation.body {
        Some(body) => format!(
            "Sets the body: a [`{0}`](types::{0}) or its builder. {1}",
            body.schema, body.doc
        ),
        None => String::new(),
    }
}

/// A call with the required arguments only. It compiles, unless a value cannot be made up.
fn example(operation: &Operation) -> String {
    let mut complete = true;
    let mut value = |sample: &Option<String>| {
        complete &= sample.is_some();
        sample.clone().unwrap_or_else(|| "…".to_owned())
    };
    let mut call = format!("let response = client\n    .{}()\n", operation.id);
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        call.push_str(&format!(
            "    .{}({})\n",
            parameter.ident,
            value(&parameter.sample)
        ));
    }
    if let Some(body) = &operation.body {
        let mut fields = String::new();
        for (name, sample) in &body.required {
            fields.push_str(&format!(".{name}({})", value(sample)));
        }
        call.push_str(&format!(
            "    .body(agents_api_raw::types::{}::builder(){fields})\n",
            body.schema
        ));
    }
    let kind = if complete { "no_run" } else { "ignore" };
    format!(
        "```{kind}\n# async fn run(client: agents_api_raw::Client) -> Result<(), agents_api_raw::Error> {{\n\
         {call}    .send()\n    .await?;\n\
         println!(\"{{:?}}\", response.into_inner());\n# Ok(())\n# }}\n```"
    )
}

/// The documentation of `send`.
pub(super) fn send(operation: &Operation) -> String {
    let mut doc = "Sends the request.\n\n# Errors\n\n".to_owned();
    doc.push_str(
        "[`Error::InvalidRequest`] before anything is sent, when an argument is missing or invalid; \
         [`Error::Transport`] without a response; [`Error::NotSent`] and [`Error::Custom`] when the transport fails; \
         [`Error::Body`] or [`Error::Decode`] when the body cannot be read or decoded. [`Error::Status`] for every other \
         status; GitHub documents:\n\n",
    );
    for (status, text) in operation
        .responses
        .iter()
        .filter(|(status, _)| !status.starts_with('2'))
    {
        doc.push_str(&format!("- {status}: {}\n", text.replace('\n', " ")));
    }
    doc.trim_end().to_owned()
}

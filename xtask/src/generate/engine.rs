//! Runs progenitor, and finds out what it stumbled over if it panics.
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail};
use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl};
use serde_json::{Map, Value};

/// Generates from `spec`; the schemas named in `enums` are left to the open enums.
pub(super) fn run(spec: &Value, enums: &[String]) -> Result<syn::File> {
    match attempt(spec, enums) {
        Ok(file) => Ok(file),
        Err(error) => Err(match culprit(spec, enums) {
            Some(place) => error.context(format!("the generator cannot handle {place}")),
            None => error,
        }),
    }
}

/// One run; a panic is an error like any other.
fn attempt(spec: &Value, enums: &[String]) -> Result<syn::File> {
    let document: OpenAPI = serde_json::from_value(spec.clone()).context("the spec is not OpenAPI 3.0")?;
    let settings = settings(enums);
    let tokens = quietly(|| Generator::new(&settings).generate_tokens(&document))?
        .map_err(|error| anyhow!("progenitor: {error}"))?;
    syn::parse2(tokens).context("progenitor's output is not Rust")
}

fn settings(enums: &[String]) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    for name in enums {
        let traits = [TypeImpl::Display, TypeImpl::FromStr];
        settings.with_replacement(name, format!("crate::types::{name}"), traits.into_iter());
    }
    // An amount of nano units may exceed what an f64 holds exactly.
    let double = schemars08::schema::SchemaObject {
        instance_type: Some(schemars08::schema::InstanceType::Number.into()),
        format: Some("double".to_owned()),
        ..Default::default()
    };
    settings.with_conversion(double, "::serde_json::Number", [TypeImpl::Display].into_iter());
    settings
}

/// Calls `work`; a panic in it becomes an error, and nothing is printed.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T> {
    // The panic hook belongs to the process: tests that generate at the same time take turns.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = catch_unwind(AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    result.map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        anyhow!("progenitor panicked: {text}")
    })
}

/// The one schema, or else operation, that fails on its own.
fn culprit(spec: &Value, enums: &[String]) -> Option<String> {
    let schemas = spec.pointer("/components/schemas")?.as_object()?;
    let mut smallest: Option<(usize, &String)> = None;
    for name in schemas.keys() {
        let needed = closure_of(spec, BTreeSet::from([name.clone()]));
        let needed: Map<String, Value> = needed
            .iter()
            .filter_map(|name| Some((name.clone(), schemas.get(name)?.clone())))
            .collect();
        let size = needed.len();
        if smallest.is_none_or(|(least, _)| size < least)
            && attempt(&with(spec, Map::new(), &needed), enums).is_err()
        {
            smallest = Some((size, name));
        }
    }
    if let Some((_, name)) = smallest {
        return Some(format!("the schema {name} (#/components/schemas/{name})"));
    }
    for (path, item) in spec.get("paths")?.as_object()? {
        for (method, operation) in item.as_object()? {
            let one = Map::from_iter([(
                path.clone(),
                Value::Object(Map::from_iter([(method.clone(), operation.clone())])),
            )]);
            if attempt(&with(spec, one, schemas), enums).is_err() {
                let id = operation
                    .get("operationId")
                    .and_then(Value::as_str)
                    .unwrap_or("without operationId");
                return Some(format!("the operation {id} ({} {path})", method.to_uppercase()));
            }
        }
    }
    None
}

/// The spec with only these paths and schemas.
fn with(spec: &Value, paths: Map<String, Value>, schemas: &Map<String, Value>) -> Value {
    let mut spec = spec.clone();
    if let Some(object) = spec.as_object_mut() {
        object.insert("paths".to_owned(), Value::Object(paths));
        object.insert("components".to_owned(), serde_json::json!({ "schemas": schemas }));
    }
    spec
}

/// The names of components, and of everything that they refer to.
pub(super) fn closure_of(spec: &Value, names: BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<_> = names.into_iter().collect();
    while let Some(name) = open.pop() {
        let schema = super::schema(spec, &name);
        if found.insert(name) {
            open.extend(schema.map(references).unwrap_or_default());
        }
    }
    found
}

/// The component names that `value` refers to.
pub(super) fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str);
            let own = own
                .and_then(|text| text.strip_prefix("#/components/schemas/"))
                .map(str::to_owned);
            own.into_iter()
                .chain(object.values().flat_map(references))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Fails when a replaced enum was generated all the same: progenitor ignores a misspelled name silently.
pub(super) fn assert_replaced(types: &[syn::Item], enums: &[String]) -> Result<()> {
    for item in types {
        if let syn::Item::Enum(item) = item
            && (enums.iter().any(|name| item.ident == name)
                || item.variants.iter().all(|v| v.fields.is_empty()))
        {
            bail!("the enum {} is closed: its replacement did not take", item.ident);
        }
    }
    Ok(())
}

//! The spec as the client reads it: what GitHub promises, and what it was seen to send besides.
//!
//! The resolved spec stays GitHub's contract. Leniency is a policy of this client, the same for every shape, so it is
//! applied here and not written out per field in the overlay:
//!
//! - a field that may be missing may be `null`, and no default is applied;
//! - where GitHub describes one thing in several shapes and the overlay merges them, every place has the one type;
//! - a number has room: what is promised to fit 32 bits is read into 64;
//! - shapes of error answers promise nothing, and keep every field: real ones lack documented fields and have others;
//! - an object of several fields keeps those it does not know, see `KEEPS_UNKNOWN`;
//! - a choice between shapes has one more alternative that takes anything, and its shapes keep unknown fields;
//! - a bounded or non-negative query number is an unsigned integer, checked when the call is made;
//! - error answers are left out of the operations: whatever is not the documented success keeps status, headers and
//!   body, whether GitHub documented it or not. Their types stay.
use serde_json::{Map, Value, json};

use super::engine::{closure_of, references};

/// From how many fields on an object keeps fields it does not know.
///
/// Decoding a page of 100 tasks takes 1.5 % more instructions when tasks and sessions keep them, and 5 % more when the
/// objects of one or two fields do so as well, of which a task holds half a dozen.
const KEEPS_UNKNOWN: usize = 4;

/// The generator's input for the resolved spec `spec`.
pub fn lenient(spec: &Value) -> Value {
    let mut spec = spec.clone();
    if let Some(paths) = spec.get_mut("paths").and_then(Value::as_object_mut) {
        for operation in paths
            .values_mut()
            .filter_map(Value::as_object_mut)
            .flat_map(Map::values_mut)
        {
            only_success(operation);
            unsigned_parameters(operation);
        }
    }
    // The others are those of error responses.
    let used = closure_of(
        &spec,
        spec.get("paths")
            .map(references)
            .unwrap_or_default()
            .into_iter()
            .collect(),
    );
    if let Some(schemas) = spec
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        let mut variants = Vec::new();
        for (name, schema) in schemas.iter_mut() {
            if !used.contains(name) {
                promise_nothing(schema);
            }
            null_is_absent(schema);
            keep_unknown_fields(schema);
            variants.append(&mut keep_unknown_variants(schema));
        }
        for name in variants {
            if let Some(schema) = schemas.get_mut(&name).and_then(Value::as_object_mut) {
                schema.insert("additionalProperties".to_owned(), json!({}));
            }
        }
    }
    spec
}

/// Makes every field of an object optional, and keeps those that are not known.
fn promise_nothing(schema: &mut Value) {
    if let Some(schema) = schema.as_object_mut()
        && schema.contains_key("properties")
    {
        schema.remove("required");
        schema.insert("additionalProperties".to_owned(), json!({}));
    }
}

/// Leaves an operation its successes.
fn only_success(operation: &mut Value) {
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        responses.retain(|status, _| status.starts_with('2'));
    }
}

/// Makes integers that cannot be negative unsigned; their bounds are checked by the call.
fn unsigned_parameters(operation: &mut Value) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut) else {
            continue;
        };
        let integer = schema.get("type").and_then(Value::as_str) == Some("integer");
        if integer && schema.get("minimum").and_then(Value::as_u64).is_some() {
            schema.remove("minimum");
            schema.remove("maximum");
            schema.insert("format".to_owned(), json!("uint64"));
        }
        schema.remove("default"); // as with fields
    }
}

/// Lets every optional field be `null`, and gives numbers room.
fn null_is_absent(schema: &mut Value) {
    let required: Vec<String> = match schema.get("required").and_then(Value::as_array) {
        Some(names) => names
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        None => Vec::new(),
    };
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties {
        let Some(property) = property.as_object_mut() else {
            continue;
        };
        // A default is GitHub's to apply, in requests; sent along, it would freeze today's value.
        property.remove("default");
        if property.get("format").and_then(Value::as_str) == Some("int32") {
            property.insert("format".to_owned(), json!("int64"));
        }
        if !required.contains(name) {
            property.insert("nullable".to_owned(), json!(true));
        }
    }
}

/// Lets an object of several fields keep those it does not know.
fn keep_unknown_fields(schema: &mut Value) {
    let fields = schema
        .get("properties")
        .and_then(Value::as_object)
        .map_or(0, Map::len);
    if let Some(schema) = schema.as_object_mut()
        && fields >= KEEPS_UNKNOWN
    {
        schema.insert("additionalProperties".to_owned(), json!({}));
    }
}

/// Adds the alternative that takes anything; returns the names of the alternatives before it.
fn keep_unknown_variants(schema: &mut Value) -> Vec<String> {
    let Some(variants) = schema.get_mut("oneOf").and_then(Value::as_array_mut) else {
        return Vec::new();
    };
    let names = variants.iter().filter_map(|variant| {
        let reference = variant.get("$ref")?.as_str()?;
        Some(reference.rsplit('/').next()?.to_owned())
    });
    let names = names.collect();
    variants.push(json!({}));
    names
}

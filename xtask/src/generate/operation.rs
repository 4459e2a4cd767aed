//! What the spec says of an operation, as far as its call needs it.
use anyhow::{Context, Result, bail};
use heck::ToSnakeCase;
use serde_json::Value;

/// An operation of the spec.
pub(super) struct Operation {
    /// Its name, which is also the method on the client.
    pub id: String,
    pub method: String,
    pub path: String,
    pub doc: String,
    pub parameters: Vec<Parameter>,
    /// The body's schema and documentation.
    pub body: Option<Body>,
    /// The statuses that mean success.
    pub success: Vec<u16>,
    /// Statuses and what they mean, successes first.
    pub responses: Vec<(String, String)>,
}

/// A request body.
pub(super) struct Body {
    pub schema: String,
    pub doc: String,
    /// The required fields with values for the example, if such can be made up.
    pub required: Vec<(String, Option<String>)>,
}

/// A path or query parameter.
pub(super) struct Parameter {
    pub name: String,
    /// The name in Rust.
    pub ident: String,
    pub in_path: bool,
    pub required: bool,
    pub doc: String,
    /// A value for the example, as Rust, if one can be made up.
    pub sample: Option<String>,
    /// The least and the most of a number that the API bounds.
    pub bounds: Option<(u64, u64)>,
}

/// The operations of the spec, by path and method.
pub(super) fn all(spec: &Value) -> Result<Vec<Operation>> {
    let paths = spec
        .get("paths")
        .and_then(Value::as_object)
        .context("the spec has no paths")?;
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().context("a path item is not an object")? {
            let place = format!("{} {path}", method.to_uppercase());
            operations.push(one(spec, path, method, operation).with_context(|| place)?);
        }
    }
    Ok(operations)
}

fn one(spec: &Value, path: &str, method: &str, operation: &Value) -> Result<Operation> {
    let id = operation
        .get("operationId")
        .and_then(Value::as_str)
        .context("no operationId")?
        .to_owned();
    let list = operation.get("parameters").and_then(Value::as_array);
    let mut parameters = list
        .into_iter()
        .flatten()
        .map(parameter)
        .collect::<Result<Vec<_>>>()?;
    // In the order of the path: the call fills it from left to right.
    parameters.sort_by_key(|parameter| {
        path.find(&format!("{{{}}}", parameter.name))
            .unwrap_or(usize::MAX)
    });
    let responses = operation
        .get("responses")
        .and_then(Value::as_object)
        .context("no responses")?;
    let success = responses.keys().filter(|status| status.starts_with('2'));
    let success = success.map(|status| status.parse().with_context(|| format!("the status {status:?}")));
    Ok(Operation {
        id,
        method: method.to_uppercase(),
        path: path.to_owned(),
        doc: super::docs::text(operation),
        parameters,
        body: operation
            .get("requestBody")
            .map(|body| self::body(spec, body))
            .transpose()?,
        success: success.collect::<Result<_>>()?,
        responses: responses
            .iter()
            .map(|(status, r)| (status.clone(), super::docs::text(r)))
            .collect(),
    })
}

fn parameter(value: &Value) -> Result<Parameter> {
    let name = value
        .get("name")
        .and_then(Value::as_str)
        .context("a parameter has no name")?;
    let in_path = match value.get("in").and_then(Value::as_str) {
        Some("path") => true,
        Some("query") => false,
        other => bail!("the parameter {name} is in {other:?}; only path and query are generated"),
    };
    let schema = value.get("schema").context("a parameter has no schema")?;
    let minimum = schema.get("minimum").and_then(Value::as_u64);
    let maximum = schema.get("maximum").and_then(Value::as_u64);
    Ok(Parameter {
        name: name.to_owned(),
        ident: ident(name),
        in_path,
        required: value.get("required").and_then(Value::as_bool).unwrap_or(in_path),
        doc: super::docs::text(value),
        sample: sample(name, schema),
        bounds: minimum.map(|least| (least, maximum.unwrap_or(u64::MAX))),
    })
}

/// The name progenitor gives an argument: snake case, and an underscore behind a word of Rust's own.
pub(super) fn ident(name: &str) -> String {
    let snake = name.to_snake_case();
    if syn::parse_str::<syn::Ident>(&snake).is_ok() {
        snake
    } else {
        format!("{snake}_")
    }
}

/// A value of a scalar's type.
fn sample(name: &str, schema: &Value) -> Option<String> {
    match schema.get("type")?.as_str()? {
        "string" if schema.get("format").is_none() => Some(format!("{:?}", name.to_uppercase())),
        "integer" => Some("1".to_owned()),
        "boolean" => Some("true".to_owned()),
        _ => None,
    }
}

fn body(spec: &Value, value: &Value) -> Result<Body> {
    let schema = value.pointer("/content/application~1json/schema");
    let names = schema.map(super::engine::references).unwrap_or_default();
    let [name] = names.as_slice() else {
        bail!("the body is not one named schema")
    };
    let schema = super::schema(spec, name).context("the body's schema is gone")?;
    let required = schema.get("required").and_then(Value::as_array);
    let required = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|field| {
            let property = schema
                .get("properties")
                .and_then(|properties| properties.get(field));
            (
                ident(field),
                property.and_then(|property| sample(field, property)),
            )
        });
    Ok(Body {
        schema: name.clone(),
        doc: super::docs::text(value),
        required: required.collect(),
    })
}

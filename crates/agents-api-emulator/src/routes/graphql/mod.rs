//! `POST /graphql`: the part of it that leads from the id of an artifact to a pull request.
//!
//! Queries are parsed, checked and executed in full, so that a client may word its query as it likes: aliases,
//! variables, fragments, directives. Fields that GitHub has and the emulator lacks are refused as undefined. A query is
//! parsed and executed outside the world's lock, and no query can nest, ask or respond without bound.

mod document;
mod error;
mod execute;
mod schema;
mod validate;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::call::Call;
use crate::response::{Refusal, Reply};
use document::{Document, Operation, OperationKind};
use error::error;
use execute::{Executor, Snapshot};

pub(crate) fn serve(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body: Value =
        serde_json::from_slice(call.body).map_err(|_| Refusal::bad_request("Problems parsing JSON"))?;
    Ok(match run(&body, call) {
        Ok(response) => Reply::json(StatusCode::OK, &response),
        // GraphQL reports what is wrong with a query under status 200. An error at a path is one of execution: the field
        // it names cannot be null, so the whole data is.
        Err(errors) if errors.iter().any(|error| error.get("path").is_some()) => {
            Reply::json(StatusCode::OK, &json!({ "data": null, "errors": errors }))
        }
        Err(errors) => Reply::json(StatusCode::OK, &json!({ "errors": errors })),
    })
}

fn run(body: &Value, call: &Call<'_>) -> Result<Value, Vec<Value>> {
    let refuse = |message: &str| vec![error(message)];
    let Some(text) = body.get("query").and_then(Value::as_str) else {
        return Err(refuse(
            "A query attribute must be specified and must be a string.",
        ));
    };
    let document = document::parse(text).map_err(|error| vec![error])?;
    let name = body
        .get("operationName")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty());
    let operation = operation(&document, name).map_err(|message| refuse(&message))?;
    let none = Map::new();
    let variables = body.get("variables").and_then(Value::as_object).unwrap_or(&none);
    validate::validate(&document, operation, variables)?;
    let executor = Executor {
        document: &document,
        operation,
        variables,
    };
    let ids = executor.ids();
    let snapshot = Snapshot::take(&call.world.lock(), call.account, ids);
    let mut errors = Vec::new();
    let data = executor.data(&snapshot, &mut errors);
    let mut response = json!({ "data": data });
    if !errors.is_empty() {
        response["errors"] = errors.into();
    }
    Ok(response)
}

/// The operation that a request asks for.
fn operation<'d>(document: &'d Document, name: Option<&str>) -> Result<&'d Operation, String> {
    let operations = &document.operations;
    let operation = match name {
        Some(name) => {
            let found = operations
                .iter()
                .find(|operation| operation.name.as_deref() == Some(name));
            found.ok_or_else(|| format!("No operation named \"{name}\""))?
        }
        None => match operations.as_slice() {
            [only] => only,
            _ => return Err("An operation name is required".to_owned()),
        },
    };
    match operation.kind {
        OperationKind::Query => Ok(operation),
        OperationKind::Mutation => Err("Schema is not configured for mutations".to_owned()),
        OperationKind::Subscription => Err("Schema is not configured for subscriptions".to_owned()),
    }
}

//! `POST /graphql`: as much of it as leads from the id of an artifact to a pull request.
//!
//! Queries are really parsed and answered in the shape they ask for, so that a client may word its query as it likes:
//! aliases, variables, fragments on types. What GitHub has and the emulator lacks is refused as an undefined field.

mod query;
mod resolve;
mod token;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Call;
use crate::answer::{Answer, Refusal};
use crate::world::{Account, World};
use resolve::Resolver;

pub(super) fn serve(call: &Call<'_>, world: &World, account: &Account) -> Result<Answer, Refusal> {
    let body: Value =
        serde_json::from_slice(call.body).map_err(|_| Refusal::bad_request("Problems parsing JSON"))?;
    let Some(text) = body.get("query").and_then(Value::as_str) else {
        return Ok(failed(
            "A query attribute must be specified and must be a string.",
        ));
    };
    let document = match query::parse(text) {
        Ok(document) => document,
        Err(error) => return Ok(failed(&format!("Parse error: {error}"))),
    };
    let no_variables = Map::new();
    let variables = body
        .get("variables")
        .and_then(Value::as_object)
        .unwrap_or(&no_variables);
    let mut resolver = Resolver::new(world, account, &document, variables);
    let data = resolver.root();
    let errors = resolver.into_errors();
    let mut answer = Map::new();
    // A query that asks for what does not exist is not run at all.
    if !errors.iter().any(|error| error.get("extensions").is_some()) {
        answer.insert("data".into(), data);
    }
    if !errors.is_empty() {
        answer.insert("errors".into(), errors.into());
    }
    Ok(Answer::json(StatusCode::OK, &answer))
}

/// GraphQL reports what is wrong with a query under status 200.
fn failed(message: &str) -> Answer {
    Answer::json(StatusCode::OK, &json!({ "errors": [{ "message": message }] }))
}

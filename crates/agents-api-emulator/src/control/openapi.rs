//! The `OpenAPI` document of the control API, from its own types.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::types::{
    Advance, ClockChange, ClockState, ErrorBody, FaultState, Health, NewRepository, NewUser, RandomTasks,
    RemainingQuota, SnapshotState, TransitionState, UserState,
};
use crate::faults::Fault;
use crate::life::{Change, Scenario, Script};
use crate::limits::Limits;
use crate::log::RequestRecord;
use crate::settings::Realism;
use crate::world::account::Token;
use crate::world::seed::TaskSeed;

type SchemaOf = fn(&mut SchemaGenerator) -> Value;

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

fn several<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    let one = of::<T>(generator);
    json!({ "oneOf": [one, { "type": "array", "items": one }] })
}

/// A task as a get responds it, which GitHub's own description documents.
fn task(_: &mut SchemaGenerator) -> Value {
    json!({ "type": "object", "description": "A task as a get responds it." })
}

fn tasks(generator: &mut SchemaGenerator) -> Value {
    json!({ "type": "array", "items": task(generator) })
}

/// Method, path, summary, request body, status of success, response body.
type Route = (
    &'static str,
    &'static str,
    &'static str,
    Option<SchemaOf>,
    u16,
    Option<SchemaOf>,
);

const ROUTES: &[Route] = &[
    (
        "get",
        "/health",
        "Whether the emulator serves. Needs no token",
        None,
        200,
        Some(of::<Health>),
    ),
    ("get", "/openapi.json", "This document", None, 200, None),
    (
        "post",
        "/reset",
        "Return to the start, and empty the log",
        None,
        204,
        None,
    ),
    (
        "get",
        "/snapshots",
        "List the snapshots",
        None,
        200,
        Some(of::<Vec<SnapshotState>>),
    ),
    (
        "post",
        "/snapshots",
        "Take a snapshot of everything but the log",
        None,
        201,
        Some(of::<SnapshotState>),
    ),
    (
        "post",
        "/snapshots/{id}/restore",
        "Return to a snapshot",
        None,
        204,
        None,
    ),
    ("delete", "/snapshots/{id}", "Delete a snapshot", None, 204, None),
    ("get", "/tasks", "List every task", None, 200, Some(tasks)),
    (
        "post",
        "/tasks",
        "Seed a task, or a list of tasks",
        Some(several::<TaskSeed>),
        201,
        Some(tasks),
    ),
    (
        "post",
        "/tasks/random",
        "Seed tasks with random histories",
        Some(of::<RandomTasks>),
        201,
        Some(tasks),
    ),
    ("get", "/tasks/{id}", "Get a task", None, 200, Some(task)),
    (
        "post",
        "/tasks/{id}/changes",
        "Change a task now",
        Some(several::<Change>),
        200,
        Some(task),
    ),
    (
        "put",
        "/tasks/{id}/script",
        "Give a task another life from now on",
        Some(of::<Script>),
        200,
        Some(task),
    ),
    (
        "delete",
        "/tasks/{id}/script",
        "End the life of a task: it stays as it is",
        None,
        200,
        Some(task),
    ),
    (
        "get",
        "/transitions",
        "List every change of a state",
        None,
        200,
        Some(of::<Vec<TransitionState>>),
    ),
    (
        "post",
        "/users",
        "Add a user",
        Some(of::<NewUser>),
        201,
        Some(of::<UserState>),
    ),
    (
        "post",
        "/repositories",
        "Add a repository",
        Some(of::<NewRepository>),
        204,
        None,
    ),
    (
        "post",
        "/tokens",
        "Add a token, or replace what it may do",
        Some(of::<Token>),
        204,
        None,
    ),
    (
        "put",
        "/tokens/remaining",
        "Set what is left of a token's quota",
        Some(of::<RemainingQuota>),
        204,
        None,
    ),
    (
        "get",
        "/models",
        "List the models that starts may name",
        None,
        200,
        Some(of::<Vec<String>>),
    ),
    (
        "put",
        "/models",
        "Replace the models that starts may name",
        Some(of::<Vec<String>>),
        204,
        None,
    ),
    (
        "get",
        "/limits",
        "Get the rate limits",
        None,
        200,
        Some(of::<Limits>),
    ),
    (
        "put",
        "/limits",
        "Replace the rate limits",
        Some(of::<Limits>),
        204,
        None,
    ),
    (
        "get",
        "/realism",
        "Get which undocumented behavior is imitated",
        None,
        200,
        Some(of::<Realism>),
    ),
    (
        "put",
        "/realism",
        "Replace which undocumented behavior is imitated",
        Some(of::<Realism>),
        204,
        None,
    ),
    (
        "get",
        "/clock",
        "Read the clock",
        None,
        200,
        Some(of::<ClockState>),
    ),
    (
        "put",
        "/clock",
        "Set the clock forward, freeze it, or change its speed",
        Some(of::<ClockChange>),
        200,
        Some(of::<ClockState>),
    ),
    (
        "post",
        "/clock/advance",
        "Advance the clock",
        Some(of::<Advance>),
        200,
        Some(of::<ClockState>),
    ),
    (
        "get",
        "/faults",
        "List the faults",
        None,
        200,
        Some(of::<Vec<FaultState>>),
    ),
    (
        "post",
        "/faults",
        "Add a fault, or a list of faults",
        Some(several::<Fault>),
        204,
        None,
    ),
    ("delete", "/faults", "Remove every fault", None, 204, None),
    (
        "get",
        "/scripts",
        "List the scripts that were added",
        None,
        200,
        Some(of::<Vec<Script>>),
    ),
    (
        "post",
        "/scripts",
        "Add scripts that prompts can name",
        Some(several::<Script>),
        204,
        None,
    ),
    (
        "post",
        "/scripts/next",
        "Give the next task that is started this life",
        Some(several::<Script>),
        204,
        None,
    ),
    (
        "put",
        "/scenario",
        "Decide how tasks live that are started from now on",
        Some(of::<Scenario>),
        204,
        None,
    ),
    (
        "get",
        "/requests",
        "List the requests in the log, filtered by operation, status, method, user and after",
        None,
        200,
        Some(of::<Vec<RequestRecord>>),
    ),
    ("delete", "/requests", "Empty the log", None, 204, None),
    (
        "get",
        "/requests/stream",
        "Follow the log: an event `request` for each, `missed` with a number after a backlog",
        None,
        200,
        None,
    ),
];

/// The document.
pub(super) fn document() -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let error = of::<ErrorBody>(&mut generator);
    let mut paths = Map::new();
    for (method, path, summary, request, status, response) in ROUTES {
        let mut success = json!({ "description": "Success" });
        if let Some(response) = response {
            success["content"] = json!({ "application/json": { "schema": response(&mut generator) } });
        }
        let refusal =
            json!({ "description": "Refused", "content": { "application/json": { "schema": error } } });
        let mut operation = json!({
            "summary": summary,
            "responses": { status.to_string(): success, "default": refusal },
        });
        if let Some(request) = request {
            let content = json!({ "application/json": { "schema": request(&mut generator) } });
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
        if path.contains("{id}") {
            let id = json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } });
            operation["parameters"] = json!([id]);
        }
        if *path == "/health" {
            operation["security"] = json!([]);
        }
        let entry = paths
            .entry(format!("/_emulator{path}"))
            .or_insert_with(|| json!({}));
        entry[*method] = operation;
    }
    let schemas: Map<String, Value> = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Control API of agents-api-emulator",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Generated from the emulator's own types; INSTA_UPDATE=always cargo test -p agents-api-emulator --test it control writes it."
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "apiKey", "in": "header", "name": super::TOKEN_HEADER } }
        }
    })
}

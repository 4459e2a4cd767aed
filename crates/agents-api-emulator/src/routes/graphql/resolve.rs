//! Answers a parsed query from the world.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::query::{Argument, Document, Field, Selection};
use crate::clock::stamp;
use crate::world::{Account, Pull, PullState, World};

/// The most ids one `nodes` takes.
const MOST_NODES: usize = 100;

pub(super) struct Resolver<'q> {
    world: &'q World,
    account: &'q Account,
    document: &'q Document,
    variables: &'q Map<String, Value>,
    errors: Vec<Value>,
}

/// What a selection is applied to: the values of a type's fields, nested objects included.
struct Object {
    type_name: &'static str,
    fields: Value,
}

impl<'q> Resolver<'q> {
    pub(super) fn new(
        world: &'q World,
        account: &'q Account,
        document: &'q Document,
        variables: &'q Map<String, Value>,
    ) -> Self {
        Self {
            world,
            account,
            document,
            variables,
            errors: Vec::new(),
        }
    }

    pub(super) fn into_errors(self) -> Vec<Value> {
        self.errors
    }

    pub(super) fn root(&mut self) -> Value {
        let mut data = Map::new();
        for field in self.fields_of(&self.document.root, "Query") {
            let value = match field.name.as_str() {
                "nodes" => self.nodes(field),
                "node" => {
                    let id = self.argument(field, "id");
                    self.node(&id, field, &[json!(field.alias)])
                }
                "viewer" => {
                    let user = self.world.user(self.account.user);
                    let login = user.map(|user| user.login.as_str());
                    let fields = json!({ "login": login, "databaseId": user.map(|user| user.id) });
                    self.select(
                        &Object {
                            type_name: "User",
                            fields,
                        },
                        &field.selections,
                    )
                }
                "__typename" => "Query".into(),
                _ => self.undefined(field, "Query"),
            };
            put(&mut data, &field.alias, value);
        }
        data.into()
    }

    fn nodes(&mut self, field: &Field) -> Value {
        let ids = self.argument(field, "ids");
        let ids = match ids {
            Value::Array(ids) => ids,
            // A single value stands for a list of one, by GraphQL's input coercion.
            Value::Null => {
                self.errors
                    .push(json!({ "message": "Field 'nodes' is missing required arguments: ids" }));
                return Value::Null;
            }
            one => vec![one],
        };
        if ids.len() > MOST_NODES {
            let message = format!(
                "You may not provide more than {MOST_NODES} node ids; you provided {}.",
                ids.len()
            );
            self.errors
                .push(json!({ "type": "ARGUMENT_LIMIT", "path": [field.alias], "message": message }));
            return Value::Null;
        }
        let nodes = ids.iter().enumerate();
        nodes
            .map(|(position, id)| self.node(id, field, &[json!(field.alias), json!(position)]))
            .collect()
    }

    fn node(&mut self, id: &Value, field: &Field, path: &[Value]) -> Value {
        let text = id.as_str().unwrap_or_default();
        let seen = |pull: &&Pull| pull.global_id() == text && self.world.sees(self.account, pull.repo);
        let Some(pull) = self.world.pull_with_global_id(text).filter(seen) else {
            let message = format!("Could not resolve to a node with the global id of '{text}'");
            self.errors
                .push(json!({ "type": "NOT_FOUND", "path": path, "message": message }));
            return Value::Null;
        };
        let object = Object {
            type_name: "PullRequest",
            fields: fields(self.world, pull),
        };
        self.select(&object, &field.selections)
    }

    fn argument(&self, field: &Field, name: &str) -> Value {
        let given = field.arguments.iter().find(|(known, _)| known == name);
        given.map_or(Value::Null, |(_, argument)| self.value(argument))
    }

    fn value(&self, argument: &Argument) -> Value {
        match argument {
            Argument::Literal(value) => value.clone(),
            Argument::List(list) => list.iter().map(|item| self.value(item)).collect(),
            Argument::Variable(name) => self
                .variables
                .get(name)
                .or_else(|| self.document.defaults.get(name))
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// The fields that apply to a type, fragments unfolded.
    fn fields_of(&self, selections: &'q [Selection], type_name: &str) -> Vec<&'q Field> {
        let mut fields = Vec::new();
        collect(
            self.document,
            selections,
            type_name,
            &mut HashSet::new(),
            &mut fields,
        );
        fields
    }

    fn select(&mut self, object: &Object, selections: &[Selection]) -> Value {
        let mut selected = Map::new();
        let mut wanted = Vec::new();
        collect(
            self.document,
            selections,
            object.type_name,
            &mut HashSet::new(),
            &mut wanted,
        );
        for field in wanted {
            let value = match (field.name.as_str(), object.fields.get(&field.name)) {
                ("__typename", _) => object.type_name.into(),
                (_, Some(Value::Object(inner))) => {
                    let type_name = if field.name == "repository" {
                        "Repository"
                    } else {
                        "User"
                    };
                    let inner = Object {
                        type_name,
                        fields: Value::Object(inner.clone()),
                    };
                    self.select(&inner, &field.selections)
                }
                (_, Some(value)) => value.clone(),
                (_, None) => self.undefined(field, object.type_name),
            };
            put(&mut selected, &field.alias, value);
        }
        selected.into()
    }

    fn undefined(&mut self, field: &Field, type_name: &str) -> Value {
        let message = format!("Field '{}' doesn't exist on type '{type_name}'", field.name);
        let code = json!({ "code": "undefinedField", "typeName": type_name, "fieldName": field.name });
        self.errors
            .push(json!({ "message": message, "extensions": code }));
        Value::Null
    }
}

/// Adds a field to an object. Asked for twice under one name, its selections merge (GraphQL, 6.3.2).
fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    match object.get_mut(name) {
        Some(known) => merge(known, value),
        None => {
            object.insert(name.to_owned(), value);
        }
    }
}

fn merge(known: &mut Value, value: Value) {
    match (known, value) {
        (Value::Object(known), Value::Object(value)) => {
            for (name, value) in value {
                put(known, &name, value);
            }
        }
        (Value::Array(known), Value::Array(value)) => {
            for (known, value) in known.iter_mut().zip(value) {
                merge(known, value);
            }
        }
        (known, value) => *known = value,
    }
}

/// Unfolds fragments. Each is spread once in a selection, as GraphQL has it: fragments that spread one another, or
/// themselves, come to an end.
fn collect<'s>(
    document: &'s Document,
    selections: &'s [Selection],
    type_name: &str,
    spread: &mut HashSet<&'s str>,
    into: &mut Vec<&'s Field>,
) {
    for selection in selections {
        match selection {
            Selection::Field(field) => into.push(field),
            Selection::On(on, inner) => {
                let applies = on
                    .as_deref()
                    .is_none_or(|on| on == type_name || matches!(on, "Node" | "Actor"));
                if applies {
                    collect(document, inner, type_name, spread, into);
                }
            }
            Selection::Spread(name) if spread.insert(name) => {
                if let Some(inner) = document.fragments.get(name) {
                    collect(document, inner, type_name, spread, into);
                }
            }
            Selection::Spread(_) => {}
        }
    }
}

/// The fields of a pull request that the emulator knows.
fn fields(world: &World, pull: &Pull) -> Value {
    let Some(repo) = world.repo(pull.repo) else {
        return Value::Null;
    };
    let (owner, name, number) = (&repo.owner, &repo.name, pull.number);
    let (created, updated) = (stamp(pull.created), stamp(pull.updated));
    let ended = (pull.state != PullState::Open).then(|| updated.clone());
    let merged = pull.state == PullState::Merged;
    let state = match pull.state {
        PullState::Open => "OPEN",
        PullState::Closed => "CLOSED",
        PullState::Merged => "MERGED",
    };
    let url = format!("https://github.com/{owner}/{name}/pull/{number}");
    let author = world
        .user(pull.author)
        .map(|user| json!({ "login": user.login, "databaseId": user.id }));
    json!({
        "id": pull.global_id(),
        "databaseId": i32::try_from(pull.database_id).ok(),
        "fullDatabaseId": pull.database_id.to_string(),
        "number": number,
        "title": pull.title,
        "url": url,
        "permalink": url,
        "resourcePath": format!("/{owner}/{name}/pull/{number}"),
        "state": state,
        "isDraft": pull.draft,
        "closed": pull.state != PullState::Open,
        "closedAt": ended,
        "merged": merged,
        "mergedAt": ended.filter(|_| merged),
        "createdAt": created,
        "updatedAt": updated,
        "headRefName": &*pull.head,
        "baseRefName": &*pull.base,
        "author": author,
        "repository": {
            "databaseId": repo.id,
            "name": name,
            "nameWithOwner": format!("{owner}/{name}"),
            "url": format!("https://github.com/{owner}/{name}"),
            "isPrivate": false,
            "owner": { "login": owner },
        },
    })
}

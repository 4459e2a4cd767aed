//! Executes a checked query on snapshots of the pull requests that it names.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::document::{Argument, Directive, Document, Field, Operation, Resolved, Selection, SelectionKind};
use super::error::typed_error;
use super::schema;
use crate::clock::stamp;
use crate::world::World;
use crate::world::account::{Account, Repo, User};
use crate::world::task::{Pull, PullState};

/// Number of characters of an id that are read.
const MAX_ID_LENGTH: usize = 200;

/// What a query can reach, copied out of the world so that executing it holds no lock.
#[derive(Debug)]
pub(super) struct Snapshot {
    viewer: Option<User>,
    /// Every id that leads to a pull request the account may see.
    pulls: HashMap<String, Snap>,
}

/// A pull request with what surrounds it.
#[derive(Debug)]
struct Snap {
    pull: Pull,
    repo: Repo,
    author: Option<User>,
}

impl Snapshot {
    /// Copies the pull requests with these ids.
    pub(super) fn take(world: &World, account: &Account, ids: HashSet<String>) -> Self {
        let pulls = ids.into_iter().filter_map(|id| {
            let pull = world.pull_with_global_id(&id)?;
            let is_visible = pull.global_id() == id && world.sees(account, pull.repo);
            let snap = Snap {
                pull: pull.clone(),
                repo: world.repo(pull.repo)?.clone(),
                author: world.user(pull.author).cloned(),
            };
            is_visible.then_some((id, snap))
        });
        Self {
            viewer: world.user(account.user).cloned(),
            pulls: pulls.collect(),
        }
    }
}

/// An id as it is looked up and repeated in errors: cut where no id of GitHub's is that long.
fn id_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().take(MAX_ID_LENGTH).collect(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// Executes an operation.
pub(super) struct Executor<'q> {
    pub(super) document: &'q Document,
    pub(super) operation: &'q Operation,
    pub(super) variables: &'q Map<String, Value>,
}

/// The fields of one object under each key of the response, in order.
type Groups<'q> = Vec<(&'q str, Vec<&'q Field>)>;

impl<'q> Executor<'q> {
    /// Every id that the operation asks for.
    pub(super) fn ids(&self) -> HashSet<String> {
        let mut ids = HashSet::new();
        for (_, fields) in self.groups("Query", [self.operation.selections.as_slice()]) {
            ids.extend(self.ids_of(fields[0]));
        }
        ids
    }

    /// The data of the response. Ids that lead nowhere add to `errors`.
    pub(super) fn data(&self, snapshot: &Snapshot, errors: &mut Vec<Value>) -> Value {
        let mut data = Map::new();
        for (key, fields) in self.groups("Query", [self.operation.selections.as_slice()]) {
            let inner = || fields.iter().map(|field| field.selections.as_slice());
            let mut node = |id: &str, path: Value| {
                if let Some(snap) = snapshot.pulls.get(id) {
                    return self.pull(snap, inner());
                }
                let message = format!("Could not resolve to a node with the global id of '{id}'");
                let mut error = typed_error("NOT_FOUND", &message);
                error["path"] = path;
                errors.push(error);
                Value::Null
            };
            let value = match fields[0].name.as_str() {
                "nodes" => {
                    let ids = self.ids_of(fields[0]).into_iter().enumerate();
                    ids.map(|(position, id)| node(&id, json!([key, position])))
                        .collect()
                }
                "node" => node(&self.ids_of(fields[0]).concat(), json!([key])),
                "viewer" => self.user(snapshot.viewer.as_ref(), inner()),
                _ => "Query".into(),
            };
            data.insert(key.to_owned(), value);
        }
        data.into()
    }

    /// The ids in the argument of a root field. A single value stands for a list of one (GraphQL, 3.11).
    fn ids_of(&self, field: &Field) -> Vec<String> {
        let argument = schema::argument_of("Query", &field.name);
        let argument = field
            .arguments
            .iter()
            .find(|(name, _)| Some(name.as_str()) == argument);
        let resolve = |argument: &Argument| match argument.resolve(self.operation, self.variables) {
            Resolved::Value(value) => id_of(value),
            Resolved::List(_) | Resolved::Other => String::new(),
        };
        match argument.map(|(_, argument)| argument.resolve(self.operation, self.variables)) {
            None | Some(Resolved::Other) => Vec::new(),
            Some(Resolved::Value(Value::Array(ids))) => ids.iter().map(id_of).collect(),
            Some(Resolved::Value(id)) => vec![id_of(id)],
            Some(Resolved::List(ids)) => ids.iter().map(resolve).collect(),
        }
    }

    fn pull(&self, snap: &Snap, selections: impl Iterator<Item = &'q [Selection]>) -> Value {
        let Snap { pull, repo, author } = snap;
        let (owner, name, number) = (&repo.owner, &repo.name, pull.number);
        let ended = || (pull.state != PullState::Open).then(|| stamp(pull.updated));
        self.object("PullRequest", selections, |field, inner| match field {
            "id" => pull.global_id().into(),
            "databaseId" => i32::try_from(pull.database_id).ok().into(),
            "fullDatabaseId" => pull.database_id.to_string().into(),
            "number" => number.into(),
            "title" => (*pull.title).into(),
            "url" | "permalink" => format!("https://github.com/{owner}/{name}/pull/{number}").into(),
            "resourcePath" => format!("/{owner}/{name}/pull/{number}").into(),
            "state" => match pull.state {
                PullState::Open => "OPEN".into(),
                PullState::Closed => "CLOSED".into(),
                PullState::Merged => "MERGED".into(),
            },
            "isDraft" => pull.draft.into(),
            "closed" => (pull.state != PullState::Open).into(),
            "closedAt" => ended().into(),
            "merged" => (pull.state == PullState::Merged).into(),
            "mergedAt" => ended().filter(|_| pull.state == PullState::Merged).into(),
            "createdAt" => stamp(pull.created).into(),
            "updatedAt" => stamp(pull.updated).into(),
            "headRefName" => (*pull.head).into(),
            "baseRefName" => (*pull.base).into(),
            "author" => self.user(author.as_ref(), inner.iter().copied()),
            "repository" => self.repository(repo, inner.iter().copied()),
            _ => Value::Null,
        })
    }

    fn repository(&self, repo: &Repo, selections: impl Iterator<Item = &'q [Selection]>) -> Value {
        let (owner, name) = (&repo.owner, &repo.name);
        self.object("Repository", selections, |field, inner| match field {
            "databaseId" => repo.id.into(),
            "name" => name.as_str().into(),
            "nameWithOwner" => format!("{owner}/{name}").into(),
            "url" => format!("https://github.com/{owner}/{name}").into(),
            "isPrivate" => false.into(),
            "owner" => {
                let owner = User {
                    id: repo.owner_id,
                    login: owner.clone(),
                };
                self.user(Some(&owner), inner.iter().copied())
            }
            _ => Value::Null,
        })
    }

    fn user(&self, user: Option<&User>, selections: impl Iterator<Item = &'q [Selection]>) -> Value {
        let Some(user) = user else { return Value::Null };
        self.object("User", selections, |field, _| match field {
            "login" => user.login.as_str().into(),
            "url" => format!("https://github.com/{}", user.login).into(),
            "databaseId" => user.id.into(),
            _ => Value::Null,
        })
    }

    /// An object of a type: `value` gives each field its value, from the selections of all fields that share its key.
    fn object(
        &self,
        type_name: &str,
        selections: impl Iterator<Item = &'q [Selection]>,
        value: impl Fn(&str, &[&'q [Selection]]) -> Value,
    ) -> Value {
        let groups = self.groups(type_name, selections).into_iter();
        let fields = groups.map(|(key, fields)| {
            let inner: Vec<_> = fields.iter().map(|field| field.selections.as_slice()).collect();
            let value = match fields[0].name.as_str() {
                "__typename" => type_name.into(),
                name => value(name, &inner),
            };
            (key.to_owned(), value)
        });
        Value::Object(fields.collect())
    }

    /// Collects the fields of an object of a type (GraphQL, 6.3.2).
    fn groups(&self, type_name: &str, selections: impl IntoIterator<Item = &'q [Selection]>) -> Groups<'q> {
        let mut collector = Collector {
            groups: Vec::new(),
            positions: HashMap::new(),
            spread: HashSet::new(),
        };
        for selections in selections {
            self.collect(type_name, selections, &mut collector);
        }
        collector.groups
    }

    fn collect(&self, type_name: &str, selections: &'q [Selection], into: &mut Collector<'q>) {
        for selection in selections
            .iter()
            .filter(|selection| self.is_included(&selection.directives))
        {
            match &selection.kind {
                SelectionKind::Field(field) => into.add(field),
                SelectionKind::Inline(condition, inner) => {
                    let condition = condition.as_deref();
                    if condition.is_none_or(|condition| schema::satisfies(type_name, condition)) {
                        self.collect(type_name, inner, into);
                    }
                }
                SelectionKind::Spread(name) => {
                    let fragment = self.document.fragments.get(name);
                    if let Some(fragment) = fragment.filter(|_| into.spread.insert(name))
                        && schema::satisfies(type_name, &fragment.on)
                    {
                        self.collect(type_name, &fragment.selections, into);
                    }
                }
            }
        }
    }

    fn is_included(&self, directives: &[Directive]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.iter().find(|(name, _)| name == "if");
            let condition = condition.map(|(_, argument)| argument.resolve(self.operation, self.variables));
            matches!(condition, Some(Resolved::Value(Value::Bool(value))) if *value == (directive.name == "include"))
        })
    }
}

struct Collector<'q> {
    groups: Groups<'q>,
    positions: HashMap<&'q str, usize>,
    /// The named fragments that were inserted: each is inserted once.
    spread: HashSet<&'q str>,
}

impl<'q> Collector<'q> {
    fn add(&mut self, field: &'q Field) {
        let position = *self.positions.entry(field.key()).or_insert(self.groups.len());
        match self.groups.get_mut(position) {
            Some((_, fields)) => fields.push(field),
            None => self.groups.push((field.key(), vec![field])),
        }
    }
}

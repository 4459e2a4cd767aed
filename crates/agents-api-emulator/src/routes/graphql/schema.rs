//! The part of GitHub's schema that leads from an id to a pull request.

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldType {
    Scalar,
    /// An object or interface by its name; a list of them counts as one.
    Composite(&'static str),
}

use FieldType::{Composite, Scalar};

const PULL_REQUEST: &[&str] = &[
    "id",
    "databaseId",
    "fullDatabaseId",
    "number",
    "title",
    "url",
    "permalink",
    "resourcePath",
    "state",
    "isDraft",
    "closed",
    "closedAt",
    "merged",
    "mergedAt",
    "createdAt",
    "updatedAt",
    "headRefName",
    "baseRefName",
];
const REPOSITORY: &[&str] = &["databaseId", "name", "nameWithOwner", "url", "isPrivate"];

/// The required argument of a field; `None` for a field that takes none.
pub(super) fn argument_of(type_name: &str, field: &str) -> Option<&'static str> {
    match (type_name, field) {
        ("Query", "nodes") => Some("ids"),
        ("Query", "node") => Some("id"),
        _ => None,
    }
}

/// The type of a field, or `None` if the emulated schema lacks it.
pub(super) fn field_type(type_name: &str, field: &str) -> Option<FieldType> {
    let scalar = |known: bool| known.then_some(Scalar);
    match (type_name, field) {
        (_, "__typename") => Some(Scalar),
        ("Query", "nodes" | "node") => Some(Composite("Node")),
        ("Query", "viewer") => Some(Composite("User")),
        ("PullRequest", "author") => Some(Composite("Actor")),
        ("PullRequest", "repository") => Some(Composite("Repository")),
        ("Repository", "owner") => Some(Composite("RepositoryOwner")),
        ("Node", field) => scalar(field == "id"),
        ("PullRequest", field) => scalar(PULL_REQUEST.contains(&field)),
        ("Repository", field) => scalar(REPOSITORY.contains(&field)),
        ("Actor" | "RepositoryOwner", field) => scalar(matches!(field, "login" | "url")),
        ("User", field) => scalar(matches!(field, "login" | "url" | "databaseId")),
        _ => None,
    }
}

/// Whether an object of a type satisfies a type condition.
pub(super) fn satisfies(object: &str, condition: &str) -> bool {
    object == condition
        || matches!(
            (object, condition),
            ("PullRequest" | "Repository" | "User", "Node") | ("User", "Actor" | "RepositoryOwner")
        )
}

/// The type of the emulated schema with this name.
pub(super) fn type_named(name: &str) -> Option<&'static str> {
    const TYPES: [&str; 7] = [
        "Query",
        "Node",
        "PullRequest",
        "Repository",
        "User",
        "Actor",
        "RepositoryOwner",
    ];
    TYPES.into_iter().find(|known| *known == name)
}

//! The errors of GraphQL responses.

use serde_json::{Value, json};

/// An error with a message alone.
pub(super) fn error(message: &str) -> Value {
    json!({ "message": message })
}

/// An error with GitHub's type.
pub(super) fn typed_error(kind: &str, message: &str) -> Value {
    json!({ "type": kind, "message": message })
}

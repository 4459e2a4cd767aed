//! Schemas as the comparison sees them: references followed, `allOf` merged, one-element choices unwrapped.
//!
//! A [`Node`] is one place in a schema tree: the schemas that all hold there. A [`View`] is what they say together,
//! one level deep; its children are nodes again. Nothing is expanded ahead of time, so a schema that contains itself
//! costs nothing until somebody walks it, and whoever walks it can tell by [`Node::key`] where it has been before.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bounds::Bounds;

/// One place in a schema tree: every schema that holds there. Without any, everything is allowed.
#[derive(Debug, Clone, Default)]
pub(super) struct Node<'a> {
    schemas: Vec<&'a Value>,
}

/// Names a place: equal keys are the same schemas of the same document.
pub(super) type Key = Vec<usize>;

impl<'a> Node<'a> {
    pub(super) fn of(schema: &'a Value) -> Self {
        Self {
            schemas: vec![schema],
        }
    }

    /// Another schema that holds here too.
    pub(super) fn and(&mut self, schema: &'a Value) {
        self.schemas.push(schema);
    }

    pub(super) fn key(&self) -> Key {
        let mut key: Key = self
            .schemas
            .iter()
            .map(|value| std::ptr::from_ref::<Value>(value).addr())
            .collect();
        key.sort_unstable();
        key.dedup();
        key
    }

    /// The schemas that hold here.
    pub(super) fn schemas(&self) -> &[&'a Value] {
        &self.schemas
    }
}

/// Which further fields an object may have. Saying nothing, `true` and `{}` all allow any.
#[derive(Debug, Clone, Default)]
pub(super) enum Extra<'a> {
    #[default]
    Any,
    None,
    Typed(Node<'a>),
}

/// A choice between schemas.
#[derive(Debug, Clone)]
pub(super) struct Union<'a> {
    /// `oneOf` or `anyOf`.
    pub(super) keyword: &'static str,
    pub(super) variants: Vec<Node<'a>>,
}

/// What tells the variants of a choice apart.
#[derive(Debug, Clone)]
pub(super) struct Discriminator<'a> {
    pub(super) property: &'a str,
    pub(super) mapping: BTreeMap<&'a str, &'a str>,
}

/// The direction in which a field does not travel.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hidden {
    /// `readOnly`: the server alone writes it.
    pub(super) in_requests: bool,
    /// `writeOnly`: the server never sends it.
    pub(super) in_answers: bool,
}

/// What holds at a node, one level deep.
#[derive(Debug, Clone, Default)]
pub(super) struct View<'a> {
    /// The type; none for any.
    pub(super) kind: Option<String>,
    pub(super) format: Option<String>,
    pub(super) nullable: bool,
    /// The values of an enum by their JSON, without null.
    pub(super) values: Option<BTreeSet<String>>,
    pub(super) fields: BTreeMap<&'a str, Node<'a>>,
    pub(super) required: BTreeSet<&'a str>,
    pub(super) extra: Extra<'a>,
    pub(super) items: Option<Node<'a>>,
    pub(super) unions: Vec<Union<'a>>,
    pub(super) excluded: Vec<Node<'a>>,
    pub(super) bounds: Bounds<'a>,
    pub(super) default: Option<&'a Value>,
    pub(super) deprecated: bool,
    pub(super) hidden: Hidden,
    pub(super) discriminator: Option<Discriminator<'a>>,
    pub(super) description: Option<String>,
    /// What the wrapped schemas say where the description is the wrapper's own; none when nothing is wrapped.
    pub(super) wrapped: Option<String>,
    /// What each enum value means, by the value's JSON.
    pub(super) meanings: BTreeMap<String, String>,
}

/// Line breaks and indentation are the file format's, not the author's.
pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

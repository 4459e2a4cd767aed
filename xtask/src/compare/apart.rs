//! What a place has of its type, and what not: keywords of ours in the resolved spec.
//!
//! Where several shapes of GitHub's became one type there, each use says in what it differs from the whole, by path:
//! `sessions` is a field of the type itself, `tasks/[]/sessions` one of the elements of its list `tasks`.
use std::borrow::Cow;

use serde_json::Value;

use super::schema::{Extra, Node, View};

/// In what a use differs from its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Apart<'a> {
    what: What,
    /// None for the place itself.
    path: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum What {
    /// A field is absent, or a value of an enum or a component of a choice does not occur.
    Without,
    /// A field is always present.
    Required,
    /// A field is never null.
    NotNull,
}

/// The keywords, each a list of paths.
pub(super) const KEYWORDS: [&str; 3] = ["x-without", "x-required", "x-not-null"];

impl<'a> Apart<'a> {
    /// What `keyword` says of `path`.
    pub(super) fn new(keyword: &str, path: &'a str) -> Self {
        let what = match keyword {
            "x-without" => What::Without,
            "x-required" => What::Required,
            _ => What::NotNull,
        };
        Self {
            what,
            path: Some(path),
        }
    }

    /// Changes a view to what it is at this place, or hands the difference on to a part of it.
    pub(super) fn apply(self, view: &mut View<'a>) {
        let Some(path) = self.path else {
            // Only what is never null is said of a part itself.
            view.nullable = false;
            return;
        };
        let (step, rest) = match path.split_once('/') {
            Some((step, rest)) => (step, Some(rest)),
            None => (path, None),
        };
        let here = rest.is_none();
        let name = unescaped(step);
        match self.what {
            What::Without if here => {
                view.fields.remove(name.as_ref());
                if let Some(values) = &mut view.values {
                    values.remove(&Value::from(name.as_ref()).to_string());
                }
                for union in &mut view.unions {
                    union.variants.retain(|variant| !is_named(variant, &name));
                }
            }
            What::Required if here => {
                if let Some((field, _)) = view.fields.get_key_value(name.as_ref()) {
                    view.required.insert(*field);
                }
            }
            what => {
                let part = match (step, &mut view.extra) {
                    ("[]", _) if view.items.is_some() => view.items.as_mut(),
                    ("{}", Extra::Typed(node)) => Some(node),
                    _ => view.fields.get_mut(name.as_ref()),
                };
                let mut variants = view.unions.iter_mut().flat_map(|union| &mut union.variants);
                let part = part.or_else(|| variants.find(|variant| is_named(variant, &name)));
                if let Some(part) = part {
                    part.but(Self { what, path: rest });
                }
            }
        }
    }
}

/// Whether a variant is a reference to the component of this name.
fn is_named(variant: &Node<'_>, name: &str) -> bool {
    let [schema] = variant.schemas() else {
        return false;
    };
    let reference = schema.get("$ref").and_then(Value::as_str);
    reference.and_then(|reference| reference.strip_prefix("#/components/schemas/")) == Some(name)
}

fn unescaped(step: &str) -> Cow<'_, str> {
    if step.contains('~') {
        step.replace("~1", "/").replace("~0", "~").into()
    } else {
        step.into()
    }
}

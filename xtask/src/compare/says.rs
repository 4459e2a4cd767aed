//! Schemas in a few words, for messages.
use super::document::Document;
use super::engine::Side;
use super::error::Error;
use super::schema::{Extra, Node, View};

/// How deeply a type is described.
const DEPTH: usize = 4;

/// How deeply two added fields are told apart: their own fields and those fields' types.
const OUTLINE: usize = 2;

impl<'a> Document<'a> {
    /// The type, such as `array of string (date-time)`.
    pub(super) fn says(&self, view: &View<'a>) -> Result<String, Error> {
        self.says_within(view, 0)
    }

    fn says_within(&self, view: &View<'a>, depth: usize) -> Result<String, Error> {
        let inner = |node: &Node<'a>| match depth {
            DEPTH.. => Ok("…".to_owned()),
            _ => self.says_within(&self.view(node)?, depth + 1),
        };
        if let Some(union) = view.unions.first() {
            return Ok(format!("one of {} shapes", union.variants.len()));
        }
        let mut text = match (view.kind.as_deref(), &view.items, &view.extra) {
            (Some("array"), Some(items), _) => format!("array of {}", inner(items)?),
            (Some("object"), _, Extra::Typed(values)) if view.fields.is_empty() => {
                format!("map of {}", inner(values)?)
            }
            (Some(kind), _, _) if view.values.is_some() => format!("{kind} enum"),
            (Some(kind), _, _) => kind.to_owned(),
            (None, _, _) => "any type".to_owned(),
        };
        if let Some(format) = &view.format {
            text = format!("{text} ({format})");
        }
        Ok(text)
    }

    /// The outline of a schema: enough to tell an added `usage` of a task from an added `usage` of a session.
    pub(super) fn sketch(&self, node: &Node<'a>, depth: usize) -> Result<String, Error> {
        let view = self.view(node)?;
        let mut text = self.says(&view)?;
        if depth >= OUTLINE {
            return Ok(text);
        }
        for (name, field) in &view.fields {
            text = format!("{text} {name}:{{{}}}", self.sketch(field, depth + 1)?);
        }
        if let Some(items) = &view.items {
            text = format!("{text} [{}]", self.sketch(items, depth + 1)?);
        }
        Ok(text)
    }

    /// `field`, if it travels in this direction: the server alone writes `readOnly`, and never sends `writeOnly`.
    pub(super) fn travels<'n>(
        &self,
        side: Side,
        field: Option<&'n Node<'a>>,
    ) -> Result<Option<&'n Node<'a>>, Error> {
        let Some(field) = field else { return Ok(None) };
        let view = self.view(field)?;
        let hidden = match side {
            Side::Request => view.hidden.in_requests,
            Side::Response => view.hidden.in_answers,
        };
        Ok((!hidden).then_some(field))
    }
}

//! Findings while they are made: a path below some spot of an operation, and whose side the spot is on.
use std::fmt::Write as _;

use super::super::bounds::Shift;
use super::super::report::{Class, Finding, Place};

/// Who writes what is being compared. Allowing less breaks the one who writes, allowing more the one who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::compare) enum Side {
    /// The client writes: parameters and request bodies.
    Request,
    /// The client reads: answers.
    Response,
}

impl Side {
    /// Fewer values are allowed than before.
    pub(super) fn tightened(self) -> Class {
        match self {
            Self::Request => Class::Breaking,
            Self::Response => Class::Additive,
        }
    }

    /// More values are allowed than before.
    pub(super) fn loosened(self) -> Class {
        match self {
            Self::Request => Class::Additive,
            Self::Response => Class::Breaking,
        }
    }

    pub(super) fn class(self, shift: Shift) -> Class {
        match shift {
            Shift::Tightened => self.tightened(),
            Shift::Loosened => self.loosened(),
            Shift::Moved => Class::Breaking,
        }
    }
}

/// One step down a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Items,
    /// The values of an object used as a map.
    Values,
}

/// A change of a schema, relative to where the walk began.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) class: Class,
    pub(super) path: Vec<Step>,
    pub(super) message: String,
    /// What the message leaves out and yet makes a difference, see `report::collect`.
    pub(super) detail: String,
    /// The same change in fields of any name: it is their common type's.
    anywhere: bool,
}

impl Found {
    pub(super) fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            path: Vec::new(),
            message: message.into(),
            detail: String::new(),
            anywhere: false,
        }
    }

    pub(super) fn with_detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            ..self
        }
    }

    /// The same finding about the type of a field, whatever the field's name.
    pub(super) fn anywhere(self) -> Self {
        Self {
            anywhere: true,
            ..self
        }
    }

    /// The same finding seen from one step further up.
    pub(super) fn under(&self, step: &Step) -> Self {
        let mut path = Vec::with_capacity(self.path.len() + 1);
        path.push(step.clone());
        path.extend(self.path.iter().cloned());
        Self { path, ..self.clone() }
    }
}

/// A part of an operation that findings can be about.
#[derive(Debug, Clone)]
pub(super) struct Spot<'o> {
    operation: &'o str,
    location: String,
    /// What the spot is called where the same change in another spot is the same change: `body`, whatever status.
    name: String,
    side: Side,
    /// Between the location and a field below it.
    separator: &'static str,
}

impl<'o> Spot<'o> {
    pub(super) fn new(operation: &'o str, location: impl Into<String>, side: Side) -> Self {
        let location = location.into();
        Self {
            operation,
            name: location.clone(),
            location,
            side,
            separator: ".",
        }
    }

    /// A body, whose fields are written after a blank: `response 200 body tasks[].state`.
    pub(super) fn body(operation: &'o str, location: impl Into<String>, side: Side) -> Self {
        let location = location.into();
        Self {
            operation,
            location,
            name: "body".to_owned(),
            side,
            separator: " ",
        }
    }

    /// The same spot under a name shared by equal spots elsewhere.
    pub(super) fn named(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    pub(super) fn side(&self) -> Side {
        self.side
    }

    /// A finding about the spot itself.
    pub(super) fn finding(&self, class: Class, message: String, detail: &str) -> Finding {
        let location = self.location.clone();
        let place = Place {
            operation: self.operation.to_owned(),
            location,
        };
        Finding {
            class,
            place,
            message,
            sameness: format!("{:?} {} {detail}", self.side, self.name),
        }
    }

    /// A finding about something below the spot.
    ///
    /// Only the last field names it: `tasks[].state` of a list and `state` of a single task are two copies of one
    /// thing, and GitHub's inlined description has no name to tell them by.
    pub(super) fn below(&self, found: &Found) -> Finding {
        let field = found.path.iter().rposition(|step| matches!(step, Step::Field(_)));
        let name = match field {
            _ if found.anywhere => String::new(),
            Some(index) => written(found.path.get(index..).unwrap_or_default()),
            None => format!("{}{}", self.name, written(&found.path)),
        };
        let path = written(&found.path);
        let separator = match found.path.first() {
            Some(Step::Field(_)) => self.separator,
            Some(_) if self.separator == " " => " ",
            _ => "",
        };
        let location = format!("{}{separator}{path}", self.location);
        let place = Place {
            operation: self.operation.to_owned(),
            location,
        };
        let sameness = format!("{:?} {name} {}", self.side, found.detail);
        Finding {
            class: found.class,
            place,
            message: found.message.clone(),
            sameness,
        }
    }
}

fn written(path: &[Step]) -> String {
    let mut text = String::new();
    for (index, step) in path.iter().enumerate() {
        match step {
            Step::Field(name) if is_plain(name) => {
                let dot = if index == 0 { "" } else { "." };
                let _ = write!(text, "{dot}{name}");
            }
            Step::Field(name) => {
                let _ = write!(text, "[{name:?}]");
            }
            Step::Items => text.push_str("[]"),
            Step::Values => text.push_str("{}"),
        }
    }
    text
}

/// Whether a field's name can stand in a path without quotes.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-+@$".contains(c))
}

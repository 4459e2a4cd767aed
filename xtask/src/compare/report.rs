//! What a comparison found: changes in a stable order, each with every place it was seen at.
//!
//! GitHub's description repeats itself: one error body is inlined under twenty-odd statuses, one task under five
//! operations. The same change in several copies is therefore one [`Change`] with several [`Place`]s.
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// What a change means for a program built against the old description. The worst class comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// What it sends may be refused or mean something else, or what it relies on may be absent or unreadable.
    Breaking,
    /// It goes on working; there is something new to use or to know.
    Additive,
    /// Only words changed.
    Documentation,
}

impl Class {
    /// The class as written in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Additive => "additive",
            Self::Documentation => "documentation",
        }
    }
}

/// Where a change was seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Method and path, such as `GET /agents/tasks`: the new path where the operation still exists.
    pub operation: String,
    /// The part of the operation, such as `response 200 body tasks[].state`.
    pub location: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it means for a client.
    pub class: Class,
    /// The operation of the first place.
    pub operation: String,
    /// The location of the first place.
    pub location: String,
    /// What changed; ends with the number of further places when there are any.
    pub message: String,
    /// Every place, the first included, in order.
    pub places: Vec<Place>,
}

impl Change {
    /// The message without the number of further places.
    pub fn summary(&self) -> &str {
        self.message
            .strip_suffix(&further(self.places.len()))
            .unwrap_or(&self.message)
    }
}

/// The result of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every change: breaking first, then by operation, location and message.
    pub changes: Vec<Change>,
    /// Something the reader should know about the comparison itself.
    #[serde(skip)]
    pub note: Option<String>,
}

impl Report {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The worst class found.
    pub fn worst(&self) -> Option<Class> {
        self.changes.iter().map(|change| change.class).min()
    }

    /// Whether something of `class`, or worse, was found.
    pub fn reaches(&self, class: Class) -> bool {
        self.worst().is_some_and(|worst| worst <= class)
    }

    /// How many changes are of `class`.
    pub fn count(&self, class: Class) -> usize {
        self.changes.iter().filter(|change| change.class == class).count()
    }
}

/// A change seen at one place, before equal ones are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) class: Class,
    pub(super) place: Place,
    pub(super) message: String,
    /// What makes two findings with the same message the same change, see [`collect`].
    pub(super) sameness: String,
}

/// Puts findings of the same change together and orders the changes.
///
/// Findings are the same change when class, message and sameness agree. Sameness holds what the message leaves out:
/// the name of the field or parameter, the side (request or response) and the texts of changed prose.
pub(super) fn collect(findings: Vec<Finding>) -> Vec<Change> {
    let mut groups: BTreeMap<(Class, String, String), BTreeSet<Place>> = BTreeMap::new();
    for finding in findings {
        let key = (finding.class, finding.message, finding.sameness);
        groups.entry(key).or_default().insert(finding.place);
    }
    let mut changes: Vec<Change> = groups
        .into_iter()
        .filter_map(|((class, message, _), places)| {
            let places: Vec<Place> = places.into_iter().collect();
            let first = places.first()?.clone();
            let message = message + &further(places.len());
            Some(Change {
                class,
                operation: first.operation,
                location: first.location,
                message,
                places,
            })
        })
        .collect();
    changes.sort_by(|a, b| {
        let key = |change: &Change| (change.class, change.places.clone(), change.message.clone());
        key(a).cmp(&key(b))
    });
    changes
}

fn further(places: usize) -> String {
    match places {
        0 | 1 => String::new(),
        2 => " (and in 1 more place)".to_owned(),
        n => format!(" (and in {} more places)", n - 1),
    }
}

//! What two schemas say in single keywords: notices, enums, words.
use std::collections::BTreeSet;

use super::super::render::code;
use super::super::report::Class;
use super::super::schema::View;
use super::found::{Found, Side};

/// The descriptions of a schema and of its enum values.
pub(super) fn words(before: &View<'_>, after: &View<'_>, found: &mut Vec<Found>) {
    found.extend(prose(
        "description",
        before.description.as_deref(),
        after.description.as_deref(),
    ));
    // A field that now has words of its own, or none, hides or shows its type's: no change of the type's.
    if let (Some(from), Some(to)) = (&before.wrapped, &after.wrapped) {
        let texts = [from, to].map(|text| Some(text.as_str()).filter(|text| !text.is_empty()));
        found.extend(prose("description of the type", texts[0], texts[1]).map(Found::anywhere));
    }
    // A value that came or went takes its description along.
    let stays = |value: &String| {
        [before, after]
            .iter()
            .all(|view| view.values.as_ref().is_none_or(|values| values.contains(value)))
    };
    let values: BTreeSet<&String> = before.meanings.keys().chain(after.meanings.keys()).collect();
    for value in values.into_iter().filter(|value| stays(value)) {
        let texts = [before, after].map(|view| view.meanings.get(value).map(String::as_str));
        let what = format!("description of {}", quoted(value));
        found.extend(prose(&what, texts[0], texts[1]).map(Found::anywhere));
    }
}

/// What is said about a schema besides which values it allows.
pub(super) fn notices(side: Side, before: &View<'_>, after: &View<'_>, found: &mut Vec<Found>) {
    match (before.nullable, after.nullable) {
        (false, true) => found.push(Found::new(side.loosened(), "now nullable")),
        (true, false) => found.push(Found::new(side.tightened(), "no longer nullable")),
        _ => {}
    }
    found.extend(deprecation(before.deprecated, after.deprecated));
    if before.default != after.default {
        let say = |value: &serde_json::Value| code(&value.to_string());
        // What a request means that leaves the value out changed. Answers are decoded as they are: their defaults
        // reach no type.
        let class = match (side, before.default) {
            (Side::Request, Some(_)) => Class::Breaking,
            _ => Class::Additive,
        };
        let message = match (before.default, after.default) {
            (Some(from), Some(to)) => format!("default changed from {} to {}", say(from), say(to)),
            (Some(from), None) => format!("default {} removed", say(from)),
            (None, to) => format!("default set to {}", to.map(say).unwrap_or_default()),
        };
        found.push(Found::new(class, message));
    }
}

/// Which values an enum lists.
pub(super) fn values(side: Side, before: &View<'_>, after: &View<'_>, found: &mut Vec<Found>) {
    let list = |values: &BTreeSet<String>| {
        values
            .iter()
            .map(|value| quoted(value))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (&before.values, &after.values) {
        (Some(from), Some(to)) => {
            for value in from.difference(to) {
                found.push(Found::new(
                    Class::Breaking,
                    format!("enum value {} removed", quoted(value)),
                ));
            }
            for value in to.difference(from) {
                found.push(Found::new(
                    Class::Additive,
                    format!("enum value {} added", quoted(value)),
                ));
            }
        }
        (None, Some(to)) => {
            found.push(Found::new(
                side.tightened(),
                format!("limited to an enum of {}", list(to)),
            ));
        }
        (Some(from), None) => {
            found.push(Found::new(
                side.loosened(),
                format!("no longer limited to an enum of {}", list(from)),
            ));
        }
        (None, None) => {}
    }
}

/// A value given as JSON, without the quotes of a string.
fn quoted(json: &str) -> String {
    code(&serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned()))
}

/// A change of `deprecated`: an announcement. Nothing stops working, and it is no mere wording either.
pub(super) fn deprecation(before: bool, after: bool) -> Option<Found> {
    match (before, after) {
        (false, true) => Some(Found::new(Class::Additive, "now deprecated")),
        (true, false) => Some(Found::new(Class::Additive, "no longer deprecated")),
        _ => None,
    }
}

/// A change of words. The texts stay out of the message: the report is pasted into CHANGELOG.md, and GitHub's
/// sentences have no place there.
pub(super) fn prose(what: &str, before: Option<&str>, after: Option<&str>) -> Option<Found> {
    let verb = match (before, after) {
        (Some(from), Some(to)) if from != to => "changed",
        (Some(_), None) => "removed",
        (None, Some(_)) => "added",
        _ => return None,
    };
    let detail = format!("{before:?} {after:?}");
    Some(Found::new(Class::Documentation, format!("{what} {verb}")).with_detail(detail))
}

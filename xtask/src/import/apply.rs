//! Applies overlay actions to a document.
use serde_json::{Map, Value};

use super::matches::Matches;
use super::origins::Origins;
use super::overlay::{Action, Change};
use super::problem::Problem;
use crate::description::grammar::Kind;
use crate::description::pointer;

/// Applies the actions in order. An action that selects nothing, or that cannot change what it selects, is a problem:
/// it was written for a document that no longer exists.
pub(crate) fn apply(
    actions: &[Action],
    document: &mut Value,
    origins: &mut Origins,
    matches: &mut Matches,
    problems: &mut Vec<Problem>,
) {
    for action in actions {
        let mut places: Vec<String> = action
            .path
            .query_located(document)
            .locations()
            .map(serde_json_path::NormalizedPath::to_json_pointer)
            .collect();
        places.sort();
        places.dedup();
        for place in &places {
            matches.matched(&action.number, pointer::target(document, place));
        }
        if places.is_empty() {
            problems.push(Problem::at(
                "",
                format!("{}: nothing matches; correct or delete the action", action.label),
            ));
        }
        match &action.change {
            Change::Update(update) => {
                for place in places {
                    if action.gives_name() && Kind::at(&pointer::tokens(&place)) != Kind::Schema {
                        let message = format!("{}: only a schema can have a name", action.label);
                        problems.push(Problem::at(origins.first(&place), message));
                        continue;
                    }
                    for message in set(document, &place, update) {
                        let place = origins.first(&place);
                        problems.push(Problem::at(place, format!("{}: {message}", action.label)));
                    }
                }
            }
            Change::Remove => {
                // Deepest and last first, so that no removal moves a place still to be removed.
                places.sort_by_key(|place| {
                    std::cmp::Reverse(
                        pointer::tokens(place)
                            .into_iter()
                            .map(|token| (token.parse::<usize>().ok(), token))
                            .collect::<Vec<_>>(),
                    )
                });
                for place in places {
                    if let Err(message) = remove(document, &place, origins) {
                        problems.push(Problem::at("", format!("{}: {message}", action.label)));
                    }
                }
            }
        }
    }
}

fn set(document: &mut Value, place: &str, update: &Value) -> Vec<String> {
    let mut refused = Vec::new();
    match (document.pointer_mut(place), update) {
        (_, Value::Null) => {}
        (Some(Value::Array(items)), update) => items.push(update.clone()),
        (Some(Value::Object(target)), Value::Object(update)) => merge(target, update, &mut refused),
        (Some(Value::Object(_)), _) => {
            refused.push("the target is an object, so `update` must be one".to_owned());
        }
        _ => refused
            .push("the target is neither an object nor a list; update the object that holds it".to_owned()),
    }
    refused
}

/// Objects are merged, lists are appended to, everything else is replaced. A key without a value says nothing: it is
/// what stays behind when a line of documentation is deleted, and what is missing then is reported later.
fn merge(target: &mut Map<String, Value>, update: &Map<String, Value>, refused: &mut Vec<String>) {
    for (key, value) in update {
        match (target.get_mut(key), value) {
            (_, Value::Null) if key != "default" => {}
            (Some(Value::Object(target)), Value::Object(update)) => merge(target, update, refused),
            (Some(Value::Array(target)), Value::Array(update)) => target.extend(update.iter().cloned()),
            (Some(Value::Object(_)), _) => {
                refused.push(format!(
                    "`{key}` is an object, and `update` has something else for it: {value}"
                ));
            }
            (None, Value::Object(update)) => {
                let mut made = Map::new();
                merge(&mut made, update, refused);
                target.insert(key.clone(), Value::Object(made));
            }
            _ => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
}

fn remove(document: &mut Value, place: &str, origins: &mut Origins) -> Result<(), &'static str> {
    let (parent, token) = pointer::split(place).ok_or("the whole document cannot be removed")?;
    match document.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.remove(&token);
        }
        Some(Value::Array(items)) => {
            if let Some(index) = token.parse().ok().filter(|index| *index < items.len()) {
                origins.element_removed(parent, index, items.len());
                items.remove(index);
            }
        }
        _ => {}
    }
    Ok(())
}

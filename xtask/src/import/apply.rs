//! Applies overlay actions to a document.
use serde_json::Value;

use super::grammar::Kind;
use super::origins::Origins;
use super::overlay::{Action, Change};
use super::pointer;
use super::problem::Problem;

/// Applies the actions in order. An action that selects nothing, or that cannot change what it selects, is a problem:
/// it was written for a document that no longer exists.
pub(crate) fn apply(
    actions: &[Action],
    document: &mut Value,
    origins: &mut Origins,
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
                    } else if let Err(message) = set(document, &place, update) {
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

fn set(document: &mut Value, place: &str, update: &Value) -> Result<(), &'static str> {
    match (document.pointer_mut(place), update) {
        (Some(Value::Array(items)), update) => {
            items.push(update.clone());
            Ok(())
        }
        (Some(target @ Value::Object(_)), Value::Object(_)) => {
            merge(target, update);
            Ok(())
        }
        (Some(Value::Object(_)), _) => Err("the target is an object, so `update` must be one"),
        _ => Err("the target is neither an object nor a list; update the object that holds it"),
    }
}

fn merge(target: &mut Value, update: &Value) {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            for (key, value) in update {
                merge(target.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(target), Value::Array(update)) => target.extend(update.iter().cloned()),
        (target, update) => *target = update.clone(),
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

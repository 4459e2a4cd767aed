//! `--json`: a value as JSON, whole or some of its fields.
use serde::Serialize;
use serde_json::{Map, Value};

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// The value, or of it (or of each of its elements) the fields in `wanted`. One that is absent is null.
pub(super) fn select(value: &impl Serialize, wanted: &[String], fields: &[&str]) -> Result<Value> {
    check(wanted, fields)?;
    let value = serde_json::to_value(value)
        .map_err(|error| Failure::new(Exit::Ended, format!("not representable as JSON: {error}")))?;
    let wanted: Vec<&str> = names(wanted).collect();
    Ok(if wanted.is_empty() {
        value
    } else {
        pick(value, &wanted)
    })
}

/// Refuses a field that the command does not have.
pub(super) fn check(wanted: &[String], fields: &[&str]) -> Result<()> {
    match names(wanted).find(|name| !fields.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Failure::usage(format!("--json: there is no field {name:?}"))
            .hint(format!("fields: {}", fields.join(", ")))),
    }
}

fn names(wanted: &[String]) -> impl Iterator<Item = &str> {
    wanted
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
}

fn pick(value: Value, wanted: &[&str]) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(|value| pick(value, wanted)).collect(),
        Value::Object(mut object) => {
            let fields = wanted.iter().map(|name| {
                let value = object.remove(*name).unwrap_or_default();
                ((*name).to_owned(), value)
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_picked_from_each_element() {
        let value = json!([{"id": "a", "state": "queued", "name": "x"}, {"id": "b"}]);
        let wanted = ["id".to_owned(), " state".to_owned()];
        let picked = select(&value, &wanted, &["id", "name", "state"]).unwrap();
        assert_eq!(
            picked,
            json!([{"id": "a", "state": "queued"}, {"id": "b", "state": null}])
        );
    }

    #[test]
    fn an_unknown_field_is_refused_with_the_known_ones() {
        let failure = check(&["stat".to_owned()], &["id", "state"]).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.hints[0].contains("id, state"));
    }
}

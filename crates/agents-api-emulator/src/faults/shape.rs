//! Faults that shape a response which is otherwise right.

use bytes::Bytes;
use http::HeaderValue;
use serde_json::{Value, json};

use super::effect::Effect;
use super::engine::Drawn;
use crate::response::Reply;

/// Applies the effects that change the body or its type.
pub(crate) fn shape(reply: &mut Reply, drawn: &Drawn) {
    for effect in drawn.effects() {
        match effect {
            Effect::EmptyBody => reply.body = Bytes::new(),
            Effect::BrokenJson => reply.body = reply.body.slice(..reply.body.len() / 2),
            Effect::ContentType { value: text } => {
                reply.content_type = HeaderValue::from_str(text).ok().filter(|_| !text.is_empty());
            }
            effect if reply.status.is_success() => edit_json(reply, effect),
            _ => {}
        }
    }
}

/// How faults change the link to the next page.
#[derive(Debug, Default)]
pub(crate) struct LinkFault {
    /// It points to the page itself.
    pub(crate) to_self: bool,
    /// It points to this origin.
    pub(crate) origin: Option<String>,
    /// It is there even if there is no next page.
    pub(crate) forced: bool,
}

impl LinkFault {
    pub(crate) fn of(drawn: &Drawn) -> Self {
        let to_self = drawn.effects().any(|effect| *effect == Effect::NextToSelf);
        let origin = drawn.effects().find_map(|effect| match effect {
            Effect::NextToHost { to } => Some(to.trim_end_matches('/').to_owned()),
            _ => None,
        });
        let empty = drawn.effects().any(|effect| *effect == Effect::EmptyPage);
        Self {
            forced: to_self || origin.is_some() || empty,
            to_self,
            origin,
        }
    }
}

fn edit_json(reply: &mut Reply, effect: &Effect) {
    let edits = matches!(
        effect,
        Effect::State { .. }
            | Effect::ArtifactType { .. }
            | Effect::DropField { .. }
            | Effect::NullField { .. }
            | Effect::EmptyPage
    );
    if !edits {
        return;
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&reply.body) else {
        return;
    };
    match effect {
        Effect::State { value: word } => {
            if let Some(task) = tasks(&mut body).next() {
                let session = task
                    .get_mut("sessions")
                    .and_then(Value::as_array_mut)
                    .and_then(|list| list.last_mut());
                if let Some(session) = session {
                    session["state"] = word.as_str().into();
                }
                task["state"] = word.as_str().into();
            }
        }
        Effect::ArtifactType { value: word } => {
            let task = tasks(&mut body).next();
            if let Some(list) = task
                .and_then(|task| task.get_mut("artifacts"))
                .and_then(Value::as_array_mut)
            {
                let data =
                    json!({ "resource": { "kind": "deployment", "ref": "refs/heads/main" }, "revision": 7 });
                list.push(json!({ "provider": "github", "type": word, "data": data }));
            }
        }
        Effect::DropField { field } => each(&mut body, &mut |object| {
            object.remove(field);
        }),
        Effect::NullField { field } => each(&mut body, &mut |object| {
            if let Some(value) = object.get_mut(field) {
                *value = Value::Null;
            }
        }),
        _ => {
            if let Some(list) = body.get_mut("tasks").and_then(Value::as_array_mut) {
                list.clear();
            }
        }
    }
    reply.body = serde_json::to_vec(&body).unwrap_or_default().into();
}

/// The tasks of a response: those of a page, or the one it is.
fn tasks(body: &mut Value) -> Box<dyn Iterator<Item = &mut Value> + '_> {
    if body.get("tasks").is_some_and(Value::is_array) {
        return Box::new(
            body.get_mut("tasks")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten(),
        );
    }
    Box::new(std::iter::once(body).filter(|body| body.get("id").is_some()))
}

/// Calls `act` on the response itself, every task and every session.
fn each(body: &mut Value, act: &mut dyn FnMut(&mut serde_json::Map<String, Value>)) {
    for list in ["tasks", "sessions"] {
        for inner in body
            .get_mut(list)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            each(inner, act);
        }
    }
    if let Some(object) = body.as_object_mut() {
        act(object);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{Fault, Target};

    fn shaped(body: &Value, effect: Effect) -> Value {
        let mut reply = Reply::json(http::StatusCode::OK, body);
        shape(&mut reply, &Drawn(vec![Fault::on(Target::Any, effect)]));
        serde_json::from_slice(&reply.body).unwrap_or(Value::Null)
    }

    #[test]
    fn an_unknown_state_reaches_the_task_and_its_latest_session() {
        let task = json!({ "id": "1", "state": "queued", "sessions": [{ "state": "failed" }, { "state": "queued" }] });
        let seen = shaped(
            &task,
            Effect::State {
                value: "hibernating".into(),
            },
        );
        assert_eq!(seen["state"], "hibernating");
        assert_eq!(
            seen["sessions"],
            json!([{ "state": "failed" }, { "state": "hibernating" }])
        );
    }

    #[test]
    fn a_field_vanishes_everywhere() {
        let page = json!({ "tasks": [{ "id": "1", "name": "a" }, { "id": "2", "name": "b" }] });
        assert_eq!(
            shaped(&page, Effect::DropField { field: "name".into() }),
            json!({ "tasks": [{ "id": "1" }, { "id": "2" }] })
        );
        assert_eq!(
            shaped(
                &page,
                Effect::DropField {
                    field: "tasks".into()
                }
            ),
            json!({})
        );
        assert_eq!(
            shaped(&page, Effect::NullField { field: "id".into() })["tasks"][1]["id"],
            Value::Null
        );
    }

    #[test]
    fn an_unknown_artifact_joins_the_known_ones() {
        let page = json!({ "tasks": [{ "id": "1", "artifacts": [] }] });
        let seen = shaped(
            &page,
            Effect::ArtifactType {
                value: "github_resource".into(),
            },
        );
        assert_eq!(seen["tasks"][0]["artifacts"][0]["type"], "github_resource");
    }
}

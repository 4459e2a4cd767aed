//! Whether a task is the one a start asked for: pure.
//!
//! Only what was asked for is compared: what was left open, GitHub chose. What it does not tell is no difference.
use crate::start::key::Key;
use crate::start::request::Intent;
use agents_api_raw::types::{Session, Task};

/// What is looked for.
#[derive(Clone)]
pub(crate) enum Sought {
    /// A task with this key in its first prompt.
    Key(Key),
    /// A task that looks as if it came of this start.
    Intent(Box<Intent>),
}

/// What a task is to what is looked for. It never changes: a first prompt stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has no session yet, or GitHub does not show the prompt.
    Unreadable,
    /// It is another.
    Other,
    /// Everything fits but the head branch, which GitHub ignores where there is no open pull request.
    Likely,
    /// Everything fits that can be compared.
    Same,
}

/// Judges a task that was got with its sessions.
pub(super) fn judge(sought: &Sought, task: &Task) -> Verdict {
    let Some((session, prompt)) = first(task) else {
        return Verdict::Unreadable;
    };
    match sought {
        Sought::Key(key) if Key::in_prompt(prompt).as_ref() == Some(key) => Verdict::Same,
        Sought::Key(_) => Verdict::Other,
        Sought::Intent(intent) => compare(intent, task, session, prompt),
    }
}

/// The key in the first prompt of a task, or that it has none; `None` if there is no prompt to be read.
pub(super) fn prompt_key(task: &Task) -> Option<Option<Key>> {
    first(task).map(|(_, prompt)| Key::in_prompt(prompt))
}

/// The model that the first session names, without the prefix that GitHub puts before it.
pub(crate) fn model_of(task: &Task) -> Option<&str> {
    let model = first_session(task)?.model.as_deref()?;
    Some(bare_model(model))
}

fn compare(intent: &Intent, task: &Task, session: &Session, prompt: &str) -> Verdict {
    let agent = task.custom_agent.as_ref().and_then(|agent| agent.id.as_deref());
    let fits = same_text(&intent.prompt, prompt)
        && agrees(
            intent.base_ref.as_deref(),
            session.base_ref.as_deref(),
            bare_branch,
        )
        && agrees(intent.model.as_deref(), session.model.as_deref(), bare_model)
        && agrees(intent.custom_agent.as_deref(), agent, |name| name);
    if !fits {
        return Verdict::Other;
    }
    let (asked, head) = (intent.head_ref.as_deref(), session.head_ref.as_deref());
    if asked.is_some() && asked.map(bare_branch) != head.map(bare_branch) {
        return Verdict::Likely;
    }
    Verdict::Same
}

fn first_session(task: &Task) -> Option<&Session> {
    task.sessions
        .iter()
        .flatten()
        .min_by_key(|session| session.created_at)
}

fn first(task: &Task) -> Option<(&Session, &str)> {
    let session = first_session(task)?;
    Some((session, session.prompt.as_deref()?))
}

/// Whether what was asked for and what is there are the same, as far as both are known.
fn agrees<'a>(asked: Option<&'a str>, there: Option<&'a str>, bare: impl Fn(&'a str) -> &'a str) -> bool {
    match (asked, there) {
        (Some(asked), Some(there)) => bare(asked) == bare(there),
        _ => true,
    }
}

/// Servers trim texts, and some change line breaks.
fn same_text(a: &str, b: &str) -> bool {
    let lines = |text: &str| text.trim().replace("\r\n", "\n").replace('\r', "\n");
    lines(a) == lines(b)
}

fn bare_branch(name: &str) -> &str {
    name.strip_prefix("refs/heads/").unwrap_or(name)
}

/// `sweagent-capi:gpt-5.4` is the `gpt-5.4` that was asked for.
fn bare_model(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, model)| model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::IdempotencyKey;
    use serde_json::{Value, json};

    fn task(fields: &Value, sessions: Value) -> Task {
        let mut task = json!({"id": "t", "state": "queued", "created_at": "2026-01-01T00:00:00Z"});
        task["sessions"] = sessions;
        for (name, value) in fields.as_object().into_iter().flatten() {
            task[name] = value.clone();
        }
        serde_json::from_value(task).unwrap()
    }

    fn session(second: u8, fields: &Value) -> Value {
        let mut session = json!({
            "id": "s", "state": "queued", "created_at": format!("2026-01-01T00:00:{second:02}Z"),
            "base_ref": "main", "model": "sweagent-capi:gpt-5.4", "prompt": "Fix it\nnow",
        });
        for (name, value) in fields.as_object().into_iter().flatten() {
            session[name] = value.clone();
        }
        session
    }

    fn judged(change: impl FnOnce(&mut Intent), fields: &Value) -> Verdict {
        let mut intent = Intent::new("Fix it\nnow".into());
        change(&mut intent);
        judge(
            &Sought::Intent(Box::new(intent)),
            &task(
                &json!({"custom_agent": {"id": "reviewer"}}),
                json!([session(0, fields)]),
            ),
        )
    }

    #[test]
    fn white_space_around_and_line_breaks_do_not_matter() {
        for echoed in ["Fix it\nnow", "Fix it\r\nnow", " Fix it\rnow\n\n"] {
            assert_eq!(
                judged(|_| (), &json!({"prompt": echoed})),
                Verdict::Same,
                "{echoed:?}"
            );
        }
        for echoed in ["Fix it now", "Fix it\nnow!", "fix it\nnow", ""] {
            assert_eq!(
                judged(|_| (), &json!({"prompt": echoed})),
                Verdict::Other,
                "{echoed:?}"
            );
        }
    }

    #[test]
    fn only_what_was_asked_for_is_compared() {
        let text = |text: &str| Some(text.to_owned());
        for (base, model, agent, verdict) in [
            (None, None, None, Verdict::Same),
            (text("main"), text("gpt-5.4"), text("reviewer"), Verdict::Same),
            (
                text("refs/heads/main"),
                text("sweagent-capi:gpt-5.4"),
                None,
                Verdict::Same,
            ),
            (text("next"), None, None, Verdict::Other),
            (None, text("5.4"), None, Verdict::Other),
            (None, None, text("writer"), Verdict::Other),
        ] {
            let shown = format!("{base:?} {model:?} {agent:?}");
            let change = |intent: &mut Intent| {
                (intent.base_ref, intent.model, intent.custom_agent) = (base, model, agent);
            };
            assert_eq!(judged(change, &Value::Null), verdict, "{shown}");
        }
        let change = |intent: &mut Intent| intent.model = Some("x".into());
        assert_eq!(judged(change, &json!({"model": null})), Verdict::Same);
    }

    #[test]
    fn a_head_branch_that_was_ignored_makes_a_task_less_likely() {
        let change = |intent: &mut Intent| intent.head_ref = Some("fix".into());
        assert_eq!(judged(change, &json!({"head_ref": "fix"})), Verdict::Same);
        assert_eq!(
            judged(change, &json!({"head_ref": "copilot/fix"})),
            Verdict::Likely
        );
        assert_eq!(judged(change, &Value::Null), Verdict::Likely);
    }

    #[test]
    fn the_first_session_counts_wherever_it_stands() {
        let follow_up = session(9, &json!({"prompt": "And now?"}));
        let both = json!([follow_up, session(0, &Value::Null)]);
        let intent = |prompt: &str| Sought::Intent(Box::new(Intent::new(prompt.into())));
        let task = task(&Value::Null, both);
        assert_eq!(judge(&intent("Fix it\nnow"), &task), Verdict::Same);
        assert_eq!(judge(&intent("And now?"), &task), Verdict::Other);
    }

    #[test]
    fn without_a_prompt_nothing_is_decided() {
        let key = || Sought::Key(IdempotencyKey::new("k").checked().unwrap());
        for sessions in [
            Value::Null,
            json!([]),
            json!([session(0, &json!({"prompt": null}))]),
        ] {
            assert_eq!(judge(&key(), &task(&Value::Null, sessions)), Verdict::Unreadable);
        }
        let marked = json!([session(
            0,
            &json!({"prompt": "Other words\n\nIdempotency-Key: k"})
        )]);
        assert_eq!(judge(&key(), &task(&Value::Null, marked)), Verdict::Same);
        assert_eq!(
            judge(&key(), &task(&Value::Null, json!([session(0, &Value::Null)]))),
            Verdict::Other
        );
    }
}

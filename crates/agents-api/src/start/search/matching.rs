//! Whether a task is the one a start asked for: pure.
//!
//! Only what was asked for is compared: what was left open, GitHub chose. What it does not tell is no difference.
use crate::client::start_registry::PromptKey;
use crate::start::key::Key;
use crate::start::request::StartRequest;
use agents_api_raw::types::{Session, Task};

/// What is looked for.
#[derive(Clone)]
pub(crate) enum SearchTarget {
    /// A task with this key in its first prompt.
    Key(Key),
    /// A task that looks as if it came of this start.
    Request(Box<StartRequest>),
}

/// How well a task fits what is looked for. It never changes: a first prompt stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// It has no session yet, or GitHub does not show the prompt.
    Unreadable,
    /// It is another task.
    None,
    /// Everything fits but the head branch, which GitHub ignores where there is no open pull request.
    Probable,
    /// Everything fits that can be compared.
    Exact,
}

/// Classifies a task that was fetched with its sessions.
pub(super) fn classify(target: &SearchTarget, task: &Task) -> Match {
    let Some((session, prompt)) = first(task) else {
        return Match::Unreadable;
    };
    match target {
        SearchTarget::Key(key) if Key::in_prompt(prompt).as_ref() == Some(key) => Match::Exact,
        SearchTarget::Key(_) => Match::None,
        SearchTarget::Request(request) => compare(request, task, session, prompt),
    }
}

/// The key in the first prompt of a task; `None` if there is no prompt to be read.
pub(super) fn prompt_key(task: &Task) -> Option<PromptKey> {
    first(task).map(|(_, prompt)| Key::noted_in(prompt))
}

/// The model that the first session names, without the prefix that GitHub puts before it.
pub(crate) fn model_of(task: &Task) -> Option<&str> {
    let model = first_session(task)?.model.as_deref()?;
    Some(bare_model(model))
}

fn compare(request: &StartRequest, task: &Task, session: &Session, prompt: &str) -> Match {
    let agent = task.custom_agent.as_ref().and_then(|agent| agent.id.as_deref());
    let fits = same_text(&request.prompt, prompt)
        && agrees(
            request.base_ref.as_deref(),
            session.base_ref.as_deref(),
            bare_branch,
        )
        && agrees(request.model.as_deref(), session.model.as_deref(), bare_model)
        && agrees(request.custom_agent.as_deref(), agent, |name| name);
    if !fits {
        return Match::None;
    }
    let (asked, head) = (request.head_ref.as_deref(), session.head_ref.as_deref());
    if asked.is_some() && asked.map(bare_branch) != head.map(bare_branch) {
        return Match::Probable;
    }
    Match::Exact
}

/// In what a task differs from the request that it should have come of; nothing where both are not known.
///
/// Left out is the head branch, which GitHub ignores without an open pull request, and the key's line of the prompt.
pub(crate) fn differences(request: &StartRequest, task: &Task) -> Vec<String> {
    let Some(session) = first_session(task) else {
        return Vec::new();
    };
    let mut differences = Vec::new();
    if let Some(prompt) = &session.prompt
        && !same_text(&request.prompt, Key::removed_from(prompt))
    {
        // A prompt may hold what no message should show.
        differences.push("the prompt".to_owned());
    }
    let agent = task.custom_agent.as_ref().and_then(|agent| agent.id.as_deref());
    let mut compare = |what: &str, asked: Option<&str>, there: Option<&str>| {
        if let (Some(asked), Some(there)) = (asked, there)
            && asked != there
        {
            differences.push(format!("{what} (asked for {asked:?}, started with {there:?})"));
        }
    };
    let bare = |name: &Option<String>, bare: fn(&str) -> &str| name.as_deref().map(bare).map(str::to_owned);
    compare(
        "the model",
        bare(&request.model, bare_model).as_deref(),
        bare(&session.model, bare_model).as_deref(),
    );
    compare(
        "the base branch",
        bare(&request.base_ref, bare_branch).as_deref(),
        bare(&session.base_ref, bare_branch).as_deref(),
    );
    compare("the custom agent", request.custom_agent.as_deref(), agent);
    differences
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

    fn classified(change: impl FnOnce(&mut StartRequest), fields: &Value) -> Match {
        let mut request = StartRequest::new("Fix it\nnow".into());
        change(&mut request);
        classify(
            &SearchTarget::Request(Box::new(request)),
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
                classified(|_| (), &json!({"prompt": echoed})),
                Match::Exact,
                "{echoed:?}"
            );
        }
        for echoed in ["Fix it now", "Fix it\nnow!", "fix it\nnow", ""] {
            assert_eq!(
                classified(|_| (), &json!({"prompt": echoed})),
                Match::None,
                "{echoed:?}"
            );
        }
    }

    #[test]
    fn only_what_was_asked_for_is_compared() {
        let text = |text: &str| Some(text.to_owned());
        for (base, model, agent, verdict) in [
            (None, None, None, Match::Exact),
            (text("main"), text("gpt-5.4"), text("reviewer"), Match::Exact),
            (
                text("refs/heads/main"),
                text("sweagent-capi:gpt-5.4"),
                None,
                Match::Exact,
            ),
            (text("next"), None, None, Match::None),
            (None, text("5.4"), None, Match::None),
            (None, None, text("writer"), Match::None),
        ] {
            let shown = format!("{base:?} {model:?} {agent:?}");
            let change = |request: &mut StartRequest| {
                (request.base_ref, request.model, request.custom_agent) = (base, model, agent);
            };
            assert_eq!(classified(change, &Value::Null), verdict, "{shown}");
        }
        let change = |request: &mut StartRequest| request.model = Some("x".into());
        assert_eq!(classified(change, &json!({"model": null})), Match::Exact);
    }

    #[test]
    fn a_head_branch_that_was_ignored_makes_a_task_less_likely() {
        let change = |request: &mut StartRequest| request.head_ref = Some("fix".into());
        assert_eq!(classified(change, &json!({"head_ref": "fix"})), Match::Exact);
        assert_eq!(
            classified(change, &json!({"head_ref": "copilot/fix"})),
            Match::Probable
        );
        assert_eq!(classified(change, &Value::Null), Match::Probable);
    }

    #[test]
    fn the_first_session_counts_wherever_it_stands() {
        let follow_up = session(9, &json!({"prompt": "And now?"}));
        let both = json!([follow_up, session(0, &Value::Null)]);
        let request = |prompt: &str| SearchTarget::Request(Box::new(StartRequest::new(prompt.into())));
        let task = task(&Value::Null, both);
        assert_eq!(classify(&request("Fix it\nnow"), &task), Match::Exact);
        assert_eq!(classify(&request("And now?"), &task), Match::None);
    }

    #[test]
    fn without_a_prompt_nothing_is_decided() {
        let key = || SearchTarget::Key(IdempotencyKey::new("k").checked().unwrap());
        for sessions in [
            Value::Null,
            json!([]),
            json!([session(0, &json!({"prompt": null}))]),
        ] {
            assert_eq!(classify(&key(), &task(&Value::Null, sessions)), Match::Unreadable);
        }
        let marked = json!([session(
            0,
            &json!({"prompt": "Other words\n\nIdempotency-Key: k"})
        )]);
        assert_eq!(classify(&key(), &task(&Value::Null, marked)), Match::Exact);
        assert_eq!(
            classify(&key(), &task(&Value::Null, json!([session(0, &Value::Null)]))),
            Match::None
        );
    }
}

//! A snapshot of a task before a follow-up.
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use agents_api_raw::types::Task;

/// A snapshot of a task before a follow-up, so that a wait does not take the previous ending for the new one; for
/// [`WaitUntil::since`](super::WaitUntil::since).
///
/// A task that has completed can be asked to go on, on its page or by a comment on its pull request. GitHub then still
/// returns `completed` for some time, so a wait for the end would return at once. With a baseline the wait begins when the
/// task has advanced. A baseline holds no prompt and can be stored as JSON, for another process.
///
/// # What counts as having advanced
/// Any of these, in a response that is not older than the baseline:
/// - more sessions than in the baseline, or one that is not in it;
/// - another state, both being known to this version of the crate;
/// - a session that ended later than all in the baseline.
///
/// A later `updated_at` alone does not count: GitHub renames tasks some time after they start, and bills them some time
/// after they end. A pause that was answered and paused again between two polls, within the same session, is therefore not
/// detected.
///
/// ```
/// use agents_api::Task;
/// use agents_api::wait::Baseline;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let task = |json: &str| serde_json::from_str::<Task>(json);
/// let before = task(r#"{"id":"t","state":"completed","created_at":"2026-01-01T00:00:00Z","session_count":1}"#)?;
/// let after = task(r#"{"id":"t","state":"completed","created_at":"2026-01-01T00:00:00Z","session_count":2}"#)?;
///
/// let baseline = Baseline::of(&before);
/// assert!(!baseline.has_advanced(&before));
/// assert!(baseline.has_advanced(&after));
/// # Ok(())
/// # }
/// # use agents_api::serde_json;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    id: String,
    state: agents_api_raw::types::TaskState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_count: Option<usize>,
    /// The ids of all sessions; `None` if not all were known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sessions: Option<BTreeSet<String>>,
    /// When the last of the sessions ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
}

impl Baseline {
    /// A snapshot of the task as it is now: from a get, or from a list, which knows less since it has no sessions.
    pub fn of(task: &Task) -> Self {
        let session_count = session_count(task);
        let sessions = task.sessions.as_ref();
        let all = sessions.filter(|sessions| session_count.is_none_or(|count| sessions.len() >= count));
        Self {
            id: task.id.clone(),
            state: task.state.clone(),
            updated_at: task.updated_at,
            session_count,
            sessions: all.map(|sessions| sessions.iter().map(|session| session.id.clone()).collect()),
            ended_at: ended_at(task),
        }
    }

    /// The id of the task.
    pub fn task_id(&self) -> &str {
        &self.id
    }

    /// Whether the task has advanced since; see [What counts as having advanced](Self#what-counts-as-having-advanced).
    pub fn has_advanced(&self, task: &Task) -> bool {
        !self.is_newer_than(task)
            && (self.has_more_sessions(task) || self.is_in_another_state(task) || self.has_ended_again(task))
    }

    /// Whether the response is from before the baseline, such as from a replica that lags behind.
    fn is_newer_than(&self, task: &Task) -> bool {
        matches!((self.updated_at, task.updated_at), (Some(then), Some(now)) if now < then)
    }

    fn has_more_sessions(&self, task: &Task) -> bool {
        let more = matches!((self.session_count, session_count(task)), (Some(then), Some(now)) if now > then);
        let (Some(known), Some(sessions)) = (&self.sessions, &task.sessions) else {
            return more;
        };
        more || sessions.iter().any(|session| !known.contains(&session.id))
    }

    /// A state that this version does not know says nothing about what the agent did.
    fn is_in_another_state(&self, task: &Task) -> bool {
        self.state.is_known() && task.state.is_known() && self.state != task.state
    }

    fn has_ended_again(&self, task: &Task) -> bool {
        matches!((self.ended_at, ended_at(task)), (Some(then), Some(now)) if now > then)
    }
}

/// How many sessions the task has, by the larger of its counts.
fn session_count(task: &Task) -> Option<usize> {
    let count = task.session_count.and_then(|count| usize::try_from(count).ok());
    count.max(task.sessions.as_ref().map(Vec::len))
}

/// When the last of its sessions ended.
fn ended_at(task: &Task) -> Option<DateTime<Utc>> {
    let sessions = task.sessions.iter().flatten();
    sessions.filter_map(|session| session.completed_at).max()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A completed task with one session, and what is different.
    fn task(different: Value) -> Task {
        let mut task = json!({
            "id": "t", "state": "completed", "name": "a", "session_count": 1,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:10:00Z",
            "sessions": [session("s1", "completed", "00:10")],
        });
        if let (Some(task), Value::Object(different)) = (task.as_object_mut(), different) {
            task.extend(different);
        }
        serde_json::from_value(task).unwrap()
    }

    fn session(id: &str, state: &str, ended: &str) -> Value {
        json!({
            "id": id, "state": state, "created_at": "2026-01-01T00:00:00Z",
            "completed_at": format!("2026-01-01T{ended}:00Z"),
        })
    }

    #[test]
    fn only_what_a_follow_up_does_counts() {
        let later = "2026-01-01T00:20:00Z";
        let two = [
            session("s1", "completed", "00:10"),
            session("s2", "completed", "00:20"),
        ];
        for (different, passed, why) in [
            (json!({}), false, "nothing"),
            (json!({"name": "b", "updated_at": later}), false, "a rename"),
            (json!({"updated_at": later, "artifacts": []}), false, "a touch"),
            (
                json!({"archived_at": later, "updated_at": later}),
                false,
                "the archive",
            ),
            (
                json!({"state": "queued", "updated_at": later}),
                true,
                "it runs again",
            ),
            (
                json!({"state": "queued"}),
                true,
                "it runs again within the second",
            ),
            (
                json!({"state": "failed", "updated_at": later}),
                true,
                "another ending",
            ),
            (
                json!({"state": "in_progress", "updated_at": "2026-01-01T00:05:00Z"}),
                false,
                "a stale response",
            ),
            (
                json!({"state": "archiving", "updated_at": later}),
                false,
                "an unknown state",
            ),
            (json!({"session_count": 2}), true, "one more session"),
            (
                json!({"session_count": 2, "sessions": null}),
                true,
                "one more, in a list",
            ),
            (
                json!({"sessions": two, "session_count": null}),
                true,
                "one more, uncounted",
            ),
            (
                json!({"sessions": [session("s2", "completed", "00:20")]}),
                true,
                "another session",
            ),
            (
                json!({"sessions": [session("s1", "completed", "00:20")]}),
                true,
                "the same session ended again",
            ),
            (
                json!({"sessions": [], "session_count": null}),
                false,
                "sessions left out",
            ),
        ] {
            let baseline = Baseline::of(&task(json!({})));
            assert_eq!(baseline.has_advanced(&task(different)), passed, "{why}");
        }
    }

    #[test]
    fn unknown_facts_do_not_count_as_an_advance() {
        let listed = task(json!({"sessions": null}));
        assert!(
            !Baseline::of(&listed).has_advanced(&task(json!({}))),
            "from a list"
        );
        let partly = task(json!({"session_count": 2}));
        let now = task(
            json!({"session_count": 2, "sessions": [session("s1", "completed", "00:10"), session("s2", "completed", "00:10")]}),
        );
        assert!(
            !Baseline::of(&partly).has_advanced(&now),
            "not all sessions were known"
        );
        let bare = task(json!({"sessions": null, "session_count": null, "updated_at": null}));
        assert!(
            !Baseline::of(&bare).has_advanced(&task(json!({}))),
            "nothing but a state"
        );
        let strange = task(json!({"state": "paused_by_policy"}));
        assert!(
            !Baseline::of(&strange).has_advanced(&task(json!({}))),
            "an unknown state"
        );
    }

    #[test]
    fn it_round_trips_through_json() {
        for different in [
            json!({}),
            json!({"sessions": null, "session_count": null, "state": "new"}),
        ] {
            let baseline = Baseline::of(&task(different));
            let json = serde_json::to_string(&baseline).unwrap();
            assert_eq!(
                serde_json::from_str::<Baseline>(&json).unwrap(),
                baseline,
                "{json}"
            );
        }
    }
}

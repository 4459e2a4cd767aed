//! What has changed between two polls.
use std::time::Duration;

use agents_api_raw::types::{Artifact, Session, Task};

/// A change of a task: what a [`Watch`](super::Watch) yields and
/// [`WaitUntil::on_update`](super::WaitUntil::on_update) is called with.
///
/// The first one holds the task as it was first seen, with all its sessions as new. After that there is one for each poll
/// that found anything of the task changed, even only its name.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// The task as it was seen before; `None` in the first one.
    pub previous: Option<Task>,
    /// The task as it is now, with its sessions.
    pub task: Task,
    /// The sessions that are new or of which anything changed, in the task's order.
    pub changed_sessions: Vec<SessionChange>,
    /// How long until the next poll; `None` after the last one.
    pub next_poll: Option<Duration>,
}

impl Update {
    pub(super) fn new(previous: Option<&Task>, task: &Task, next_poll: Option<Duration>) -> Self {
        Self {
            previous: previous.cloned(),
            task: task.clone(),
            changed_sessions: changed_sessions(previous, task),
            next_poll,
        }
    }

    /// Whether the task is in another state than before, or was not seen before.
    pub fn is_new_state(&self) -> bool {
        self.previous
            .as_ref()
            .is_none_or(|previous| previous.state != self.task.state)
    }

    /// The artifacts that are new or have changed: a branch, a pull request.
    pub fn new_artifacts(&self) -> impl Iterator<Item = &Artifact> {
        let known = self.previous.as_ref().and_then(|task| task.artifacts.as_deref());
        let known = known.unwrap_or_default();
        let artifacts = self.task.artifacts.iter().flatten();
        artifacts.filter(|artifact| !known.contains(artifact))
    }
}

/// A session that is new or changed; part of an [`Update`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SessionChange {
    /// The session as it was seen before; `None` when it is new.
    pub previous: Option<Session>,
    /// The session as it is now.
    pub session: Session,
}

impl SessionChange {
    /// Whether the session is in another state than before, or was not seen before.
    pub fn is_new_state(&self) -> bool {
        self.previous
            .as_ref()
            .is_none_or(|previous| previous.state != self.session.state)
    }
}

fn changed_sessions(previous: Option<&Task>, task: &Task) -> Vec<SessionChange> {
    let known: Vec<_> = previous
        .and_then(|task| task.sessions.as_ref())
        .into_iter()
        .flatten()
        .collect();
    let sessions = task.sessions.iter().flatten();
    let changed = sessions.filter_map(|session| {
        let previous = known.iter().find(|known| known.id == session.id);
        if previous.is_some_and(|previous| **previous == *session) {
            return None;
        }
        Some(SessionChange {
            previous: previous.map(|known| (*known).clone()),
            session: session.clone(),
        })
    });
    changed.collect()
}

/// Whether the task has advanced, which resets the poll interval. A new name or more usage does not count.
pub(super) fn has_advanced(previous: Option<&Task>, task: &Task) -> bool {
    let seen = |task: &Task| (task.state.clone(), task.session_count, task.artifacts.clone());
    previous.is_none_or(|previous| seen(previous) != seen(task))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task(state: &str, sessions: &[(&str, &str)]) -> Task {
        let at = "2026-01-01T00:00:00Z";
        let sessions: Vec<_> = sessions
            .iter()
            .map(|(id, state)| json!({"id": id, "state": state, "created_at": at}))
            .collect();
        serde_json::from_value(json!({"id": "t", "state": state, "created_at": at, "sessions": sessions}))
            .unwrap()
    }

    #[test]
    fn new_and_changed_sessions_are_reported_and_others_are_not() {
        let before = task("completed", &[("s1", "completed"), ("s2", "queued")]);
        let now = task(
            "in_progress",
            &[("s1", "completed"), ("s2", "in_progress"), ("s3", "queued")],
        );
        let update = Update::new(Some(&before), &now, None);
        let changed: Vec<_> = update
            .changed_sessions
            .iter()
            .map(|change| {
                (
                    change.session.id.as_str(),
                    change.previous.is_some(),
                    change.is_new_state(),
                )
            })
            .collect();
        assert_eq!(changed, [("s2", true, true), ("s3", false, true)]);
        assert!(update.is_new_state());
        assert_eq!(Update::new(None, &before, None).changed_sessions.len(), 2);
    }

    #[test]
    fn an_artifact_is_new_once() {
        let with = |kinds: &[&str]| {
            let artifacts: Vec<_> = kinds
                .iter()
                .map(|kind| json!({"provider": "github", "type": kind, "data": {"id": 1}}))
                .collect();
            let mut task = task("queued", &[]);
            task.artifacts = serde_json::from_value(json!(artifacts)).unwrap();
            task
        };
        let update = Update::new(Some(&with(&["branch"])), &with(&["branch", "pull"]), None);
        let new: Vec<_> = update.new_artifacts().map(|new| new.type_.as_str()).collect();
        assert_eq!(new, ["pull"]);
        assert_eq!(
            Update::new(None, &with(&["branch"]), None)
                .new_artifacts()
                .count(),
            1
        );
    }

    #[test]
    fn a_new_name_does_not_advance_a_task() {
        let before = task("queued", &[]);
        let mut now = before.clone();
        now.name = Some("another".to_owned());
        assert!(!has_advanced(Some(&before), &now) && has_advanced(None, &now));
        assert!(has_advanced(Some(&before), &task("in_progress", &[])));
    }
}

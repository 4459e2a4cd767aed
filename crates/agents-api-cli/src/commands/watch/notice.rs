//! An event as it is handed on.
use std::sync::Arc;

use agents_api::fleet::RemovalReason;
use agents_api::raw::sanitize_for_display;
use agents_api::{FleetEvent, Task};
use serde::Serialize;

use crate::task;

/// What happened to a task. The same event has the same JSON each time it is delivered.
#[derive(Serialize)]
pub(super) struct Notice {
    /// `added`, `changed` or `removed`.
    pub(super) event: &'static str,
    pub(super) id: String,
    /// The state it is in; null if it was never seen.
    pub(super) state: Option<String>,
    /// The state it was in before.
    pub(super) previous_state: Option<String>,
    pub(super) url: Option<String>,
    pub(super) repository: Option<String>,
    /// Why it is followed no more.
    pub(super) reason: Option<String>,
    /// The task, as GitHub's list has it.
    pub(super) task: Option<Arc<Task>>,
}

impl Notice {
    /// The notice of an event, if it is about a task.
    pub(super) fn of(event: &FleetEvent, scope: Option<&str>) -> Option<Self> {
        let (name, previous, reason) = match event {
            FleetEvent::Added { .. } => ("added", None, None),
            FleetEvent::Changed { before, .. } => ("changed", Some(before.state.as_str().to_owned()), None),
            FleetEvent::Removed { reason, .. } => ("removed", None, Some(why(reason))),
            _ => return None,
        };
        let task = event.task().cloned();
        Some(Self {
            event: name,
            id: event.task_id()?.to_owned(),
            state: task.as_ref().map(|task| task.state.as_str().to_owned()),
            previous_state: previous,
            url: task.as_ref().and_then(|task| task.html_url.clone()),
            repository: scope
                .map(str::to_owned)
                .or_else(|| task.as_ref().and_then(|task| task::repository(task))),
            reason,
            task,
        })
    }

    /// The event as a line.
    pub(super) fn line(&self) -> String {
        let name = self.task.as_ref().map(|task| task::name(task));
        let state = self.state.as_deref().unwrap_or_default();
        let last = self.reason.clone().or(name).unwrap_or_default();
        [self.event, &self.id, state, &last]
            .map(sanitize_for_display)
            .join("\t")
    }
}

fn why(reason: &RemovalReason) -> String {
    match reason {
        RemovalReason::Archived => "archived".to_owned(),
        RemovalReason::NotFound => "not found, or not visible to this token".to_owned(),
        RemovalReason::Refused(error) => error.to_string(),
        _ => "not followed any more".to_owned(),
    }
}

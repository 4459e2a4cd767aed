//! What happens to a task after it was started.
//!
//! A [`Script`] is a list of [`Change`]s with the time to wait before each. The emulator keeps the next change of
//! every running task in one ordered queue and applies whatever is due before it looks at anything: no background
//! work exists, and the timestamps are those at which the changes were due, not those at which somebody looked.

mod builtin;
mod mix;

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use crate::world::{TaskState, Usage};
pub(crate) use mix::random;

/// One thing that happens to a task.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// The most recent session, and with it the task, enters a state.
    State(TaskState),
    /// The most recent session fails with this message.
    Fail(String),
    /// The task gets this name.
    Rename(String),
    /// The server replaces the name derived from the prompt by its own.
    Retitle,
    /// A branch is pushed: a branch artifact appears and the session knows its head.
    Branch,
    /// A draft pull request is opened from the branch, which is pushed if there is none.
    PullRequest,
    /// The same, if the start asked for a pull request with `create_pull_request`.
    PullRequestIfAsked,
    /// The task's pull request is merged.
    MergePullRequest,
    /// The task's pull request is closed.
    ClosePullRequest,
    /// The most recent session is billed this, in place of what it was billed before.
    Usage(Usage),
    /// The user comes back: a new session with this prompt is queued.
    FollowUp(String),
    /// The task moves to the archive.
    Archive,
    /// The task leaves the archive.
    Unarchive,
    /// Nothing but the time of the last update changes.
    Touch,
    /// An artifact of any shape appears: the value is sent as it is.
    Artifact(Value),
}

/// A change and the time that passes before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) after: Duration,
    pub(crate) change: Change,
}

/// A life: changes in order, each some time after the one before.
///
/// ```
/// use std::time::Duration;
/// use agents_api_emulator::{Change, Script, TaskState};
///
/// let stubborn = Script::new("stubborn")
///     .then(Duration::from_secs(5), Change::State(TaskState::InProgress))
///     .then(Duration::from_secs(60), Change::Fail("The build did not pass.".into()));
/// assert_eq!(stubborn.duration(), Duration::from_secs(65));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Script {
    name: Cow<'static, str>,
    steps: Vec<Step>,
}

impl Script {
    /// A life in which nothing happens: a task stays queued for ever.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            steps: Vec::new(),
        }
    }

    /// Adds a change, `after` this much of the emulator's time since the change before it (or since the start).
    /// Several changes may share a moment.
    pub fn then(mut self, after: Duration, change: Change) -> Self {
        self.steps.push(Step { after, change });
        self
    }

    /// Appends another script: its first change counts from the last of this one.
    pub fn and_then(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    /// The script's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The emulator's time from the start of the task to the last change.
    pub fn duration(&self) -> Duration {
        self.steps
            .iter()
            .fold(Duration::ZERO, |total, step| total.saturating_add(step.after))
    }

    pub(crate) fn step(&self, position: usize) -> Option<&Step> {
        self.steps.get(position)
    }
}

/// How a task that was started through the API lives, unless a script was queued for it or its prompt names one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Life {
    /// Every task follows this script.
    Script(Script),
    /// Every task follows a life of its own, drawn from the emulator's seed.
    Mix,
}

impl Default for Life {
    fn default() -> Self {
        Self::Script(Script::quick_success())
    }
}

/// Finds the script that a prompt asks for by containing `script:NAME`.
///
/// This is how a client in any language chooses the life of a single task.
pub(crate) fn asked_for_in(prompt: &str) -> Option<Script> {
    prompt
        .split_whitespace()
        .find_map(|word| Script::builtin(word.strip_prefix("script:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_script_is_found_by_its_name() {
        for name in Script::BUILTIN.iter().copied() {
            let script = Script::builtin(name);
            assert_eq!(script.as_ref().map(Script::name), Some(name));
        }
        assert_eq!(Script::builtin("no-such-script"), None);
    }

    #[test]
    fn a_prompt_can_ask_for_a_script() {
        let script = asked_for_in("Fix it, script:times-out please");
        assert_eq!(script, Some(Script::times_out()));
        assert_eq!(asked_for_in("script: fails"), None);
    }
}

//! What happens to a task after it was started.
//!
//! A [`Script`] is a list of [`Change`]s with the time to wait before each. The emulator keeps the next change of every
//! running task in one ordered queue and applies whatever is due before it reads or changes anything. There is no
//! background work, and timestamps are those at which changes were due, not those of the next request.

mod builtin;
pub(crate) mod random;

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{TaskState, Usage, seconds};

/// One thing that happens to a task.
///
/// As data it is the name of the change, or the name with its value: `"branch"`, `{"state": "in_progress"}`,
/// `{"fail": "The build did not pass."}`, `{"usage": {"type": "ai_credits", "amount": 1200000000}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
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
    /// The same, if the start requested a pull request with `create_pull_request`.
    PullRequestIfAsked,
    /// The task's pull request is merged.
    MergePullRequest,
    /// The task's pull request is closed.
    ClosePullRequest,
    /// The most recent session is billed this, which replaces what it was billed before.
    Usage(Usage),
    /// The user follows up: a new session with this prompt is queued.
    FollowUp(String),
    /// The task moves to the archive.
    Archive,
    /// The task leaves the archive.
    Unarchive,
    /// Only the time of the last update changes.
    Touch,
    /// An artifact of any shape appears: the value is sent unchanged.
    Artifact(Value),
}

/// A change and the time that passes before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The emulator's time since the step before, or since the start. As data: a number of seconds.
    #[serde(with = "seconds", default)]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub after: Duration,
    /// What happens then.
    pub change: Change,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Script {
    name: Cow<'static, str>,
    #[serde(default)]
    steps: Vec<Step>,
}

impl Script {
    /// A life in which nothing happens: the task stays queued.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scenario {
    /// Every task follows this script.
    Script(Script),
    /// Every task follows a life of its own, drawn from the emulator's seed.
    Random,
}

impl Default for Scenario {
    fn default() -> Self {
        Self::Script(Script::quick_success())
    }
}

/// Finds the script that a prompt names by `script:NAME`, among `custom` scripts first.
///
/// This is how a client in any language chooses the life of a single task.
pub(crate) fn named_in(prompt: &str, custom: &[Script]) -> Option<Script> {
    let mut names = prompt
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("script:"));
    names.find_map(|name| {
        let custom = custom.iter().find(|script| script.name() == name);
        custom.cloned().or_else(|| Script::builtin(name))
    })
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
    fn a_prompt_can_name_a_script() {
        let script = named_in("Fix it, script:times-out please", &[]);
        assert_eq!(script, Some(Script::times_out()));
        assert_eq!(named_in("script: fails", &[]), None);
        let custom = [Script::new("fails"), Script::new("mine")];
        assert_eq!(named_in("script:mine", &custom), Some(Script::new("mine")));
        assert_eq!(named_in("script:fails", &custom), Some(Script::new("fails")));
    }

    #[test]
    fn a_script_is_data() {
        let script = Script::new("stubborn")
            .then(Duration::from_millis(1500), Change::Branch)
            .then(Duration::from_secs(60), Change::Usage(Usage::AiCredits(7)))
            .then(Duration::ZERO, Change::Fail("No.".into()));
        let text = serde_json::to_string(&script).expect("JSON");
        assert_eq!(
            text,
            r#"{"name":"stubborn","steps":[{"after":1.5,"change":"branch"},{"after":60,"change":{"usage":{"type":"ai_credits","amount":7}}},{"after":0,"change":{"fail":"No."}}]}"#
        );
        assert_eq!(serde_json::from_str::<Script>(&text).expect("a script"), script);
        for wrong in [
            r#"{"name":"x","steps":[{"after":-1,"change":"branch"}]}"#,
            r#"{"name":"x","steps":[{"after":1,"change":"explode"}]}"#,
            r#"{"name":"x","step":[]}"#,
        ] {
            assert!(serde_json::from_str::<Script>(wrong).is_err(), "{wrong}");
        }
    }
}

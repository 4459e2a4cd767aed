//! How tasks, sessions and artifacts are stored.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::model::{Index, TaskState, Usage};

#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: Uuid,
    /// When it was started, in milliseconds; `created` is the second in which it was.
    pub(crate) born: i64,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) archived: Option<i64>,
    pub(crate) repo: Index,
    pub(crate) creator: Index,
    /// Whether the start requested a pull request.
    pub(crate) wants_pull: bool,
    /// The open pull request its start named by head and base.
    pub(crate) given_pull: Option<Index>,
    /// The name the server wrote; until then the name follows from the first prompt.
    pub(crate) name: Option<Box<str>>,
    pub(crate) custom_agent: Option<Box<str>>,
    /// Oldest first; never empty once a task is in the world.
    pub(crate) sessions: Vec<Session>,
    pub(crate) artifacts: Vec<Artifact>,
}

impl Task {
    /// A task's state is that of its most recent session.
    pub(crate) fn state(&self) -> TaskState {
        self.sessions
            .last()
            .map_or(TaskState::Queued, |session| session.state)
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.archived.is_some()
    }

    pub(crate) fn name(&self) -> String {
        match (&self.name, self.sessions.first()) {
            (Some(name), _) => name.to_string(),
            (None, Some(first)) => name_of(&first.prompt),
            (None, None) => String::new(),
        }
    }

    /// The pull request the task opened or was given, if any.
    pub(crate) fn pull(&self) -> Option<Index> {
        self.artifacts.iter().find_map(|artifact| match artifact {
            Artifact::Pull(index) => Some(*index),
            _ => None,
        })
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: Uuid,
    pub(crate) user: Index,
    pub(crate) state: TaskState,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) completed: Option<i64>,
    pub(crate) prompt: Box<str>,
    pub(crate) head_ref: Option<Arc<str>>,
    pub(crate) base_ref: Arc<str>,
    pub(crate) model: Arc<str>,
    pub(crate) usage: Option<Usage>,
    pub(crate) error: Option<Box<str>>,
}

#[derive(Debug, Clone)]
pub(crate) enum Artifact {
    Branch {
        head: Arc<str>,
        base: Arc<str>,
    },
    Pull(Index),
    /// Anything at all, sent as it is.
    Raw(Box<Value>),
}

/// A pull request. Its database id is not its number, and clients must not take one for the other.
#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) database_id: i64,
    pub(crate) number: u32,
    pub(crate) repo: Index,
    pub(crate) author: Index,
    pub(crate) title: Box<str>,
    pub(crate) head: Arc<str>,
    pub(crate) base: Arc<str>,
    pub(crate) state: PullState,
    pub(crate) draft: bool,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

/// The state of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PullState {
    Open,
    Closed,
    Merged,
}

impl Pull {
    /// The GraphQL node id.
    pub(crate) fn global_id(&self) -> String {
        format!("PR_kwDO{:012x}", self.database_id)
    }
}

/// The name a prompt gives a task until the server writes a better one: its first line, at most 72 characters.
pub(crate) fn name_of(prompt: &str) -> String {
    let line = prompt
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    match line.char_indices().nth(72) {
        None => line.to_owned(),
        Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
    }
}

/// The name the server writes later: the prompt's without articles and closing punctuation.
pub(crate) fn retitled(prompt: &str) -> String {
    let name = name_of(prompt);
    let words = name
        .split_whitespace()
        .filter(|word| !matches!(*word, "the" | "a" | "an" | "please" | "Please"));
    words
        .collect::<Vec<_>>()
        .join(" ")
        .trim_end_matches(['.', '!', '…', ' '])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_first_line_cut_between_characters() {
        assert_eq!(
            name_of("\n  Fix the login button \nIt is broken"),
            "Fix the login button"
        );
        let long = "ä".repeat(100);
        assert_eq!(name_of(&long).chars().count(), 73);
        assert_eq!(name_of(" \n "), "");
    }

    #[test]
    fn the_server_s_name_differs_from_the_prompt_s() {
        assert_eq!(
            retitled("Fix the login button on the homepage."),
            "Fix login button on homepage"
        );
    }
}

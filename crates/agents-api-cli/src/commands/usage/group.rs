//! Sessions by day, repository, model or creator.
use std::collections::{BTreeMap, BTreeSet};

use agents_api::chrono::{DateTime, Utc};
use agents_api::raw::sanitize_for_display;
use agents_api::{Session, Task, Usage};
use clap::ValueEnum;

use crate::task;

/// What sessions are added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    /// the day a session began, in UTC
    Day,
    /// the repository
    Repo,
    /// the model of the session
    Model,
    /// the account that began the session, by its id
    Creator,
}

impl By {
    /// The heading of the column.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Repo => "REPOSITORY",
            Self::Model => "MODEL",
            Self::Creator => "CREATOR",
        }
    }

    fn name(self, repo: Option<&str>, task: &Task, session: &Session) -> String {
        let unknown = || "unknown".to_owned();
        match self {
            Self::Day => session.created_at.format("%Y-%m-%d").to_string(),
            Self::Repo => repo
                .map(str::to_owned)
                .or_else(|| task::repository(task))
                .unwrap_or_else(unknown),
            // GitHub puts where it runs before the model: `sweagent-capi:claude-sonnet-4.6`.
            Self::Model => session.model.as_deref().map_or_else(unknown, |model| {
                sanitize_for_display(model.rsplit_once(':').map_or(model, |(_, model)| model))
            }),
            Self::Creator => {
                let user = session.user.as_ref().or(task.creator.as_ref());
                user.and_then(|user| user.id)
                    .map_or_else(unknown, |id| id.to_string())
            }
        }
    }
}

/// What the sessions that began at `since` or later have used: each group with how many tasks and how much, by name.
pub(super) fn group(
    tasks: &[(Option<String>, Task)],
    by: By,
    since: DateTime<Utc>,
) -> Vec<(String, usize, Usage)> {
    let mut groups: BTreeMap<String, (BTreeSet<&str>, Usage)> = BTreeMap::new();
    for (repo, task) in tasks {
        let sessions = task.sessions.iter().flatten();
        for session in sessions.filter(|session| session.created_at >= since) {
            let group = groups.entry(by.name(repo.as_deref(), task, session)).or_default();
            group.0.insert(&task.id);
            group.1 += Usage::from_sessions([session]);
        }
    }
    groups
        .into_iter()
        .map(|(name, (tasks, usage))| (name, tasks.len(), usage))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_session_counts_in_its_own_group() {
        let session = |id: &str, day: &str, model: &str, amount: u64| {
            json!({"id": id, "state": "completed", "created_at": format!("2026-11-{day}T10:00:00Z"),
                "model": model, "usage": {"type": "ai_credits", "amount": amount}})
        };
        let task = serde_json::from_value(json!({
            "id": "t", "state": "completed", "created_at": "2026-11-01T00:00:00Z",
            "html_url": "https://github.com/octocat/hello-world/copilot/tasks/t",
            "sessions": [
                session("a", "01", "capi:m1", 1_000_000_000),
                session("b", "02", "capi:m1", 500_000_000),
                session("c", "02", "m2", 250_000_000),
            ],
        }));
        let tasks = [(None, task.unwrap())];
        let nano = |by, since: &str| -> Vec<(String, usize, i128)> {
            group(&tasks, by, since.parse().unwrap())
                .into_iter()
                .map(|(name, tasks, usage)| (name, tasks, usage.ai_credits().nano()))
                .collect()
        };
        let start = "2026-11-01T00:00:00Z";
        assert_eq!(
            nano(By::Day, start),
            [
                ("2026-11-01".to_owned(), 1, 1_000_000_000),
                ("2026-11-02".to_owned(), 1, 750_000_000)
            ]
        );
        assert_eq!(
            nano(By::Model, start),
            [
                ("m1".to_owned(), 1, 1_500_000_000),
                ("m2".to_owned(), 1, 250_000_000)
            ]
        );
        assert_eq!(
            nano(By::Repo, "2026-11-02T00:00:00Z"),
            [("octocat/hello-world".to_owned(), 1, 750_000_000)]
        );
    }
}

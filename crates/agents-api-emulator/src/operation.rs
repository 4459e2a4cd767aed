//! The operations of the API, by GitHub's names for them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An operation the emulator serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Operation {
    /// `GET /agents/repos/{owner}/{repo}/tasks`
    ListRepoTasks,
    /// `POST /agents/repos/{owner}/{repo}/tasks`
    StartTask,
    /// `GET /agents/repos/{owner}/{repo}/tasks/{task_id}`
    GetRepoTask,
    /// `GET /agents/tasks`
    ListTasks,
    /// `GET /agents/tasks/{task_id}`
    GetTask,
    /// `POST /graphql`
    Graphql,
    /// `GET /repos/{owner}/{repo}/pulls`
    ListPulls,
    /// `GET /rate_limit`
    RateLimit,
}

impl Operation {
    /// Every operation.
    pub const ALL: &'static [Self] = &[
        Self::ListRepoTasks,
        Self::StartTask,
        Self::GetRepoTask,
        Self::ListTasks,
        Self::GetTask,
        Self::Graphql,
        Self::ListPulls,
        Self::RateLimit,
    ];

    /// The name in fault files, logs and the control API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ListRepoTasks => "list-repo-tasks",
            Self::StartTask => "start-task",
            Self::GetRepoTask => "get-repo-task",
            Self::ListTasks => "list-tasks",
            Self::GetTask => "get-task",
            Self::Graphql => "graphql",
            Self::ListPulls => "list-pulls",
            Self::RateLimit => "rate-limit",
        }
    }

    /// Whether it creates something.
    pub const fn is_write(self) -> bool {
        matches!(self, Self::StartTask)
    }

    /// Whether it is one of the two task lists.
    pub const fn is_task_list(self) -> bool {
        matches!(self, Self::ListRepoTasks | Self::ListTasks)
    }

    /// Whether it is one of the five about agent tasks.
    pub(crate) const fn is_about_tasks(self) -> bool {
        !matches!(self, Self::Graphql | Self::ListPulls | Self::RateLimit)
    }

    /// Whether it uses up quota.
    pub(crate) const fn costs(self) -> bool {
        !matches!(self, Self::RateLimit)
    }

    /// Where GitHub documents it.
    pub(crate) const fn documentation(self) -> &'static str {
        match self {
            Self::ListRepoTasks => {
                "https://docs.github.com/rest/agent-tasks/agent-tasks#list-tasks-for-repository"
            }
            Self::StartTask => "https://docs.github.com/rest/agent-tasks/agent-tasks#start-a-task",
            Self::GetRepoTask => "https://docs.github.com/rest/agent-tasks/agent-tasks#get-a-task-by-repo",
            Self::ListTasks => "https://docs.github.com/rest/agent-tasks/agent-tasks#list-tasks",
            Self::GetTask => "https://docs.github.com/rest/agent-tasks/agent-tasks#get-a-task-by-id",
            Self::Graphql => "https://docs.github.com/graphql",
            Self::ListPulls => "https://docs.github.com/rest/pulls/pulls#list-pull-requests",
            Self::RateLimit => "https://docs.github.com/rest/rate-limit/rate-limit",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

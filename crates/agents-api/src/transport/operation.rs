//! What the transport knows of a request.

/// One of the API's operations, as far as the transport is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// The operation's name, for errors and traces.
    pub(crate) name: &'static str,
    /// The HTTP method, for traces.
    pub(crate) method: &'static str,
    /// The path with its parameters unfilled, for traces.
    pub(crate) path: &'static str,
    /// Whether it creates something. Such a request is sent again only if it certainly had no effect, and at least a
    /// second after the one before.
    pub(crate) writes: bool,
    /// Which of GitHub's quotas it counts against.
    pub(crate) resource: &'static str,
}

impl Operation {
    pub(crate) const GET_TASK: Self = Self::get("get_task", "/agents/tasks/{task_id}");
    pub(crate) const GET_TASK_FOR_REPO: Self = Self::get(
        "get_task_for_repo",
        "/agents/repos/{owner}/{repo}/tasks/{task_id}",
    );
    pub(crate) const LIST_TASKS: Self = Self::get("list_tasks", "/agents/tasks");
    pub(crate) const LIST_TASKS_FOR_REPO: Self =
        Self::get("list_tasks_for_repo", "/agents/repos/{owner}/{repo}/tasks");
    pub(crate) const START_TASK: Self = Self {
        method: "POST",
        writes: true,
        ..Self::get("start_task", "/agents/repos/{owner}/{repo}/tasks")
    };

    pub(crate) const fn get(name: &'static str, path: &'static str) -> Self {
        Self {
            name,
            method: "GET",
            path,
            writes: false,
            resource: "core",
        }
    }
}

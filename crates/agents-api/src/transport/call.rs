//! What the transport has to know of a request.

/// One of the operations, as far as the transport is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The operation's name, which errors and traces give.
    pub(crate) operation: &'static str,
    /// The HTTP method, for traces.
    pub(crate) method: &'static str,
    /// The path with its parameters unfilled, for traces.
    pub(crate) path: &'static str,
    /// Whether it creates something: sent again only if it surely did nothing, and a second after the one before.
    pub(crate) writes: bool,
    /// Which of GitHub's quotas it counts against.
    pub(crate) resource: &'static str,
}

impl Call {
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

    pub(crate) const fn get(operation: &'static str, path: &'static str) -> Self {
        Self {
            operation,
            method: "GET",
            path,
            writes: false,
            resource: "core",
        }
    }
}

//! Parses paths, which may hold any bytes.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::operation::Operation;

/// Where GitHub Enterprise Server has its API: clients with such a base URL work as well.
const ENTERPRISE_PREFIX: &str = "/api/v3";

/// A known path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    UserTasks,
    UserTask(String),
    RepoTasks(String, String),
    RepoTask(String, String, String),
    Graphql,
    Pulls(String, String),
    RateLimit,
    Unknown,
}

impl Route {
    pub(crate) fn of(path: &str) -> Self {
        let path = path
            .strip_prefix(ENTERPRISE_PREFIX)
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(path);
        let Some(rest) = path.strip_prefix('/') else {
            return Self::Unknown;
        };
        // A segment that is not UTF-8 is replaced by one that names nothing.
        let segments: Vec<Cow<'_, str>> = rest
            .split('/')
            .map(|part| percent_decode_str(part).decode_utf8_lossy())
            .collect();
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        match *segments.as_slice() {
            ["agents", "tasks"] => Self::UserTasks,
            ["agents", "tasks", id] if !id.is_empty() => Self::UserTask(id.into()),
            ["agents", "repos", owner, repo, "tasks"] => Self::RepoTasks(owner.into(), repo.into()),
            ["agents", "repos", owner, repo, "tasks", id] if !id.is_empty() => {
                Self::RepoTask(owner.into(), repo.into(), id.into())
            }
            ["graphql"] | ["api", "graphql"] => Self::Graphql,
            ["repos", owner, repo, "pulls"] => Self::Pulls(owner.into(), repo.into()),
            ["rate_limit"] => Self::RateLimit,
            _ => Self::Unknown,
        }
    }

    /// The operation of a method on this path. HEAD is a GET whose body stays behind.
    pub(crate) fn operation(&self, method: &Method) -> Option<Operation> {
        let read = method == Method::GET || method == Method::HEAD;
        match self {
            Self::UserTasks if read => Some(Operation::ListTasks),
            Self::UserTask(_) if read => Some(Operation::GetTask),
            Self::RepoTasks(..) if read => Some(Operation::ListRepoTasks),
            Self::RepoTasks(..) if method == Method::POST => Some(Operation::StartTask),
            Self::RepoTask(..) if read => Some(Operation::GetRepoTask),
            Self::Graphql if method == Method::POST => Some(Operation::Graphql),
            Self::Pulls(..) if read => Some(Operation::ListPulls),
            Self::RateLimit if read => Some(Operation::RateLimit),
            _ => None,
        }
    }

    /// The methods of this path, for `Allow`; empty for an unknown path.
    pub(crate) fn allow(&self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Graphql => "POST",
            Self::RepoTasks(..) => "GET, HEAD, POST",
            _ => "GET, HEAD",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_paths_are_told_from_everything_else() {
        assert_eq!(Route::of("/agents/tasks"), Route::UserTasks);
        assert_eq!(Route::of("/api/v3/agents/tasks"), Route::UserTasks);
        assert_eq!(Route::of("/api/graphql"), Route::Graphql);
        assert_eq!(Route::of("/agents/tasks/a%2Fb"), Route::UserTask("a/b".into()));
        assert_eq!(
            Route::of("/agents/repos/o/r/tasks/.."),
            Route::RepoTask("o".into(), "r".into(), "..".into())
        );
        for path in [
            "",
            "*",
            "/",
            "//agents/tasks",
            "/agents/tasks/",
            "/agents//tasks",
            "/agents/tasks/1/2",
            "/%FF/%00",
        ] {
            assert_eq!(Route::of(path), Route::Unknown, "{path}");
        }
    }

    #[test]
    fn strange_methods_have_no_operation() {
        let route = Route::of("/agents/tasks");
        for method in ["POST", "TRACE", "CONNECT", "QUERY", "X"] {
            assert_eq!(
                route.operation(&Method::from_bytes(method.as_bytes()).expect("a token")),
                None,
                "{method}"
            );
        }
        assert_eq!(route.operation(&Method::HEAD), Some(Operation::ListTasks));
        assert_eq!(route.allow(), "GET, HEAD");
    }

    proptest! {
        #[test]
        fn any_path_means_something_or_nothing(path in "/?(agents|repos|tasks|api|v3|graphql|%[0-9A-F]{2}|\\PC|/){0,12}") {
            let route = Route::of(&path);
            prop_assert_eq!(route.allow().is_empty(), route == Route::Unknown);
        }
    }
}

//! The name of a task's repository. A task tells only the repository's id, and its own addresses, which hold the name.
//!
//! A name found in an address is a guess: whatever it leads to is compared by the repository's id before it is believed.
use std::collections::VecDeque;

use agents_api_raw::check_path_segment;

use agents_api_raw::types::Task;

/// Owner and name of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RepoName {
    pub(super) owner: String,
    pub(super) name: String,
}

impl RepoName {
    pub(super) fn new(owner: &str, name: &str) -> Option<Self> {
        // What would have to be decoded is no name of GitHub's.
        let fits = |part: &str| check_path_segment(part).is_ok() && !part.contains(['%', ':', '?', '#']);
        (fits(owner) && fits(name)).then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Reads `owner/name`.
    pub(super) fn parse(full_name: &str) -> Option<Self> {
        let (owner, name) = full_name.split_once('/')?;
        Self::new(owner, name)
    }

    /// What the task's addresses say: `…/agents/repos/OWNER/NAME/tasks/ID` in the API, or in a browser
    /// `https://HOST/OWNER/NAME/…/tasks/ID`.
    pub(super) fn in_addresses_of(task: &Task) -> Option<Self> {
        let in_api = task.url.as_deref().and_then(|url| {
            let (_, rest) = url.split_once("/agents/repos/")?;
            let mut parts = rest.split('/');
            let name = Self::new(parts.next()?, parts.next()?)?;
            (parts.next() == Some("tasks")).then_some(name)
        });
        in_api.or_else(|| {
            let (_, rest) = task.html_url.as_deref()?.split_once("://")?;
            let mut parts: VecDeque<_> = rest.split('/').skip(1).collect();
            let name = Self::new(parts.pop_front()?, parts.pop_front()?)?;
            parts.contains(&"tasks").then_some(name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_addresses_and_nothing_else_is() {
        for (url, html_url, name) in [
            (
                Some("https://api.github.com/agents/repos/o/r/tasks/t"),
                None,
                Some("o/r"),
            ),
            (
                Some("https://ghe.example/api/v3/agents/repos/o/r/tasks/t"),
                None,
                Some("o/r"),
            ),
            (None, Some("https://github.com/o/r/copilot/tasks/t"), Some("o/r")),
            (
                Some("https://api.github.com/agents/tasks/t"),
                Some("https://github.com/o/r/agents/tasks/t"),
                Some("o/r"),
            ),
            (
                Some("https://api.github.com/agents/tasks/t"),
                Some("https://github.com/copilot/tasks/t"),
                None,
            ),
            (
                Some("https://api.github.com/agents/repos/../r/tasks/t"),
                None,
                None,
            ),
            (Some("https://api.github.com/agents/repos/o/r"), None, None),
            (
                Some("https://api.github.com/agents/repos/o%2Fp/r/tasks/t"),
                None,
                None,
            ),
            (None, Some("https://github.com"), None),
            (None, Some("/o/r/tasks"), None),
            (None, None, None),
        ] {
            let mut task: Task =
                serde_json::from_str(r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#)
                    .unwrap();
            task.url = url.map(ToOwned::to_owned);
            task.html_url = html_url.map(ToOwned::to_owned);
            let found = RepoName::in_addresses_of(&task);
            assert_eq!(found, name.and_then(RepoName::parse), "{url:?} {html_url:?}");
        }
    }
}

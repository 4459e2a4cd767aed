//! What became of each pull request artifact: the pull request, or the reason why it was not found.
use std::fmt;

use agents_api_raw::sanitize_for_display;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ids::{PullRequestId, PullRequestNumber};

/// Every pull request artifact of the tasks given, once: in `resolved` or in `unresolved`, each in the order of the
/// tasks and of their artifacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PullRequests {
    /// What was found.
    pub resolved: Vec<PullRequest>,
    /// What was not found, or cannot be what the artifact means, and why.
    pub unresolved: Vec<UnresolvedPullRequest>,
}

impl PullRequests {
    /// The pull requests that were found for one task.
    pub fn for_task<'a>(&'a self, task_id: &'a str) -> impl Iterator<Item = &'a PullRequest> {
        self.resolved.iter().filter(move |pull| pull.task_id == task_id)
    }
}

/// A pull request of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PullRequest {
    /// Id of the task.
    pub task_id: String,
    /// Position of the artifact in `artifacts` of the task, from 0.
    pub artifact_index: usize,
    /// Its id in GitHub's database.
    pub id: Option<PullRequestId>,
    /// Its number in the repository.
    pub number: PullRequestNumber,
    /// The page that shows it in a browser.
    pub url: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Whether it is open, closed or merged.
    pub state: PullRequestState,
    /// Whether it is a draft.
    pub is_draft: Option<bool>,
    /// Name of the branch with the work.
    pub head_ref: Option<String>,
    /// Name of the branch it is to be merged into.
    pub base_ref: Option<String>,
    /// Its repository, as `owner/name`.
    pub repository: Option<String>,
    /// What led to it.
    pub resolved_via: ResolvedVia,
}

impl PullRequest {
    /// Whether it was merged.
    pub fn is_merged(&self) -> bool {
        self.state == PullRequestState::Merged
    }
}

/// What led to a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResolvedVia {
    /// The artifact's `global_id`.
    GlobalId,
    /// The branch that the task works on.
    Branch,
}

/// The state of a pull request.
///
/// An open enum: a value that GitHub adds later is [`PullRequestState::Unknown`] and keeps its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PullRequestState {
    /// Open, as a draft or not.
    Open,
    /// Closed without being merged.
    Closed,
    /// Merged.
    Merged,
    /// A value this version of the crate does not know, as GitHub sent it.
    Unknown(String),
}

impl PullRequestState {
    /// The state in lower case, as REST writes it; an unknown one as GitHub sent it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Merged => "merged",
            Self::Unknown(text) => text,
        }
    }
}

impl From<&str> for PullRequestState {
    /// GraphQL writes states in upper case, REST in lower case.
    fn from(text: &str) -> Self {
        [Self::Open, Self::Closed, Self::Merged]
            .into_iter()
            .find(|state| state.as_str().eq_ignore_ascii_case(text))
            .unwrap_or_else(|| Self::Unknown(text.to_owned()))
    }
}

impl fmt::Display for PullRequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for PullRequestState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for PullRequestState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(String::deserialize(deserializer)?.as_str().into())
    }
}

/// An artifact that did not lead to its pull request. Shown, it is a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnresolvedPullRequest {
    /// Id of the task.
    pub task_id: String,
    /// Position of the artifact in `artifacts` of the task, from 0.
    pub artifact_index: usize,
    /// The database id that the artifact carries.
    pub id: Option<PullRequestId>,
    /// The GraphQL id that the artifact carries.
    pub global_id: Option<String>,
    /// Why it was not found.
    pub reason: UnresolvedReason,
    /// GitHub's own words, if it had any.
    pub message: Option<String>,
}

impl fmt::Display for UnresolvedPullRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "artifact {} of task {}: {}",
            self.artifact_index,
            sanitize_for_display(&self.task_id),
            self.reason
        )?;
        match &self.message {
            Some(message) => write!(f, " (GitHub says: {})", sanitize_for_display(message)),
            None => Ok(()),
        }
    }
}

/// Why an artifact did not lead to its pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnresolvedReason {
    /// GraphQL does not lead to it, and the task names no branch to look for.
    ///
    /// Tasks from lists have no sessions, which name the branch: get the task and try again.
    NoBranch,
    /// GraphQL does not lead to it, and the name of the repository is not known.
    ///
    /// Use [`Repo::resolve_pull_requests`](crate::Repo::resolve_pull_requests), which knows it.
    NoRepositoryName,
    /// No pull request of the branch is the one meant. It may be deleted, or the token may not see it.
    NotFound,
    /// The artifact carries no id, and the branch has several pull requests.
    Ambiguous {
        /// Their numbers, the latest first.
        candidates: Vec<PullRequestNumber>,
    },
    /// What was found belongs to another repository than the task.
    OtherRepository {
        /// The repository of what was found, as `owner/name` if it is known.
        repository: Option<String>,
    },
    /// The `global_id` leads to a pull request with another database id than the artifact's.
    OtherPullRequest {
        /// The id of what was found.
        id: PullRequestId,
    },
    /// The `global_id` leads to something that is no pull request.
    OtherType {
        /// What it is, such as `Issue`.
        type_name: String,
    },
    /// GitHub refused to list the repository's pull requests: the token may lack the permission to read them.
    Refused {
        /// The status of the refusal, such as 404.
        status: u16,
    },
}

impl fmt::Display for UnresolvedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBranch => f.write_str(
                "its id does not lead to a pull request, and the task names no branch; get the task with its sessions",
            ),
            Self::NoRepositoryName => f.write_str(
                "its id does not lead to a pull request, and the repository's name is not known; use \
                 Repo::resolve_pull_requests",
            ),
            Self::NotFound => f.write_str("no pull request of its branch is the one meant"),
            Self::Ambiguous { candidates } => {
                f.write_str("it has no id, and its branch has several pull requests:")?;
                candidates.iter().try_for_each(|number| write!(f, " #{number}"))
            }
            Self::OtherRepository { repository: Some(name) } => {
                write!(f, "what was found belongs to {}", sanitize_for_display(name))
            }
            Self::OtherRepository { repository: None } => {
                f.write_str("what was found belongs to another repository")
            }
            Self::OtherPullRequest { id } => write!(f, "its global id leads to another pull request, {id}"),
            Self::OtherType { type_name } => {
                write!(f, "its global id leads to a thing of type {}", sanitize_for_display(type_name))
            }
            Self::Refused { status } => {
                write!(f, "the repository's pull requests cannot be listed: {status}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_cannot_act_on_a_terminal() {
        let evil = "a\u{1b}[2Jb\nc\u{202e}";
        for reason in [
            UnresolvedReason::OtherRepository {
                repository: Some(evil.to_owned()),
            },
            UnresolvedReason::OtherType {
                type_name: evil.to_owned(),
            },
            UnresolvedReason::NotFound,
        ] {
            let shown = UnresolvedPullRequest {
                task_id: evil.to_owned(),
                artifact_index: 0,
                id: None,
                global_id: None,
                reason,
                message: Some(evil.to_owned()),
            }
            .to_string();
            assert!(!shown.contains(['\u{1b}', '\n', '\u{202e}']), "{shown:?}");
        }
    }

    #[test]
    fn states_are_read_from_both_apis_and_unknown_ones_kept() {
        for (text, state, written) in [
            ("OPEN", PullRequestState::Open, "open"),
            ("merged", PullRequestState::Merged, "merged"),
            ("Closed", PullRequestState::Closed, "closed"),
            ("QUEUED", PullRequestState::Unknown("QUEUED".to_owned()), "QUEUED"),
        ] {
            assert_eq!(PullRequestState::from(text), state);
            assert_eq!(serde_json::to_value(state).unwrap(), written);
        }
    }
}

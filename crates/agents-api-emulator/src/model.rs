//! The vocabulary that everything shares: states, usage, access, names of repositories.
//!
//! Everything here is data: the library, the files and the control API read and write the same types.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A position in the world's list of users, repositories, tasks or pull requests.
pub(crate) type Index = u32;

/// A state of tasks and sessions that GitHub documents. Only faults send states that it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskState {
    /// Waiting for an agent.
    #[default]
    Queued,
    /// An agent is working.
    InProgress,
    /// Ended successfully.
    Completed,
    /// Ended with an error.
    Failed,
    /// Paused: nothing happens until the user returns.
    Idle,
    /// Paused: the agent asked a question.
    WaitingForUser,
    /// Ended because it took too long.
    TimedOut,
    /// Ended by its user.
    Cancelled,
}

impl TaskState {
    /// Every documented state, in GitHub's order.
    pub const ALL: &'static [Self] = &[
        Self::Queued,
        Self::InProgress,
        Self::Completed,
        Self::Failed,
        Self::Idle,
        Self::WaitingForUser,
        Self::TimedOut,
        Self::Cancelled,
    ];

    /// The name in requests and responses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Idle => "idle",
            Self::WaitingForUser => "waiting_for_user",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state with this name, if GitHub documents it.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == name)
    }

    /// Whether the session is over: completed, failed, timed out or cancelled.
    pub const fn has_ended(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::TimedOut | Self::Cancelled
        )
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a session was billed, in the form of GitHub's responses: `{"type": "ai_credits", "amount": 1200000000}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    tag = "type",
    content = "amount",
    rename_all = "snake_case",
    deny_unknown_fields
)]
#[non_exhaustive]
pub enum Usage {
    /// AI credits, in whole nano units: 1,000,000,000 of them are one credit. May exceed 2⁵³.
    AiCredits(u64),
    /// Premium requests, possibly fractional: the unit before June 2026.
    PremiumRequests(f64),
}

/// What a token may do with agent tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Access {
    /// Nothing: every operation responds 403.
    None,
    /// List and get; a start responds 403.
    Read,
    /// Everything.
    #[default]
    Write,
}

/// The full name of a repository, written `owner/name`.
///
/// ```
/// use agents_api_emulator::RepoName;
///
/// let name: RepoName = "octocat/hello-world".parse()?;
/// assert_eq!(name, RepoName::new("octocat", "hello-world"));
/// assert!("hello-world".parse::<RepoName>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoName {
    /// The login of the owner.
    pub owner: String,
    /// The name within the owner.
    pub name: String,
}

impl RepoName {
    /// The repository `name` of `owner`.
    pub fn new(owner: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            name: name.into(),
        }
    }

    /// The key under which names are compared, without regard to case.
    pub(crate) fn key(&self) -> String {
        repo_key(&self.owner, &self.name)
    }
}

/// Names of owners and repositories are compared without regard to case.
pub(crate) fn repo_key(owner: &str, name: &str) -> String {
    format!("{owner}/{name}").to_lowercase()
}

impl Default for RepoName {
    /// The documentation's example, `octocat/hello-world`.
    fn default() -> Self {
        Self::new("octocat", "hello-world")
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl FromStr for RepoName {
    type Err = String;

    /// Reads `owner/name`. Letters, digits, `-`, `_` and `.` are allowed, as on GitHub.
    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = |name: &str| {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !name.is_empty() && name.bytes().all(is_allowed) && !matches!(name, "." | "..")
        };
        match text.split_once('/') {
            Some((owner, name)) if is_name(owner) && is_name(name) => Ok(Self::new(owner, name)),
            _ => Err(format!(
                "repository {text:?}: not of the form OWNER/NAME; write it like octocat/hello-world"
            )),
        }
    }
}

impl Serialize for RepoName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RepoName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for RepoName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RepoName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "The full name of a repository, written `owner/name`.",
            "pattern": "^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$"
        })
    }
}

/// Durations as JSON and TOML write them: a number of seconds, possibly fractional.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    // The signature is serde's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        if duration.subsec_nanos() == 0 {
            serializer.serialize_u64(duration.as_secs())
        } else {
            serializer.serialize_f64(duration.as_secs_f64())
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| de::Error::custom(format!("{seconds} seconds: not a duration; use a number from 0")))
    }
}

//! What people write who have no library: reqwest, and a struct for each object. The reference of every ratio.
//!
//! The structs hold all that the documentation promises, in the types that the generated ones have, and no more: no
//! unknown fields, no unknown states' texts.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskList {
    pub(crate) tasks: Vec<Task>,
    #[expect(dead_code, reason = "decoded as it would be by those who read it")]
    pub(crate) total_active_count: Option<i64>,
    #[expect(dead_code, reason = "decoded as it would be by those who read it")]
    pub(crate) total_archived_count: Option<i64>,
}

/// A task.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "decoded as it would be by those who read it")]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) url: Option<String>,
    pub(crate) html_url: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) creator: Option<Id>,
    pub(crate) creator_type: Option<CreatorType>,
    pub(crate) owner: Option<Id>,
    pub(crate) repository: Option<Id>,
    pub(crate) user_collaborators: Option<Vec<Id>>,
    pub(crate) state: State,
    pub(crate) session_count: Option<i64>,
    pub(crate) artifacts: Option<Vec<Artifact>>,
    pub(crate) custom_agent: Option<CustomAgent>,
    pub(crate) archived_at: Option<DateTime<Utc>>,
    pub(crate) updated_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) sessions: Option<Vec<Session>>,
}

/// A session of a task.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "decoded as it would be by those who read it")]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) user: Option<Id>,
    pub(crate) owner: Option<Id>,
    pub(crate) repository: Option<Id>,
    pub(crate) task_id: Option<String>,
    pub(crate) state: State,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: Option<DateTime<Utc>>,
    pub(crate) completed_at: Option<DateTime<Utc>>,
    pub(crate) prompt: Option<String>,
    pub(crate) head_ref: Option<String>,
    pub(crate) base_ref: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) error: Option<SessionError>,
    pub(crate) usage: Option<Usage>,
}

/// Someone or something that is known by its id.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "decoded as it would be by those who read it")]
pub(crate) struct Id {
    pub(crate) id: Option<i64>,
}

/// A custom agent.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "decoded as it would be by those who read it")]
pub(crate) struct CustomAgent {
    pub(crate) id: Option<String>,
}

/// Why a session failed.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "decoded as it would be by those who read it")]
pub(crate) struct SessionError {
    pub(crate) message: Option<String>,
}

/// What a session cost.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "decoded as it would be by those who read it")]
pub(crate) struct Usage {
    pub(crate) amount: serde_json::Number,
    #[serde(rename = "type")]
    pub(crate) unit: Unit,
}

/// What a task has produced.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "decoded as it would be by those who read it")]
pub(crate) struct Artifact {
    pub(crate) provider: Provider,
    #[serde(rename = "type")]
    pub(crate) kind: ArtifactType,
    pub(crate) data: ArtifactData,
}

/// Where it is: the fields of both forms, which is simpler than an untagged enum and faster.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "decoded as it would be by those who read it")]
pub(crate) struct ArtifactData {
    pub(crate) id: Option<i64>,
    pub(crate) global_id: Option<String>,
    pub(crate) head_ref: Option<String>,
    pub(crate) base_ref: Option<String>,
}

/// The states, and one for those to come.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Queued,
    InProgress,
    Completed,
    Failed,
    Idle,
    WaitingForUser,
    TimedOut,
    Cancelled,
    #[serde(other)]
    Unknown,
}

/// The kinds of accounts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CreatorType {
    User,
    Organization,
    #[serde(other)]
    Unknown,
}

/// Where artifacts are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Provider {
    Github,
    #[serde(other)]
    Unknown,
}

/// What artifacts are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ArtifactType {
    Pull,
    Branch,
    #[serde(other)]
    Unknown,
}

/// What is counted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    AiCredits,
    PremiumRequests,
    #[serde(other)]
    Unknown,
}

/// The body of a start.
#[derive(Serialize)]
pub(crate) struct Start<'a> {
    pub(crate) prompt: &'a str,
    pub(crate) base_ref: &'a str,
    pub(crate) create_pull_request: bool,
}

/// A client with the headers that GitHub wants.
pub(crate) fn client(token: &str) -> Result<reqwest::Client, Box<dyn std::error::Error>> {
    use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    headers.insert(
        HeaderName::from_static("x-github-api-version"),
        HeaderValue::from_static("2026-03-10"),
    );
    headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}"))?);
    Ok(reqwest::Client::builder()
        .user_agent("agents-api-bench")
        .default_headers(headers)
        .timeout(std::time::Duration::from_secs(60))
        .no_proxy()
        .build()?)
}

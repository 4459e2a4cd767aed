//! The bodies of the control API that are not the library's own types.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::faults::Fault;
use crate::model::{RepoName, TaskState};

/// What the clock shows.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct ClockState {
    /// The current time.
    pub(super) now: DateTime<Utc>,
    /// How many times as fast as real time it runs; 0: it is frozen.
    pub(super) speed: f64,
}

/// A change of the clock. Absent fields stay as they are.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ClockChange {
    /// A time that is not in the past: the clock advances to it, and everything due until then happens.
    pub(super) now: Option<DateTime<Utc>>,
    /// How many times as fast as real time it runs; 0 freezes it.
    pub(super) speed: Option<f64>,
}

/// How far the clock advances.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    /// A number of seconds.
    pub(super) seconds: f64,
}

/// A user to add.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    /// The login.
    pub(super) login: String,
}

/// A user.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct UserState {
    /// The id.
    pub(super) id: i64,
    /// The login.
    pub(super) login: String,
}

/// A repository to add.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct NewRepository {
    /// Its full name. Its owner is created if there is none of that name.
    pub(super) name: RepoName,
}

/// What is left of a token's quota.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RemainingQuota {
    /// The secret of the token.
    pub(super) secret: String,
    /// Number of requests until its window ends.
    pub(super) remaining: u32,
}

/// Tasks with random histories.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RandomTasks {
    /// Number of tasks.
    pub(super) count: u32,
}

/// A snapshot.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct SnapshotState {
    /// The id to restore or delete it by.
    pub(super) id: u64,
}

/// A fault and how often it has triggered.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct FaultState {
    /// The fault.
    pub(super) fault: Fault,
    /// Number of requests on which it has triggered.
    pub(super) triggered: u64,
}

/// A change of a task's state.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct TransitionState {
    /// When it happened.
    pub(super) at: DateTime<Utc>,
    /// The task.
    pub(super) task_id: String,
    /// The state it left.
    pub(super) from: TaskState,
    /// The state it entered.
    pub(super) to: TaskState,
}

/// Whether the emulator serves.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Health {
    /// Always `ok`.
    pub(super) status: &'static str,
    /// The version of the emulator.
    pub(super) version: &'static str,
}

/// Why a request was refused.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct ErrorBody {
    /// What is wrong, why, and what to do.
    pub(super) message: String,
}

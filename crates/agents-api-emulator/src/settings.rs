//! What the routes need to know besides the world.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::seconds;

/// What an emulator was configured to do.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    /// `host:port` that the emulator listens on.
    pub(crate) local: String,
    pub(crate) models: Vec<String>,
    /// Maximum size of a request body in bytes.
    pub(crate) body_limit: usize,
    /// Maximum number of tasks.
    pub(crate) max_tasks: u32,
    pub(crate) realism: Realism,
}

/// Behavior of GitHub that was observed but is not documented. Everything is off by default.
///
/// ```
/// use agents_api_emulator::{Emulator, Realism};
///
/// let builder = Emulator::builder().realism(Realism { empty_global_ids: true, ..Realism::default() });
/// let everything = Emulator::builder().realism(Realism::github());
/// # let _ = (builder, everything);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Realism {
    /// How long a new task responds 404 to a get. As data: a number of seconds.
    #[serde(with = "seconds")]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub new_task_delay: Duration,
    /// How long a new task is missing from lists. As data: a number of seconds.
    #[serde(with = "seconds")]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub list_lag: Duration,
    /// Whether the `global_id` of a pull request artifact is empty, so that GraphQL cannot resolve it.
    pub empty_global_ids: bool,
    /// Whether a start that does not mention a pull request opens one. GitHub documents the opposite.
    pub pull_requests_by_default: bool,
}

impl Realism {
    /// Everything that GitHub was observed to do: a new task is found after two seconds and listed after five, pull
    /// requests have no global id, and starts open them by default.
    pub fn github() -> Self {
        Self {
            new_task_delay: Duration::from_secs(2),
            list_lag: Duration::from_secs(5),
            empty_global_ids: true,
            pull_requests_by_default: true,
        }
    }
}

//! What GitHub said last of the quota.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What GitHub said last of a quota; made by [`Client::rate_limit`](crate::Client::rate_limit).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many requests an hour are allowed: 5,000 for a user.
    pub limit: u64,
    /// How many are left.
    pub remaining: u64,
    /// How many were sent.
    pub used: u64,
    /// When the quota is full again, by GitHub's clock.
    pub reset: DateTime<Utc>,
    /// Which quota it is, such as `core`.
    pub resource: String,
}

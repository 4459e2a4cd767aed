//! How requests are made: one place sends them, and what is known of the quota is kept here.
mod memory;
mod rate_limit;

pub(crate) use memory::{Look, Memory};
pub use rate_limit::RateLimit;

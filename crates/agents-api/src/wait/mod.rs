//! Waiting until a task meets a condition.
//!
//! Users disagree on when a task is over: `idle` and `waiting_for_user` are pauses that some want to stop at. So a
//! wait names its condition: one of [`until`], a combination of them, or a closure of your own. Every wait has an end:
//! the time limit applies by default.
mod cadence;
mod condition;
mod error;
mod schedule;
pub mod until;
mod wait_until;

pub use condition::{And, BoxCondition, Condition, Not, Or, Progress};
pub use error::WaitError;
pub use wait_until::WaitUntil;

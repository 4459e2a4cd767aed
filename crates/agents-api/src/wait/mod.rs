//! Waiting until a task meets a condition, and watching what happens to it.
//!
//! Users disagree on when a task is over: `idle` and `waiting_for_user` are pauses that some want to stop at. So a
//! wait names its condition: one of [`until`], a combination of them, or a closure of your own. Every wait has an end:
//! the time limit applies by default. A [`Watch`] has none: it tells every change, and what to make of it is yours.
//!
//! Both look at the task again and again, in the same way: see [`Cadence`] for how often, and
//! [`WaitUntil`](WaitUntil#failures) for what becomes of failures.
mod baseline;
mod cadence;
mod condition;
mod error;
#[cfg(test)]
mod model;
mod options;
mod poller;
mod schedule;
mod start_and_wait;
pub mod until;
mod update;
mod wait_until;
mod watch;

pub use baseline::Baseline;
pub use cadence::Cadence;
pub use condition::{And, BoxCondition, Condition, Not, Or, Progress};
pub use error::{WaitError, WaitErrorKind};
pub use start_and_wait::{StartAndWait, StartAndWaitError};
pub use update::{SessionChange, Update};
pub use wait_until::WaitUntil;
pub use watch::Watch;

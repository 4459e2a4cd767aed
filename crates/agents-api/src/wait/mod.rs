//! Waiting until a task meets a condition, and watching what happens to it.
//!
//! Users disagree on when a task is over: `idle` and `waiting_for_user` are pauses that some want to stop at. A wait
//! therefore names its condition: one of [`until`], a combination of them, or a closure. Every wait has a timeout, by
//! default two hours. A [`Watch`] has none: it is a stream of all changes.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let github = agents_api_emulator::Emulator::builder().speed(1.0).start().await?;
//! # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
//! # let repo = client.repo("octocat", "hello-world")?;
//! use agents_api::until;
//!
//! // Start and wait in one call.
//! let done = repo.start_task("Fix the login button").wait_until(until::settled()).await?;
//!
//! // Or wait for a task by its id, which another process may have started.
//! let done = client.task(&done.id).wait_until(until::ended().or(until::needs_user())).await?;
//!
//! // Or follow every change.
//! let mut updates = client.task(&done.id).watch();
//! while let Some(update) = updates.try_next().await? {
//!     println!("{}", update.task.state);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Both poll the task in the same way: see [`PollInterval`] for how often, and [`WaitUntil`](WaitUntil#failures) for how
//! failures are handled.
mod baseline;
mod condition;
mod error;
mod interval;
#[cfg(test)]
mod model;
mod poller;
mod schedule;
mod settings;
mod start_and_wait;
pub mod until;
mod update;
mod wait_until;
mod watch;

pub use baseline::Baseline;
pub use condition::{Condition, ConditionStatus};
pub use error::{WaitError, WaitErrorKind};
pub use interval::PollInterval;
pub use start_and_wait::{StartAndWait, StartAndWaitError};
pub use update::{SessionChange, Update};
pub use wait_until::WaitUntil;
pub use watch::Watch;

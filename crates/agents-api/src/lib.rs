#![doc = include_str!("../README.md")]
//!
//! ## Without a token
//!
//! The same against `agents-api-emulator`, an in-memory GitHub for tests and first steps:
//!
//! ```
//! use agents_api::{Client, until};
//! use agents_api_emulator::Emulator;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let github = Emulator::builder().speed(5000.0).start().await?;
//!     let client = Client::builder().base_url(github.base_url()).token(github.token()).build()?;
//!     let repo = client.repo("octocat", "hello-world")?;
//!
//!     let task = repo.start_task("Fix the login button").await?;
//!     let done = client.task(&task.id).wait_until(until::settled()).await?;
//!     assert_eq!(done.id, task.id);
//!     Ok(())
//! }
//! ```

mod client;
mod error;
pub mod fleet;
mod future;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod get;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod list;
pub mod pulls;
pub mod start;
mod state;
mod transport;
mod usage;
pub mod wait;

pub use agents_api_raw::types::{
    Artifact, ArtifactData, ArtifactProvider, ArtifactType, BranchRef, CreatorType, CustomAgent,
    GitHubResource, Repository, Session, SessionError, SessionUsage, SortDirection, Task, TaskSort,
    TaskState, UsageType, User,
};
pub use client::{Client, ClientBuilder, Repo, TaskRef};
pub use error::{Delivery, Error, ErrorKind, FieldError, RateLimit};
pub use fleet::FleetEvent;
pub use future::BoxFuture;
pub use get::GetTask;
pub use state::{Phase, TaskStateExt};
pub use transport::{RateLimitPolicy, RetryPolicy, Token, TokenProvider};
pub use usage::{AiCredits, PremiumRequests, Usage};
pub use wait::{Condition, WaitError, until};

/// The generated layer below, for whatever this crate does not offer.
pub use agents_api_raw as raw;

// What stands in this crate's signatures, so that a dependent need not match versions by hand.
pub use agents_api_raw::{chrono, reqwest, serde_json};

// The examples of the workspace's README are compiled with this crate's.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod workspace_readme {}

//! How requests are made: one place sends them, one decides whether to send them again, one keeps to GitHub's limits.
//!
//! | file | what it holds |
//! |---|---|
//! | `execute` | the shell: sends, sleeps |
//! | `retry` | pure: whether to send again, and after which pause |
//! | `governor` | pure: when GitHub wants the next request |
//! | `gate` | the governor's shell: where requests wait for their turn |
//! | `credentials` | the token, and how it is renewed |
//! | `memory` | what a poller remembers, for conditional requests |
//! | `trace` | spans |
mod call;
mod credentials;
mod execute;
mod gate;
pub(crate) mod governor;
mod memory;
mod policy;
mod retry;
mod trace;

pub(crate) use call::Call;
pub(crate) use credentials::{Credentials, check_token};
pub(crate) use execute::{Core, Settings};
pub(crate) use memory::{Look, Memory};

pub use credentials::TokenProvider;
pub use policy::{RateLimitPolicy, RetryPolicy};

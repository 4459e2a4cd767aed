//! How requests are made: one place sends them, one decides whether to send them again, one keeps to GitHub's limits.
//!
//! | file | what it holds |
//! |---|---|
//! | `core` | the shell: sends, sleeps |
//! | `retry` | pure: whether to send again, and after which pause |
//! | `governor` | pure: when GitHub wants the next request |
//! | `gate` | the governor's shell: where requests wait for their turn |
//! | `credentials` | the token, and how it is renewed |
//! | `memory` | what a poller remembers, for conditional requests |
//! | `trace` | spans |
mod call;
mod core;
mod credentials;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod gate;
mod governor;
mod headers;
mod memory;
mod policy;
mod rate_limit;
mod retry;
mod trace;

pub(crate) use self::core::{Core, Settings};
pub(crate) use call::Call;
pub(crate) use credentials::{BoxError, Credentials, check_token};
pub(crate) use headers::{is_rate_limited, rate_limit, retry_after};
pub(crate) use memory::{Look, Memory};

pub use credentials::TokenProvider;
pub use policy::{RateLimitPolicy, RetryPolicy};
pub use rate_limit::RateLimit;

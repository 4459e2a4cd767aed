//! How requests are made: one place sends them, one decides whether to send them again, one keeps to GitHub's limits.
//!
//! | file | what it holds |
//! |---|---|
//! | `execute` | the shell: sends, sleeps |
//! | `retry` | pure: whether to send again, and after which pause |
//! | `backoff` | pure: how long to wait after failures, for everything that retries |
//! | `rate_limiter` | when GitHub accepts the next request, and how long a rate limit lasts; `state` is pure |
//! | `credentials` | the token, and how it is renewed |
//! | `memory` | what a poller remembers, for conditional requests |
//! | `trace` | spans |
mod backoff;
mod call;
mod credentials;
mod execute;
mod memory;
mod policy;
mod rate_limiter;
mod retry;
mod trace;

pub(crate) use backoff::{Backoff, later};
pub(crate) use call::Call;
pub(crate) use credentials::{Credentials, check_token};
pub(crate) use execute::{Core, Settings};
pub(crate) use memory::{Look, Memory};
#[cfg(any(fuzzing, test))]
pub(crate) use rate_limiter::state::LimiterState;

pub use credentials::TokenProvider;
pub use policy::{RateLimitPolicy, RetryPolicy};

//! How requests are made: one place sends them, one decides whether to send them again, one knows the rate limits.
//!
//! | file | what it holds |
//! |---|---|
//! | `execute` | the shell: sends once or with retries, sleeps |
//! | `retry` | pure: whether to send again, and after which delay |
//! | `backoff` | pure: how long to wait after failures, for everything that retries |
//! | `rate_limiter` | when GitHub accepts the next request, and how long a rate limit lasts; `state` is pure |
//! | `credentials` | the token, and how it is renewed |
//! | `conditional` | what a poller remembers for conditional requests |
//! | `operation` | what is known of an operation before it is sent |
//! | `policy` | what a caller chooses |
//! | `trace` | spans |
mod backoff;
mod conditional;
mod credentials;
mod execute;
mod operation;
mod policy;
mod rate_limiter;
mod retry;
mod trace;

pub(crate) use backoff::{Backoff, later};
pub(crate) use conditional::{EtagCache, Revalidated};
pub(crate) use credentials::{Credentials, check_token};
pub(crate) use execute::{Executor, Settings};
pub(crate) use operation::Operation;
#[cfg(any(fuzzing, test))]
pub(crate) use rate_limiter::state::LimiterState;

pub use credentials::{Token, TokenProvider};
pub use policy::{RateLimitPolicy, RetryPolicy};

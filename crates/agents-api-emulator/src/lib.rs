#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! [`Emulator`] is the handle of a running emulator and [`Builder`] makes one; [`TaskHandle`] reads and changes a task
//! without a request. [`Clock`] is the time everything reads. [`Script`], [`Change`] and [`Scenario`] say how tasks live,
//! [`Fault`], [`Effect`] and [`Target`] what goes wrong, [`Limits`] how many requests a token may send, [`Realism`] which
//! undocumented behavior of GitHub is imitated. [`RequestRecord`] is an entry of the log.

mod app;
mod clock;
mod control;
mod emulator;
mod faults;
mod life;
mod limits;
mod log;
mod model;
mod net;
mod operation;
#[cfg(feature = "cli")]
pub mod program;
mod redact;
mod response;
mod routes;
mod seeded;
mod settings;
mod world;

pub use clock::Clock;
pub use emulator::builder::{Builder, DEFAULT_TOKEN};
pub use emulator::error::Error;
pub use emulator::handle::TaskHandle;
pub use emulator::{Emulator, Transition};
pub use faults::effect::Effect;
pub use faults::plan::{FaultPlan, PlanError};
pub use faults::{Fault, Target};
pub use life::{Change, Scenario, Script, Step};
pub use limits::{Limits, RateLimitResponse, RetryAfter, SecondaryLimits};
pub use log::RequestRecord;
pub use model::{Access, RepoName, TaskState, Usage};
pub use operation::Operation;
pub use settings::Realism;
pub use world::account::Token;
pub use world::seed::TaskSeed;

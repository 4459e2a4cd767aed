#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! [`Emulator`] is the handle of a running emulator and [`Builder`] makes one; [`TaskHandle`] looks at a task and changes
//! it without a request. [`Clock`] is the time everything reads. [`Script`], [`Change`] and [`Life`] say how tasks live,
//! [`Fault`], [`Effect`] and [`Target`] what goes wrong, [`Limits`] how often a token may ask. [`RequestRecord`] is what
//! the log tells.

mod answer;
mod auth;
mod clock;
mod emulator;
mod etag;
mod faults;
mod hide;
mod life;
mod limits;
mod log;
mod operation;
#[cfg(feature = "cli")]
pub mod program;
mod query;
mod routes;
mod seeded;
mod validate;
mod view;
mod world;

pub use clock::Clock;
pub use emulator::{Builder, DEFAULT_TOKEN, Emulator, Error, TaskHandle, Transition};
pub use faults::{Effect, Fault, FaultPlan, PlanError, Target};
pub use life::{Change, Life, Script};
pub use limits::{Limits, Refused, RetryAfter, SecondaryLimits};
pub use log::RequestRecord;
pub use operation::Operation;
pub use world::{Access, TaskSeed, TaskState, Token, Usage};

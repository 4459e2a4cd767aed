//! The guide: one page per topic, each with examples that run against the emulator.
//!
//! | page | about |
//! |---|---|
//! | [`starting`] | starting a task once, whatever the network does |
//! | [`waiting`] | waiting for a task, follow-ups, watching |
//! | [`lists`] | filters, pages, inventories, resuming |
//! | [`fleets`] | following thousands of tasks with one list call a tick |
//! | [`pull_requests`] | from a task to its pull request, and what it cost |
//! | [`errors`] | what can go wrong, and what to do |
//! | [`limits`] | quotas, and how the client keeps to them |
//! | [`testing`] | testing without GitHub |
//! | [`not_possible`] | what the API cannot do, and what to do instead |
//! | [`preview`] | what happens when GitHub changes the API |

#[doc = include_str!("../docs/starting.md")]
pub mod starting {}

#[doc = include_str!("../docs/waiting.md")]
pub mod waiting {}

#[doc = include_str!("../docs/lists.md")]
pub mod lists {}

#[doc = include_str!("../docs/fleets.md")]
pub mod fleets {}

#[doc = include_str!("../docs/pull_requests.md")]
pub mod pull_requests {}

#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/limits.md")]
pub mod limits {}

#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[doc = include_str!("../docs/not_possible.md")]
pub mod not_possible {}

#[doc = include_str!("../docs/preview.md")]
pub mod preview {}

#![doc = include_str!("../README.md")]

mod apply;
mod definition;
mod error;
mod estimate;
mod follow;
mod plan;
mod policy;
mod start;
mod store;

pub use apply::{ApplyOptions, apply};
pub use definition::{
    Continue, Definition, Limits, NeedsUser, Notices, Target, Until, Variables, WaveSize, Waves,
};
pub use error::{Error, ErrorKind};
pub use estimate::{Estimate, estimate};
pub use plan::{Plan, PlannedItem, parse_targets};
pub use policy::{CampaignStatus, WaveCounts};
pub use store::{CampaignState, ItemState, ItemStatus, NewVersion, Notice, Store};

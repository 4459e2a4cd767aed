#![doc = include_str!("../README.md")]

// Style is the generator's affair; correctness is proved by the tests.
#[allow(clippy::all, clippy::pedantic)]
mod generated;
mod seam;

#[cfg(feature = "schemars")]
pub use generated::schemas;
pub use generated::{API_VERSION, Client, builder, types};
pub use seam::{
    BoxFuture, CustomRequest, Error, InvalidRequest, Operation, Pipeline, RawResponse, ResponseValue,
    Transport, check_path_segment, one_line,
};

// What stands in this crate's signatures, so that a dependent need not match versions by hand.
pub use {bytes, chrono, reqwest, serde_json};

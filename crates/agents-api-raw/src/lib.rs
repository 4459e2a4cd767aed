#![doc = include_str!("../README.md")]

// Style is the generator's affair; correctness is proved by the tests.
#[allow(clippy::all, clippy::pedantic)]
mod generated;
mod runtime;

#[cfg(feature = "schemars")]
pub use generated::schemas;
pub use generated::{API_VERSION, builder, types};
pub use runtime::client::Client;
pub use runtime::custom::CustomRequest;
pub use runtime::error::{Error, InvalidRequest};
pub use runtime::nullable::Nullable;
pub use runtime::path_segment::check_path_segment;
pub use runtime::request_config::RequestConfig;
pub use runtime::response::{RawResponse, ResponseValue};
pub use runtime::sanitize::sanitize_for_display;
pub use runtime::transport::{BoxFuture, Operation, Transport};

// What stands in this crate's signatures, so that a dependent need not match versions by hand.
pub use {bytes, chrono, reqwest, serde_json};

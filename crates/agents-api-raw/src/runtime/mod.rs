//! The handwritten runtime under the generated code: what a request carries, how it is sent, how a response is read.
//!
//! Progenitor's own runtime crate is not used: it drops status and headers when a body does not parse, lets a path
//! segment `..` reach another endpoint, sends an `api-version` header GitHub does not know, and no `User-Agent`.
//! Every generated `send` ends in [`call::Call`] instead, the one place that makes requests.
pub(crate) mod call;
pub(crate) mod client;
pub(crate) mod custom;
mod decode;
pub(crate) mod error;
mod error_body;
mod json;
pub(crate) mod nullable;
pub(crate) mod open_enum;
pub(crate) mod path_segment;
mod redirect;
pub(crate) mod request_config;
pub(crate) mod response;
pub(crate) mod sanitize;
pub(crate) mod timestamp;
pub(crate) mod transport;
pub(crate) mod untagged;

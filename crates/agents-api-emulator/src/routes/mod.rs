//! The operations: from a request that was let in to its response.

pub(crate) mod auth;
pub(crate) mod call;
pub(crate) mod etag;
pub(crate) mod graphql;
mod links;
mod list_parameters;
pub(crate) mod origin;
pub(crate) mod path;
pub(crate) mod preflight;
pub(crate) mod pulls;
mod query;
mod start_body;
pub(crate) mod tasks;
pub(crate) mod view;

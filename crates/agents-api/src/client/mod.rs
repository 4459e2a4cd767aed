//! Where everything begins: the client, and what it is asked about.
mod builder;
#[expect(clippy::module_inception, reason = "the client of the module of clients")]
mod client;
mod env;
#[cfg(feature = "file-key-store")]
pub(crate) mod file_key_store;
pub(crate) mod key_store;
mod refs;
pub(crate) mod start_registry;

pub use builder::ClientBuilder;
pub use client::Client;
pub use refs::{Repo, TaskRef};

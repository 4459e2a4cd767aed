//! Starts a task: once, by default; with a key, safely again.
mod builder;
mod fallback;
mod key;
mod keyed;
mod outcome;
mod reconcile;
mod request;
mod search;
mod send;

pub use builder::StartTask;
pub use fallback::Fallback;
pub use key::IdempotencyKey;
pub use outcome::{StartOrigin, Started};
pub use reconcile::{Reconcile, Reconciled};

#[cfg(feature = "file-key-store")]
pub use crate::client::file_key_store::FileKeyStore;
pub use crate::client::key_store::{Claim, KeyStore, Lease, MemoryKeyStore, StoreKey};

//! Starting, finding again, getting and listing tasks.
mod get;
mod list;
mod reconcile;
mod start;

pub use get::GetTask;
pub use list::ListTasks;
pub use reconcile::{Reconcile, Reconciled};
pub(crate) use start::Ledger;
pub use start::{Fallback, How, IdempotencyKey, StartTask, Started};

use std::future::Future;
use std::pin::Pin;

/// The future a builder becomes when it is awaited.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

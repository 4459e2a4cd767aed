//! Starting, getting and listing tasks.
mod get;
mod list;
mod start;

pub use get::GetTask;
pub use list::ListTasks;
pub use start::StartTask;

use std::future::Future;
use std::pin::Pin;

/// The future a builder becomes when it is awaited.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

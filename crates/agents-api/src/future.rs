//! The future that builders become.
use std::future::Future;
use std::pin::Pin;

/// A boxed future that owns what it needs: what a builder becomes when it is awaited.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

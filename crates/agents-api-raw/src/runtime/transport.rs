//! Who sends the requests: the trait to implement for retries, limits, traces, or responses without a network.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::error::Error;

/// A boxed future, as [`Transport::send`] returns it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The operation that a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    id: &'static str,
    path: &'static str,
}

impl Operation {
    /// Describes an endpoint outside GitHub's description, for [`Client::request`](crate::Client::request).
    pub const fn new(id: &'static str, path: &'static str) -> Self {
        Self { id, path }
    }

    /// The operation's name, such as `start_task`. For generated operations it is also the method on
    /// [`Client`](crate::Client).
    pub const fn id(self) -> &'static str {
        self.id
    }

    /// The path template, such as `/agents/tasks/{task_id}`: a low-cardinality name for traces.
    pub const fn path(self) -> &'static str {
        self.path
    }
}

/// Sends requests in place of the HTTP client: to retry, to limit, to trace, or to respond without a network.
///
/// A transport receives the complete request, headers included, and returns the response whatever its status; the
/// caller tells success from failure. The caller also follows redirects within the host: it calls the transport again,
/// with the new URL. `Arc<T>` and `Box<T>` of a transport are transports too, so that the caller can keep one.
///
/// ```
/// use agents_api_raw::{BoxFuture, Client, Error, Operation, RequestConfig, Transport};
///
/// #[derive(Debug)]
/// struct Canned;
///
/// impl Transport for Canned {
///     fn send<'a>(
///         &'a self,
///         _http: &'a reqwest::Client,
///         _request: reqwest::Request,
///         _operation: Operation,
///     ) -> BoxFuture<'a, Result<reqwest::Response, Error>> {
///         Box::pin(async { Ok(http::Response::new(r#"{"tasks":[]}"#).into()) })
///     }
/// }
///
/// # async fn run() -> Result<(), Error> {
/// let client = Client::new(Client::GITHUB, RequestConfig::new().transport(Canned))?;
/// assert!(client.list_tasks().send().await?.tasks.is_empty());
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
/// ```
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends `request`, which belongs to `operation`; `http` is the client's own HTTP client.
    ///
    /// # Errors
    /// When there is no response. [`Error::NotSent`] and [`Error::Custom`] carry an error of the transport's own.
    fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: reqwest::Request,
        operation: Operation,
    ) -> BoxFuture<'a, Result<reqwest::Response, Error>>;
}

macro_rules! transport_behind {
    ($($pointer:ident),*) => {$(
        impl<T: Transport + ?Sized> Transport for $pointer<T> {
            fn send<'a>(
                &'a self,
                http: &'a reqwest::Client,
                request: reqwest::Request,
                operation: Operation,
            ) -> BoxFuture<'a, Result<reqwest::Response, Error>> {
                (**self).send(http, request, operation)
            }
        }
    )*};
}

transport_behind!(Arc, Box);

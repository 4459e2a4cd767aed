//! Who sends the requests: the trait a user implements to retry, to limit, to trace or to respond without a network.
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::error::Error;

/// A boxed future, as [`Transport::send`] returns it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Which operation a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    id: &'static str,
    path: &'static str,
}

impl Operation {
    /// An operation of an endpoint outside the description, for [`Client::request`](crate::Client::request).
    pub const fn new(id: &'static str, path: &'static str) -> Self {
        Self { id, path }
    }

    /// The operation's name, such as `start_task`. For the generated ones it is also the method on
    /// [`Client`](crate::Client).
    pub const fn id(self) -> &'static str {
        self.id
    }

    /// The path with its parameters unfilled, such as `/agents/tasks/{task_id}`: a low-cardinality name for traces.
    pub const fn path(self) -> &'static str {
        self.path
    }
}

/// Sends requests in the client's stead: to retry, to limit, to trace, or to answer without a network.
///
/// A transport gets the complete request, headers included, and returns whatever answer it obtained, of any status;
/// telling success from failure is left to the caller. A redirect within the host is followed by the caller too: the
/// transport is asked again, with the new address.
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
    /// When no answer was obtained. [`Error::NotSent`] and [`Error::Custom`] carry an error of the transport's own.
    fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: reqwest::Request,
        operation: Operation,
    ) -> BoxFuture<'a, Result<reqwest::Response, Error>>;
}

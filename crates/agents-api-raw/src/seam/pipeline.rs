//! What every request carries, and who sends it.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
};

use super::{Error, InvalidRequest, redirect};

/// The header that selects the API version.
const API_VERSION_HEADER: HeaderName = HeaderName::from_static("x-github-api-version");

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
/// use agents_api_raw::{BoxFuture, Client, Error, Operation, Pipeline, Transport};
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
/// let client = Client::new(Client::GITHUB, Pipeline::new().transport(Canned))?;
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

/// The headers that go with every request, and the transport that sends it.
///
/// A new pipeline sends GitHub's media type, the API version this crate was generated from
/// ([`API_VERSION`](crate::API_VERSION)), and a `User-Agent`, without which GitHub refuses requests.
///
/// ```
/// # fn main() -> Result<(), agents_api_raw::Error> {
/// use agents_api_raw::{Client, Pipeline};
///
/// let client = Client::new(Client::GITHUB, Pipeline::new().bearer_token("ghp_example")?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Pipeline {
    headers: HeaderMap,
    transport: Option<Arc<dyn Transport>>,
}

impl Pipeline {
    /// The default headers, and no token.
    pub fn new() -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        headers.insert(API_VERSION_HEADER, HeaderValue::from_static(crate::API_VERSION));
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"))),
        );
        Self {
            headers,
            transport: None,
        }
    }

    /// Sends `token` with every request. It is marked sensitive: no `Debug` output shows it.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when the token holds characters that no header may hold, such as a line break read
    /// along from a file.
    pub fn bearer_token(mut self, token: &str) -> Result<Self, Error> {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
            Error::InvalidRequest(InvalidRequest::new(
                "client",
                "token",
                "holds a character that no header may hold; is there a line break at its end?".to_owned(),
            ))
        })?;
        value.set_sensitive(true);
        self.headers.insert(AUTHORIZATION, value);
        Ok(self)
    }

    /// Sends a header with every request, in place of the default of that name. One that carries credentials is marked
    /// sensitive.
    #[must_use]
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        if [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(&name) {
            value.set_sensitive(true);
        }
        self.headers.insert(name, value);
        self
    }

    /// Lets `transport` send the requests.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The headers that go with every request.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Sends what `request` makes of an address, of `url` first.
    pub(super) async fn send(
        &self,
        http: &reqwest::Client,
        url: reqwest::Url,
        request: impl Fn(reqwest::Url) -> reqwest::Request,
        operation: Operation,
    ) -> Result<reqwest::Response, Error> {
        redirect::follow(url, |url| {
            let mut request = request(url);
            let headers = request.headers_mut();
            for (name, value) in &self.headers {
                headers.insert(name, value.clone());
            }
            self.send_once(http, request, operation)
        })
        .await
    }

    async fn send_once(
        &self,
        http: &reqwest::Client,
        request: reqwest::Request,
        operation: Operation,
    ) -> Result<reqwest::Response, Error> {
        match &self.transport {
            Some(transport) => transport.send(http, request, operation).await,
            None => Ok(http.execute(request).await?),
        }
    }
}

impl Default for Pipeline {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A header of the caller's own may be a secret too, so only names are shown.
        let names: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("Pipeline")
            .field("headers", &names)
            .field("transport", &self.transport)
            .finish()
    }
}

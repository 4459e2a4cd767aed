//! What every request carries, and the transport that sends it.
use std::fmt;
use std::sync::Arc;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
};

use super::error::{Error, InvalidRequest};
use super::transport::{Operation, Transport};
use crate::generated::api_version::API_VERSION;

/// The header that selects the API version.
const API_VERSION_HEADER: HeaderName = HeaderName::from_static("x-github-api-version");

/// The headers of every request, and the transport that sends it.
///
/// The default headers are GitHub's media type, the API version this crate was generated from
/// ([`API_VERSION`](crate::API_VERSION)), and a `User-Agent`, without which GitHub refuses requests.
///
/// ```
/// # fn main() -> Result<(), agents_api_raw::Error> {
/// use agents_api_raw::{Client, RequestConfig};
///
/// let client = Client::new(Client::GITHUB, RequestConfig::new().bearer_token("ghp_example")?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RequestConfig {
    headers: HeaderMap,
    transport: Option<Arc<dyn Transport>>,
}

impl RequestConfig {
    /// Returns the default headers, without a token.
    pub fn new() -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        headers.insert(API_VERSION_HEADER, HeaderValue::from_static(API_VERSION));
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
    /// [`Error::InvalidRequest`] when the token holds characters that no header may hold, such as the line break at the
    /// end of a file.
    pub fn bearer_token(mut self, token: &str) -> Result<Self, Error> {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
            Error::InvalidRequest(InvalidRequest::new(
                "client",
                "token",
                "holds a character that no header may hold: is there a line break at its end? Remove it"
                    .to_owned(),
            ))
        })?;
        value.set_sensitive(true);
        self.headers.insert(AUTHORIZATION, value);
        Ok(self)
    }

    /// Sends a header with every request, replacing the default of that name. Headers that carry credentials are marked
    /// sensitive.
    #[must_use]
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        if [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(&name) {
            value.set_sensitive(true);
        }
        self.headers.insert(name, value);
        self
    }

    /// Sends the requests through `transport`.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The headers of every request.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Sends one request, to which the headers were added.
    pub(super) async fn send(
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

impl Default for RequestConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RequestConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value of any header may be a secret, so only names are shown.
        let names: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("RequestConfig")
            .field("headers", &names)
            .field("transport", &self.transport)
            .finish()
    }
}

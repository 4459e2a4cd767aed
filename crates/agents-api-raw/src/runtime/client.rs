//! How a client is made: the address is checked here, once.
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::Url;

use super::error::{Error, InvalidRequest};
use super::request_config::RequestConfig;

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest wait for a whole answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Client of GitHub's agent tasks API: one method an operation, each of which returns a builder of the request.
///
/// Clones share the connections.
#[derive(Clone)]
pub struct Client {
    pub(super) base_url: Url,
    pub(super) http: reqwest::Client,
    pub(super) config: RequestConfig,
}

impl Client {
    /// GitHub's own address.
    pub const GITHUB: &'static str = "https://api.github.com";

    /// A client of the server at `base_url` (for GitHub: [`Client::GITHUB`]).
    ///
    /// Waits at most 10 seconds for a connection and 60 for a whole answer. Redirects are followed to the same host
    /// only, with the method kept; any other redirect is an [`Error::Status`] that says where it points.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when `base_url` is not an `https` address (or an `http` one of this machine's own)
    /// that a path can be appended to, or carries credentials, a query or a fragment; [`Error::Transport`] when no TLS
    /// backend can be set up.
    pub fn new(base_url: &str, config: RequestConfig) -> Result<Self, Error> {
        let http = Self::http_builder(base_url)?.build()?;
        Self::with_http(base_url, http, config)
    }

    /// The HTTP client that [`Client::new`] would make, to be adjusted: its time limits, a certificate, a proxy.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use agents_api_raw::{Client, RequestConfig};
    ///
    /// let http = Client::http_builder(Client::GITHUB)?.timeout(Duration::from_secs(5)).build()?;
    /// let client = Client::with_http(Client::GITHUB, http, RequestConfig::new())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a `base_url` that [`Client::new`] refuses.
    pub fn http_builder(base_url: &str) -> Result<reqwest::ClientBuilder, Error> {
        let mut http = reqwest::Client::builder();
        if is_loopback(&checked(base_url)?) {
            // A proxy of the environment cannot reach this machine's own servers, and no resolver shall have a say in
            // which machine gets a token in the clear. The port is the URL's.
            let own: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
            http = http.no_proxy().resolve_to_addrs("localhost", &own);
        }
        Ok(http
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            // Whether to send something again is for the layer above to decide.
            .retry(reqwest::retry::never()))
    }

    /// As [`Client::new`], over an HTTP client of your own.
    ///
    /// Turn off its redirects, since reqwest turns a redirected POST into a GET, and its retries.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a `base_url` that [`Client::new`] refuses.
    pub fn with_http(base_url: &str, http: reqwest::Client, config: RequestConfig) -> Result<Self, Error> {
        Ok(Self {
            base_url: checked(base_url)?,
            http,
            config,
        })
    }

    /// The same client with another config: another token, a header more. The connections are shared.
    #[must_use]
    pub fn with_request_config(&self, config: RequestConfig) -> Self {
        Self {
            base_url: self.base_url.clone(),
            http: self.http.clone(),
            config,
        }
    }

    /// The address that paths are appended to.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The HTTP client underneath.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// What every request carries and who sends it.
    pub fn request_config(&self) -> &RequestConfig {
        &self.config
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url.as_str())
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

fn checked(base_url: &str) -> Result<Url, Error> {
    parse(base_url).map_err(|reason| Error::InvalidRequest(InvalidRequest::new("client", "base_url", reason)))
}

/// Whether the address is one of this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

/// Parses an address; the reason for a refusal never repeats it, since it may hold a password.
fn parse(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is not a URL: {error}; begin it with https://"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "has the scheme {:?}; begin it with https://",
            url.scheme()
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "holds a user name or a password; take them out, and give the token apart from it".to_owned(),
        );
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(
            "would send the token in the clear; begin it with https:// (http:// is for this machine's own servers)"
                .to_owned(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or a fragment; give only scheme, host and path".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_cannot_serve_are_refused_without_repeating_them() {
        for text in [
            "",
            "api.github.com",
            "ftp://x",
            "https://me:hunter2@host",
            "https://h?x=hunter2",
            "https://h#x",
            "http://api.github.com",
            "http://ghe.example",
            "http://127.0.0.1.example:80",
            "localhost:8080",
        ] {
            let error = Client::new(text, RequestConfig::new()).unwrap_err();
            assert!(matches!(&error, Error::InvalidRequest(_)), "{text}: {error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, own) in [
            ("http://127.0.0.1:1", true),
            ("http://127.8.8.8", true),
            ("http://[::1]:1", true),
            ("http://localhost", true),
            ("https://api.github.com", false),
            ("http://10.0.0.1", false),
            ("http://localhost.example", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), own, "{url}");
        }
    }

    #[test]
    fn an_enterprise_address_with_a_path_is_taken() {
        let client = Client::new("https://ghe.example/api/v3/", RequestConfig::new()).unwrap();
        assert_eq!(client.base_url().path(), "/api/v3/");
    }
}

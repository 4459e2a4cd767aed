//! The client, and how it is made: the base URL is checked here, once.
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::Url;

use super::error::{Error, InvalidRequest};
use super::request_config::RequestConfig;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait for a whole response.
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
    /// The base URL of github.com.
    pub const GITHUB: &'static str = "https://api.github.com";

    /// Makes a client of the server at `base_url`, such as [`Client::GITHUB`].
    ///
    /// The connect timeout is 10 seconds, the timeout for a whole response 60. Redirects are followed on the same host
    /// only, with method and body kept, and a request other than GET and HEAD only to the same endpoint of a renamed
    /// repository. Any other redirect is an [`Error::Status`] that shows its location.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when `base_url` is not an `https` URL (or an `http` one of this machine) to which a path
    /// can be appended, or contains credentials, a query or a fragment, and when no TLS provider is installed (feature
    /// `rustls-no-provider`); [`Error::Transport`] when TLS cannot be set up.
    pub fn new(base_url: &str, config: RequestConfig) -> Result<Self, Error> {
        let http = Self::http_builder(base_url)?.build()?;
        Self::with_http(base_url, http, config)
    }

    /// Returns the builder of the HTTP client that [`Client::new`] makes, to change its timeouts, certificates or proxy.
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
        let url = parse_base_url(base_url)?;
        ensure_tls_provider()?;
        let mut http = reqwest::Client::builder();
        if is_loopback(&url) {
            // A proxy cannot reach this machine's servers, and no resolver may decide which machine gets a token in
            // plain text. The port is the URL's.
            let loopback: [SocketAddr; 2] =
                [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
            http = http.no_proxy().resolve_to_addrs("localhost", &loopback);
        }
        Ok(http
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            // The layer above decides on retries.
            .retry(reqwest::retry::never()))
    }

    /// Makes a client over an HTTP client of your own.
    ///
    /// Turn off its redirects, because reqwest turns a redirected POST into a GET, and its retries.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a `base_url` that [`Client::new`] refuses.
    pub fn with_http(base_url: &str, http: reqwest::Client, config: RequestConfig) -> Result<Self, Error> {
        Ok(Self {
            base_url: parse_base_url(base_url)?,
            http,
            config,
        })
    }

    /// Returns the client with another configuration, such as another token. The connections are shared.
    #[must_use]
    pub fn with_request_config(&self, config: RequestConfig) -> Self {
        Self {
            base_url: self.base_url.clone(),
            http: self.http.clone(),
            config,
        }
    }

    /// The URL to which paths are appended.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The HTTP client underneath.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The headers of every request, and the transport.
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

fn parse_base_url(base_url: &str) -> Result<Url, Error> {
    parse(base_url).map_err(|reason| Error::InvalidRequest(InvalidRequest::new("client", "base_url", reason)))
}

/// Installs ring as the process's TLS provider, unless there is one already.
#[cfg(feature = "rustls-ring")]
#[expect(clippy::unnecessary_wraps, reason = "without ring it fails")]
fn ensure_tls_provider() -> Result<(), Error> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only if another thread was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    Ok(())
}

/// Checks that the program installed a TLS provider: without one, reqwest would panic.
#[cfg(all(
    feature = "rustls-no-provider",
    not(any(feature = "rustls", feature = "rustls-ring"))
))]
fn ensure_tls_provider() -> Result<(), Error> {
    if rustls::crypto::CryptoProvider::get_default().is_some() {
        return Ok(());
    }
    let reason = "is not installed: the feature `rustls-no-provider` leaves it to the program; call \
                  `rustls::crypto::CryptoProvider::install_default` first";
    Err(Error::InvalidRequest(InvalidRequest::new(
        "client",
        "TLS provider",
        reason.to_owned(),
    )))
}

#[cfg(not(any(
    feature = "rustls-ring",
    all(feature = "rustls-no-provider", not(feature = "rustls"))
)))]
#[expect(clippy::unnecessary_wraps, reason = "fails with `rustls-no-provider`")]
fn ensure_tls_provider() -> Result<(), Error> {
    Ok(())
}

/// Whether the URL is on this machine.
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

/// Parses a base URL. The reason of a rejection never repeats it, since it may contain a password.
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
            "contains a user name or a password; remove them, and set the token separately".to_owned(),
        );
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(
            "would send the token in plain text; begin it with https:// (http:// is for servers on this machine)"
                .to_owned(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or a fragment; use only scheme, host and path".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_base_urls_are_rejected_without_repeating_them() {
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
    fn a_base_url_may_have_a_path() {
        assert_eq!(
            parse_base_url("https://ghe.example/api/v3/").unwrap().path(),
            "/api/v3/"
        );
    }

    #[cfg(all(
        feature = "rustls-no-provider",
        not(any(feature = "rustls", feature = "rustls-ring"))
    ))]
    #[test]
    fn without_a_tls_provider_there_is_an_error_and_no_panic() {
        let error = Client::new(Client::GITHUB, RequestConfig::new()).unwrap_err();
        assert!(
            error.to_string().contains("TLS provider is not installed"),
            "{error}"
        );
    }
}

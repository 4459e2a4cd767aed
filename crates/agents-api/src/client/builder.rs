//! Sets up a client.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use agents_api_raw as raw;
use reqwest::header::{HeaderName, HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};

use super::client::Client;
use super::env::{Environment, api_url};
use super::key_store::KeyStore;
use crate::error::Error;
use crate::transport::{Credentials, Executor, Settings, Token, TokenProvider, check_token};
use crate::transport::{RateLimitPolicy, RetryPolicy};

/// Sets up a [`Client`].
///
/// | setting | default |
/// |---|---|
/// | [`base_url`](Self::base_url) | `https://api.github.com` |
/// | [`connect_timeout`](Self::connect_timeout) | 10 seconds |
/// | [`request_timeout`](Self::request_timeout) | 60 seconds |
/// | [`total_timeout`](Self::total_timeout) | 5 minutes |
/// | [`retry`](Self::retry) | 10 attempts, 3 without a connection, see [`RetryPolicy`] |
/// | [`rate_limits`](Self::rate_limits) | [`RateLimitPolicy::Wait`] |
/// | [`max_in_flight`](Self::max_in_flight) | 10 requests |
///
/// ```
/// # fn main() -> Result<(), agents_api::Error> {
/// use std::time::Duration;
///
/// let client = agents_api::Client::builder()
///     .token("ghp_example")
///     .user_agent("migration-bot/1.2")
///     .total_timeout(Duration::from_secs(30))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "call `build`"]
pub struct ClientBuilder {
    token: Option<SecretString>,
    provider: Option<Box<dyn TokenProvider>>,
    base_url: Option<String>,
    host: Option<String>,
    installation_tokens: bool,
    #[cfg(any(
        feature = "rustls",
        feature = "rustls-ring",
        feature = "rustls-no-provider",
        feature = "native-tls"
    ))]
    certificates: Vec<reqwest::Certificate>,
    proxies: Vec<reqwest::Proxy>,
    user_agent: Option<String>,
    api_version: Option<String>,
    connect_timeout: Option<Duration>,
    request_timeout: Option<Duration>,
    http: Option<reqwest::Client>,
    config: raw::RequestConfig,
    settings: Settings,
    key_store: Option<Arc<dyn KeyStore>>,
}

impl Client {
    /// A client with the token in `COPILOT_GITHUB_TOKEN`, `GH_TOKEN` or `GITHUB_TOKEN`, the first that is set, of the server in
    /// `GITHUB_API_URL`, or of the host in `GH_HOST` (`SUBDOMAIN.ghe.com` with data residency), or else of github.com.
    ///
    /// White space around a value is ignored; a variable that holds nothing else counts as not set.
    ///
    /// # Errors
    /// When no token is set, or it cannot be one or is of a kind the API refuses, or the address cannot be used, or a
    /// variable is not UTF-8.
    pub fn from_env() -> Result<Self, Error> {
        let env = Environment::read(|name| std::env::var_os(name))?;
        let builder = ClientBuilder::default().token(env.token);
        match env.api_url {
            Some(url) => builder.base_url(url).build(),
            None => builder.build(),
        }
    }

    /// Sets up a client by hand.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

impl ClientBuilder {
    /// The token: a personal one (`ghp_`, `github_pat_`), or one a user gave to an OAuth app (`gho_`) or a GitHub App
    /// (`ghu_`).
    pub fn token(mut self, token: impl Into<Token>) -> Self {
        self.token = Some(token.into().into_secret());
        self
    }

    /// Takes the token from `provider`, and a new one when GitHub refuses the last; in place of a fixed token.
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.provider = Some(Box::new(provider));
        self
    }

    /// The server, if not `https://api.github.com`: for GitHub Enterprise Server `https://HOST/api/v3`.
    ///
    /// It must be an `https` address, or an `http` one of this machine's own (`localhost`, `127.0.0.1`, `[::1]`).
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The host of the server as GitHub's tools name it: `github.com`, or with data residency `SUBDOMAIN.ghe.com`, whose
    /// API is at `https://api.SUBDOMAIN.ghe.com`. In place of [`base_url`](Self::base_url).
    ///
    /// ```
    /// # fn main() -> Result<(), agents_api::Error> {
    /// let client = agents_api::Client::builder().token("ghp_example").github_host("octocorp.ghe.com").build()?;
    /// assert_eq!(client.raw().base_url().as_str(), "https://api.octocorp.ghe.com/");
    /// # Ok(())
    /// # }
    /// ```
    pub fn github_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Accepts tokens of app installations (`ghs_`), which are refused before any request otherwise: GitHub does not accept
    /// them for this API (as of API version 2026-03-10). For the day it does.
    pub fn allow_installation_tokens(mut self) -> Self {
        self.installation_tokens = true;
        self
    }

    /// Trusts a certificate authority besides the platform's: that of a proxy in a company, for one.
    #[cfg(any(
        feature = "rustls",
        feature = "rustls-ring",
        feature = "rustls-no-provider",
        feature = "native-tls"
    ))]
    pub fn root_certificate(mut self, certificate: reqwest::Certificate) -> Self {
        self.certificates.push(certificate);
        self
    }

    /// Sends requests through a proxy, in place of what `HTTPS_PROXY` and its like say. Called again, it adds a further one;
    /// the first that is for the server counts.
    pub fn proxy(mut self, proxy: reqwest::Proxy) -> Self {
        self.proxies.push(proxy);
        self
    }

    /// Sends a header with every request, in place of this crate's own of that name.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.config = self.config.header(name, value);
        self
    }

    /// How your program calls itself; it stands before this crate's name in `User-Agent`.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// The version of GitHub's API, a date, in place of the one this crate was made for
    /// ([`raw::API_VERSION`](crate::raw::API_VERSION)).
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = Some(version.into());
        self
    }

    /// How long a connection may take; by default 10 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = Some(limit);
        self
    }

    /// How long a request may take, its whole answer included; by default 60 seconds. A read is repeated after that.
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = Some(limit);
        self
    }

    /// How long an operation may take, repetitions and pauses included; by default 5 minutes.
    ///
    /// An operation is one start, one get, one page of a list. A pause that would end later is not made: the operation
    /// fails at once instead. Waits, watches and fleets have time limits of their own.
    pub fn total_timeout(mut self, limit: Duration) -> Self {
        self.settings.timeout = limit;
        self
    }

    /// How often failed requests are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// What to do when GitHub wants no request for a while.
    pub fn rate_limits(mut self, policy: RateLimitPolicy) -> Self {
        self.settings.rate_limits = policy;
        self
    }

    /// How many requests of all clones may be in flight; by default 10. GitHub allows 100 a user, all programs together,
    /// and asks for one at a time. A future that is neither polled nor dropped while its request is under way, as a branch of
    /// `select!` may be, keeps its place.
    pub fn max_in_flight(mut self, count: usize) -> Self {
        self.settings.max_in_flight = count;
        self
    }

    /// An HTTP client of your own: with a proxy, a certificate, HTTP/2 settings.
    ///
    /// Turn off its redirects (`redirect::Policy::none()`) and its retries (`retry::never()`): this crate follows
    /// redirects itself, and a start must not be sent twice. Give it its time limits, too: `connect_timeout` and
    /// `request_timeout` of this builder cannot be combined with it.
    /// [`raw::Client::http_builder`](crate::raw::Client::http_builder) makes a builder with the defaults.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use agents_api::raw;
    ///
    /// let http = raw::Client::http_builder(raw::Client::GITHUB)?.tcp_nodelay(false).build()?;
    /// let client = agents_api::Client::builder().token("ghp_example").http_client(http).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Lets `transport` send the requests: to record, to test, to answer without a network. It gets every attempt;
    /// repetitions, limits and traces stay with this crate.
    pub fn transport(mut self, transport: impl raw::Transport) -> Self {
        self.config = self.config.transport(transport);
        self
    }

    /// Keeps the idempotency keys of all starts in this store, so that a key never expires and two processes that use
    /// one at the same moment start one task. See [`KeyStore`](crate::start::KeyStore).
    pub fn key_store(mut self, store: impl KeyStore) -> Self {
        self.key_store = Some(Arc::new(store));
        self
    }

    /// The client.
    ///
    /// # Errors
    /// When no token was given or two kinds of one, it cannot be one or is of a kind the API refuses, or the address,
    /// the name or the version cannot be used, or a limit is zero.
    pub fn build(self) -> Result<Client, Error> {
        let own = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let user_agent = self
            .user_agent
            .as_deref()
            .map_or_else(|| own.to_owned(), |name| format!("{name} {own}"));
        let mut config = self.config.header(USER_AGENT, header("user agent", &user_agent)?);
        if let Some(version) = &self.api_version {
            let name = HeaderName::from_static("x-github-api-version");
            config = config.header(name, header("API version", version)?);
        }
        if let Some(token) = &self.token {
            config = config.bearer_token(check_token(
                token.expose_secret().trim(),
                self.installation_tokens,
            )?)?;
        }
        for (what, limit) in [
            ("connect timeout", self.connect_timeout),
            ("request timeout", self.request_timeout),
            ("total timeout", Some(self.settings.timeout)),
        ] {
            if limit == Some(Duration::ZERO) {
                return Err(Error::invalid(format!(
                    "the {what} is zero; nothing could ever arrive"
                )));
            }
        }
        if self.settings.max_in_flight == 0 {
            return Err(Error::invalid(
                "`max_in_flight` is 0: no request could be sent; allow at least 1",
            ));
        }
        let of_host = self.host.as_deref().map(api_url).transpose()?;
        let base_url = match (&self.base_url, &of_host) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid(
                    "both `base_url` and `github_host` were called: the server is ambiguous; call one of them",
                ));
            }
            (Some(url), None) | (None, Some(url)) => url,
            (None, None) => raw::Client::GITHUB,
        };
        let has_connection_settings = !self.proxies.is_empty();
        #[cfg(any(
            feature = "rustls",
            feature = "rustls-ring",
            feature = "rustls-no-provider",
            feature = "native-tls"
        ))]
        let has_connection_settings = has_connection_settings || !self.certificates.is_empty();
        let http = match self.http {
            Some(_) if self.connect_timeout.or(self.request_timeout).is_some() || has_connection_settings => {
                return Err(Error::invalid(
                    "an HTTP client of your own has its own time limits, certificates and proxies: set them there, and \
                     not on this builder",
                ));
            }
            Some(http) => http,
            None => {
                let mut http = raw::Client::http_builder(base_url)?;
                if let Some(limit) = self.connect_timeout {
                    http = http.connect_timeout(limit);
                }
                if let Some(limit) = self.request_timeout {
                    http = http.timeout(limit);
                }
                #[cfg(any(
                    feature = "rustls",
                    feature = "rustls-ring",
                    feature = "rustls-no-provider",
                    feature = "native-tls"
                ))]
                for certificate in self.certificates {
                    http = http.add_root_certificate(certificate);
                }
                for proxy in self.proxies {
                    http = http.proxy(proxy);
                }
                http.build().map_err(raw::Error::from)?
            }
        };
        let client = Arc::new(raw::Client::with_http(base_url, http, config)?);
        let credentials = match (self.token, self.provider) {
            (Some(_), None) => Credentials::Fixed(client),
            (None, Some(provider)) => Credentials::provided(provider, client, self.installation_tokens),
            (None, None) => {
                return Err(Error::invalid(
                    "no token was given; call `token` or `token_provider`",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(Error::invalid(
                    "both a token and a provider of tokens were given; give one of them",
                ));
            }
        };
        Ok(Client::new(Executor::new(credentials, self.settings)).with_key_store(self.key_store))
    }
}

/// The text as a header has it.
fn header(what: &str, text: &str) -> Result<HeaderValue, Error> {
    if text.trim().is_empty() {
        return Err(Error::invalid(format!("the {what} is blank")));
    }
    HeaderValue::from_str(text)
        .map_err(|_| Error::invalid(format!("{what} {text:?} cannot stand in a header")))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the token nor the address, which may hold one.
        f.debug_struct("ClientBuilder")
            .field("user_agent", &self.user_agent)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::client::Client;
    use crate::error::{Delivery, ErrorKind};

    #[test]
    fn a_server_token_is_refused_before_any_request() {
        let error = Client::builder().token("ghs_hunter2").build().unwrap_err();
        assert_eq!(
            (error.kind(), error.delivery()),
            (ErrorKind::InvalidInput, Delivery::NotSent)
        );
        assert!(error.to_string().contains("github_pat_") && !error.to_string().contains("hunter2"));
    }

    #[test]
    fn nothing_shows_the_token() {
        let builder = Client::builder().token("ghp_hunter2");
        let shown = format!("{builder:?}");
        assert!(!format!("{shown} {:?}", builder.build().unwrap()).contains("hunter2"));
        let error = Client::builder().token("ghp_hunter2\nx").build().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn what_no_token_looks_like_is_refused_without_showing_it() {
        for token in [
            "\"ghp_hunter2\"",
            "'ghp_hunter2'",
            "ghp_hunter2 x",
            "ghp_hunter2\u{a0}x",
            "ghp_hunter2\u{feff}",
            "ghp_hünter2",
            "ghp_hunter2\0",
        ] {
            let error = Client::builder().token(token).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{token:?}");
            assert!(!format!("{error} {error:?}").contains("nter2"), "{error:?}");
        }
    }

    #[test]
    fn any_number_of_requests_in_flight_but_none_is_accepted() {
        let build = |count| {
            Client::builder()
                .token("ghp_example")
                .max_in_flight(count)
                .build()
        };
        assert!(build(1).is_ok() && build(usize::MAX).is_ok());
        assert_eq!(build(0).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn a_line_break_after_the_token_is_forgiven() {
        assert!(Client::builder().token("ghp_x\n").build().is_ok());
        assert!(Client::builder().token("\n").build().is_err());
    }
}

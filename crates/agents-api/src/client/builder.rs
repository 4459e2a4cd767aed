//! Sets up a client.
use std::fmt;

use agents_api_raw as raw;
use reqwest::header::{HeaderValue, USER_AGENT};

use super::Client;
use crate::Error;

/// Sets up a [`Client`].
///
/// ```
/// # fn main() -> Result<(), agents_api::Error> {
/// let client = agents_api::Client::builder().token("ghp_example").build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "call `build`"]
pub struct ClientBuilder {
    token: Option<String>,
    base_url: Option<String>,
    user_agent: Option<String>,
    http: Option<reqwest::Client>,
    pipeline: raw::Pipeline,
}

impl ClientBuilder {
    /// The token: a personal one (`ghp_`, `github_pat_`), or one a user gave to an OAuth app (`gho_`) or a GitHub App
    /// (`ghu_`).
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The server, if not `https://api.github.com`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// How your program calls itself; it stands before this crate's name in `User-Agent`.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// An HTTP client of your own: with a proxy, a certificate, other time limits.
    ///
    /// Turn off its redirects (`redirect::Policy::none()`) and its retries (`retry::never()`): this crate follows
    /// redirects itself, and a start must not be sent twice. By default a connection may take 10 seconds and a whole
    /// answer 60; with your own client its limits apply.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use agents_api::reqwest;
    ///
    /// let http = reqwest::Client::builder()
    ///     .redirect(reqwest::redirect::Policy::none())
    ///     .retry(reqwest::retry::never())
    ///     .build()?;
    /// let client = agents_api::Client::builder().token("ghp_example").http_client(http).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Lets `transport` send the requests: to retry reads, to limit, to trace, or to answer without a network.
    pub fn transport(mut self, transport: impl raw::Transport) -> Self {
        self.pipeline = self.pipeline.transport(transport);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// When no token was given, it cannot be one or is of a kind the API refuses, or the address or the name cannot be
    /// used.
    pub fn build(self) -> Result<Client, Error> {
        let token = self.token.unwrap_or_default();
        let token = check_token(token.trim())?;
        let own = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let user_agent = self
            .user_agent
            .map_or_else(|| own.to_owned(), |name| format!("{name} {own}"));
        let user_agent = HeaderValue::from_str(&user_agent)
            .map_err(|_| Error::invalid(format!("user agent {user_agent:?} cannot stand in a header")))?;
        let pipeline = self.pipeline.bearer_token(token)?.header(USER_AGENT, user_agent);
        let base_url = self.base_url.as_deref().unwrap_or(raw::Client::GITHUB);
        let raw = match self.http {
            Some(http) => raw::Client::with_http(base_url, http, pipeline)?,
            None => raw::Client::new(base_url, pipeline)?,
        };
        Ok(raw.into())
    }
}

/// Refuses what cannot be a token of this API. No message shows it.
fn check_token(token: &str) -> Result<&str, Error> {
    if token.is_empty() {
        return Err(Error::invalid("no token was given"));
    }
    if !token
        .chars()
        .all(|c| c.is_ascii_graphic() && c != '"' && c != '\'')
    {
        return Err(Error::invalid(
            "the token holds quotes, white space or other characters that no token has; was it copied with something \
             around it?",
        ));
    }
    if token.starts_with("ghs_") {
        return Err(Error::invalid(
            "a ghs_ token (of an app installation or an Actions job) cannot use the agent tasks API; use a personal \
             token (ghp_, github_pat_) or a user's token of an app (gho_, ghu_)",
        ));
    }
    Ok(token)
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the token nor the address, which may hold one.
        f.debug_struct("ClientBuilder")
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Client, Delivery, ErrorKind};

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
        assert!(!format!("{builder:?} {:?}", builder.clone().build().unwrap()).contains("hunter2"));
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
    fn a_line_break_after_the_token_is_forgiven() {
        assert!(Client::builder().token("ghp_x\n").build().is_ok());
        assert!(Client::builder().token("\n").build().is_err());
    }
}

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

    /// The client.
    ///
    /// # Errors
    /// When no token was given or it is of a kind the API refuses, or the address or the name cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let token = self.token.unwrap_or_default();
        let token = token.trim();
        if token.is_empty() {
            return Err(Error::invalid("no token was given"));
        }
        if token.starts_with("ghs_") {
            return Err(Error::invalid(
                "a ghs_ token (of an app installation or an Actions job) cannot use the agent tasks API; use a \
                 personal token (ghp_, github_pat_) or a user's token of an app (gho_, ghu_)",
            ));
        }
        let own = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let user_agent = self
            .user_agent
            .map_or_else(|| own.to_owned(), |name| format!("{name} {own}"));
        let user_agent = HeaderValue::from_str(&user_agent)
            .map_err(|_| Error::invalid(format!("user agent {user_agent:?} cannot stand in a header")))?;
        let pipeline = raw::Pipeline::new()
            .bearer_token(token)?
            .header(USER_AGENT, user_agent);
        let base_url = self.base_url.as_deref().unwrap_or(raw::Client::GITHUB);
        Ok(Client::new(raw::Client::new(base_url, pipeline)?))
    }
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
    fn a_line_break_after_the_token_is_forgiven() {
        assert!(Client::builder().token("ghp_x\n").build().is_ok());
        assert!(Client::builder().token("\n").build().is_err());
    }
}

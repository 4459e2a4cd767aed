//! The token: a fixed one, or one that a provider makes and renews.
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use agents_api_raw as raw;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use crate::error::{BoxError, Error};
use crate::future::BoxFuture;

/// A token is renewed this long before it expires, so that it is still valid when the request arrives.
const EXPIRY_MARGIN: Duration = Duration::from_secs(60);

/// A token, and until when it is valid if that is known. No `Debug` output shows it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use agents_api::Token;
///
/// let token = Token::from("ghu_example").expires_at(SystemTime::now() + Duration::from_secs(8 * 60 * 60));
/// assert!(!format!("{token:?}").contains("example"));
/// ```
#[derive(Clone, Debug)]
pub struct Token {
    secret: SecretString,
    expires_at: Option<SystemTime>,
}

impl Token {
    /// Says until when the token is valid. A provider is asked for another a minute before.
    #[must_use]
    pub fn expires_at(mut self, time: SystemTime) -> Self {
        self.expires_at = Some(time);
        self
    }

    pub(crate) fn into_secret(self) -> SecretString {
        self.secret
    }

    fn has_expired(&self, now: SystemTime) -> bool {
        self.expires_at
            .is_some_and(|time| time <= now.checked_add(EXPIRY_MARGIN).unwrap_or(now))
    }
}

impl From<SecretString> for Token {
    fn from(secret: SecretString) -> Self {
        Self {
            secret,
            expires_at: None,
        }
    }
}

impl From<String> for Token {
    fn from(text: String) -> Self {
        SecretString::from(text).into()
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// Makes tokens; an asynchronous closure is one.
///
/// It is asked before the first request, when the token is about to expire, and once more when GitHub refuses the token
/// (401): a user's token of a GitHub App, for one, is valid for eight hours. Requests that meet the refusal together wait
/// for one renewal.
///
/// ```
/// use agents_api::Client;
///
/// # fn main() -> Result<(), agents_api::Error> {
/// let client = Client::builder()
///     .token_provider(|| async { std::fs::read_to_string("/run/secrets/github-token") })
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// Returns a token that is valid now. White space around it is ignored.
    ///
    /// `refused` is the token that GitHub refused, if that is why there has to be another: a cache must not return it
    /// again. If it does, the request fails with the refusal and is not sent again.
    ///
    /// # Errors
    /// When there is none; the operation then fails with [`ErrorKind::Credentials`](crate::ErrorKind::Credentials) and
    /// the error's text, which must not contain a secret.
    fn token(
        &self,
        refused: Option<&Token>,
    ) -> BoxFuture<Result<Token, Box<dyn std::error::Error + Send + Sync>>>;
}

impl<F, Fut, T, E> TokenProvider for F
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    T: Into<Token>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn token(&self, _refused: Option<&Token>) -> BoxFuture<Result<Token, BoxError>> {
        let token = self();
        Box::pin(async move { token.await.map(Into::into).map_err(Into::into) })
    }
}

/// The token as a secret that a caller compares or forwards.
impl secrecy::ExposeSecret<str> for Token {
    fn expose_secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

/// Where the client that carries the token comes from.
pub(crate) enum Credentials {
    /// The token is fixed, and in the client already.
    Fixed(Arc<raw::Client>),
    /// A provider makes tokens.
    Provided {
        provider: Box<dyn TokenProvider>,
        /// The client without a token.
        bare: Arc<raw::Client>,
        current: Mutex<Option<Credential>>,
        installation_tokens: bool,
    },
}

/// A client that carries a token, and which generation of tokens that is.
#[derive(Clone)]
pub(crate) struct Credential {
    pub(super) client: Arc<raw::Client>,
    generation: u64,
    /// The provider's token.
    token: Option<Token>,
}

impl Credentials {
    pub(crate) fn provided(
        provider: Box<dyn TokenProvider>,
        bare: Arc<raw::Client>,
        installation_tokens: bool,
    ) -> Self {
        Self::Provided {
            provider,
            bare,
            current: Mutex::new(None),
            installation_tokens,
        }
    }

    /// The client without a token of a provider's.
    pub(crate) fn client(&self) -> &Arc<raw::Client> {
        match self {
            Self::Fixed(client) | Self::Provided { bare: client, .. } => client,
        }
    }

    /// The client with the token, if that is fixed.
    pub(super) fn fixed(&self) -> Option<Credential> {
        match self {
            Self::Fixed(client) => Some(Credential {
                client: client.clone(),
                generation: 0,
                token: None,
            }),
            Self::Provided { .. } => None,
        }
    }

    /// A client with a token; not the one that was `refused`. `None` if there is no other.
    pub(super) async fn get(&self, refused: Option<&Credential>) -> Result<Option<Credential>, Error> {
        let Self::Provided {
            provider,
            bare,
            current,
            installation_tokens,
        } = self
        else {
            return Ok(self.fixed().filter(|_| refused.is_none()));
        };
        // Held while the provider works: requests that come meanwhile find the new token.
        let mut current = current.lock().await;
        let has_expired = |known: &Credential| {
            known
                .token
                .as_ref()
                .is_some_and(|token| token.has_expired(SystemTime::now()))
        };
        let is_refused =
            |known: &Credential| refused.is_some_and(|refused| refused.generation == known.generation);
        let (generation, bad) = match &*current {
            Some(known) if is_refused(known) => (known.generation + 1, known.token.as_ref()),
            Some(known) if has_expired(known) => (known.generation + 1, None),
            Some(known) => return Ok(Some(known.clone())),
            None => (0, None),
        };
        let token = provider.token(bad).await.map_err(Error::credentials)?;
        let text = token.secret.expose_secret().trim();
        if bad.is_some_and(|bad| bad.secret.expose_secret().trim() == text) {
            return Ok(None); // the same would be refused again
        }
        let text =
            check_token(text, *installation_tokens).map_err(|error| Error::credentials(error.into()))?;
        let config = bare.request_config().clone().bearer_token(text)?;
        let credential = Credential {
            client: Arc::new(bare.with_request_config(config)),
            generation,
            token: Some(token),
        };
        *current = Some(credential.clone());
        Ok(Some(credential))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(_) => "Fixed",
            Self::Provided { .. } => "Provided",
        })
    }
}

/// Refuses what cannot be a token of this API. No message shows it.
pub(crate) fn check_token(token: &str, installation_tokens: bool) -> Result<&str, Error> {
    if token.is_empty() {
        return Err(Error::invalid(
            "no token: it is empty; set GH_TOKEN or call `token`",
        ));
    }
    if !token
        .chars()
        .all(|c| c.is_ascii_graphic() && c != '"' && c != '\'')
    {
        return Err(Error::invalid(
            "the token contains quotes, white space or other characters that no token has: was it copied with something \
             around it? Remove that",
        ));
    }
    if token.starts_with("ghs_") && !installation_tokens {
        return Err(Error::invalid(
            "a ghs_ token (of an app installation or an Actions job) cannot use the agent tasks API: GitHub refuses it; \
             use a personal token (ghp_, github_pat_) or a user's token of an app (gho_, ghu_)",
        ));
    }
    Ok(token)
}

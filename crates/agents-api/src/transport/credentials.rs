//! Who the client says it is: a fixed token, or one that a provider makes and renews.
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use agents_api_raw as raw;
use tokio::sync::Mutex;

use crate::error::{BoxError, Error};
use crate::future::BoxFuture;

/// Makes tokens; an asynchronous closure is one.
///
/// It is asked before the first request, and once more when GitHub refuses the token (401): a user's token of a GitHub
/// App, for one, is valid for eight hours. Requests that meet the refusal together wait for one renewal.
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
    /// A token that is valid now. White space around it is ignored.
    ///
    /// # Errors
    /// When there is none; the operation then fails with [`ErrorKind::Credentials`](crate::ErrorKind::Credentials) and
    /// the error's text, which must not hold a secret.
    fn token(&self) -> BoxFuture<Result<String, Box<dyn std::error::Error + Send + Sync>>>;
}

impl<F, Answer, T, E> TokenProvider for F
where
    F: Fn() -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<T, E>> + Send + 'static,
    T: Into<String>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn token(&self) -> BoxFuture<Result<String, BoxError>> {
        let answer = self();
        Box::pin(async move { answer.await.map(Into::into).map_err(Into::into) })
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
    },
}

/// A client that carries a token, and which one of a row of tokens that is.
#[derive(Clone)]
pub(crate) struct Credential {
    pub(super) client: Arc<raw::Client>,
    turn: u64,
}

impl Credentials {
    pub(crate) fn provided(provider: Box<dyn TokenProvider>, bare: Arc<raw::Client>) -> Self {
        Self::Provided {
            provider,
            bare,
            current: Mutex::new(None),
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
                turn: 0,
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
        } = self
        else {
            return Ok(self.fixed().filter(|_| refused.is_none()));
        };
        // Held while the provider works: whoever comes meanwhile finds the new token.
        let mut current = current.lock().await;
        let turn = match (&*current, refused) {
            (Some(known), Some(refused)) if known.turn == refused.turn => known.turn + 1,
            (Some(known), _) => return Ok(Some(known.clone())),
            (None, _) => 0,
        };
        let token = provider.token().await.map_err(Error::credentials)?;
        let token = check_token(token.trim()).map_err(|error| Error::credentials(error.into()))?;
        let config = bare.request_config().clone().bearer_token(token)?;
        let credential = Credential {
            client: Arc::new(bare.with_request_config(config)),
            turn,
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
pub(crate) fn check_token(token: &str) -> Result<&str, Error> {
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

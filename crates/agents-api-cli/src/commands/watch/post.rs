//! `--post`: an event as a request, signed as GitHub's webhooks are, and sent again until it is accepted.
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Client, StatusCode, Url};

use super::sign::signature;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// How often an event is sent at most: over some eight minutes.
const MOST_ATTEMPTS: u32 = 14;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long a receiver may take.
const TIMEOUT: Duration = Duration::from_secs(30);

const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");
const EVENT: HeaderName = HeaderName::from_static("x-agents-event");
const DELIVERY: HeaderName = HeaderName::from_static("x-agents-delivery");

/// An address that events are posted to.
pub(super) struct Post {
    url: Url,
    secret: Option<String>,
    http: Client,
}

impl Post {
    pub(super) fn new(url: &str, secret: Option<String>) -> Result<Self> {
        let unusable = |why: String| Failure::usage(format!("--post: {why}"));
        let url = Url::parse(url).map_err(|error| unusable(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(unusable(
                "the address must begin with https:// or http://".to_owned(),
            ));
        }
        let http = Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Self { url, secret, http })
    }

    /// Sends the event until it is accepted.
    ///
    /// # Errors
    /// When it is refused, or not accepted in time.
    pub(super) async fn deliver(
        &self,
        context: &Context,
        event: &'static str,
        body: &[u8],
        id: &str,
    ) -> Result<()> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let (why, is_final) = match self.send(event, body, id).await {
                Ok(status) if status.is_success() => return Ok(()),
                Ok(status) => (format!("response {status}"), is_refusal(status)),
                // The address may hold a secret.
                Err(error) => (error.without_url().to_string(), false),
            };
            if is_final || attempt >= MOST_ATTEMPTS {
                return Err(
                    Failure::new(Exit::Ended, format!("--post: the event was not accepted: {why}")).hint(
                        "it does not count as delivered: with --state, the next start delivers it again",
                    ),
                );
            }
            context.out.note(format!(
                "--post: {why}; next try in {}",
                humantime::format_duration(pause)
            ));
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Ok(())
    }

    async fn send(&self, event: &'static str, body: &[u8], id: &str) -> reqwest::Result<StatusCode> {
        let mut request = self
            .http
            .post(self.url.clone())
            .header(USER_AGENT, concat!("agents/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(EVENT, HeaderValue::from_static(event))
            .header(DELIVERY, id);
        if let Some(signature) = self.secret.as_ref().and_then(|secret| signature(secret, body)) {
            request = request.header(SIGNATURE, signature);
        }
        let response = request.body(body.to_vec()).send().await?;
        Ok(response.status())
    }
}

/// Whether the receiver will not accept the event later either.
fn is_refusal(status: StatusCode) -> bool {
    !status.is_server_error() && !matches!(status.as_u16(), 408 | 425 | 429)
}

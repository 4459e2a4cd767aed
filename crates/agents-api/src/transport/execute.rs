//! The one place that sends requests: in their turn, with a token, again if that is safe and may help.
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agents_api_raw as raw;
use reqwest::header::{HeaderValue, IF_NONE_MATCH};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::Instrument as _;

use super::backoff::later;
use super::call::Call;
use super::credentials::{Credential, Credentials};
use super::policy::{RateLimitPolicy, RetryPolicy};
use super::rate_limiter::{NoPermit, RateLimiter};
use super::retry::{Attempts, RetryBudget};
use super::trace;
use crate::error::{Delivery, Error, ErrorKind, RateLimit, Retry};

/// How a client goes about its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) retry: RetryPolicy,
    pub(crate) rate_limits: RateLimitPolicy,
    /// The time limit of an operation, everything included.
    pub(crate) timeout: Duration,
    /// How many requests may be in flight.
    pub(crate) in_flight: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::new(),
            rate_limits: RateLimitPolicy::Wait,
            timeout: Duration::from_secs(5 * 60),
            in_flight: 10,
        }
    }
}

/// What all clones of a client share.
#[derive(Debug)]
pub(crate) struct Core {
    settings: Settings,
    credentials: Credentials,
    limiter: RateLimiter,
    budget: Mutex<RetryBudget>,
}

impl Core {
    pub(crate) fn new(credentials: Credentials, settings: Settings) -> Self {
        Self {
            limiter: RateLimiter::new(settings.in_flight.max(1)),
            budget: Mutex::new(RetryBudget::new(settings.retry)),
            credentials,
            settings,
        }
    }

    pub(crate) fn raw(&self) -> &raw::Client {
        self.credentials.client()
    }

    /// How many requests may be in flight.
    pub(crate) fn max_in_flight(&self) -> usize {
        self.settings.in_flight
    }

    pub(crate) fn rate_limit(&self, resource: &str) -> Option<RateLimit> {
        self.limiter.rate_limit(resource)
    }

    /// Carries out an operation within `limit`, or else the client's time limit. `make` makes one attempt.
    pub(crate) async fn run<T, F, Attempt>(
        &self,
        call: Call,
        limit: Option<Duration>,
        make: F,
    ) -> Result<raw::ResponseValue<T>, Error>
    where
        F: Fn(Arc<raw::Client>) -> Attempt,
        Attempt: Future<Output = Result<raw::ResponseValue<T>, raw::Error>>,
    {
        let limit = limit.unwrap_or(self.settings.timeout);
        let deadline = later(Instant::now(), limit);
        let rate_limits = match self.settings.rate_limits {
            RateLimitPolicy::Wait => deadline,
            RateLimitPolicy::Fail => Instant::now(),
        };
        let deadlines = Deadlines {
            rate_limits,
            deadline,
            limit,
        };
        let span = trace::span(call, self.raw().base_url());
        let with_retries = async {
            let mut attempts = Attempts::new(self.settings.retry);
            loop {
                let error = match self.attempt(call, deadlines, &mut attempts, &make).await {
                    Ok(answer) => {
                        self.budget().on_success();
                        trace::succeeded(&answer, attempts.count());
                        return Ok(answer);
                    }
                    Err(error) => error.after(call.operation, attempts.count()),
                };
                let Some(at) = self.next_retry_at(call, &attempts, &error, deadlines) else {
                    trace::failed(&error);
                    return Err(error);
                };
                trace::again(&error, at);
                sleep_until(at).await;
            }
        };
        with_retries.instrument(span).await
    }

    /// Asks once, for a poller, which does its own waiting. `None` if nothing changed since the answer with this `tag`.
    pub(crate) async fn look<T, F, Attempt>(
        &self,
        call: Call,
        tag: Option<&HeaderValue>,
        deadline: Instant,
        make: F,
    ) -> Result<Option<raw::ResponseValue<T>>, Error>
    where
        F: Fn(Arc<raw::Client>) -> Attempt,
        Attempt: Future<Output = Result<raw::ResponseValue<T>, raw::Error>>,
    {
        let now = Instant::now();
        let deadlines = Deadlines {
            rate_limits: now,
            deadline,
            limit: deadline - now,
        };
        let span = trace::span(call, self.raw().base_url());
        let make = |client: Arc<raw::Client>| {
            make(match tag {
                Some(tag) => {
                    let config = client.request_config().clone().header(IF_NONE_MATCH, tag.clone());
                    Arc::new(client.with_request_config(config))
                }
                None => client,
            })
        };
        let once = async {
            let mut attempts = Attempts::new(RetryPolicy::never());
            match self.attempt(call, deadlines, &mut attempts, &make).await {
                Ok(answer) => {
                    trace::succeeded(&answer, attempts.count());
                    Ok(Some(answer))
                }
                Err(error) if tag.is_some() && error.status() == Some(304) => {
                    trace::unchanged();
                    Ok(None)
                }
                Err(error) => {
                    let error = error.after(call.operation, attempts.count());
                    trace::failed(&error);
                    Err(error)
                }
            }
        };
        once.instrument(span).await
    }

    /// Sends a request once, or twice if a new token is to be had for one that GitHub refused.
    async fn attempt<T, F, Attempt>(
        &self,
        call: Call,
        deadlines: Deadlines,
        attempts: &mut Attempts,
        make: &F,
    ) -> Result<raw::ResponseValue<T>, Error>
    where
        F: Fn(Arc<raw::Client>) -> Attempt,
        Attempt: Future<Output = Result<raw::ResponseValue<T>, raw::Error>>,
    {
        let permit = self
            .limiter
            .acquire(call, deadlines.rate_limits, deadlines.deadline)
            .await;
        let _in_flight = permit.map_err(|none| match none {
            NoPermit::RateLimited(delay) => Error::rate_limit_in_effect(delay),
            NoPermit::Busy => Error::deadline_reached(deadlines.limit, Delivery::NotSent),
        })?;
        let mut credential = self.credential(deadlines, None).await?;
        let mut renewed = false;
        loop {
            let Some(Credential { client, .. }) = &credential else {
                return Err(Error::invalid("no token was given"));
            };
            attempts.sent();
            let Ok(answer) = timeout_at(deadlines.deadline, make(client.clone())).await else {
                return Err(Error::deadline_reached(deadlines.limit, Delivery::Unknown));
            };
            let error = match answer {
                Ok(answer) => {
                    self.limiter.succeeded(call, answer.headers());
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let error = self.limiter.failed(call, error.into());
            if error.status() != Some(401) || renewed {
                return Err(error);
            }
            renewed = true;
            match self.credential(deadlines, credential.as_ref()).await? {
                Some(other) => credential = Some(other),
                None => return Err(error),
            }
        }
    }

    /// A client with a token, another than the one that was `refused`.
    async fn credential(
        &self,
        deadlines: Deadlines,
        refused: Option<&Credential>,
    ) -> Result<Option<Credential>, Error> {
        if refused.is_none()
            && let Some(fixed) = self.credentials.fixed()
        {
            return Ok(Some(fixed)); // the usual case needs no timer
        }
        timeout_at(deadlines.deadline, self.credentials.get(refused))
            .await
            .unwrap_or_else(|_| Err(Error::deadline_reached(deadlines.limit, Delivery::NotSent)))
    }

    /// When to send a request again after `error`, if at all.
    fn next_retry_at(
        &self,
        call: Call,
        attempts: &Attempts,
        error: &Error,
        deadlines: Deadlines,
    ) -> Option<Instant> {
        let retry = retry(call, error);
        let delay = attempts.delay(retry, error.retry_after(), &mut self.budget(), fastrand::f64())?;
        let at = later(Instant::now(), delay);
        let (at, latest) = match retry {
            Retry::RateLimited => (
                self.limiter.blocked_until(call).map_or(at, |until| until.max(at)),
                deadlines.rate_limits,
            ),
            _ => (at, deadlines.deadline),
        };
        (at < latest).then_some(at)
    }

    fn budget(&self) -> std::sync::MutexGuard<'_, RetryBudget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time limits of an operation.
#[derive(Clone, Copy, Debug)]
struct Deadlines {
    /// Until when to wait for a rate limit.
    rate_limits: Instant,
    /// Until when to wait for anything.
    deadline: Instant,
    /// How long that was at the beginning.
    limit: Duration,
}

/// Whether a request may be sent again after `error`.
fn retry(call: Call, error: &Error) -> Retry {
    // The wait was too long already; and a token provider repeats what it wants to.
    if error.is_rate_limit_in_effect() || error.kind() == ErrorKind::Credentials {
        return Retry::No;
    }
    let is_safe = match error.retry() {
        Retry::RateLimited => error.delivery() != Delivery::Unknown,
        _ => error.delivery() == Delivery::NotSent,
    };
    if call.writes && !is_safe {
        return Retry::No;
    }
    error.retry()
}

//! The one place that sends requests: when the rate limiter permits it, with a token, and again if that is safe and may
//! help.
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agents_api_raw as raw;
use reqwest::header::{AUTHORIZATION, HeaderValue, IF_NONE_MATCH};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::Instrument as _;

use super::backoff::later;
use super::credentials::{Credential, Credentials};
use super::operation::Operation;
use super::policy::{RateLimitPolicy, RetryPolicy};
use super::rate_limiter::{NoPermit, RateLimiter};
use super::retry::{Attempts, RetryBudget};
use super::trace;
use crate::error::{Delivery, Error, ErrorKind, RateLimit, Retry};

/// How a client sends its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) retry: RetryPolicy,
    pub(crate) rate_limits: RateLimitPolicy,
    /// The time limit of an operation, retries and pauses included.
    pub(crate) timeout: Duration,
    /// How many requests may be in flight.
    pub(crate) max_in_flight: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::new(),
            rate_limits: RateLimitPolicy::Wait,
            timeout: Duration::from_secs(5 * 60),
            max_in_flight: 10,
        }
    }
}

/// What all clones of a client share.
#[derive(Debug)]
pub(crate) struct Executor {
    settings: Settings,
    credentials: Credentials,
    limiter: RateLimiter,
    budget: Mutex<RetryBudget>,
}

/// The response to an operation.
pub(crate) struct Executed<T> {
    pub(crate) response: raw::ResponseValue<T>,
    /// How many requests were sent for it, those that followed a redirect included.
    pub(crate) requests: u32,
}

impl Executor {
    pub(crate) fn new(credentials: Credentials, settings: Settings) -> Self {
        Self {
            limiter: RateLimiter::new(settings.max_in_flight),
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
        self.settings.max_in_flight
    }

    pub(crate) fn rate_limit(&self, resource: &str) -> Option<RateLimit> {
        self.limiter.rate_limit(resource)
    }

    /// Carries out an operation within `limit`, or else the client's time limit. `make` makes one attempt.
    pub(crate) async fn run<T, F, Attempt>(
        &self,
        operation: Operation,
        limit: Option<Duration>,
        make: F,
    ) -> Result<raw::ResponseValue<T>, Error>
    where
        F: Fn(Arc<raw::Client>) -> Attempt,
        Attempt: Future<Output = Result<raw::ResponseValue<T>, raw::Error>>,
    {
        Ok(self.run_counted(operation, limit, make).await?.response)
    }

    /// Carries out an operation as [`run`](Self::run) does, and says how many requests it took.
    pub(crate) async fn run_counted<T, F, Attempt>(
        &self,
        operation: Operation,
        limit: Option<Duration>,
        make: F,
    ) -> Result<Executed<T>, Error>
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
        let span = trace::span(operation, self.raw().base_url());
        let with_retries = async {
            let mut attempts = Attempts::new(self.settings.retry);
            loop {
                let error = match self.send(operation, deadlines, &mut attempts, &make).await {
                    Ok(response) => {
                        self.budget().on_success();
                        let executed = Executed {
                            response,
                            requests: attempts.requests(),
                        };
                        trace::succeeded(&executed.response, executed.requests);
                        return Ok(executed);
                    }
                    Err(error) => self.failed(error, operation, attempts.count()),
                };
                let Some(at) = self.next_retry_at(operation, &mut attempts, &error, deadlines) else {
                    trace::failed(&error);
                    return Err(error);
                };
                trace::will_retry(&error, at);
                sleep_until(at).await;
            }
        };
        with_retries.instrument(span).await
    }

    /// Sends a request once, for a poller, which has a schedule of its own: nothing is retried, and a rate limit is an
    /// error at once. `None` if nothing changed since the response with this `tag`.
    pub(crate) async fn poll<T, F, Attempt>(
        &self,
        operation: Operation,
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
        let span = trace::span(operation, self.raw().base_url());
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
            match self.send(operation, deadlines, &mut attempts, &make).await {
                Ok(response) => {
                    trace::succeeded(&response, attempts.count());
                    Ok(Some(response))
                }
                Err(error) if tag.is_some() && error.status() == Some(304) => {
                    trace::not_modified();
                    Ok(None)
                }
                Err(error) => {
                    let error = self.failed(error, operation, attempts.count());
                    trace::failed(&error);
                    Err(error)
                }
            }
        };
        once.instrument(span).await
    }

    /// Sends a request once, or twice if GitHub refused the token and there is a new one.
    async fn send<T, F, Attempt>(
        &self,
        operation: Operation,
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
            .acquire(operation, deadlines.rate_limits, deadlines.deadline)
            .await;
        let _in_flight = permit.map_err(|none| match none {
            NoPermit::RateLimited(delay) => Error::rate_limit_in_effect(delay),
            NoPermit::Busy => Error::deadline_reached(deadlines.limit, Delivery::NotSent),
        })?;
        let mut credential = self.credential(deadlines, None).await?;
        let mut renewed = false;
        loop {
            let Some(Credential { client, .. }) = &credential else {
                return Err(Error::invalid(
                    "no token: neither a fixed one nor a provider's; set one on the builder",
                ));
            };
            attempts.sent();
            let Ok(result) = timeout_at(deadlines.deadline, make(client.clone())).await else {
                return Err(Error::deadline_reached(deadlines.limit, Delivery::Unknown));
            };
            let error = match result {
                Ok(response) => {
                    attempts.redirected(response.requests_sent());
                    self.limiter.succeeded(operation, response.headers());
                    return Ok(response);
                }
                Err(error) => {
                    attempts.redirected(error.requests_sent());
                    let token = bearer_token(client);
                    self.limiter.failed(operation, Error::of_request(error, token))
                }
            };
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

    /// Adds to an error what the operation knows.
    fn failed(&self, error: Error, operation: Operation, attempts: u32) -> Error {
        let error = error.after(operation.name, attempts);
        let error = if operation.writes { error.of_write() } else { error };
        if error.is_connect() {
            return error.at(self.raw().base_url());
        }
        error
    }

    /// When to send a request again after `error`, if at all.
    fn next_retry_at(
        &self,
        operation: Operation,
        attempts: &mut Attempts,
        error: &Error,
        deadlines: Deadlines,
    ) -> Option<Instant> {
        let retry = retry(error);
        if error.is_connect() {
            attempts.connection_failed();
        }
        let delay = attempts.delay(retry, error.retry_after(), &mut self.budget(), fastrand::f64())?;
        let at = later(Instant::now(), delay);
        let (at, latest) = match retry {
            Retry::RateLimited => (
                self.limiter
                    .blocked_until(operation)
                    .map_or(at, |until| until.max(at)),
                deadlines.rate_limits,
            ),
            _ => (at, deadlines.deadline),
        };
        (at < latest).then_some(at)
    }

    fn budget(&self) -> MutexGuard<'_, RetryBudget> {
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

/// The token that the client sends.
fn bearer_token(client: &raw::Client) -> Option<&str> {
    let value = client.request_config().headers().get(AUTHORIZATION)?;
    value.to_str().ok()?.strip_prefix("Bearer ")
}

/// Whether a request is sent again after `error`.
fn retry(error: &Error) -> Retry {
    // The wait was too long already; and a token provider repeats what it wants to.
    if error.is_rate_limit_in_effect() || error.kind() == ErrorKind::Credentials {
        return Retry::No;
    }
    error.retry()
}

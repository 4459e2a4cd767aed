//! The one place that sends requests: in their turn, with a token, again if that is safe and may help.
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agents_api_raw as raw;
use reqwest::header::{HeaderValue, IF_NONE_MATCH};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::Instrument as _;

use super::call::Call;
use super::credentials::{Credential, Credentials};
use super::gate::{Closed, Gate};
use super::governor::later;
use super::policy::{RateLimitPolicy, RetryPolicy};
use super::retry::{Budget, Failure, Retry};
use super::trace;
use crate::error::{Delivery, Error, ErrorKind, RateLimit};

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
    gate: Gate,
    budget: Mutex<Budget>,
}

impl Core {
    pub(crate) fn new(credentials: Credentials, settings: Settings) -> Self {
        Self {
            gate: Gate::new(settings.in_flight.max(1)),
            budget: Mutex::new(Budget::new(settings.retry)),
            credentials,
            settings,
        }
    }

    pub(crate) fn raw(&self) -> &raw::Client {
        self.credentials.client()
    }

    pub(crate) fn rate_limit(&self, resource: &str) -> Option<RateLimit> {
        self.gate.rate_limit(resource)
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
        let patient = match self.settings.rate_limits {
            RateLimitPolicy::Wait => deadline,
            RateLimitPolicy::Fail => Instant::now(),
        };
        let times = Times {
            patient,
            deadline,
            limit,
        };
        let span = trace::span(call, self.raw().base_url());
        let repeat = async {
            let mut retry = Retry::new(self.settings.retry);
            loop {
                let error = match self.attempt(call, times, &mut retry, &make).await {
                    Ok(answer) => {
                        self.budget().give_back();
                        trace::succeeded(&answer, retry.attempts());
                        return Ok(answer);
                    }
                    Err(error) => error.after(call.operation, retry.attempts()),
                };
                let Some(at) = self.again(call, &retry, &error, times) else {
                    trace::failed(&error);
                    return Err(error);
                };
                trace::again(&error, at);
                sleep_until(at).await;
            }
        };
        repeat.instrument(span).await
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
        let times = Times {
            patient: now,
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
            let mut retry = Retry::new(RetryPolicy::never());
            match self.attempt(call, times, &mut retry, &make).await {
                Ok(answer) => {
                    trace::succeeded(&answer, retry.attempts());
                    Ok(Some(answer))
                }
                Err(error) if tag.is_some() && error.status() == Some(304) => {
                    trace::unchanged();
                    Ok(None)
                }
                Err(error) => {
                    let error = error.after(call.operation, retry.attempts());
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
        times: Times,
        retry: &mut Retry,
        make: &F,
    ) -> Result<raw::ResponseValue<T>, Error>
    where
        F: Fn(Arc<raw::Client>) -> Attempt,
        Attempt: Future<Output = Result<raw::ResponseValue<T>, raw::Error>>,
    {
        let turn = self.gate.enter(call, times.patient, times.deadline).await;
        let _in_flight = turn.map_err(|closed| match closed {
            Closed::RateLimit(pause) => Error::held(pause),
            Closed::Busy => Error::out_of_time(times.limit, Delivery::NotSent),
        })?;
        let mut credential = self.credential(times, None).await?;
        let mut renewed = false;
        loop {
            let Some(Credential { client, .. }) = &credential else {
                return Err(Error::invalid("no token was given"));
            };
            retry.sent();
            let Ok(answer) = timeout_at(times.deadline, make(client.clone())).await else {
                return Err(Error::out_of_time(times.limit, Delivery::Unknown));
            };
            let error = match answer {
                Ok(answer) => {
                    self.gate.answered(call, answer.headers());
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if let Some(answer) = error.response() {
                self.gate.refused(call, answer);
            }
            let unauthorized = error.status().is_some_and(|status| status == 401);
            if !unauthorized || renewed {
                return Err(error.into());
            }
            renewed = true;
            match self.credential(times, credential.as_ref()).await? {
                Some(other) => credential = Some(other),
                None => return Err(error.into()),
            }
        }
    }

    /// A client with a token, another than the one that was `refused`.
    async fn credential(
        &self,
        times: Times,
        refused: Option<&Credential>,
    ) -> Result<Option<Credential>, Error> {
        if refused.is_none()
            && let Some(fixed) = self.credentials.fixed()
        {
            return Ok(Some(fixed)); // the usual case needs no timer
        }
        timeout_at(times.deadline, self.credentials.get(refused))
            .await
            .unwrap_or_else(|_| Err(Error::out_of_time(times.limit, Delivery::NotSent)))
    }

    /// When to send a request again after `error`, if at all.
    fn again(&self, call: Call, retry: &Retry, error: &Error, times: Times) -> Option<Instant> {
        let failure = failure(call, error);
        let pause = retry.pause(failure, &mut self.budget(), fastrand::f64())?;
        let at = later(Instant::now(), pause);
        let (at, latest) = match failure {
            Failure::RateLimit => (
                self.gate.held_until(call).map_or(at, |held| held.max(at)),
                times.patient,
            ),
            _ => (at, times.deadline),
        };
        (at < latest).then_some(at)
    }

    fn budget(&self) -> std::sync::MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time limits of an operation.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// Until when to wait for a limit of GitHub's.
    patient: Instant,
    /// Until when to wait for anything.
    deadline: Instant,
    /// How long that was at the beginning.
    limit: Duration,
}

/// What a failure means for sending the request again.
fn failure(call: Call, error: &Error) -> Failure {
    if error.is_held() || error.kind() == ErrorKind::Credentials {
        return Failure::Lasting; // the wait was too long already; a provider repeats what it wants to
    }
    if error.is_rate_limited() && error.delivery() != Delivery::Unknown {
        return Failure::RateLimit;
    }
    let safe = !call.writes || error.delivery() == Delivery::NotSent;
    if safe && error.is_passing() {
        Failure::Passing(error.retry_after())
    } else {
        Failure::Lasting
    }
}

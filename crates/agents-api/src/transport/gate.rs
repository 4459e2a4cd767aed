//! Where requests wait for their turn: for a limit of GitHub's to pass, a second after the last write, for a place
//! among those in flight.
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agents_api_raw::RawResponse;
use reqwest::header::HeaderMap;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::call::Call;
use super::governor::Governor;
use crate::error::RateLimit;

/// The gate of a client and all its clones.
#[derive(Debug)]
pub(crate) struct Gate {
    governor: Mutex<Governor>,
    places: Semaphore,
    writers: tokio::sync::Mutex<()>,
}

/// Why a request did not get through before its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// GitHub wants no request for this long.
    RateLimit(Duration),
    /// Other requests took the time.
    Busy,
}

impl Gate {
    pub(super) fn new(places: usize) -> Self {
        Self {
            governor: Mutex::default(),
            places: Semaphore::new(places),
            writers: tokio::sync::Mutex::const_new(()),
        }
    }

    /// Waits for the turn of a request, which is in flight until the permit is dropped.
    ///
    /// `patient` is how long the caller is ready to wait for a limit of GitHub's.
    pub(super) async fn enter(
        &self,
        call: Call,
        patient: Instant,
        deadline: Instant,
    ) -> Result<SemaphorePermit<'_>, Closed> {
        self.check_limits(call, patient)?;
        // Writers come one after the other; the next one's second begins when this one is sent.
        let _writer = if call.writes {
            let turn = timeout_at(deadline, self.writers.lock()).await;
            Some(turn.map_err(|_| Closed::Busy)?)
        } else {
            None
        };
        loop {
            while let Some(until) = self.check_limits(call, patient)? {
                sleep_until(until).await;
            }
            if let Some(turn) = self.next_write().filter(|_| call.writes) {
                if turn > deadline {
                    return Err(Closed::Busy);
                }
                sleep_until(turn).await;
                continue;
            }
            let place = match self.places.try_acquire() {
                Ok(place) => place, // whoever waits already has taken a place that came free
                Err(_) => match timeout_at(deadline, self.places.acquire()).await {
                    Ok(Ok(place)) => place,
                    _ => return Err(Closed::Busy), // the semaphore is never closed
                },
            };
            // While this one waited for a place, another may have met a limit.
            if self.held_until(call).is_none() {
                if call.writes {
                    self.governor().wrote(Instant::now());
                }
                return Ok(place);
            }
        }
    }

    /// Until when to wait for a limit, if there is one and the caller is so patient.
    fn check_limits(&self, call: Call, patient: Instant) -> Result<Option<Instant>, Closed> {
        match self.held_until(call) {
            Some(until) if until > patient => {
                let pause = until - Instant::now();
                // As headers do, in whole seconds, and never too short.
                let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
                Err(Closed::RateLimit(Duration::from_secs(seconds)))
            }
            until => Ok(until),
        }
    }

    /// When the next request may be sent, if not now.
    pub(super) fn held_until(&self, call: Call) -> Option<Instant> {
        self.governor().held_until(call.resource, Instant::now())
    }

    /// From when on the next write may be sent, if not now.
    fn next_write(&self) -> Option<Instant> {
        self.governor().next_write(Instant::now())
    }

    pub(super) fn rate_limit(&self, resource: &str) -> Option<RateLimit> {
        self.governor().rate_limit(resource)
    }

    pub(super) fn answered(&self, call: Call, headers: &HeaderMap) {
        self.governor().answered(call.resource, headers, Instant::now());
    }

    pub(super) fn refused(&self, call: Call, answer: &RawResponse) {
        self.governor().refused(call.resource, answer, Instant::now());
    }

    /// No code that may panic runs under the lock, and what it holds is whole at any time.
    fn governor(&self) -> MutexGuard<'_, Governor> {
        self.governor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

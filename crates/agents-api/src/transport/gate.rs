//! Where requests wait for their turn: for a limit of GitHub's to pass, a second after the last write, for a place
//! among those in flight.
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agents_api_raw::RawResponse;
use reqwest::header::HeaderMap;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::governor::Governor;
use super::{Call, RateLimit};

/// The gate of a client and all its clones.
#[derive(Debug)]
pub(crate) struct Gate {
    governor: Mutex<Governor>,
    places: Semaphore,
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
        if call.writes {
            // A caller that gives up leaves its second unused, which does no harm.
            let turn = self.governor().reserve_write(Instant::now(), deadline);
            let Some(turn) = turn else {
                sleep_until(deadline).await;
                return Err(Closed::Busy);
            };
            sleep_until(turn).await;
        }
        loop {
            self.wait_for_limits(call, patient.min(deadline)).await?;
            let Ok(Ok(place)) = timeout_at(deadline, self.places.acquire()).await else {
                return Err(Closed::Busy); // the semaphore is never closed
            };
            // While this one waited for a place, another may have met a limit.
            if self.held_until(call).is_none() {
                return Ok(place);
            }
        }
    }

    async fn wait_for_limits(&self, call: Call, patient: Instant) -> Result<(), Closed> {
        while let Some(until) = self.held_until(call) {
            if until > patient {
                let pause = until - Instant::now();
                // As headers do, in whole seconds, and never too short.
                let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
                return Err(Closed::RateLimit(Duration::from_secs(seconds)));
            }
            sleep_until(until).await;
        }
        Ok(())
    }

    /// When the next request may be sent, if not now.
    pub(super) fn held_until(&self, call: Call) -> Option<Instant> {
        self.governor().held_until(call.resource, Instant::now())
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

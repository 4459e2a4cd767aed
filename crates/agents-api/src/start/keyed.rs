//! A start with a key: claim it or look for its task first, send at most once, look again when the response is lost.
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use agents_api_raw::types::Task;
use chrono::{DateTime, Utc};
use futures_util::future::{Either, select};
use tokio::time::{Instant, sleep, timeout};

use super::key::{IdempotencyKey, Key, MAX_VISIBILITY_TIMEOUT};
use super::outcome::{StartOrigin, Started};
use super::search::{Observation, Search, SearchTarget, Since, Timestamp, UNSETTLED, differences};
use super::send::{Failed, Sender};
use crate::client::key_store::{Claim, KeyStore, Lease, StoreKey};
use crate::client::start_registry::Attempt;
use crate::error::{BoxError, Delivery, Error, ErrorKind};
use crate::transport::later;

/// Starts the task unless one with the key is there.
pub(super) async fn run(sender: &Sender, settings: &IdempotencyKey) -> Result<Started, Error> {
    let key = settings.checked()?;
    let start = Keyed {
        sender,
        settings,
        key: &key,
    };
    let client = sender.repo.client();
    let lock = client
        .starts()
        .key_lock(&sender.repo.to_string(), key.as_str(), MAX_VISIBILITY_TIMEOUT);
    let mut attempt = lock.lock().await;
    if let Attempt::Started(id, at) = &*attempt
        && (client.key_store().is_some() || at.elapsed() <= settings.lookback())
    {
        // No list is needed, and a list may not show it yet.
        return start.existing_by_id(id).await;
    }
    let (held, since) = match client.key_store() {
        None => (None, Some(Since::Ago(settings.lookback()))),
        Some(store) => match start.claim(store).await? {
            Ok((held, since)) => (Some(held), since.map(Since::Time)),
            Err(id) => return start.existing_by_id(&id).await,
        },
    };
    let mut search = start.search(since.unwrap_or(Since::Moment(Timestamp::now())));
    if since.is_some() {
        let settled = match (&*attempt, &held) {
            (Attempt::Unknown(at), _) => later(*at, settings.visibility()),
            (_, Some(_)) => later(Instant::now(), settings.visibility()),
            (_, None) => Instant::now(),
        };
        let looking = Box::pin(start.look(&mut search, settled));
        let found = match &held {
            None => looking.await?,
            Some(held) => {
                let looked = held.renewing(looking).await;
                looked.map_err(|error| lost_before_sending(&key, &error))??
            }
        };
        if let Some(found) = found {
            let found = found.searched(search.bound());
            if let Some(held) = held {
                held.record(&found.task.id).await;
            }
            start.check_match(&found.task)?;
            return Ok(found);
        }
    }
    start.send(&mut attempt, held, &mut search, since.is_some()).await
}

/// A start with its key.
struct Keyed<'a> {
    sender: &'a Sender,
    settings: &'a IdempotencyKey,
    key: &'a Key,
}

impl Keyed<'_> {
    fn search(&self, since: Since) -> Search {
        let target = SearchTarget::Key(self.key.clone());
        let mut search = Search::new(self.sender.repo.clone(), target, since);
        search.creator = self.settings.creator_id();
        search
    }

    /// The hold on the key, and if it was abandoned, since when; or else the task that it has started.
    #[allow(clippy::type_complexity, reason = "the two ways on, read in one place")]
    async fn claim(
        &self,
        store: &Arc<dyn KeyStore>,
    ) -> Result<Result<(Held, Option<DateTime<Utc>>), String>, Error> {
        let key = StoreKey::new(self.sender.repo.to_string(), self.key.as_str());
        let deadline = later(Instant::now(), self.settings.visibility());
        let mut pause = Duration::from_millis(50);
        loop {
            let claim = store.claim(key.clone()).await.map_err(|error| {
                Error::key(
                    ErrorKind::KeyStore,
                    format!(
                        "the key store did not answer whether idempotency key {} is free: {error}; nothing was sent",
                        self.key.as_str()
                    ),
                )
            })?;
            let held = |lease| Held {
                store: store.clone(),
                key: key.clone(),
                lease,
            };
            match claim {
                Claim::New(lease) => return Ok(Ok((held(lease), None))),
                Claim::Abandoned { lease, since } => return Ok(Ok((held(lease), Some(since)))),
                Claim::Done { task_id } => return Ok(Err(task_id)),
                Claim::InProgress if Instant::now() >= deadline => {
                    return Err(Error::key(
                        ErrorKind::KeyInUse,
                        format!(
                            "idempotency key {} is in use: another start with it has been under way for {:?}; \
                             nothing was sent; await it again later",
                            self.key.as_str(),
                            self.settings.visibility()
                        ),
                    ));
                }
                Claim::InProgress => sleep(pause).await,
            }
            pause = Duration::from_secs(2).min(pause * 2);
        }
    }

    async fn existing_by_id(&self, id: &str) -> Result<Started, Error> {
        let task = self.sender.repo.task(id).get().await?;
        self.check_match(&task)?;
        found(vec![task], StartOrigin::Existing)
    }

    /// Refuses a task that was started for something else.
    fn check_match(&self, task: &Task) -> Result<(), Error> {
        if self.settings.accepts_mismatch() {
            return Ok(());
        }
        let differences = differences(&self.sender.certain(), task);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::key(
            ErrorKind::IdempotencyMismatch,
            format!(
                "idempotency key {} has started task {} with another request: it differs in {}; use another key, or \
                 `IdempotencyKey::accept_mismatch` to get this task",
                self.key.as_str(),
                task.id,
                differences.join(" and ")
            ),
        ))
    }

    /// The task with the key that is there already.
    async fn look(&self, search: &mut Search, settled: Instant) -> Result<Option<Started>, Error> {
        let mut seen = search.follow(settled, Observation::is_match).await?;
        if !seen.is_clear() {
            // A session may appear a moment after its task.
            let deadline = later(Instant::now(), self.settings.visibility());
            seen = search.follow(deadline, Observation::is_clear).await?;
        }
        if seen.is_match() {
            return found(seen.matches, StartOrigin::Existing).map(Some);
        }
        if let Some(id) = seen.unreadable.first() {
            return Err(Error::invalid(format!(
                "GitHub does not show the prompt of task {id}, so whether it has the idempotency key is not known; look \
                 at it, then wait, or set the key's `lookback_window` or `creator` so that it is left out"
            )));
        }
        if seen.unsettled {
            return Err(Error::invalid(UNSETTLED));
        }
        Ok(None)
    }

    async fn send(
        &self,
        attempt: &mut Attempt,
        held: Option<Held>,
        search: &mut Search,
        was_searched: bool,
    ) -> Result<Started, Error> {
        let in_flight = InFlightGuard::begin(attempt);
        let sending = Box::pin(self.sender.send_with_fallbacks(Some(self.key)));
        let (result, held) = match held {
            None => (Ok(sending.await), None),
            Some(held) => match held.renewing(sending).await {
                Ok(result) => (Ok(result), Some(held)),
                // The lease is lost: the key is another's to record.
                Err(error) => (Err(lease_lost(self.key, &error)), None),
            },
        };
        let failed = match result {
            Ok(Ok(started)) => {
                in_flight.ended(Attempt::Started(started.task.id.clone(), Instant::now()));
                let started = if let Some(held) = held {
                    held.record(&started.task.id).await;
                    started
                } else {
                    let all = search.matches_besides(started.task.clone()).await;
                    let first = started.among(all);
                    // All who look agree on the first task, this client the next time, too.
                    *attempt = Attempt::Started(first.task.id.clone(), Instant::now());
                    first
                };
                return Ok(if was_searched {
                    started.searched(search.bound())
                } else {
                    started
                });
            }
            Ok(Err(failed)) if failed.error.delivery() != Delivery::Unknown => {
                in_flight.ended(Attempt::None);
                if let Some(held) = held {
                    held.release().await;
                }
                return Err(failed.error);
            }
            Ok(Err(failed)) => failed,
            Err(error) => Failed {
                error,
                fallbacks: Vec::new(),
            },
        };
        drop(in_flight);
        let settled = later(Instant::now(), self.settings.visibility());
        let following = Box::pin(search.follow(settled, Observation::is_match));
        let seen = match &held {
            None => Ok(following.await),
            Some(held) => held.renewing(following).await,
        };
        match seen {
            Ok(Ok(seen)) if seen.is_match() => {
                let mut started = found(seen.matches, StartOrigin::Recovered)?;
                started.fallbacks = failed.fallbacks;
                *attempt = Attempt::Started(started.task.id.clone(), Instant::now());
                if let Some(held) = held {
                    held.record(&started.task.id).await;
                }
                Ok(started.searched(search.bound()))
            }
            // Not found is not certain, and neither is a search that failed or lost its lease: what is known is how the
            // start failed.
            Ok(_) | Err(_) => Err(failed.error),
        }
    }
}

fn found(tasks: Vec<Task>, origin: StartOrigin) -> Result<Started, Error> {
    Started::found(tasks, origin).ok_or_else(|| Error::unexpected("no task was found"))
}

fn lost_before_sending(key: &Key, error: &BoxError) -> Error {
    Error::key(
        ErrorKind::KeyStore,
        format!(
            "the lease of idempotency key {} was lost while its task was searched for: {error}; nothing was sent; await \
             a start with the same key again",
            key.as_str()
        ),
    )
}

fn lease_lost(key: &Key, error: &BoxError) -> Error {
    Error::unexpected(format!(
        "the lease of idempotency key {} was lost while its start was under way: {error}; a task may have been started; \
         await a start with the same key again",
        key.as_str()
    ))
}

/// A key that is claimed in a store. Dropped, it leaves the key abandoned.
struct Held {
    store: Arc<dyn KeyStore>,
    key: StoreKey,
    lease: Lease,
}

impl Held {
    async fn record(self, task_id: &str) {
        let key = self.key.key().to_owned();
        let recorded = self.store.record(self.key, self.lease, task_id.to_owned());
        if let Err(error) = recorded.await {
            tracing::warn!(key, task_id, %error, "the key store did not record the task: the next start with the key searches for it");
        }
    }

    async fn release(self) {
        let key = self.key.key().to_owned();
        if let Err(error) = self.store.release(self.key, self.lease).await {
            tracing::warn!(key, %error, "the key store did not release the key: the next start with it searches for a task");
        }
    }

    /// Awaits what is under way and renews the lease meanwhile; fails when the lease is lost. A renewal that takes long
    /// does not hold up what is under way.
    async fn renewing<T>(&self, mut under_way: Pin<Box<impl Future<Output = T>>>) -> Result<T, BoxError> {
        let Some(interval) = self.lease.renewal_interval() else {
            return Ok(under_way.await);
        };
        loop {
            if let Ok(result) = timeout(interval, &mut under_way).await {
                return Ok(result);
            }
            let token = self.lease.token().to_owned();
            let renewal = self.store.renew(self.key.clone(), token);
            match select(&mut under_way, renewal).await {
                Either::Left((result, _)) => return Ok(result),
                Either::Right((renewed, _)) => renewed?,
            }
        }
    }
}

/// A start that is in flight. Dropped before its end is known, for one by a caller's timeout, it leaves the attempt
/// `Unknown`.
struct InFlightGuard<'a> {
    attempt: &'a mut Attempt,
    ended: bool,
}

impl<'a> InFlightGuard<'a> {
    fn begin(attempt: &'a mut Attempt) -> Self {
        Self {
            attempt,
            ended: false,
        }
    }

    fn ended(mut self, end: Attempt) {
        *self.attempt = end;
        self.ended = true;
    }
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        if !self.ended {
            *self.attempt = Attempt::Unknown(Instant::now());
        }
    }
}

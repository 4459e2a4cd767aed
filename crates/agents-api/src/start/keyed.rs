//! A start with a key: look first, send at most once, look again when the answer is lost.
use tokio::time::Instant;

use agents_api_raw::types::Task;

use super::builder::{Sent, StartTask};
use super::key::{IdempotencyKey, MAX_SETTLE};
use super::outcome::{StartOrigin, Started};
use super::search::{Search, Sighting, Since, Sought, UNSETTLED};
use crate::client::start_registry::Attempt;
use crate::error::{Delivery, Error};
use crate::transport::later;

/// Starts the task unless one with the key is there.
pub(super) async fn run<R>(start: &StartTask<R>, settings: &IdempotencyKey) -> Result<Started, Error> {
    let key = settings.checked()?;
    let client = start.repo.client().clone();
    let slot = client
        .starts()
        .key_lock(&start.repo.to_string(), key.as_str(), MAX_SETTLE);
    let mut attempt = slot.lock().await;

    let now = Instant::now();
    match &*attempt {
        Attempt::Started(id, at) if now.saturating_duration_since(*at) <= settings.back() => {
            // No list is needed, and a list may not show it yet.
            let task = start.repo.task(id.as_str()).get().await?;
            return found(vec![task], StartOrigin::Existing, Sent::default());
        }
        _ => {}
    }

    let mut search = Search::new(
        start.repo.clone(),
        Sought::Key(key.clone()),
        Since::Ago(settings.back()),
    );
    search.creator = settings.of_creator();
    let settled = match *attempt {
        Attempt::Unknown(at) => later(at, settings.time_to_settle()),
        Attempt::None | Attempt::Started(..) => now,
    };
    let mut seen = search.follow(settled, Sighting::is_match).await?;
    if !seen.is_clear() {
        // A session may appear a moment after its task.
        let patience = later(Instant::now(), settings.time_to_settle());
        seen = search.follow(patience, Sighting::is_clear).await?;
    }
    if seen.is_match() {
        return found(seen.matches, StartOrigin::Existing, Sent::default());
    }
    if let Some(id) = seen.unreadable.first() {
        return Err(Error::invalid(format!(
            "GitHub does not show the prompt of task {id}, so whether it has the idempotency key is not known; look at \
             it, then wait, or set the key's `lookback_window` or `creator` so that it is left out"
        )));
    }

    if seen.unsettled {
        return Err(Error::invalid(UNSETTLED));
    }

    let sending = Sending::begin(&mut attempt);
    let (sent, error) = match start.send_with_fallbacks(Some(&key)).await {
        Ok(started) => {
            sending.ended(Attempt::Started(started.task.id.clone(), Instant::now()));
            return Ok(started);
        }
        Err((_, error)) if error.delivery() != Delivery::Unknown => {
            sending.ended(Attempt::None);
            return Err(error);
        }
        Err(failed) => failed,
    };
    drop(sending);
    let settled = later(Instant::now(), settings.time_to_settle());
    match search.follow(settled, Sighting::is_match).await {
        Ok(seen) if seen.is_match() => {
            let started = found(seen.matches, StartOrigin::Recovered, sent)?;
            *attempt = Attempt::Started(started.task.id.clone(), Instant::now());
            Ok(started)
        }
        // Not found is not certain, and neither is a failed look: what is known is how the start failed.
        Ok(_) | Err(_) => Err(error),
    }
}

fn found(tasks: Vec<Task>, origin: StartOrigin, sent: Sent) -> Result<Started, Error> {
    Started::found(tasks, origin, sent.fallbacks).ok_or_else(|| Error::unexpected("no task was found"))
}

/// A start that is under way. Dropped before its end is known, for one by a caller's time limit, it leaves the attempt
/// `Unknown`.
struct Sending<'a> {
    attempt: &'a mut Attempt,
    ended: bool,
}

impl<'a> Sending<'a> {
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

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.ended {
            *self.attempt = Attempt::Unknown(Instant::now());
        }
    }
}

//! Starts one item: at most one task, whatever becomes of this worker meanwhile.
use std::time::Duration;

use agents_api::start::{IdempotencyKey, StartTask, Started};
use agents_api::{Client, Delivery};
use tokio::time::{Instant, sleep};

use crate::apply::ApplyOptions;
use crate::error::Error;
use crate::store::{ClaimedItem, Outcome, SentBefore, Store};

/// Starts an item and writes what came of it. Gives how long to wait before the next start, if GitHub asked for a pause.
pub(crate) async fn start(
    client: &Client,
    store: &Store,
    item: &ClaimedItem,
    options: &ApplyOptions,
) -> Result<Option<Duration>, Error> {
    let repo = match client.repo_from_full_name(&item.repository) {
        Ok(repo) => repo,
        Err(error) => {
            let outcome = Outcome::Refused {
                error: error.to_string(),
                stops: None,
            };
            store.finish(item, outcome).await?;
            return Ok(None);
        }
    };
    // The intent is written before anything is sent: whoever takes over knows that a task may exist.
    let Some(sent_before) = store.note_sending(item).await? else {
        return Ok(None);
    };
    if sent_before == SentBefore::Perhaps {
        tracing::info!(
            campaign = item.campaign,
            repository = item.repository,
            "looking for a task that may have been started"
        );
    }
    let definition = &item.definition;
    let key = IdempotencyKey::new(item.key.as_str())
        .lookback_window(options.lookback_window)
        .visibility_timeout(options.visibility_timeout);
    let start = with_settings(repo.start_task(item.prompt.as_str()), definition).idempotency_key(key);
    let result = tokio::select! {
        result = start => result,
        // Another worker has claimed the item, or will: this one must not send any more.
        () = lose_lease(store, item, options.lease) => return Ok(None),
    };
    let (outcome, pause) = outcome(result);
    if !store.finish(item, outcome).await? {
        tracing::warn!(
            campaign = item.campaign,
            repository = item.repository,
            "another worker has taken over the item"
        );
    }
    Ok(pause)
}

fn with_settings(mut start: StartTask, definition: &crate::Definition) -> StartTask {
    start = start.create_pull_request(definition.create_pull_request);
    if let Some(model) = &definition.model {
        start = start.model(model.as_str());
    }
    for model in &definition.fallback_models {
        start = start.or_model(model.as_str());
    }
    if let Some(agent) = &definition.custom_agent {
        start = start.custom_agent(agent.as_str());
    }
    if let Some(branch) = &definition.base_ref {
        start = start.base_ref(branch.as_str());
    }
    if let Some(branch) = &definition.head_ref {
        start = start.head_ref(branch.as_str());
    }
    start
}

fn outcome(result: Result<Started, agents_api::Error>) -> (Outcome, Option<Duration>) {
    let error = match result {
        Ok(started) => {
            let outcome = Outcome::Started {
                task_id: started.id.clone(),
                task_url: started.html_url.clone(),
                state: started.state.to_string(),
                model: started.model.clone(),
            };
            return (outcome, None);
        }
        Err(error) => error,
    };
    if error.is_rate_limited() {
        let pause = error.retry_after().unwrap_or(Duration::from_secs(60));
        return (Outcome::Released, Some(pause));
    }
    let text = error.to_string();
    match error.delivery() {
        Delivery::Unknown => (Outcome::Unknown { error: text }, None),
        Delivery::NotSent if error.kind() != agents_api::ErrorKind::InvalidInput => {
            (Outcome::Released, Some(Duration::from_secs(5)))
        }
        _ => {
            let stops = error.is_account_wide().then(|| text.clone());
            (Outcome::Refused { error: text, stops }, None)
        }
    }
}

/// Renews the lease of an item for as long as that works; ends when the lease is lost.
async fn lose_lease(store: &Store, item: &ClaimedItem, lease: Duration) {
    let mut until = Instant::now() + lease;
    loop {
        sleep(lease / 3).await;
        let begun = Instant::now();
        match store.renew(item, lease).await {
            Ok(true) => until = begun + lease,
            Err(error) if Instant::now() < until => tracing::warn!("lease not renewed, retrying: {error}"),
            Ok(false) | Err(_) => return,
        }
    }
}

//! Applies a campaign: a worker that starts its items and, one of all workers at a time, follows their tasks.
use std::time::Duration;

use agents_api::Client;
use tokio::time::sleep;

use crate::error::Error;
use crate::follow::follow;
use crate::start::start;
use crate::store::{CampaignState, Claim, Store};

/// How a worker goes about its work.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApplyOptions {
    /// The worker's name, which tells workers of a campaign apart; by default one that no other has.
    pub worker: String,
    /// How long another worker waits before it takes over what this one was doing when it vanished. This one renews its leases
    /// three times as often. One minute by default.
    pub lease: Duration,
    /// How often the tasks' states are polled; 30 seconds by default.
    pub poll_interval: Duration,
    /// How old a task may be to be found by its idempotency key after an outcome was lost; 7 days by default.
    pub lookback_window: Duration,
    /// How long GitHub's lists may take to show a task; one minute by default.
    pub visibility_timeout: Duration,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            worker: format!("{}-{:016x}", std::process::id(), fastrand::u64(..)),
            lease: Duration::from_secs(60),
            poll_interval: Duration::from_secs(30),
            lookback_window: Duration::from_secs(7 * 24 * 60 * 60),
            visibility_timeout: Duration::from_secs(60),
        }
    }
}

/// Starts what may start and follows it, until nothing runs and nothing will start. Any number of workers may do so at once, and again
/// after any of them died.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database) when the database fails for longer than a lease, and
/// [`ErrorKind::GitHub`](crate::ErrorKind::GitHub) when the tasks can no longer be followed. Nothing is lost: apply it again.
pub async fn apply(
    client: &Client,
    store: &Store,
    campaign: &str,
    options: &ApplyOptions,
) -> Result<CampaignState, Error> {
    let result = tokio::select! {
        result = start_items(client, store, campaign, options) => result,
        error = follow(client, store, campaign, options) => Err(error),
    };
    let released = store.stop_following(campaign, &options.worker).await;
    result.and(released)?;
    store.state(campaign).await
}

/// How often a worker that may start nothing looks whether it may again. It asks the database, not GitHub.
const IDLE_INTERVAL: Duration = Duration::from_millis(500);

async fn start_items(
    client: &Client,
    store: &Store,
    campaign: &str,
    options: &ApplyOptions,
) -> Result<(), Error> {
    let mut failures = 0;
    loop {
        match store.claim(campaign, &options.worker, options.lease).await {
            Ok(Claim::Item(item)) => {
                failures = 0;
                let pause = start(client, store, &item, options).await?;
                if let Some(pause) = pause {
                    sleep(pause).await;
                }
            }
            Ok(Claim::Wait) => {
                failures = 0;
                sleep(IDLE_INTERVAL.min(options.poll_interval)).await;
            }
            Ok(Claim::Idle) => return Ok(()),
            // A database that restarts is back in a moment.
            Err(error) if error.is_database_down() && failures < 30 => {
                failures += 1;
                tracing::warn!(campaign, "database unavailable, retrying: {error}");
                sleep(options.lease / 30).await;
            }
            Err(error) => return Err(error),
        }
    }
}

//! Follows the tasks of a campaign by one fleet, whichever worker started them.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use agents_api::fleet::{Checkpoint, FleetWatch};
use agents_api::{ArtifactType, Client, FleetEvent, Phase, Task, TaskState, Usage};
use tokio::time::{Instant, sleep, timeout_at};

use crate::apply::ApplyOptions;
use crate::definition::{Definition, NeedsUser, Until};
use crate::error::Error;
use crate::store::{Done, FollowerLease, ItemUpdate, PullRequestOf, Store};

/// How often changes are written, at most.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);

/// Follows the tasks while this worker holds the right to; ends only by an error.
pub(crate) async fn follow(client: &Client, store: &Store, campaign: &str, options: &ApplyOptions) -> Error {
    let mut failures = 0;
    loop {
        match turn(client, store, campaign, options).await {
            Ok(()) => failures = 0,
            Err(error) if error.is_database_down() && failures < 30 => {
                failures += 1;
                tracing::warn!(campaign, "database unavailable, retrying: {error}");
            }
            Err(error) => return error,
        }
        sleep(options.lease / 30).await;
    }
}

/// Follows until the lease is lost to another worker.
async fn turn(client: &Client, store: &Store, campaign: &str, options: &ApplyOptions) -> Result<(), Error> {
    let Some(lease) = store
        .follow(campaign, &options.worker, None, options.lease)
        .await?
    else {
        sleep(options.lease / 3).await;
        return Ok(());
    };
    let mut follower = Follower::begin(client, store, campaign, lease, options).await?;
    let result = follower.run(options).await;
    // Lost or not: whoever follows next need not wait.
    store.stop_following(campaign, &options.worker).await?;
    result
}

struct Follower<'a> {
    client: &'a Client,
    store: &'a Store,
    lease: FollowerLease,
    watch: FleetWatch,
    definition: Definition,
    changed: BTreeMap<String, Arc<Task>>,
    gone: Vec<ItemUpdate>,
}

impl<'a> Follower<'a> {
    async fn begin(
        client: &'a Client,
        store: &'a Store,
        campaign: &str,
        lease: FollowerLease,
        options: &ApplyOptions,
    ) -> Result<Self, Error> {
        let definition = store.definition(campaign).await?;
        let ids = store.running_tasks(campaign).await?;
        let mut fleet = client
            .fleet()
            .track(ids)
            .with_sessions()
            .poll_interval(options.poll_interval);
        // A checkpoint that cannot be read is no loss: each task is then reported as it is.
        let checkpoint = store.checkpoint(campaign).await?;
        if let Some(checkpoint) = checkpoint.and_then(|text| serde_json::from_str::<Checkpoint>(&text).ok()) {
            fleet = fleet.resume(checkpoint);
        }
        Ok(Self {
            client,
            store,
            lease,
            watch: fleet.watch(),
            definition,
            changed: BTreeMap::new(),
            gone: Vec::new(),
        })
    }

    async fn run(&mut self, options: &ApplyOptions) -> Result<(), Error> {
        let mut renew_at = Instant::now();
        let interval = WRITE_INTERVAL.min(options.poll_interval);
        loop {
            let write_at = Instant::now() + interval;
            while let Ok(event) = timeout_at(write_at, self.watch.try_next()).await {
                match event? {
                    Some(event) => self.take(event),
                    None => return Ok(()),
                }
            }
            if !self.write().await? {
                return Ok(());
            }
            if Instant::now() >= renew_at {
                let campaign = self.lease.campaign.clone();
                let held = self
                    .store
                    .follow(&campaign, &options.worker, Some(&self.lease), options.lease)
                    .await?;
                if held.is_none() {
                    return Ok(());
                }
                self.definition = self.store.definition(&campaign).await?;
                renew_at = Instant::now() + options.lease / 3;
            }
            // What any worker has started since.
            let running = self.store.running_tasks(&self.lease.campaign).await?;
            self.watch.track(running);
        }
    }

    fn take(&mut self, event: FleetEvent) {
        match event {
            FleetEvent::Added { task, .. } | FleetEvent::Changed { after: task, .. } => {
                self.changed.insert(task.id.clone(), task);
            }
            FleetEvent::Removed { id, last, .. } => {
                let task = last.or_else(|| self.changed.remove(&id));
                let has_ended = task
                    .as_ref()
                    .is_some_and(|task| Phase::of(&task.state) == Phase::Ended);
                if has_ended && let Some(task) = task {
                    self.changed.insert(id, task);
                } else {
                    self.gone.push(ItemUpdate {
                        task_id: id,
                        state: task.map_or_else(|| "unknown".to_owned(), |task| task.state.to_string()),
                        done: Some(Done::Failed(
                            "the task was archived or deleted before it ended".to_owned(),
                        )),
                        ..ItemUpdate::default()
                    });
                }
            }
            FleetEvent::Degraded { error, retry_in, .. } => {
                tracing::warn!(
                    retry_in_seconds = retry_in.as_secs(),
                    "polling is degraded: {error}"
                );
            }
            _ => {}
        }
    }

    /// Writes what has changed, with the checkpoint that covers it; false if another worker follows now.
    async fn write(&mut self) -> Result<bool, Error> {
        if self.changed.is_empty() && self.gone.is_empty() {
            return Ok(true);
        }
        let mut updates: Vec<_> = self
            .changed
            .values()
            .map(|task| update(&self.definition, task))
            .collect();
        updates.append(&mut self.gone);
        find_pull_requests(self.client, &self.changed, &mut updates).await;
        let checkpoint = serde_json::to_string(&self.watch.checkpoint()).ok();
        let done = updates.iter().filter(|update| update.done.is_some());
        let done: Vec<_> = done.map(|update| update.task_id.clone()).collect();
        let written = self
            .store
            .record(&self.lease, &updates, checkpoint.as_deref())
            .await?;
        self.changed.clear();
        self.watch.untrack(done);
        Ok(written)
    }
}

/// Adds the pull requests of tasks that are done. A failure to find them is no failure of the item.
async fn find_pull_requests(
    client: &Client,
    changed: &BTreeMap<String, Arc<Task>>,
    updates: &mut [ItemUpdate],
) {
    let tasks: Vec<&Task> = updates
        .iter()
        .filter(|update| update.done.is_some())
        .filter_map(|update| changed.get(&update.task_id).map(AsRef::as_ref))
        .filter(|task| has_pull_request(task))
        .collect();
    if tasks.is_empty() {
        return;
    }
    let pulls = match client.resolve_pull_requests(tasks).await {
        Ok(pulls) => pulls,
        Err(error) => {
            tracing::warn!("pull requests not resolved: {error}");
            return;
        }
    };
    for update in updates {
        let first = pulls.for_task(&update.task_id).next();
        update.pull_request = first.map(|pull| PullRequestOf {
            number: i64::try_from(pull.number.get()).unwrap_or(i64::MAX),
            url: pull.url.clone(),
            state: pull.state.to_string(),
        });
    }
}

/// What a task's state means for its item.
fn update(definition: &Definition, task: &Task) -> ItemUpdate {
    let phase = Phase::of(&task.state);
    let needs_user = task.state == TaskState::WaitingForUser;
    let ended = match phase {
        Phase::Ended => Some(if task.state == TaskState::Completed {
            Done::Succeeded
        } else {
            Done::Failed(failure(task))
        }),
        _ => None,
    };
    let done = match definition.until {
        _ if needs_user && definition.needs_user == NeedsUser::Fail => {
            Some(Done::Failed("the task waits for a person".to_owned()))
        }
        Until::Ended => ended,
        Until::Settled => {
            ended.or_else(|| (phase == Phase::Paused && !needs_user).then_some(Done::Succeeded))
        }
        Until::PullRequest if has_pull_request(task) => Some(Done::Succeeded),
        Until::PullRequest => ended.map(|ended| match ended {
            Done::Succeeded => Done::Failed("the task ended without a pull request".to_owned()),
            failed @ Done::Failed(_) => failed,
        }),
    };
    let usage = Usage::from_task(task);
    ItemUpdate {
        task_id: task.id.clone(),
        state: task.state.to_string(),
        needs_user,
        nano_credits: usage.map(|usage| i64::try_from(usage.ai_credits().nano()).unwrap_or(i64::MAX)),
        done,
        pull_request: None,
    }
}

fn has_pull_request(task: &Task) -> bool {
    task.artifacts
        .iter()
        .flatten()
        .any(|artifact| artifact.type_ == ArtifactType::Pull)
}

/// Why a task failed, in GitHub's words if it gave some.
fn failure(task: &Task) -> String {
    let sessions = task.sessions.iter().flatten();
    let message = sessions
        .filter_map(|session| session.error.as_ref()?.message.clone())
        .next_back();
    message.unwrap_or_else(|| format!("the task ended as {}", task.state))
}

//! The fleets of a watch: one a repository, or one of the user's tasks.
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use agents_api::chrono::{DateTime, Utc};
use agents_api::fleet::{Checkpoint, FleetWatch};
use agents_api::{Error, FleetEvent, Task};
use futures_core::Stream;

use super::state::State;
use crate::context::{Context, fleet};
use crate::failure::Result;

/// Watches whose events are one sequence.
pub(super) struct Fleets(Vec<One>);

struct One {
    /// The repository; `None` for the user's own tasks.
    scope: Option<String>,
    watch: FleetWatch,
    is_synced: bool,
}

impl Fleets {
    /// The fleets of a command, resumed where `state` says they stood.
    pub(super) async fn new(
        context: &Context,
        repos: &[String],
        ids: &[String],
        since: Option<DateTime<Utc>>,
        interval: Option<Duration>,
        state: Option<&State>,
    ) -> Result<Self> {
        let mut fleets = Vec::new();
        if repos.is_empty() {
            let client = context.client(&[]).await?;
            let own = if ids.is_empty() {
                client.fleet()
            } else {
                client.fleet().track(ids)
            };
            fleets.push((None, own));
        } else {
            for repo in context.repos(repos).await? {
                fleets.push((Some(repo.to_string()), repo.fleet()));
            }
        }
        let watches = fleets.into_iter().map(|(scope, own)| {
            let mut own = fleet(context, own, interval);
            if let Some(time) = since {
                own = own.since(time);
            }
            if let Some(checkpoint) = state.and_then(|state| state.checkpoint(scope.as_deref())) {
                own = own.resume(checkpoint.clone());
            }
            One {
                scope,
                watch: own.watch(),
                is_synced: false,
            }
        });
        Ok(Self(watches.collect()))
    }

    /// The next event of any of them. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> (usize, std::result::Result<FleetEvent, Error>) {
        poll_fn(|context| {
            for (index, one) in self.0.iter_mut().enumerate() {
                if let Poll::Ready(Some(event)) = Pin::new(&mut one.watch).poll_next(context) {
                    one.is_synced |= matches!(event, Ok(FleetEvent::Synced { .. }));
                    return Poll::Ready((index, event));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// The repository of a fleet.
    pub(super) fn scope(&self, index: usize) -> Option<&str> {
        self.0.get(index)?.scope.as_deref()
    }

    /// Whether all tasks there were are known.
    pub(super) fn is_synced(&self) -> bool {
        self.0.iter().all(|one| one.is_synced)
    }

    /// The tasks as they are known.
    pub(super) fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.0
            .iter()
            .flat_map(|one| one.watch.tasks())
            .map(|task| &**task)
    }

    /// Where each stands.
    pub(super) fn checkpoints(&mut self) -> Vec<(Option<String>, Checkpoint)> {
        let each = self.0.iter_mut();
        each.map(|one| (one.scope.clone(), one.watch.checkpoint()))
            .collect()
    }
}

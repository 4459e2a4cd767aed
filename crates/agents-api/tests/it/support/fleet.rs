//! What the tests of fleets share: hours that pass in seconds, and events in short words.

use std::time::Duration;

use agents_api::fleet::{FleetWatch, RemovalReason};
use agents_api::{Client, FleetEvent, Repo};
use agents_api_emulator::{Clock, Emulator};
use tokio::time::Instant;

use crate::support::connect;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);

/// An emulator whose clock is the paused one of the test.
pub(crate) async fn github() -> (Emulator, Client, Repo) {
    let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
    let (client, repo) = connect(&github);
    (github, client, repo)
}

/// What happens within this time, in short words.
pub(crate) async fn events_within(watch: &mut FleetWatch, time: Duration) -> Vec<String> {
    let end = Instant::now() + time;
    let mut words = Vec::new();
    while let Ok(event) = tokio::time::timeout_at(end, watch.try_next()).await {
        match event.unwrap() {
            Some(event) => words.push(word(&event)),
            None => break,
        }
    }
    words
}

/// An event in short words.
pub(crate) fn word(event: &FleetEvent) -> String {
    match event {
        FleetEvent::Added { task, .. } => format!("added {}", task.state),
        FleetEvent::Changed { before, after, .. } => format!("{} -> {}", before.state, after.state),
        FleetEvent::Removed { reason, .. } => match reason {
            RemovalReason::Archived => "archived".into(),
            RemovalReason::NotFound => "not found".into(),
            _ => "refused".into(),
        },
        FleetEvent::Degraded { retry_in, .. } => format!("degraded for {} s", retry_in.as_secs()),
        FleetEvent::Recovered => "recovered".into(),
        FleetEvent::Synced { tasks, .. } => format!("synced {tasks}"),
        other => format!("{other:?}"),
    }
}

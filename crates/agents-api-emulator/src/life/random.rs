//! Random task scripts, modelled on a busy organization.

use std::time::Duration;

use super::{Change, Script};
use crate::model::{TaskState, Usage};
use crate::seeded::Rng;

/// What a session can fail with.
const ERRORS: [&str; 4] = [
    "The repository's dependencies could not be installed.",
    "The agent was stopped because the firewall blocked a host it needs.",
    "The tests still fail after several attempts.",
    "The branch could not be pushed: it is protected.",
];

/// What a user comes back with.
const FOLLOW_UPS: [&str; 3] = [
    "Address the review comments",
    "Please add tests",
    "Rebase onto the base branch",
];

/// A life drawn from a stream of random numbers.
pub(crate) fn random(rng: &mut Rng) -> Script {
    let mut script = Script::new("random").then(seconds(rng, 2, 90), Change::State(TaskState::InProgress));
    if rng.chance(0.9) {
        script = script.then(seconds(rng, 3, 60), Change::Retitle);
    }
    if rng.chance(0.85) {
        script = script.then(seconds(rng, 10, 300), Change::Branch);
        let opens = if rng.chance(0.5) {
            Change::PullRequest
        } else {
            Change::PullRequestIfAsked
        };
        script = script.then(seconds(rng, 5, 120), opens);
    }
    script = session_end(script, rng);
    if rng.chance(0.15) {
        let prompt = rng.pick(&FOLLOW_UPS).copied().unwrap_or_default();
        script = script
            .then(seconds(rng, 60, 7200), Change::FollowUp(prompt.to_owned()))
            .then(seconds(rng, 2, 60), Change::State(TaskState::InProgress));
        script = session_end(script, rng);
    }
    if rng.chance(0.3) {
        let end = if rng.chance(0.8) {
            Change::MergePullRequest
        } else {
            Change::ClosePullRequest
        };
        script = script.then(seconds(rng, 600, 40_000), end);
    }
    if rng.chance(0.25) {
        script = script.then(seconds(rng, 3600, 90_000), Change::Archive);
    }
    script
}

/// How a session ends: mostly well.
fn session_end(script: Script, rng: &mut Rng) -> Script {
    let work = seconds(rng, 20, 1800);
    let usage = if rng.chance(0.9) {
        Usage::AiCredits(rng.between(50_000_000, 40_000_000_000))
    } else {
        Usage::PremiumRequests(if rng.chance(0.5) { 1.0 } else { 1.5 })
    };
    let script = script.then(work, Change::Usage(usage));
    let end = match rng.between(0, 99) {
        0..=69 => Change::State(TaskState::Completed),
        70..=79 => Change::Fail(rng.pick(&ERRORS).copied().unwrap_or_default().to_owned()),
        80..=84 => Change::State(TaskState::WaitingForUser),
        85..=89 => Change::State(TaskState::Idle),
        90..=94 => Change::State(TaskState::Cancelled),
        _ => Change::State(TaskState::TimedOut),
    };
    script.then(Duration::ZERO, end)
}

fn seconds(rng: &mut Rng, low: u64, high: u64) -> Duration {
    Duration::from_secs(rng.between(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_draws_the_same_lives() {
        let draw = |seed| {
            (0..50)
                .map(|n| random(&mut Rng::new(seed, n)))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}

//! The lives that every user meets sooner or later.

use std::time::Duration;

use super::{Change, Script};
use crate::model::{TaskState, Usage};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn mins(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// Credits in nano units: 2.5 credits are `nano(25)`.
const fn nano(tenths: u64) -> Usage {
    Usage::AiCredits(tenths * 100_000_000)
}

impl Script {
    /// The names [`builtin`](Self::builtin) knows.
    pub const BUILTIN: &'static [&'static str] = &[
        "quick-success",
        "slow-success",
        "fails",
        "waits-for-user",
        "times-out",
        "cancelled",
        "goes-idle",
        "follow-up",
        "stays-queued",
    ];

    /// A built-in script by its name, one of [`BUILTIN`](Self::BUILTIN).
    pub fn builtin(name: &str) -> Option<Self> {
        Some(match name {
            "quick-success" => Self::quick_success(),
            "slow-success" => Self::slow_success_with_pull_request(),
            "fails" => Self::fails(),
            "waits-for-user" => Self::waits_for_user(),
            "times-out" => Self::times_out(),
            "cancelled" => Self::cancelled(),
            "goes-idle" => Self::goes_idle(),
            "follow-up" => Self::follow_up_after_completion(),
            "stays-queued" => Self::new("stays-queued"),
            _ => return None,
        })
    }

    /// In progress after 3 seconds, a branch after 20, a pull request after 40 if one was requested, completed after
    /// a minute.
    pub fn quick_success() -> Self {
        Self::new("quick-success")
            .then(secs(3), Change::State(TaskState::InProgress))
            .then(secs(7), Change::Retitle)
            .then(secs(10), Change::Branch)
            .then(secs(20), Change::PullRequestIfAsked)
            .then(secs(20), Change::Usage(nano(12)))
            .then(secs(0), Change::State(TaskState::Completed))
    }

    /// In progress after half a minute, a draft pull request (requested or not) after six, completed after twenty.
    pub fn slow_success_with_pull_request() -> Self {
        Self::new("slow-success")
            .then(secs(30), Change::State(TaskState::InProgress))
            .then(secs(60), Change::Retitle)
            .then(secs(150), Change::Branch)
            .then(mins(2), Change::PullRequest)
            .then(mins(4), Change::Usage(nano(31)))
            .then(mins(10), Change::Usage(nano(87)))
            .then(secs(0), Change::State(TaskState::Completed))
    }

    /// Fails after a minute and a half; the session carries the error, the branch stays.
    pub fn fails() -> Self {
        Self::new("fails")
            .then(secs(5), Change::State(TaskState::InProgress))
            .then(secs(25), Change::Branch)
            .then(secs(60), Change::Usage(nano(4)))
            .then(
                secs(0),
                Change::Fail("The repository's dependencies could not be installed.".into()),
            )
    }

    /// Asks its user something after a minute, and waits.
    pub fn waits_for_user() -> Self {
        Self::new("waits-for-user")
            .then(secs(5), Change::State(TaskState::InProgress))
            .then(secs(55), Change::State(TaskState::WaitingForUser))
    }

    /// Times out after an hour.
    pub fn times_out() -> Self {
        Self::new("times-out")
            .then(secs(10), Change::State(TaskState::InProgress))
            .then(secs(50), Change::Branch)
            .then(mins(59), Change::Usage(nano(240)))
            .then(secs(0), Change::State(TaskState::TimedOut))
    }

    /// Is ended by its user after 45 seconds.
    pub fn cancelled() -> Self {
        Self::new("cancelled")
            .then(secs(5), Change::State(TaskState::InProgress))
            .then(secs(40), Change::State(TaskState::Cancelled))
    }

    /// Works for five minutes, then goes idle.
    pub fn goes_idle() -> Self {
        Self::new("goes-idle")
            .then(secs(5), Change::State(TaskState::InProgress))
            .then(secs(55), Change::Branch)
            .then(mins(4), Change::Usage(nano(15)))
            .then(secs(0), Change::State(TaskState::Idle))
    }

    /// A quick success; two minutes after it the user follows up, and a second session completes a minute later.
    pub fn follow_up_after_completion() -> Self {
        let mut script = Self::quick_success();
        script.name = "follow-up".into();
        script
            .then(mins(2), Change::FollowUp("Address the review comments".into()))
            .then(secs(5), Change::State(TaskState::InProgress))
            .then(secs(55), Change::Usage(nano(6)))
            .then(secs(0), Change::State(TaskState::Completed))
    }
}

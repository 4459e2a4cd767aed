//! Whether the next task may start: pure, decided from counts inside the transaction that claims the item.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::definition::{Continue, Definition};

/// Billionths of a credit in a credit.
pub(crate) const NANO: f64 = 1e9;

/// Credits for a dollar, by GitHub's billing documentation.
pub(crate) const CREDITS_PER_DOLLAR: f64 = 100.0;

/// What a campaign does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CampaignStatus {
    /// It starts tasks and follows them.
    Running,
    /// It starts none until it is resumed: a wave was done, a person is needed, or somebody paused it. What runs is followed.
    Paused,
    /// It starts none until it is resumed: a limit was reached, a wave failed, GitHub refused the account, or somebody stopped it.
    Stopped,
    /// Every item is done.
    Finished,
}

impl CampaignStatus {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Finished => "finished",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "paused" => Self::Paused,
            "stopped" => Self::Stopped,
            "finished" => Self::Finished,
            _ => Self::Running,
        }
    }
}

/// How many items of a wave are in which status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WaveCounts {
    /// Not started yet.
    pub pending: u32,
    /// A worker is starting it.
    pub starting: u32,
    /// Its task runs.
    pub running: u32,
    /// Done, as asked for.
    pub succeeded: u32,
    /// Its task ended otherwise.
    pub failed: u32,
    /// GitHub refused to start it.
    pub refused: u32,
}

impl WaveCounts {
    fn in_flight(self) -> u32 {
        self.starting + self.running
    }

    fn unsuccessful(self) -> u32 {
        self.failed + self.refused
    }

    fn done(self) -> u32 {
        self.succeeded + self.unsuccessful()
    }
}

/// What is known of a campaign when an item is to be claimed.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) status: CampaignStatus,
    pub(crate) open_wave: u32,
    pub(crate) waves: Vec<WaveCounts>,
    /// Billionths of a credit.
    pub(crate) credits: i64,
    /// How long ago the first task started.
    pub(crate) running_for: Duration,
    pub(crate) needs_user: bool,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Decision {
    /// Claim a pending item of a wave that is open.
    Start,
    /// Nothing may start now; look again when something has changed.
    Wait,
    /// Open this wave and decide again.
    OpenWave(u32),
    /// Change the campaign's status, for this reason.
    Become(CampaignStatus, Option<String>),
    /// Nothing runs, and nothing will start.
    Idle,
}

pub(crate) fn decide(definition: &Definition, now: &Snapshot) -> Decision {
    use CampaignStatus::{Finished, Paused, Running, Stopped};

    let in_flight: u32 = now.waves.iter().map(|wave| wave.in_flight()).sum();
    if now.status != Running {
        return if in_flight > 0 {
            Decision::Wait
        } else {
            Decision::Idle
        };
    }
    let pending: u32 = now.waves.iter().map(|wave| wave.pending).sum();
    if pending == 0 {
        return if in_flight > 0 {
            Decision::Wait
        } else {
            Decision::Become(Finished, None)
        };
    }
    if let Some(reason) = limit_reached(definition, now) {
        return Decision::Become(Stopped, Some(reason));
    }
    if now.needs_user {
        let reason = "a task waits for a person; see to it, then resume";
        return Decision::Become(Paused, Some(reason.to_owned()));
    }
    if in_flight >= definition.concurrency {
        return Decision::Wait;
    }
    let open = now.open_wave as usize;
    if now.waves.iter().take(open + 1).any(|wave| wave.pending > 0) {
        return Decision::Start;
    }
    if now.waves.iter().take(open + 1).any(|wave| wave.in_flight() > 0) {
        return Decision::Wait;
    }
    let wave = now.waves.get(open).copied().unwrap_or_default();
    let number = open + 1;
    let count = now.waves.len();
    let required = definition.waves.success_rate;
    if f64::from(wave.succeeded) < required * f64::from(wave.done()) {
        let reason = format!(
            "wave {number} of {count}: {} of {} items succeeded, below the success rate of {required}; look at the failures, then \
             retry them or resume to open the next wave",
            wave.succeeded,
            wave.done(),
        );
        return Decision::Become(Stopped, Some(reason));
    }
    match definition.waves.proceed {
        Continue::Automatically => Decision::OpenWave(now.open_wave + 1),
        Continue::ByHand => {
            let reason = format!("wave {number} of {count} is done; resume to open the next");
            Decision::Become(Paused, Some(reason))
        }
    }
}

/// The limit that keeps a further task from starting.
fn limit_reached(definition: &Definition, now: &Snapshot) -> Option<String> {
    let limits = &definition.limits;
    #[expect(clippy::cast_precision_loss, reason = "limits are no exact sums")]
    let credits = now.credits as f64 / NANO;
    if let Some(limit) = limits.credits.filter(|limit| credits >= *limit) {
        return Some(format!(
            "limit reached: {credits:.1} of {limit} credits used; raise limits.credits, then resume"
        ));
    }
    let dollars = credits / CREDITS_PER_DOLLAR;
    if let Some(limit) = limits.dollars.filter(|limit| dollars >= *limit) {
        return Some(format!(
            "limit reached: ${dollars:.2} of ${limit} used; raise limits.dollars, then resume"
        ));
    }
    let failures: u32 = now.waves.iter().map(|wave| wave.unsuccessful()).sum();
    if let Some(limit) = limits.failures.filter(|limit| failures >= *limit) {
        return Some(format!(
            "limit reached: {failures} items failed, {limit} are allowed; look at the failures, then resume"
        ));
    }
    let text = limits.duration.as_deref()?;
    let limit = humantime::parse_duration(text).ok()?;
    (now.running_for >= limit).then(|| {
        format!("limit reached: the campaign may start tasks for {text}; raise limits.duration, then resume")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(text: &str) -> Definition {
        Definition::from_yaml(&format!("name: c\nprompt: p\n{text}")).unwrap()
    }

    fn snapshot(waves: &[WaveCounts]) -> Snapshot {
        Snapshot {
            status: CampaignStatus::Running,
            open_wave: 0,
            waves: waves.to_vec(),
            credits: 0,
            running_for: Duration::ZERO,
            needs_user: false,
        }
    }

    fn wave(pending: u32, running: u32, succeeded: u32, failed: u32) -> WaveCounts {
        WaveCounts {
            pending,
            running,
            succeeded,
            failed,
            ..WaveCounts::default()
        }
    }

    fn status(decision: &Decision) -> Option<CampaignStatus> {
        match decision {
            Decision::Become(status, _) => Some(*status),
            _ => None,
        }
    }

    #[test]
    fn items_start_within_the_open_wave_and_the_concurrency() {
        let definition = definition("concurrency: 2\nwaves: {sizes: [2, all]}");
        for (waves, decision) in [
            ([wave(2, 0, 0, 0), wave(5, 0, 0, 0)], Decision::Start),
            ([wave(1, 1, 0, 0), wave(5, 0, 0, 0)], Decision::Start),
            ([wave(0, 2, 0, 0), wave(5, 0, 0, 0)], Decision::Wait),
            ([wave(0, 1, 1, 0), wave(5, 0, 0, 0)], Decision::Wait),
            ([wave(0, 0, 2, 0), wave(5, 0, 0, 0)], Decision::OpenWave(1)),
        ] {
            assert_eq!(decide(&definition, &snapshot(&waves)), decision, "{waves:?}");
        }
    }

    #[test]
    fn a_wave_that_fails_stops_the_campaign() {
        let definition = definition("waves: {sizes: [4, all], success_rate: 0.75}");
        let next = |succeeded, failed| {
            let waves = [wave(0, 0, succeeded, failed), wave(1, 0, 0, 0)];
            decide(&definition, &snapshot(&waves))
        };
        assert_eq!(next(3, 1), Decision::OpenWave(1));
        assert_eq!(status(&next(2, 2)), Some(CampaignStatus::Stopped));
    }

    #[test]
    fn waves_by_hand_pause_between_them_and_not_after_the_last() {
        let definition = definition("waves: {sizes: [1, all], continue: by_hand}");
        let between = snapshot(&[wave(0, 0, 1, 0), wave(1, 0, 0, 0)]);
        assert_eq!(
            status(&decide(&definition, &between)),
            Some(CampaignStatus::Paused)
        );
        let end = snapshot(&[wave(0, 0, 1, 0), wave(0, 0, 1, 0)]);
        assert_eq!(
            decide(&definition, &end),
            Decision::Become(CampaignStatus::Finished, None)
        );
    }

    #[test]
    fn every_limit_stops_further_starts() {
        let waves = [wave(5, 0, 1, 2)];
        for limits in ["credits: 3", "dollars: 0.03", "failures: 2", "duration: 1h"] {
            let definition = definition(&format!("limits: {{{limits}}}"));
            let mut now = snapshot(&waves);
            now.credits = 3_000_000_000;
            now.running_for = Duration::from_secs(3600);
            assert_eq!(
                status(&decide(&definition, &now)),
                Some(CampaignStatus::Stopped),
                "{limits}"
            );

            now.credits -= 1;
            now.running_for = Duration::from_secs(3599);
            now.waves = vec![wave(5, 0, 2, 1)];
            assert_eq!(decide(&definition, &now), Decision::Start, "{limits}");
        }
    }

    #[test]
    fn a_campaign_that_does_not_run_starts_nothing() {
        let definition = definition("");
        for status in [
            CampaignStatus::Paused,
            CampaignStatus::Stopped,
            CampaignStatus::Finished,
        ] {
            let mut now = snapshot(&[wave(1, 1, 0, 0)]);
            now.status = status;
            assert_eq!(decide(&definition, &now), Decision::Wait);
            now.waves = vec![wave(1, 0, 0, 0)];
            assert_eq!(decide(&definition, &now), Decision::Idle);
        }
    }
}

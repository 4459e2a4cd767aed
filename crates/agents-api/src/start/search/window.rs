//! From when on a task may be the one: by GitHub's clock, which is not the one here.
//!
//! GitHub's timestamps are compared with the `Date` of its own answer, minus how long ago something was here. So a
//! clock that is wrong does no harm.
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap};
use tokio::time::Instant;

/// Added to every window: timestamps are whole seconds, and GitHub's servers need not agree to the second.
const OVERLAP: TimeDelta = TimeDelta::minutes(1);

/// Added if no answer tells GitHub's time, so that the clock here has to do.
const MAX_CLOCK_SKEW: TimeDelta = TimeDelta::minutes(10);

/// How far back to look for a time that no clock has reached: the clock that it was read from has been set back.
const UNKNOWN_AGE: TimeDelta = TimeDelta::days(1);

/// A moment on both clocks of this machine: one may be set, the other may stand still while the machine sleeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timestamp {
    wall: DateTime<Utc>,
    ticks: Instant,
}

impl Timestamp {
    pub(crate) fn now() -> Self {
        Self {
            wall: SystemTime::now().into(),
            ticks: Instant::now(),
        }
    }

    /// How long ago it was, at least.
    fn age(self, now: Self) -> TimeDelta {
        let ticks = delta(now.ticks.saturating_duration_since(self.ticks));
        ticks.max(now.wall.signed_duration_since(self.wall))
    }
}

/// From when on tasks are looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Since {
    /// Since this moment of this process.
    Moment(Timestamp),
    /// Since a time that was read from the clock here, or told by GitHub: it may be either.
    Time(DateTime<Utc>),
    /// Since so long ago.
    Ago(Duration),
}

impl Since {
    /// The earliest `created_at` to look at, given the time that GitHub's answer tells.
    pub(super) fn bound(self, github: Option<DateTime<Utc>>, now: Timestamp) -> DateTime<Utc> {
        let overlap = if github.is_some() { OVERLAP } else { MAX_CLOCK_SKEW };
        let github = github.unwrap_or(now.wall);
        let start = match self {
            Self::Moment(moment) => before(github, moment.age(now)),
            Self::Time(time) if time > now.wall.max(github) => before(github, UNKNOWN_AGE),
            // The earlier of both readings is right for either.
            Self::Time(time) => time.min(before(github, now.wall.signed_duration_since(time))),
            Self::Ago(time) => before(github, delta(time)),
        };
        before(start, overlap)
    }
}

/// When GitHub answered, by its own clock.
pub(super) fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let text = headers.get(DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(text.trim()).ok()?.to_utc())
}

fn delta(time: Duration) -> TimeDelta {
    TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX)
}

fn before(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    time.checked_sub_signed(by).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    const NOW: i64 = 1_700_000_000;

    proptest! {
        #[test]
        fn a_task_started_after_the_moment_is_in_the_window_whatever_the_clock_says(
            offset in -100_000_i64..100_000,
            stepped in -100_000_i64..100_000,
            age in 0_i64..100_000,
            slept in 0_i64..100_000,
            made_task_after in 0_i64..100_000,
        ) {
            // The clock here is off, and was set while time passed; the ticks stood still while the machine slept, but
            // then nobody set the clock.
            let stepped = if slept > 0 { 0 } else { stepped };
            let ticks = Instant::now();
            let made = Timestamp { wall: at(NOW + offset), ticks };
            let passed = age + slept;
            let now = Timestamp {
                wall: at(NOW + offset + passed + stepped),
                ticks: ticks + Duration::from_secs(age.unsigned_abs()),
            };
            let bound = Since::Moment(made).bound(Some(at(NOW + passed)), now);
            prop_assert!(bound <= at(NOW + made_task_after));
        }

        #[test]
        fn a_time_may_be_read_from_either_clock(offset in -100_000_i64..100_000, age in 0_i64..100_000) {
            let now = Timestamp { wall: at(NOW + age + offset), ticks: Instant::now() };
            for given in [at(NOW), at(NOW + offset)] {
                prop_assert!(Since::Time(given).bound(Some(at(NOW + age)), now) < at(NOW));
            }
        }
    }

    #[test]
    fn right_clocks_make_narrow_windows() {
        let now = Timestamp {
            wall: at(NOW),
            ticks: Instant::now(),
        };
        assert_eq!(Since::Moment(now).bound(Some(at(NOW)), now), at(NOW - 60));
        assert_eq!(Since::Time(at(NOW - 5)).bound(Some(at(NOW)), now), at(NOW - 65));
        // The clock here was an hour ahead when the time was read from it, and has been set back.
        assert_eq!(
            Since::Time(at(NOW + 3_600)).bound(Some(at(NOW)), now),
            at(NOW - 86_460)
        );
        assert_eq!(Since::Moment(now).bound(None, now), at(NOW - 600));
        let day = Duration::from_secs(86_400);
        assert_eq!(Since::Ago(day).bound(Some(at(NOW)), now), at(NOW - 86_460));
        assert_eq!(
            Since::Ago(Duration::MAX).bound(Some(at(NOW)), now),
            DateTime::<Utc>::MIN_UTC
        );
    }
}

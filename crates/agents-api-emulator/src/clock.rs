//! The emulator's time.
//!
//! One formula serves every kind of clock: `now = origin + turned by hand + elapsed × speed`. A speed of zero is a
//! clock that only hands turn, one is real time. Lives, quotas and timestamps read this clock and nothing else, so a
//! test that turns it by an hour sees an hour of transitions at once, each with its own timestamp.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, SubsecRound as _, TimeDelta, Utc};
use tokio::time::Instant;

/// The first instant that RFC 3339 can write: the beginning of the year 0.
const FIRST_MILLISECOND: i64 = -62_167_219_200_000;
/// The last instant the clock can show: past it RFC 3339 has no four-digit year left.
const LAST_MILLISECOND: i64 = 253_402_300_799_000;

/// A shared clock. Clones show and turn the same time.
///
/// ```
/// use std::time::Duration;
/// use agents_api_emulator::Clock;
///
/// let clock = Clock::manual();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(90));
/// assert_eq!((clock.now() - before).num_seconds(), 90);
/// ```
#[derive(Debug, Clone)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    origin: DateTime<Utc>,
    started: Instant,
    speed: f64,
    turned: Mutex<Duration>,
}

impl Clock {
    /// A clock that stands still until it is turned. It starts at the present whole second, so that clients which
    /// compare the server's timestamps with their own clock see sensible distances.
    pub fn manual() -> Self {
        Self::new(Utc::now().trunc_subsecs(0), 0.0)
    }

    /// A clock that stands still at `start` until it is turned: for tests that pin exact timestamps.
    pub fn manual_at(start: DateTime<Utc>) -> Self {
        Self::new(start, 0.0)
    }

    /// Real time, as tokio measures it: in a runtime whose time is paused it follows the paused clock, so a client that
    /// sleeps for an hour between two looks finds an hour gone here, too.
    pub fn real() -> Self {
        Self::new(Utc::now(), 1.0)
    }

    /// Time that runs `speed` times as fast as the [real](Self::real) one, from the present on. Zero, a negative number or a
    /// number that is not finite gives a manual clock.
    ///
    /// At 60 the built-in quick success, a minute long, is over in a second.
    pub fn scaled(speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed
        } else {
            0.0
        };
        Self::new(Utc::now(), speed)
    }

    fn new(origin: DateTime<Utc>, speed: f64) -> Self {
        Self(Arc::new(Inner {
            origin: DateTime::from_timestamp_millis(writable(origin)).unwrap_or(origin),
            started: Instant::now(),
            speed,
            turned: Mutex::new(Duration::ZERO),
        }))
    }

    /// The present moment, in whole milliseconds.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.millis()).unwrap_or(self.0.origin)
    }

    /// Turns the clock forward. Every kind of clock can be turned. It never passes the end of the year 9999.
    pub fn advance(&self, by: Duration) {
        let mut turned = self.0.turned.lock().unwrap_or_else(PoisonError::into_inner);
        *turned = turned.saturating_add(by);
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn millis(&self) -> i64 {
        let turned = *self.0.turned.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = if self.0.speed > 0.0 {
            self.0.started.elapsed().as_secs_f64() * self.0.speed
        } else {
            0.0
        };
        let elapsed = Duration::try_from_secs_f64(elapsed).unwrap_or(Duration::MAX);
        let ahead = TimeDelta::from_std(turned.saturating_add(elapsed)).unwrap_or(TimeDelta::MAX);
        self.0
            .origin
            .timestamp_millis()
            .saturating_add(ahead.num_milliseconds())
            .min(LAST_MILLISECOND)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::manual()
    }
}

/// A moment in milliseconds since the Unix epoch, moved to where four digits are enough for its year.
pub(crate) fn writable(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis().clamp(FIRST_MILLISECOND, LAST_MILLISECOND)
}

/// A duration in whole milliseconds, saturating.
pub(crate) fn in_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The whole second a moment lies in: GitHub's timestamps have no fraction, so two changes within a second look
/// simultaneous to clients.
pub(crate) const fn whole_second(millis: i64) -> i64 {
    millis - millis.rem_euclid(1000)
}

/// Writes a moment the way GitHub does.
pub(crate) fn stamp(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Writes a moment as an HTTP date (RFC 9110, 5.6.7).
pub(crate) fn http_date(millis: i64) -> String {
    let at = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_still() {
        let clock = Clock::manual();
        assert_eq!(clock.now(), clock.now());
        assert_eq!(clock.now().timestamp_subsec_nanos(), 0);
    }

    #[test]
    fn a_clock_turned_too_far_stops_at_the_last_four_digit_year() {
        let clock = Clock::manual();
        clock.advance(Duration::MAX);
        assert_eq!(stamp(clock.millis()), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn a_clock_starts_in_a_year_of_four_digits() {
        for (at, shown) in [
            (DateTime::<Utc>::MIN_UTC, "0000-01-01T00:00:00Z"),
            (DateTime::<Utc>::MAX_UTC, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(stamp(Clock::manual_at(at).millis()), shown);
        }
    }

    #[test]
    fn clones_are_turned_together() {
        let clock = Clock::manual_at(DateTime::UNIX_EPOCH);
        clock.clone().advance(Duration::from_millis(1500));
        assert_eq!(stamp(clock.millis()), "1970-01-01T00:00:01Z");
        assert_eq!(http_date(clock.millis()), "Thu, 01 Jan 1970 00:00:01 GMT");
    }

    #[test]
    fn a_senseless_speed_stands_still() {
        for speed in [0.0, -3.0, f64::NAN, f64::INFINITY] {
            let clock = Clock::scaled(speed);
            assert_eq!(clock.now(), clock.now());
        }
    }
}

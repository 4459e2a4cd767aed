//! The emulator's time.
//!
//! One formula serves every kind of clock: `now = base + elapsed × speed`. At a speed of zero the clock moves only when it
//! is advanced, at one it is real time. Lives, quotas and timestamps read this clock alone, so a test that advances it by
//! an hour sees an hour of transitions at once, each with its own timestamp.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, SubsecRound as _, TimeDelta, Utc};
use tokio::time::Instant;

/// The first instant that RFC 3339 can write: the beginning of the year 0.
const FIRST_MILLISECOND: i64 = -62_167_219_200_000;
/// The last instant the clock can show: past it RFC 3339 has no four-digit year left.
const LAST_MILLISECOND: i64 = 253_402_300_799_000;

/// A shared clock. Clones show the same time and are advanced together.
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
pub struct Clock(Arc<Mutex<Reading>>);

/// What a clock showed at an instant, and how fast it has run since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    base: Duration,
    origin: DateTime<Utc>,
    since: Instant,
    speed: f64,
}

impl Clock {
    /// A clock that stands still until it is advanced. It starts at the current whole second, so that clients which
    /// compare the server's timestamps with their own clock see sensible distances.
    pub fn manual() -> Self {
        Self::new(Utc::now().trunc_subsecs(0), 0.0)
    }

    /// A clock that stands still at `start` until it is advanced: for tests that pin exact timestamps.
    pub fn manual_at(start: DateTime<Utc>) -> Self {
        Self::new(start, 0.0)
    }

    /// Real time, as tokio measures it: in a runtime whose time is paused it follows the paused clock, so a client that
    /// sleeps for an hour between two polls finds that an hour has passed here, too.
    pub fn real() -> Self {
        Self::new(Utc::now(), 1.0)
    }

    /// Time that runs `speed` times as fast as [real](Self::real) time, from now on. Zero, a negative number or a number
    /// that is not finite gives a manual clock.
    ///
    /// At 60 the built-in quick success, a minute long, is over in a second.
    pub fn scaled(speed: f64) -> Self {
        Self::scaled_from(Utc::now(), speed)
    }

    /// The same, but starting at `start`.
    pub fn scaled_from(start: DateTime<Utc>, speed: f64) -> Self {
        Self::new(start, valid(speed))
    }

    fn new(origin: DateTime<Utc>, speed: f64) -> Self {
        Self(Arc::new(Mutex::new(Reading {
            origin: DateTime::from_timestamp_millis(writable(origin)).unwrap_or(origin),
            base: Duration::ZERO,
            since: Instant::now(),
            speed,
        })))
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current time, in whole milliseconds.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.millis()).unwrap_or_default()
    }

    /// Advances the clock. Every kind of clock can be advanced. It never passes the end of the year 9999.
    pub fn advance(&self, by: Duration) {
        let mut reading = self.reading();
        reading.base = reading.base.saturating_add(by);
    }

    /// How many times as fast as real time the clock runs; 0 if it stands still.
    pub fn speed(&self) -> f64 {
        self.reading().speed
    }

    /// Changes the speed from now on, as [`scaled`](Self::scaled) does: 0 freezes the clock.
    pub fn set_speed(&self, speed: f64) {
        let mut reading = self.reading();
        reading.base = reading.ahead();
        reading.since = Instant::now();
        reading.speed = valid(speed);
    }

    /// What the clock shows and how it runs, to be [restored](Self::restore) later.
    pub(crate) fn save(&self) -> Reading {
        let mut reading = *self.reading();
        reading.base = reading.ahead();
        reading
    }

    /// Restores a saved time and continues from it.
    pub(crate) fn restore(&self, saved: Reading) {
        *self.reading() = Reading {
            since: Instant::now(),
            ..saved
        };
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn millis(&self) -> i64 {
        let reading = self.reading();
        let ahead = TimeDelta::from_std(reading.ahead()).unwrap_or(TimeDelta::MAX);
        reading
            .origin
            .timestamp_millis()
            .saturating_add(ahead.num_milliseconds())
            .min(LAST_MILLISECOND)
    }
}

impl Reading {
    /// How far the clock is from its origin.
    fn ahead(&self) -> Duration {
        if self.speed == 0.0 {
            return self.base;
        }
        let elapsed = self.since.elapsed().as_secs_f64() * self.speed;
        self.base
            .saturating_add(Duration::try_from_secs_f64(elapsed).unwrap_or(Duration::MAX))
    }
}

fn valid(speed: f64) -> f64 {
    if speed.is_finite() && speed > 0.0 {
        speed
    } else {
        0.0
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::manual()
    }
}

/// A time in milliseconds since the Unix epoch, clamped to the years that four digits can write.
pub(crate) fn writable(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis().clamp(FIRST_MILLISECOND, LAST_MILLISECOND)
}

/// A duration in whole milliseconds, saturating.
pub(crate) fn in_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Truncates a time to its second: GitHub's timestamps have no fraction, so two changes within a second look
/// simultaneous to clients.
pub(crate) const fn whole_second(millis: i64) -> i64 {
    millis - millis.rem_euclid(1000)
}

/// Formats a time the way GitHub does, like `2026-01-31T12:00:00Z`.
pub(crate) fn stamp(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Formats a time as an HTTP date (RFC 9110, 5.6.7).
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
    fn a_restored_clock_shows_the_saved_time() {
        let clock = Clock::manual_at(DateTime::UNIX_EPOCH);
        let saved = clock.save();
        clock.advance(Duration::from_secs(60));
        clock.set_speed(1000.0);
        clock.restore(saved);
        assert_eq!((clock.millis(), clock.speed()), (0, 0.0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_speed_applies_from_now_on() {
        let clock = Clock::scaled_from(DateTime::UNIX_EPOCH, 60.0);
        tokio::time::advance(Duration::from_secs(1)).await;
        clock.set_speed(0.0);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(clock.millis(), 60_000);
        clock.set_speed(2.0);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(clock.millis(), 62_000);
    }

    #[test]
    fn an_invalid_speed_stands_still() {
        for speed in [0.0, -3.0, f64::NAN, f64::INFINITY] {
            let clock = Clock::scaled(speed);
            assert_eq!(clock.now(), clock.now());
        }
    }
}

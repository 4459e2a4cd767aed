//! How many requests a fleet may make: a share of the hourly quota, whatever the number of tasks.
//!
//! The bucket holds a fifth of the share, for the first scan and for bursts, and is filled with the other four fifths in
//! the course of an hour, so no hour sees more than the share. Every request consumes one token, also one that GitHub
//! responds to with 304 and does not count: that it does not is unverified for these lists. Polls go before everything
//! else. While the bucket is less than half full they are spread to use half of what comes in.
use std::time::Duration;

/// The hourly quota of a user, until GitHub says another.
const DEFAULT_QUOTA: f64 = 5000.0;

const HOUR: f64 = 3600.0;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Priority {
    /// Reads what was updated since the poll before.
    Poll,
    /// Full scans, and single tasks.
    Bulk,
}

#[derive(Clone, Debug)]
pub(super) struct TokenBucket {
    share: f64,
    quota: f64,
    tokens: f64,
    /// Up to when the bucket was filled.
    filled_at: Duration,
    /// Less than a tenth of the quota is left, whoever used the rest.
    quota_low: bool,
    consumed: u64,
}

impl TokenBucket {
    /// A bucket that holds `tokens` from an earlier run, or is full.
    pub(super) fn new(share: f64, tokens: Option<f64>) -> Self {
        let mut bucket = Self {
            share: if share.is_finite() {
                share.clamp(0.001, 1.0)
            } else {
                1.0
            },
            quota: DEFAULT_QUOTA,
            tokens: 0.0,
            filled_at: Duration::ZERO,
            quota_low: false,
            consumed: 0,
        };
        bucket.tokens = tokens
            .filter(|tokens| tokens.is_finite())
            .map_or(bucket.capacity(), |tokens| tokens.clamp(0.0, bucket.capacity()));
        bucket
    }

    /// Takes over what GitHub says about the quota.
    #[allow(clippy::cast_precision_loss, reason = "quotas are thousands")]
    pub(super) fn update_quota(&mut self, now: Duration, limit: u64, remaining: u64) {
        if limit == 0 {
            return;
        }
        self.fill(now);
        self.quota = limit as f64;
        self.tokens = self.tokens.min(self.capacity());
        self.quota_low = remaining < limit / 10;
    }

    /// When a poll can be paid.
    pub(super) fn poll_at(&mut self, now: Duration) -> Duration {
        self.filled_to(1.0, now)
    }

    /// When another request can be paid. With `reserve`, a fifth of the bucket is left for polls. While the quota is low,
    /// ask again after `pause`.
    pub(super) fn bulk_at(&mut self, now: Duration, reserve: bool, pause: Duration) -> Duration {
        if self.quota_low {
            return now + pause;
        }
        let reserve = if reserve { self.capacity() / 5.0 } else { 0.0 };
        self.filled_to((1.0 + reserve).min(self.capacity()), now)
    }

    fn filled_to(&mut self, need: f64, now: Duration) -> Duration {
        self.fill(now);
        if self.tokens >= need {
            return now;
        }
        let wait = (need - self.tokens) / self.per_second();
        // Rounded up, so that the tokens are there then.
        now + Duration::from_secs_f64(wait.min(24.0 * HOUR)) + Duration::from_millis(1)
    }

    pub(super) fn consume(&mut self, now: Duration) {
        self.fill(now);
        self.tokens = (self.tokens - 1.0).max(0.0);
        self.consumed += 1;
    }

    /// The pause between two polls: `interval`, or longer if the bucket is less than half full.
    pub(super) fn poll_interval(&mut self, interval: Duration, now: Duration) -> Duration {
        if self.is_short(now) {
            interval.max(Duration::from_secs_f64(2.0 / self.per_second()))
        } else {
            interval
        }
    }

    /// How long the bucket takes to gain this many tokens.
    #[allow(clippy::cast_precision_loss, reason = "pages are thousands")]
    pub(super) fn time_to_gain(&self, tokens: u64) -> Duration {
        Duration::from_secs_f64((tokens as f64 / self.per_second()).min(24.0 * HOUR))
    }

    /// Whether the bucket is less than half full.
    pub(super) fn is_short(&mut self, now: Duration) -> bool {
        self.fill(now);
        self.tokens * 2.0 < self.capacity()
    }

    pub(super) fn tokens(&self) -> f64 {
        self.tokens
    }

    /// How many tokens were consumed.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    fn hourly(&self) -> f64 {
        (self.share * self.quota).max(5.0)
    }

    fn capacity(&self) -> f64 {
        self.hourly() / 5.0
    }

    fn per_second(&self) -> f64 {
        (self.hourly() - self.capacity()) / HOUR
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second()).min(self.capacity());
        self.filled_at = now.max(self.filled_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);
    const ALL: [Priority; 2] = [Priority::Poll, Priority::Bulk];

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn when(bucket: &mut TokenBucket, priority: Priority, now: Duration) -> Duration {
        match priority {
            Priority::Poll => bucket.poll_at(now),
            Priority::Bulk => bucket.bulk_at(now, true, PAUSE),
        }
    }

    /// How many requests a greedy caller of these priorities makes within these seconds.
    fn greedy(bucket: &mut TokenBucket, priorities: &[Priority], from: u64, to: u64) -> u64 {
        let before = bucket.consumed();
        let (mut now, end) = (seconds(from), seconds(to));
        while now < end {
            let times = priorities.iter().map(|priority| when(bucket, *priority, now));
            match times.min() {
                Some(at) if at > now => now = at,
                _ => bucket.consume(now),
            }
        }
        bucket.consumed() - before
    }

    #[test]
    fn no_hour_sees_more_than_the_share() {
        for (share, most) in [
            (0.25, 1250),
            (1.0, 5000),
            (0.01, 50),
            (7.0, 5000),
            (f64::NAN, 5000),
        ] {
            let mut bucket = TokenBucket::new(share, None);
            let first = greedy(&mut bucket, &ALL, 0, 3600);
            assert!(first <= most && first + 3 >= most, "{share}: {first}");
            let second = greedy(&mut bucket, &ALL, 3600, 7200);
            assert!(second <= most * 4 / 5 + 1, "{share}: {second}");
        }
    }

    #[test]
    fn bulk_requests_leave_a_reserve_for_polls() {
        let mut bucket = TokenBucket::new(0.25, None);
        greedy(&mut bucket, &[Priority::Bulk], 0, 60);
        assert_eq!(when(&mut bucket, Priority::Poll, seconds(60)), seconds(60));
        assert!(bucket.poll_interval(seconds(1), seconds(60)) > seconds(7));
        assert_eq!(bucket.poll_interval(PAUSE, seconds(60)), PAUSE);
    }

    #[test]
    fn the_quota_of_the_responses_counts() {
        let mut bucket = TokenBucket::new(0.25, None);
        bucket.update_quota(seconds(0), 15_000, 14_000);
        let first = greedy(&mut bucket, &ALL, 0, 3600);
        assert!((3000..=3750).contains(&first), "{first}");
        bucket.update_quota(seconds(3600), 15_000, 1000);
        assert_eq!(
            when(&mut bucket, Priority::Bulk, seconds(7200)),
            seconds(7200) + PAUSE
        );
        assert_eq!(when(&mut bucket, Priority::Poll, seconds(7200)), seconds(7200));
    }

    #[test]
    fn consumed_tokens_stay_consumed_after_a_restart() {
        let mut bucket = TokenBucket::new(0.25, None);
        greedy(&mut bucket, &ALL, 0, 1);
        let mut next = TokenBucket::new(0.25, Some(bucket.tokens()));
        assert!(when(&mut next, Priority::Poll, Duration::ZERO) > Duration::ZERO);
    }
}

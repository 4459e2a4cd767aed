//! How many requests a fleet may make: a share of the hourly quota, whatever the number of tasks.
//!
//! A bucket holds a fifth of the share, for the first walk and for bursts, and is filled with the other four fifths in the
//! course of an hour: so no hour sees more than the share. Every request costs one, also one that GitHub answers with 304
//! and does not count: that it does not is unverified for these lists. Looks at the list go before all else. While the
//! bucket is less than half full they are spread, so that they use half of what comes in, and the other half is left for
//! walks and gets. And a look waits until it can be paid for as a whole: a list that is walked slowly moves as fast.
use std::time::Duration;

/// The quota of a user, as long as GitHub has not said another.
const QUOTA: f64 = 5000.0;

const HOUR: f64 = 3600.0;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// The regular look at what was updated last.
    Look,
    /// Walks through everything, and gets.
    Bulk,
}

#[derive(Clone, Debug)]
pub(super) struct Budget {
    share: f64,
    limit: f64,
    tokens: f64,
    /// Up to when the bucket was filled.
    filled: Duration,
    /// Less than a tenth of the quota is left, whoever used the rest.
    scarce: bool,
    /// How many requests were paid for.
    spent: u64,
}

impl Budget {
    /// A bucket that holds `tokens` from an earlier run, or is full.
    pub(super) fn new(share: f64, tokens: Option<f64>) -> Self {
        let mut budget = Self {
            share: if share.is_finite() {
                share.clamp(0.001, 1.0)
            } else {
                1.0
            },
            limit: QUOTA,
            tokens: 0.0,
            filled: Duration::ZERO,
            scarce: false,
            spent: 0,
        };
        budget.tokens = tokens
            .filter(|tokens| tokens.is_finite())
            .map_or(budget.capacity(), |tokens| tokens.clamp(0.0, budget.capacity()));
        budget
    }

    /// Takes over what GitHub says of the quota.
    #[allow(clippy::cast_precision_loss, reason = "quotas are thousands")]
    pub(super) fn learn(&mut self, now: Duration, limit: u64, remaining: u64) {
        if limit == 0 {
            return;
        }
        self.fill(now);
        self.limit = limit as f64;
        self.tokens = self.tokens.min(self.capacity());
        self.scarce = remaining < limit / 10;
    }

    /// When so many requests for a look can be paid for, or half a bucket of them.
    pub(super) fn when_look(&mut self, count: u32, now: Duration) -> Duration {
        self.when_filled(f64::from(count).min(self.capacity() / 2.0).max(1.0), now)
    }

    /// When a request that is no look can be paid for; `pause` is when to ask again if that depends on others.
    pub(super) fn when_bulk(&mut self, now: Duration, pause: Duration) -> Duration {
        if self.scarce {
            return now + pause;
        }
        self.when_filled((1.0 + self.capacity() / 5.0).min(self.capacity()), now)
    }

    fn when_filled(&mut self, need: f64, now: Duration) -> Duration {
        self.fill(now);
        if self.tokens >= need {
            return now;
        }
        let wait = (need - self.tokens) / self.per_second();
        // Rounded up, so that the time has really come then.
        now + Duration::from_secs_f64(wait.min(24.0 * HOUR)) + Duration::from_millis(1)
    }

    pub(super) fn pay(&mut self, now: Duration) {
        self.fill(now);
        self.tokens = (self.tokens - 1.0).max(0.0);
        self.spent += 1;
    }

    /// The pause between two looks: `every`, or longer if the bucket is not half full.
    pub(super) fn stretch(&mut self, every: Duration, now: Duration) -> Duration {
        self.fill(now);
        if self.tokens * 2.0 >= self.capacity() {
            every
        } else {
            every.max(Duration::from_secs_f64(2.0 / self.per_second()))
        }
    }

    pub(super) fn tokens(&self) -> f64 {
        self.tokens
    }

    pub(super) fn spent(&self) -> u64 {
        self.spent
    }

    fn an_hour(&self) -> f64 {
        (self.share * self.limit).max(5.0)
    }

    fn capacity(&self) -> f64 {
        self.an_hour() / 5.0
    }

    fn per_second(&self) -> f64 {
        (self.an_hour() - self.capacity()) / HOUR
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second()).min(self.capacity());
        self.filled = now.max(self.filled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);
    const ALL: [Class; 2] = [Class::Look, Class::Bulk];

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn when(budget: &mut Budget, class: Class, now: Duration) -> Duration {
        match class {
            Class::Look => budget.when_look(1, now),
            Class::Bulk => budget.when_bulk(now, PAUSE),
        }
    }

    /// How many requests a greedy caller of these classes makes in so many seconds.
    fn greedy(budget: &mut Budget, classes: &[Class], from: u64, to: u64) -> u64 {
        let before = budget.spent();
        let (mut now, end) = (seconds(from), seconds(to));
        while now < end {
            let times = classes.iter().map(|class| when(budget, *class, now));
            match times.min() {
                Some(at) if at > now => now = at,
                _ => budget.pay(now),
            }
        }
        budget.spent() - before
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
            let mut budget = Budget::new(share, None);
            let first = greedy(&mut budget, &ALL, 0, 3600);
            assert!(first <= most && first + 3 >= most, "{share}: {first}");
            let second = greedy(&mut budget, &ALL, 3600, 7200);
            assert!(second <= most * 4 / 5 + 1, "{share}: {second}");
        }
    }

    #[test]
    fn walks_leave_something_for_looks() {
        let mut budget = Budget::new(0.25, None);
        greedy(&mut budget, &[Class::Bulk], 0, 60);
        assert_eq!(when(&mut budget, Class::Look, seconds(60)), seconds(60));
        assert!(budget.stretch(seconds(1), seconds(60)) > seconds(7));
        assert_eq!(budget.stretch(PAUSE, seconds(60)), PAUSE);
    }

    #[test]
    fn the_quota_that_github_tells_counts() {
        let mut budget = Budget::new(0.25, None);
        budget.learn(seconds(0), 15_000, 14_000);
        let first = greedy(&mut budget, &ALL, 0, 3600);
        assert!((3000..=3750).contains(&first), "{first}");
        budget.learn(seconds(3600), 15_000, 1000);
        assert_eq!(
            when(&mut budget, Class::Bulk, seconds(7200)),
            seconds(7200) + PAUSE
        );
        assert_eq!(when(&mut budget, Class::Look, seconds(7200)), seconds(7200));
    }

    #[test]
    fn what_was_spent_stays_spent_after_a_restart() {
        let mut budget = Budget::new(0.25, None);
        greedy(&mut budget, &ALL, 0, 1);
        let mut next = Budget::new(0.25, Some(budget.tokens()));
        assert!(when(&mut next, Class::Look, Duration::ZERO) > Duration::ZERO);
    }
}

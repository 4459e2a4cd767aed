//! When GitHub accepts the next request. Pure: headers and the time come in, the time of the next request comes out.
//!
//! Precedence, as documented by GitHub: `retry-after`, then the reset of a spent quota, then exponential backoff from
//! 60 s. A secondary limit concerns all requests of the user, a spent quota one resource.
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

use crate::error::RateLimit;
use crate::error::rate_limit_headers::{
    MAX_DELAY, MIN_RATE_LIMIT_DELAY, RateLimitDelay, UNSPECIFIED_DELAY, delay_until, rate_limit,
    rate_limit_delay,
};
use crate::transport::backoff::{Backoff, later};

/// The least time between two requests that create something.
const MIN_WRITE_INTERVAL: Duration = Duration::from_secs(1);

/// How long a rate limit lasts that does not say so. GitHub asks for a minute, and exponentially more each time.
const UNSPECIFIED: Backoff = Backoff {
    initial: UNSPECIFIED_DELAY,
    max: MAX_DELAY,
    jitter: 0.0,
};

/// What is known of the limits of one user.
#[derive(Debug, Default)]
pub(crate) struct LimiterState {
    quotas: Vec<Quota>,
    /// No request at all before this time.
    blocked_until: Option<Instant>,
    /// When the next write may be sent.
    next_write: Option<Instant>,
    /// How many rate limits in a row did not say how long they last.
    unspecified_streak: u32,
    /// When the last of them ends.
    unspecified_until: Option<Instant>,
}

/// One of GitHub's quotas.
#[derive(Debug)]
struct Quota {
    /// The resource of the request; GitHub may call the quota otherwise.
    resource: &'static str,
    last: RateLimit,
    /// No request of this resource before this time: the quota is spent.
    spent_until: Option<Instant>,
}

impl LimiterState {
    /// When the next request of `resource` may be sent, if not now.
    pub(crate) fn blocked_until(&self, resource: &str, now: Instant) -> Option<Instant> {
        let spent = self.quota(resource).and_then(|quota| quota.spent_until);
        self.blocked_until.max(spent).filter(|until| *until > now)
    }

    /// When the next write may be sent, if not now.
    pub(crate) fn next_write(&self, now: Instant) -> Option<Instant> {
        self.next_write.filter(|next| *next > now)
    }

    /// A write is sent now.
    pub(crate) fn wrote(&mut self, now: Instant) {
        self.next_write = Some(now + MIN_WRITE_INTERVAL);
    }

    /// What GitHub said last of `resource`.
    pub(crate) fn rate_limit(&self, resource: &str) -> Option<RateLimit> {
        Some(self.quota(resource)?.last.clone())
    }

    /// How many rate limits in a row, up to the last response, did not say how long they last.
    pub(crate) fn unspecified_streak(&self) -> u32 {
        self.unspecified_streak
    }

    /// A request of `resource` succeeded, or was refused for another reason than a limit.
    pub(crate) fn update_from_headers(&mut self, resource: &'static str, headers: &HeaderMap, now: Instant) {
        self.unspecified_streak = 0;
        self.update_quota(resource, headers, false, now);
    }

    /// A request of `resource` met a rate limit, which blocks the next ones. Returns how long it lasts.
    pub(crate) fn rate_limited(
        &mut self,
        resource: &'static str,
        headers: &HeaderMap,
        now: Instant,
    ) -> Duration {
        let is_spent = self.update_quota(resource, headers, true, now);
        let delay = match rate_limit_delay(headers) {
            // The quota's own time concerns its resource alone.
            Some(RateLimitDelay::QuotaReset(delay)) if is_spent => {
                self.unspecified_streak = 0;
                return delay;
            }
            Some(RateLimitDelay::RetryAfter(delay) | RateLimitDelay::QuotaReset(delay)) => {
                self.unspecified_streak = 0;
                delay
            }
            None => self.unspecified_delay(now),
        };
        self.blocked_until = self.blocked_until.max(Some(later(now, delay)));
        if let Some(quota) = self.quotas.iter_mut().find(|quota| quota.resource == resource) {
            // `retry-after` goes before what the quota says.
            quota.spent_until = None;
        }
        delay
    }

    /// Takes over what the headers say of a quota. Returns whether it is spent.
    fn update_quota(
        &mut self,
        resource: &'static str,
        headers: &HeaderMap,
        refused: bool,
        now: Instant,
    ) -> bool {
        let Some(new) = rate_limit(headers, resource) else {
            return false;
        };
        let until_reset = delay_until(new.reset, headers).max(MIN_RATE_LIMIT_DELAY);
        let spent = (new.remaining == 0).then(|| later(now, until_reset));
        let known = self.quotas.iter_mut().find(|quota| quota.resource == resource);
        match known {
            // Responses overtake each other; the quota only shrinks before its reset. A reset that cannot be right
            // counts for nothing once there is another.
            Some(quota)
                if !refused
                    && is_stale(&new, &quota.last)
                    && delay_until(quota.last.reset, headers) < MAX_DELAY => {}
            Some(quota) => {
                quota.last = new;
                quota.spent_until = spent;
            }
            None => self.quotas.push(Quota {
                resource,
                last: new,
                spent_until: spent,
            }),
        }
        spent.is_some()
    }

    fn quota(&self, resource: &str) -> Option<&Quota> {
        self.quotas.iter().find(|quota| quota.resource == resource)
    }

    /// How long one more rate limit lasts that does not say so.
    fn unspecified_delay(&mut self, now: Instant) -> Duration {
        if let Some(until) = self.unspecified_until.filter(|until| *until > now) {
            // The request was in flight when the limit began, so this is the same limit.
            self.unspecified_streak = self.unspecified_streak.max(1);
            return until - now;
        }
        self.unspecified_streak = self.unspecified_streak.saturating_add(1);
        let delay = UNSPECIFIED.delay(self.unspecified_streak, 1.0);
        self.unspecified_until = Some(later(now, delay));
        delay
    }
}

/// Whether `new` was sent before what is known.
fn is_stale(new: &RateLimit, known: &RateLimit) -> bool {
    new.reset < known.reset || (new.reset == known.reset && new.remaining > known.remaining)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::rate_limit_headers::is_rate_limited;
    use crate::error::rate_limit_headers::tests::{DATE, response};
    use agents_api_raw::RawResponse;

    /// A refusal: status, headers, body.
    type Refusal<'a> = (u16, &'a [(&'static str, &'static str)], &'static str);

    /// How many seconds requests of `core` are blocked after the last of these refusals, each of which comes when the one
    /// before lets it.
    fn blocked(refusals: &[Refusal<'_>]) -> Option<u64> {
        let mut now = Instant::now();
        let mut state = LimiterState::default();
        let mut blocked = None;
        for (status, headers, body) in refusals {
            now = blocked.unwrap_or(now);
            refuse(&mut state, &response(*status, headers, body), now);
            blocked = state.blocked_until("core", now);
        }
        Some((blocked? - now).as_secs())
    }

    fn refuse(state: &mut LimiterState, response: &RawResponse, now: Instant) {
        if is_rate_limited(response) {
            let delay = state.rate_limited("core", response.headers(), now);
            assert!(state.blocked_until("core", now) >= Some(now + delay));
        } else {
            state.update_from_headers("core", response.headers(), now);
        }
    }

    const SPENT: [(&str, &str); 5] = [
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-used", "5000"),
        ("x-ratelimit-reset", "784111807"), // thirty seconds after DATE
        DATE,
    ];

    #[test]
    fn precedence_is_as_documented() {
        let seconds_header: &[_] = &[("retry-after", "5")];
        let date: &[_] = &[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), DATE];
        let zero: &[_] = &[("retry-after", "0")];
        let sooner: Vec<_> = SPENT.into_iter().chain([("retry-after", "7")]).collect();
        let both: Vec<_> = SPENT.into_iter().chain([("retry-after", "90")]).collect();
        for (refusals, seconds) in [
            (&[(429, seconds_header, "")][..], Some(5)),
            (&[(403, seconds_header, "")], Some(5)),
            (&[(429, date, "")], Some(60)),
            (&[(429, zero, "")], Some(1)),
            (&[(403, &SPENT[..], "")], Some(30)),
            (&[(429, &SPENT[..], "")], Some(30)),
            (&[(403, &both[..], "")], Some(90)),
            (&[(403, &sooner[..], "")], Some(7)),
            (&[(429, &[][..], "")], Some(60)),
            (
                &[(429, &[][..], ""), (429, &[][..], ""), (429, &[][..], "")],
                Some(240),
            ),
            (
                &[(403, &[][..], r#"{"message":"a secondary rate limit"}"#)],
                Some(60),
            ),
            (&[(403, &[][..], r#"{"message":"Forbidden"}"#)], None),
            (&[(404, seconds_header, "")], None),
        ] {
            assert_eq!(blocked(refusals), seconds, "{refusals:?}");
        }
    }

    #[test]
    fn the_last_request_of_a_quota_blocks_the_next_of_its_resource_alone() {
        let now = Instant::now();
        let mut state = LimiterState::default();
        state.update_from_headers("core", response(200, &SPENT, "").headers(), now);
        assert_eq!(
            state.blocked_until("core", now),
            Some(now + Duration::from_secs(30))
        );
        assert_eq!(state.blocked_until("graphql", now), None);
        assert_eq!(state.blocked_until("core", now + Duration::from_secs(30)), None);
        assert_eq!(state.rate_limit("core").unwrap().used, 5000);
    }

    #[test]
    fn a_stale_response_does_not_raise_the_quota() {
        let now = Instant::now();
        let mut state = LimiterState::default();
        let quota = |remaining, reset| {
            let headers = [
                ("x-ratelimit-limit", "5000"),
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", reset),
            ];
            response(200, &headers, "")
        };
        for (remaining, reset, left) in [
            ("10", "784111807", 10),
            ("12", "784111807", 10),
            ("9", "784111807", 9),
            ("4999", "784108207", 9),
            ("4999", "784115407", 4999),
        ] {
            state.update_from_headers("core", quota(remaining, reset).headers(), now);
            assert_eq!(state.rate_limit("core").unwrap().remaining, left);
        }
    }

    #[test]
    fn a_reset_in_a_thousand_years_blocks_for_a_day_and_is_then_forgotten() {
        let now = Instant::now();
        let mut state = LimiterState::default();
        let quota = |remaining, reset| {
            let headers = [
                ("x-ratelimit-limit", "5000"),
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", reset),
                DATE,
            ];
            response(200, &headers, "")
        };
        state.update_from_headers("core", quota("0", "32503680000").headers(), now);
        assert_eq!(state.blocked_until("core", now), Some(now + MAX_DELAY));
        state.update_from_headers("core", quota("17", "784111807").headers(), now + MAX_DELAY);
        assert_eq!(state.rate_limit("core").unwrap().remaining, 17);
        refuse(
            &mut state,
            &response(429, &[("retry-after", "99999999999")], ""),
            now,
        );
        assert_eq!(state.blocked_until("core", now), Some(now + MAX_DELAY));
    }

    #[test]
    fn writes_keep_a_second_between_them() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let mut state = LimiterState::default();
        assert_eq!(state.next_write(now), None);
        state.wrote(now);
        assert_eq!(state.next_write(now), Some(now + second));
        assert_eq!(state.next_write(now + second), None);
    }

    #[test]
    fn a_success_ends_a_streak_of_unspecified_limits() {
        let now = Instant::now();
        let mut state = LimiterState::default();
        let unspecified = response(429, &[], "");
        refuse(&mut state, &unspecified, now);
        assert_eq!(state.unspecified_streak(), 1);
        state.update_from_headers("core", &HeaderMap::new(), now);
        assert_eq!(state.unspecified_streak(), 0);
        let now = now + UNSPECIFIED_DELAY;
        refuse(&mut state, &unspecified, now);
        assert_eq!(state.blocked_until("core", now), Some(now + UNSPECIFIED_DELAY));
    }

    #[test]
    fn requests_that_meet_the_same_unspecified_limit_do_not_lengthen_it() {
        let now = Instant::now();
        let mut state = LimiterState::default();
        let unspecified = response(429, &[], "");
        for seconds in [0, 1, 5, 59] {
            refuse(&mut state, &unspecified, now + Duration::from_secs(seconds));
        }
        assert_eq!(
            (state.unspecified_streak(), state.blocked_until("core", now)),
            (1, Some(now + UNSPECIFIED_DELAY))
        );
    }
}

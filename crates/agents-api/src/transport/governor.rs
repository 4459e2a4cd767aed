//! When GitHub wants the next request. Pure: answers and the time come in, the time of the next request comes out.
//!
//! The order of obedience is GitHub's: `retry-after`; else the reset of a spent quota; else a minute, twice as long each
//! time. A secondary limit is about all requests of the user, a spent quota about one resource.
use std::time::Duration;

use agents_api_raw::RawResponse;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

use crate::error::RateLimit;
use crate::error::rate_limit_headers::{LONGEST, asked, is_rate_limited, rate_limit, until};

/// The least time between two requests that create something.
const BETWEEN_WRITES: Duration = Duration::from_secs(1);

/// What GitHub asks for when a rate limit says nothing itself; twice as long each time in a row.
const UNTOLD: Duration = Duration::from_secs(60);

/// The shortest pause after a rate limit: headers count whole seconds, and `0` is not meant to be taken literally.
const RESPECT: Duration = Duration::from_secs(1);

/// What is known of the limits of one user.
#[derive(Debug, Default)]
pub(crate) struct Governor {
    quotas: Vec<Quota>,
    /// No request at all before this time.
    held: Option<Instant>,
    /// The time from which on the next write may be sent.
    next_write: Option<Instant>,
    /// This many rate limits in a row did not say how long they last.
    untold: u32,
}

/// One of GitHub's quotas.
#[derive(Debug)]
struct Quota {
    /// What was asked for; GitHub may call the quota otherwise.
    resource: &'static str,
    told: RateLimit,
    /// No request of this resource before this time: the quota is spent.
    spent_until: Option<Instant>,
}

impl Governor {
    /// When the next request of `resource` may be sent, if not now.
    pub(crate) fn held_until(&self, resource: &str, now: Instant) -> Option<Instant> {
        let spent = self.quota(resource).and_then(|quota| quota.spent_until);
        self.held.max(spent).filter(|until| *until > now)
    }

    /// From when on the next write may be sent, if not now.
    pub(crate) fn next_write(&self, now: Instant) -> Option<Instant> {
        self.next_write.filter(|next| *next > now)
    }

    /// A write is sent now.
    pub(crate) fn wrote(&mut self, now: Instant) {
        self.next_write = Some(now + BETWEEN_WRITES);
    }

    /// What GitHub said last of `resource`.
    pub(crate) fn rate_limit(&self, resource: &str) -> Option<RateLimit> {
        Some(self.quota(resource)?.told.clone())
    }

    /// A request of `resource` succeeded, or was refused for another reason than a limit.
    pub(crate) fn answered(&mut self, resource: &'static str, headers: &HeaderMap, now: Instant) {
        self.untold = 0;
        self.learn(resource, headers, false, now);
    }

    /// A request of `resource` was refused. A rate limit holds the next ones.
    pub(crate) fn refused(&mut self, resource: &'static str, answer: &RawResponse, now: Instant) {
        if !is_rate_limited(answer) {
            return self.answered(resource, answer.headers(), now);
        }
        let asked = asked(answer.headers());
        let spent = self.learn(resource, answer.headers(), true, now);
        let pause = match asked {
            Some(asked) => asked.max(RESPECT),
            // The quota's own time is known, and is about its resource alone.
            None if spent => return,
            None => self.grow(),
        };
        self.held = self.held.max(Some(later(now, pause)));
        if let Some(quota) = self.quotas.iter_mut().find(|quota| quota.resource == resource) {
            // What is asked for comes before what the quota says.
            quota.spent_until = None;
        }
    }

    /// Takes over what the headers say of a quota. Tells whether it is spent.
    fn learn(&mut self, resource: &'static str, headers: &HeaderMap, refused: bool, now: Instant) -> bool {
        let Some(told) = rate_limit(headers, resource) else {
            return false;
        };
        let spent = (told.remaining == 0).then(|| later(now, until(told.reset, headers).max(RESPECT)));
        let known = self.quotas.iter_mut().find(|quota| quota.resource == resource);
        match known {
            // Answers overtake each other; the quota only shrinks before its reset. A reset that cannot be right counts
            // for nothing once another is told.
            Some(quota)
                if !refused
                    && overtaken(&told, &quota.told)
                    && until(quota.told.reset, headers) < LONGEST => {}
            Some(quota) => {
                quota.told = told;
                quota.spent_until = spent;
            }
            None => self.quotas.push(Quota {
                resource,
                told,
                spent_until: spent,
            }),
        }
        spent.is_some()
    }

    fn quota(&self, resource: &str) -> Option<&Quota> {
        self.quotas.iter().find(|quota| quota.resource == resource)
    }

    /// The pause after one more rate limit that says nothing.
    fn grow(&mut self) -> Duration {
        let pause = UNTOLD.saturating_mul(1 << self.untold.min(16)).min(LONGEST);
        self.untold = self.untold.saturating_add(1);
        pause
    }
}

/// Whether `told` was said before what is known.
fn overtaken(told: &RateLimit, known: &RateLimit) -> bool {
    told.reset < known.reset || (told.reset == known.reset && told.remaining > known.remaining)
}

/// A time after `now`; one beyond what a clock can hold is thirty years off.
pub(crate) fn later(now: Instant, after: Duration) -> Instant {
    now.checked_add(after)
        .unwrap_or_else(|| now + Duration::from_secs(30 * 365 * 24 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::rate_limit_headers::tests::{DATE, answer};

    /// A refusal: status, headers, body.
    type Refusal<'a> = (u16, &'a [(&'static str, &'static str)], &'static str);

    /// How many seconds requests of `core` are held after these refusals, all at the same time.
    fn held(refusals: &[Refusal<'_>]) -> Option<u64> {
        let now = Instant::now();
        let mut governor = Governor::default();
        for (status, headers, body) in refusals {
            governor.refused("core", &answer(*status, headers, body), now);
        }
        Some((governor.held_until("core", now)? - now).as_secs())
    }

    const SPENT: [(&str, &str); 5] = [
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-used", "5000"),
        ("x-ratelimit-reset", "784111807"), // thirty seconds after DATE
        DATE,
    ];

    #[test]
    fn github_is_obeyed_in_its_order() {
        let told: &[_] = &[("retry-after", "5")];
        let date: &[_] = &[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), DATE];
        let zero: &[_] = &[("retry-after", "0")];
        let sooner: Vec<_> = SPENT.into_iter().chain([("retry-after", "7")]).collect();
        let both: Vec<_> = SPENT.into_iter().chain([("retry-after", "90")]).collect();
        for (refusals, seconds) in [
            (&[(429, told, "")][..], Some(5)),
            (&[(403, told, "")], Some(5)),
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
            (&[(404, told, "")], None),
        ] {
            assert_eq!(held(refusals), seconds, "{refusals:?}");
        }
    }

    #[test]
    fn the_last_request_of_a_quota_holds_the_next_of_its_resource_alone() {
        let now = Instant::now();
        let mut governor = Governor::default();
        governor.answered("core", answer(200, &SPENT, "").headers(), now);
        assert_eq!(
            governor.held_until("core", now),
            Some(now + Duration::from_secs(30))
        );
        assert_eq!(governor.held_until("graphql", now), None);
        assert_eq!(governor.held_until("core", now + Duration::from_secs(30)), None);
        assert_eq!(governor.rate_limit("core").unwrap().used, 5000);
    }

    #[test]
    fn an_answer_that_was_overtaken_does_not_raise_the_quota() {
        let now = Instant::now();
        let mut governor = Governor::default();
        let told = |remaining, reset| {
            let headers = [
                ("x-ratelimit-limit", "5000"),
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", reset),
            ];
            answer(200, &headers, "")
        };
        for (remaining, reset, left) in [
            ("10", "784111807", 10),
            ("12", "784111807", 10),
            ("9", "784111807", 9),
            ("4999", "784108207", 9),
            ("4999", "784115407", 4999),
        ] {
            governor.answered("core", told(remaining, reset).headers(), now);
            assert_eq!(governor.rate_limit("core").unwrap().remaining, left);
        }
    }

    #[test]
    fn a_reset_in_a_thousand_years_holds_for_a_day_and_is_then_forgotten() {
        let now = Instant::now();
        let mut governor = Governor::default();
        let told = |remaining, reset| {
            let headers = [
                ("x-ratelimit-limit", "5000"),
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", reset),
                DATE,
            ];
            answer(200, &headers, "")
        };
        governor.answered("core", told("0", "32503680000").headers(), now);
        assert_eq!(governor.held_until("core", now), Some(now + LONGEST));
        governor.answered("core", told("17", "784111807").headers(), now + LONGEST);
        assert_eq!(governor.rate_limit("core").unwrap().remaining, 17);
        governor.refused("core", &answer(429, &[("retry-after", "99999999999")], ""), now);
        assert_eq!(governor.held_until("core", now), Some(now + LONGEST));
    }

    #[test]
    fn writes_keep_a_second_between_them() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let mut governor = Governor::default();
        assert_eq!(governor.next_write(now), None);
        governor.wrote(now);
        assert_eq!(governor.next_write(now), Some(now + second));
        assert_eq!(governor.next_write(now + second), None);
    }

    #[test]
    fn a_success_ends_the_row_of_silent_limits() {
        let now = Instant::now();
        let mut governor = Governor::default();
        let silent = answer(429, &[], "");
        governor.refused("core", &silent, now);
        governor.answered("core", &HeaderMap::new(), now);
        governor.refused("core", &silent, now);
        assert_eq!(governor.held_until("core", now), Some(now + UNTOLD));
    }
}

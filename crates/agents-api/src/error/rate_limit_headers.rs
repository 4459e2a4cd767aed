//! What the headers of an answer say of rate limits.
use std::time::{Duration, SystemTime};

use agents_api_raw::RawResponse;
use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use super::rate_limit::RateLimit;

/// The longest pause that is obeyed. GitHub's own limits last an hour at most; a proxy that says a thousand years shall
/// not silence a program until it is started again.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

// Read from every answer: a name that is made once needs no parsing.
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const USED: HeaderName = HeaderName::from_static("x-ratelimit-used");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const RESOURCE: HeaderName = HeaderName::from_static("x-ratelimit-resource");

/// Whether GitHub wants fewer requests: 429, or a 403 that says so in any of the ways it does.
pub(crate) fn is_rate_limited(answer: &RawResponse) -> bool {
    match answer.status().as_u16() {
        429 => true,
        403 => {
            is_spent(answer.headers())
                || answer.headers().contains_key(RETRY_AFTER)
                || answer
                    .message()
                    .is_some_and(|text| speaks_of_limits(&text.to_lowercase()))
        }
        _ => false,
    }
}

/// Whether a message is one of those by which GitHub refuses haste, of today or of earlier years.
fn speaks_of_limits(text: &str) -> bool {
    text.contains("rate limit") || text.contains("abuse detection")
}

/// How long the answer asks to wait, up to a day: `retry-after`, else until the quota is filled again if it is spent.
pub(crate) fn retry_after(answer: &RawResponse) -> Option<Duration> {
    let headers = answer.headers();
    if let Some(asked) = asked(headers) {
        return Some(asked);
    }
    if !is_rate_limited(answer) || !is_spent(headers) {
        return None;
    }
    let reset = text(headers, &RESET)?.parse().ok()?;
    Some(until(DateTime::from_timestamp(reset, 0)?, headers))
}

/// How long the header `retry-after` asks to wait, if it can be read.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let told = text(headers, &RETRY_AFTER)?;
    seconds(told).or_else(|| Some(until(http_date(told)?, headers)))
}

/// A number of seconds; one that is too large for a number is the longest there is.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().map_or(LONGEST, Duration::from_secs).min(LONGEST))
}

/// Whether no request is left of the quota.
fn is_spent(headers: &HeaderMap) -> bool {
    text(headers, &REMAINING) == Some("0")
}

/// What the headers say of a quota; one without a name is that of `resource`.
pub(crate) fn rate_limit(headers: &HeaderMap, resource: &str) -> Option<RateLimit> {
    let number = |name: &HeaderName| digits(headers.get(name)?.as_bytes());
    let (limit, remaining) = (number(&LIMIT)?, number(&REMAINING)?);
    let reset = i64::try_from(number(&RESET)?).ok()?;
    Some(RateLimit {
        limit,
        remaining,
        used: number(&USED).unwrap_or_else(|| limit.saturating_sub(remaining)),
        reset: DateTime::from_timestamp(reset, 0)?,
        resource: text(headers, &RESOURCE).unwrap_or(resource).to_owned(),
    })
}

/// The number that a header holds.
fn digits(value: &[u8]) -> Option<u64> {
    let digits = value.trim_ascii();
    let add = |number: u64, digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    digits.iter().try_fold(0, add).filter(|_| !digits.is_empty())
}

/// How long it is until then, but not more than a day, by the clock of the server if the answer tells it; the local one may
/// be off.
pub(crate) fn until(time: DateTime<Utc>, headers: &HeaderMap) -> Duration {
    let now = text(headers, &DATE)
        .and_then(http_date)
        .unwrap_or_else(|| SystemTime::now().into());
    (time - now).to_std().unwrap_or_default().min(LONGEST)
}

/// A date as HTTP writes it, which is one of the forms of mail.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    Some(headers.get(name)?.to_str().ok()?.trim_ascii())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use reqwest::StatusCode;
    use reqwest::header::{HeaderName, HeaderValue};

    pub(crate) fn answer(
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: &'static str,
    ) -> RawResponse {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        RawResponse::new(
            StatusCode::from_u16(status).unwrap(),
            headers.collect(),
            body.into(),
        )
    }

    pub(crate) const DATE: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");

    #[test]
    fn the_wait_asked_for_is_found_in_each_form() {
        const DAY: u64 = 24 * 60 * 60;
        let spent = ("x-ratelimit-remaining", "0");
        for (headers, seconds) in [
            (&[("retry-after", "60")][..], Some(60)),
            (&[("retry-after", " 0 ")], Some(0)),
            (&[("retry-after", "18446744073709551615"), DATE], Some(DAY)),
            (&[("retry-after", "99999999999999999999999")], Some(DAY)),
            (&[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")], Some(DAY)),
            (&[("x-ratelimit-reset", "253402300799"), spent, DATE], Some(DAY)),
            (&[("retry-after", "+5")], None),
            (&[("retry-after", "-5")], None),
            (
                &[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), DATE],
                Some(60),
            ),
            (&[("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT"), DATE], Some(0)),
            (&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], Some(0)),
            (&[("x-ratelimit-reset", "784111807"), spent, DATE], Some(30)),
            (&[("x-ratelimit-reset", "784111807"), DATE], None),
            (&[("x-ratelimit-reset", "soon"), spent, DATE], None),
            (
                &[
                    ("retry-after", "5"),
                    ("x-ratelimit-reset", "784111807"),
                    spent,
                    DATE,
                ],
                Some(5),
            ),
            (
                &[
                    ("retry-after", "soon"),
                    ("x-ratelimit-reset", "784111807"),
                    spent,
                    DATE,
                ],
                Some(30),
            ),
            (&[("x-ratelimit-reset", "9223372036854775807"), spent, DATE], None),
            (&[], None),
        ] {
            let asked = retry_after(&answer(403, headers, ""));
            assert_eq!(asked, seconds.map(Duration::from_secs), "{headers:?}");
        }
    }

    #[test]
    fn the_reset_of_a_quota_says_nothing_about_other_errors() {
        let headers = [
            ("x-ratelimit-reset", "784111807"),
            ("x-ratelimit-remaining", "0"),
            DATE,
        ];
        assert_eq!(retry_after(&answer(404, &headers, "")), None);
        assert_eq!(
            retry_after(&answer(503, &[("retry-after", "7")], "")),
            Some(Duration::from_secs(7))
        );
    }

    #[test]
    fn a_limit_is_told_by_status_header_or_words() {
        let words = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        for (status, headers, body, limited) in [
            (429, &[][..], "", true),
            (403, &[], "", false),
            (403, &[("x-ratelimit-remaining", "0")], "", true),
            (403, &[("x-ratelimit-remaining", "10")], "", false),
            (403, &[("retry-after", "1")], "", true),
            (403, &[], words, true),
            (404, &[("x-ratelimit-remaining", "0")], words, false),
        ] {
            assert_eq!(
                is_rate_limited(&answer(status, headers, body)),
                limited,
                "{status} {headers:?} {body}"
            );
        }
    }
}

//! What the headers of a response say of rate limits.
use std::time::{Duration, SystemTime};

use agents_api_raw::RawResponse;
use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use super::rate_limit::RateLimit;

/// The longest delay that is kept. GitHub's own limits last an hour at most; a proxy that asks for a thousand years must
/// not silence a program until its restart.
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The shortest delay after a rate limit: headers count whole seconds, and `0` is not meant literally.
pub(crate) const MIN_RATE_LIMIT_DELAY: Duration = Duration::from_secs(1);

/// The first delay that GitHub documents for a rate limit that does not say how long it lasts.
pub(crate) const UNSPECIFIED_DELAY: Duration = Duration::from_secs(60);

// Read from every response: a name that is made once needs no parsing.
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const USED: HeaderName = HeaderName::from_static("x-ratelimit-used");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const RESOURCE: HeaderName = HeaderName::from_static("x-ratelimit-resource");

/// How long a rate limit lasts, by its headers; from a second to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RateLimitDelay {
    /// `retry-after` says so.
    RetryAfter(Duration),
    /// The quota is spent, and is full again after this time.
    QuotaReset(Duration),
}

impl RateLimitDelay {
    pub(crate) fn duration(self) -> Duration {
        match self {
            Self::RetryAfter(delay) | Self::QuotaReset(delay) => delay,
        }
    }
}

/// How long a rate limit lasts; `None` if its headers do not say so.
pub(crate) fn rate_limit_delay(headers: &HeaderMap) -> Option<RateLimitDelay> {
    let at_least = |delay: Duration| delay.max(MIN_RATE_LIMIT_DELAY);
    if let Some(delay) = retry_after(headers) {
        return Some(RateLimitDelay::RetryAfter(at_least(delay)));
    }
    let reset = reset(headers).filter(|_| is_spent(headers))?;
    Some(RateLimitDelay::QuotaReset(at_least(delay_until(reset, headers))))
}

/// Whether GitHub wants fewer requests: 429, or a 403 that says so in any of the ways it does.
pub(crate) fn is_rate_limited(response: &RawResponse) -> bool {
    match response.status().as_u16() {
        429 => true,
        403 => {
            is_spent(response.headers())
                || response.headers().contains_key(RETRY_AFTER)
                || response
                    .message()
                    .is_some_and(|text| mentions_rate_limit(&text.to_lowercase()))
        }
        _ => false,
    }
}

/// Whether a message is one of those by which GitHub asks for fewer requests, of today or of earlier years.
fn mentions_rate_limit(text: &str) -> bool {
    text.contains("rate limit") || text.contains("abuse detection")
}

/// How long the header `retry-after` asks to wait, up to a day, if it can be read.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, &RETRY_AFTER)?;
    seconds(value).or_else(|| Some(delay_until(http_date(value)?, headers)))
}

/// A number of seconds, at most a day.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().map_or(MAX_DELAY, Duration::from_secs).min(MAX_DELAY))
}

/// Whether no request is left of the quota.
fn is_spent(headers: &HeaderMap) -> bool {
    text(headers, &REMAINING) == Some("0")
}

/// What the headers say of a quota; one without a name is that of `resource`.
pub(crate) fn rate_limit(headers: &HeaderMap, resource: &str) -> Option<RateLimit> {
    let (limit, remaining) = (number(headers, &LIMIT)?, number(headers, &REMAINING)?);
    Some(RateLimit {
        limit,
        remaining,
        used: number(headers, &USED).unwrap_or_else(|| limit.saturating_sub(remaining)),
        reset: reset(headers)?,
        resource: text(headers, &RESOURCE).unwrap_or(resource).to_owned(),
    })
}

/// When the quota is full again.
fn reset(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(number(headers, &RESET)?).ok()?, 0)
}

/// The number that a header holds.
fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    let digits = headers.get(name)?.as_bytes().trim_ascii();
    let add = |number: u64, digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    digits.iter().try_fold(0, add).filter(|_| !digits.is_empty())
}

/// How long it is until then, at most a day, by the server's clock if the response tells it: the local one may be off.
pub(crate) fn delay_until(time: DateTime<Utc>, headers: &HeaderMap) -> Duration {
    let now = text(headers, &DATE)
        .and_then(http_date)
        .unwrap_or_else(|| SystemTime::now().into());
    (time - now).to_std().unwrap_or_default().min(MAX_DELAY)
}

/// A date in one of the three forms of HTTP (RFC 9110, 5.6.7): today's, that of RFC 850, that of C's `asctime`.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(date) = DateTime::parse_from_rfc2822(text) {
        return Some(date.to_utc());
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(|date| date.and_utc())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    Some(headers.get(name)?.to_str().ok()?.trim_ascii())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use reqwest::StatusCode;
    use reqwest::header::{HeaderName, HeaderValue};

    pub(crate) fn response(
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
    fn a_delay_is_found_in_each_form() {
        const DAY: u64 = 24 * 60 * 60;
        let spent = ("x-ratelimit-remaining", "0");
        for (headers, seconds) in [
            (&[("retry-after", "60")][..], Some(60)),
            (&[("retry-after", " 0 ")], Some(1)),
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
            (&[("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT"), DATE], Some(1)),
            (&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], Some(1)),
            (
                &[("retry-after", "Sunday, 06-Nov-94 08:50:37 GMT"), DATE],
                Some(60),
            ),
            (&[("retry-after", "Sun Nov  6 08:50:37 1994"), DATE], Some(60)),
            (
                &[
                    ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"),
                    ("date", "Sunday, 06-Nov-94 08:49:37 GMT"),
                ],
                Some(60),
            ),
            (&[("x-ratelimit-reset", "-5"), spent, DATE], None),
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
            let delay = rate_limit_delay(response(403, headers, "").headers());
            assert_eq!(
                delay.map(|delay| delay.duration().as_secs()),
                seconds,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_rate_limit_is_known_by_status_header_or_words() {
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
                is_rate_limited(&response(status, headers, body)),
                limited,
                "{status} {headers:?} {body}"
            );
        }
    }
}

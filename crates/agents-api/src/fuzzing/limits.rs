//! What must hold of limits, whatever the headers say. See [`crate::fuzzing`].
use std::time::Duration;

use agents_api_raw::bytes::Bytes;
use agents_api_raw::{self as raw, RawResponse};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::error::Error;
use crate::error::rate_limit_headers::MAX_DELAY;
use crate::transport::LimiterState;

/// Answers, one a blank line: the first byte of each chooses its status, each line after it is a header, in the order
/// below.
pub fn limits(data: &[u8]) {
    const NAMES: [&str; 6] = [
        "retry-after",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "x-ratelimit-limit",
        "x-ratelimit-used",
        "date",
    ];
    const STATUSES: [u16; 5] = [429, 403, 200, 503, 404];
    let now = Instant::now();
    let mut limiter = LimiterState::default();
    let mut lines = data.split(|byte| *byte == b'\n');
    while let Some(first) = lines.next() {
        let status = STATUSES[usize::from(first.first().copied().unwrap_or_default()) % STATUSES.len()];
        let mut headers = HeaderMap::new();
        for (name, line) in NAMES
            .iter()
            .zip(lines.by_ref().take_while(|line| !line.is_empty()))
        {
            if let Ok(value) = HeaderValue::from_bytes(line) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let stated = headers
            .get("retry-after")
            .and_then(|value| value.to_str().ok())
            .filter(|stated| stated.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|stated| stated.parse::<u64>().ok());
        let response = RawResponse::new(StatusCode::from_u16(status).unwrap(), headers, Bytes::new());
        let error = Error::from(raw::Error::Status(Box::new(response.clone())));
        let delay = error.retry_after();
        assert!(delay.is_none_or(|delay| delay <= MAX_DELAY), "{delay:?}");
        if let Some(stated) = stated.filter(|stated| *stated < MAX_DELAY.as_secs()) {
            let least = u64::from(error.is_rate_limited());
            assert_eq!(delay, Some(Duration::from_secs(stated.max(least))));
        }
        if error.is_rate_limited() {
            let lasts = limiter.rate_limited("core", response.headers(), now);
            let blocked = limiter.blocked_until("core", now);
            let least = lasts.max(Duration::from_secs(1));
            assert!(
                blocked.is_some_and(|blocked| blocked >= now + least),
                "{blocked:?}"
            );
        } else {
            limiter.update_from_headers("core", response.headers(), now);
        }
        let blocked = limiter.blocked_until("core", now);
        assert!(
            blocked.is_none_or(|blocked| blocked <= now + MAX_DELAY),
            "{blocked:?}"
        );
        assert_eq!(limiter.blocked_until("core", now + MAX_DELAY), None);
    }
}

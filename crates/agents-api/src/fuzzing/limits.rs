//! What must hold of limits, whatever the headers say. See [`crate::fuzzing`].
use std::time::Duration;

use agents_api_raw::RawResponse;
use agents_api_raw::bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::error::rate_limit_headers::{LONGEST, is_rate_limited, retry_after};
use crate::transport::governor::Governor;

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
    let mut governor = Governor::default();
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
        let told = headers
            .get("retry-after")
            .and_then(|value| value.to_str().ok())
            .filter(|told| told.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|told| told.parse::<u64>().ok());
        let answer = RawResponse::new(StatusCode::from_u16(status).unwrap(), headers, Bytes::new());
        let asked = retry_after(&answer);
        assert!(asked.is_none_or(|asked| asked <= LONGEST), "{asked:?}");
        if let Some(told) = told.filter(|told| *told < LONGEST.as_secs()) {
            assert_eq!(asked, Some(Duration::from_secs(told)));
        }
        if status == 200 {
            governor.answered("core", answer.headers(), now);
        } else {
            governor.refused("core", &answer, now);
        }
        let held = governor.held_until("core", now);
        assert!(held.is_none_or(|held| held <= now + LONGEST), "{held:?}");
        if is_rate_limited(&answer) {
            assert!(
                held.is_some_and(|held| held >= now + Duration::from_secs(1)),
                "{held:?}"
            );
        }
        assert_eq!(governor.held_until("core", now + LONGEST), None);
    }
}

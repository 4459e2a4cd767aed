//! A response: decoded, or as it was received.
use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, SET_COOKIE};
use serde::de::DeserializeOwned;

use super::error_body::ErrorBody;
use super::json;
use super::sanitize::{MAX_INPUT, sanitize_for_display};

/// A decoded response with its status, headers and body. Dereferences to the value.
#[derive(Clone, PartialEq)]
pub struct ResponseValue<T> {
    value: T,
    raw: RawResponse,
}

impl<T> ResponseValue<T> {
    /// Makes a response without a body, for tests.
    pub fn new(value: T, status: StatusCode, headers: HeaderMap) -> Self {
        Self::from_raw(value, RawResponse::new(status, headers, Bytes::new()))
    }

    pub(super) fn from_raw(value: T, raw: RawResponse) -> Self {
        Self { value, raw }
    }

    /// Returns the value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns the value with its status and headers.
    pub fn into_parts(self) -> (T, StatusCode, HeaderMap) {
        (self.value, self.raw.status, self.raw.headers)
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.raw.status
    }

    /// The headers, among them `link`, `etag` and the rate limit.
    pub fn headers(&self) -> &HeaderMap {
        &self.raw.headers
    }

    /// The body as received, decompressed: every field, `null`, time zone and digit of it.
    pub fn body(&self) -> &Bytes {
        &self.raw.body
    }

    /// How many requests were sent: more than 1 after redirects.
    pub fn requests_sent(&self) -> u32 {
        self.raw.requests_sent
    }
}

impl<T> Deref for ResponseValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for ResponseValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseValue")
            .field("status", &self.raw.status)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// A response as it was received: status, headers, and the part of the body that arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct RawResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) requests_sent: u32,
}

impl RawResponse {
    /// Makes a response, for tests.
    pub fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            headers,
            body,
            requests_sent: 1,
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body, decompressed. It may be anything: GitHub's JSON, a proxy's HTML, half of either, nothing. Of an error's
    /// body the first MiB is kept.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// How many requests were sent: more than 1 after redirects.
    pub fn requests_sent(&self) -> u32 {
        self.requests_sent
    }

    /// Decodes the body as JSON, such as [`types::ApiErrorBody`](crate::types::ApiErrorBody).
    ///
    /// # Errors
    /// When the body is not JSON of that form. GitHub's errors sometimes lack documented fields;
    /// [`RawResponse::message`] needs none of them.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        json::parse(&self.body)
    }

    /// GitHub's error message: `message` of the body, if the body is JSON and has one.
    pub fn message(&self) -> Option<String> {
        Some(ErrorBody::parse(&self.body)?.message)
    }

    /// The header `x-github-request-id`, which GitHub's support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get("x-github-request-id")?.to_str().ok()
    }

    /// The beginning of the server's text, safe to display.
    pub(super) fn excerpt(&self) -> String {
        let line = if let Some(body) = ErrorBody::parse(&self.body) {
            sanitize_for_display(&body.to_string())
        } else {
            // One byte more than is shown, so that the result ends in an ellipsis.
            let head = &self.body[..self.body.len().min(MAX_INPUT + 1)];
            sanitize_for_display(&String::from_utf8_lossy(head))
        };
        if line.is_empty() {
            return "(empty body)".to_owned();
        }
        line
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter().filter(|(name, _)| *name != SET_COOKIE);
        let headers = headers.map(|(name, value)| {
            sanitize_for_display(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        });
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &headers.collect::<Vec<_>>())
            .field("body", &self.excerpt())
            .field("requests_sent", &self.requests_sent)
            .finish()
    }
}

//! A response: decoded, or as it came.
use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, SET_COOKIE};
use serde::de::DeserializeOwned;

use super::error_body::ErrorBody;
use super::json;
use super::sanitize::{self, sanitize_for_display};

/// A decoded answer with its status and headers. Dereferences to the value.
#[derive(Clone, PartialEq)]
pub struct ResponseValue<T> {
    value: T,
    status: StatusCode,
    headers: HeaderMap,
}

impl<T> ResponseValue<T> {
    /// An answer made by hand, for tests.
    pub fn new(value: T, status: StatusCode, headers: HeaderMap) -> Self {
        Self {
            value,
            status,
            headers,
        }
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The value, and the headers it came with.
    pub fn into_parts(self) -> (T, StatusCode, HeaderMap) {
        (self.value, self.status, self.headers)
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers of the answer, among them `link`, `etag` and the rate limit.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
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
            .field("status", &self.status)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// An answer as it came: status, headers, and as much of the body as arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct RawResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl RawResponse {
    /// An answer made by hand, for tests.
    pub fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            headers,
            body,
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

    /// The body. It may be anything: GitHub's JSON, a proxy's HTML, half of either, nothing. Of an error's body the
    /// first MiB is kept.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as JSON, such as [`types::ApiErrorBody`](crate::types::ApiErrorBody).
    ///
    /// # Errors
    /// When the body is not JSON of that form. GitHub's errors sometimes lack documented fields;
    /// [`RawResponse::message`] needs none of them.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        json::parse(&self.body)
    }

    /// GitHub's own words: the `message` of the body, if the body is JSON and has one.
    pub fn message(&self) -> Option<String> {
        Some(ErrorBody::parse(&self.body)?.message)
    }

    /// What to name when asking GitHub's support about the answer: the header `x-github-request-id`.
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get("x-github-request-id")?.to_str().ok()
    }

    /// The beginning of what the server said, on one line, for messages. Tokens are cut.
    pub(super) fn excerpt(&self) -> String {
        let line = if let Some(body) = ErrorBody::parse(&self.body) {
            sanitize_for_display(&body.to_string())
        } else {
            // One byte more than is shown, so that the cut is seen.
            let head = &self.body[..self.body.len().min(sanitize::READ + 1)];
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
            .finish()
    }
}

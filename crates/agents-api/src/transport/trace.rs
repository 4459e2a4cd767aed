//! Spans and events with OpenTelemetry's names for HTTP clients. They hold no token, no prompt and no whole address.
use agents_api_raw::ResponseValue;
use reqwest::Url;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Span, info_span, warn};

use super::operation::Operation;
use crate::error::Error;

/// The span of an operation: all attempts, and the delays between them.
pub(super) fn span(operation: Operation, server: &Url) -> Span {
    info_span!(
        "agents_api",
        otel.name = format_args!("{} {}", operation.method, operation.path),
        otel.kind = "client",
        operation = operation.name,
        http.request.method = operation.method,
        url.template = operation.path,
        server.address = server.host_str(),
        server.port = server.port_or_known_default(),
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        github.request_id = Empty,
        error.type = Empty,
    )
}

/// The operation succeeded.
pub(super) fn succeeded<T>(response: &ResponseValue<T>, attempts: u32) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", response.status().as_u16());
    if attempts > 1 {
        span.record("http.request.resend_count", attempts - 1);
    }
    let id = response.headers().get("x-github-request-id");
    record_id(&span, id.and_then(|id| id.to_str().ok()));
}

/// A poll got 304.
pub(super) fn not_modified() {
    Span::current().record("http.response.status_code", 304);
}

/// An attempt failed, and another will follow.
pub(super) fn will_retry(error: &Error, at: Instant) {
    warn!(
        error.type = error.kind().as_str(),
        http.response.status_code = error.status(),
        attempt = error.attempts(),
        delay_ms = u64::try_from((at - Instant::now()).as_millis()).unwrap_or(u64::MAX),
        "request failed; it will be retried",
    );
}

/// The operation failed.
pub(super) fn failed(error: &Error) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    span.record("error.type", error.kind().as_str());
    if let Some(status) = error.status() {
        span.record("http.response.status_code", status);
    }
    if error.attempts() > 1 {
        span.record("http.request.resend_count", error.attempts() - 1);
    }
    record_id(&span, error.request_id());
}

/// Records the id of a request if it looks like one; anything else that a server sends in its place stays out of traces.
fn record_id(span: &Span, id: Option<&str>) {
    let fits = |id: &&str| {
        id.len() <= 128
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b":-.".contains(&byte))
    };
    if let Some(id) = id.filter(fits) {
        span.record("github.request_id", id);
    }
}

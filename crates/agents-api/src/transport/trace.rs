//! Spans and events, with the names that OpenTelemetry gives to HTTP clients. Never a token, a prompt or a whole address.
use agents_api_raw::ResponseValue;
use reqwest::Url;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Span, debug, info_span};

use super::call::Call;
use crate::error::Error;

/// The span of an operation: all attempts, and the pauses between.
pub(super) fn span(call: Call, server: &Url) -> Span {
    info_span!(
        "agents_api",
        otel.name = format_args!("{} {}", call.method, call.path),
        otel.kind = "client",
        operation = call.operation,
        http.request.method = call.method,
        url.template = call.path,
        server.address = server.host_str(),
        server.port = server.port_or_known_default(),
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        github.request_id = Empty,
        error.type = Empty,
    )
}

/// The operation succeeded.
pub(super) fn succeeded<T>(answer: &ResponseValue<T>, attempts: u32) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", answer.status().as_u16());
    if attempts > 1 {
        span.record("http.request.resend_count", attempts - 1);
    }
    let id = answer.headers().get("x-github-request-id");
    record_id(&span, id.and_then(|id| id.to_str().ok()));
}

/// A look found nothing new.
pub(super) fn unchanged() {
    Span::current().record("http.response.status_code", 304);
}

/// An attempt failed, and another will follow.
pub(super) fn again(error: &Error, at: Instant) {
    debug!(
        error.type = error.kind().as_str(),
        http.response.status_code = error.status(),
        attempt = error.attempts(),
        pause_ms = u64::try_from((at - Instant::now()).as_millis()).unwrap_or(u64::MAX),
        "the request failed and is sent again",
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

/// Records the id of a request if it looks like one; whatever else a server puts in its place stays out of traces.
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

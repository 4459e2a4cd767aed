//! One request while it is served: what the log keeps, and the headers of its response.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};

use super::headers;
use super::state::App;
use crate::clock::http_date;
use crate::faults::effect::Effect;
use crate::log::{self, RequestRecord};
use crate::model::Index;
use crate::operation::Operation;
use crate::redact::Redactor;
use crate::response::{JSON, Refusal, Reply};
use crate::routes::auth::{self, DEFAULT_API_VERSION};
use crate::routes::etag;
use crate::routes::tasks::accepted_permission;
use crate::seeded::mixed;

/// Number of bytes of a body that the log keeps: more than any prompt has.
const MAX_LOGGED_BODY: usize = 64 * 1024;

/// A request being served. It is logged when it is dropped, so that the log also has requests whose client gave up.
pub(super) struct RequestContext {
    app: Arc<App>,
    record: Option<RequestRecord>,
    redactor: Redactor,
    request_id: String,
    operation: Option<Operation>,
    account: Option<Index>,
    user_id: i64,
    version: &'static str,
    /// Whether the client receives a response.
    responds: bool,
    /// Whether it used up quota.
    charged: bool,
    /// Whether a fault claims that nothing is left of the quota.
    exhausted: bool,
    /// How many requests of the account were in flight when it arrived, itself included.
    concurrent: u32,
}

impl RequestContext {
    pub(super) fn begin(app: Arc<App>, number: u64, parts: &Parts, operation: Option<Operation>) -> Self {
        let now = app.clock.now();
        let request_id = request_id(app.settings().seed, number, now.timestamp_millis());
        let mut user = None;
        let (mut account, mut user_id) = (None, 0);
        let redactor = {
            let world = app.world.lock();
            if let Some(known) = auth::secret(&parts.headers).and_then(|secret| world.account(secret)) {
                account = Some(known.number);
                if let Some(known) = world.user(known.user) {
                    user = Some(known.login.clone());
                    user_id = known.id;
                }
            }
            Redactor::new(world.secrets())
        };
        let concurrent = account.map_or(1, |account| app.limiter.enter(account));
        let record = RequestRecord {
            number,
            at: now,
            operation,
            method: parts.method.to_string(),
            path: redactor.redact(parts.uri.path().to_owned()),
            query: parts.uri.query().map(|query| redactor.redact(query.to_owned())),
            headers: log::headers(&parts.headers, &redactor),
            body: None,
            user,
            applied: false,
            faults: Vec::new(),
            status: None,
            request_id: request_id.clone(),
            response_bytes: 0,
        };
        Self {
            app,
            record: Some(record),
            redactor,
            request_id,
            operation,
            account,
            user_id,
            version: DEFAULT_API_VERSION,
            responds: true,
            charged: false,
            exhausted: false,
            concurrent,
        }
    }

    pub(super) fn request_id(&self) -> &str {
        &self.request_id
    }

    pub(super) fn concurrent(&self) -> u32 {
        self.concurrent
    }

    /// Records that it used up quota, which a 304 refunds.
    pub(super) fn charged(&mut self) {
        self.charged = true;
    }

    pub(super) fn version(&mut self, version: &'static str) {
        self.version = version;
    }

    pub(super) fn triggered(&mut self, faults: Vec<&'static str>) {
        if let Some(record) = &mut self.record {
            record.faults = faults;
        }
    }

    pub(super) fn read(&mut self, body: &Bytes) {
        if let Some(record) = self.record.as_mut().filter(|_| !body.is_empty()) {
            // Redacted before it is cut: half a token would not be recognized.
            let mut text = self.redactor.redact(String::from_utf8_lossy(body).into_owned());
            let most = text.len().min(MAX_LOGGED_BODY);
            text.truncate(
                (0..=most)
                    .rev()
                    .find(|end| text.is_char_boundary(*end))
                    .unwrap_or(0),
            );
            record.body = Some(text);
        }
    }

    pub(super) fn applied(&mut self, applied: bool) {
        if let Some(record) = &mut self.record {
            record.applied |= applied;
        }
    }

    /// Records that the client receives no response.
    pub(super) fn without_response(&mut self) {
        self.responds = false;
    }

    /// What a fault puts in place of the response.
    pub(super) fn replacement(&mut self, effect: &Effect, parts: &Parts) -> Reply {
        let now = self.app.clock.millis();
        self.exhausted = matches!(effect, Effect::PrimaryLimit(_));
        match effect {
            Effect::Html { status } => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
                let page = format!(
                    "<html>\n<head><title>{status}</title></head>\n<body>\n<center><h1>{status}</h1></center>\n</body>\n</html>\n"
                );
                Reply {
                    from_proxy: true,
                    ..Reply::new(status, "text/html", page)
                }
            }
            Effect::Status { status } => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let message = if status.is_server_error() {
                    "Something went wrong on our side"
                } else {
                    status.canonical_reason().unwrap_or("Refused")
                };
                Refusal::new(status, message).into_reply(self.operation)
            }
            Effect::PrimaryLimit(limit) => limit.primary(self.operation, now, self.user_id, &self.request_id),
            Effect::SecondaryLimit(limit) => limit.secondary(now),
            Effect::Redirect { status, to } => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::TEMPORARY_REDIRECT);
                let is_origin = to
                    .split_once("://")
                    .is_some_and(|(_, rest)| !rest.trim_end_matches('/').contains('/'));
                let path = parts
                    .uri
                    .path_and_query()
                    .map_or("/", http::uri::PathAndQuery::as_str);
                let to = if is_origin {
                    format!("{}{path}", to.trim_end_matches('/'))
                } else {
                    to.clone()
                };
                Refusal::new(status, "Moved")
                    .into_reply(self.operation)
                    .with(header::LOCATION, &to)
            }
            // The connection ends before the client sees a response.
            _ => Reply::new(StatusCode::OK, JSON, Bytes::new()),
        }
    }

    /// Adds the headers of every response, turns it into a 304 if the client has it already, and logs it.
    pub(super) fn finish(mut self, mut reply: Reply, parts: &Parts) -> Response<Bytes> {
        let now = self.app.clock.millis();
        let tag = ((parts.method == Method::GET || parts.method == Method::HEAD)
            && reply.status == StatusCode::OK
            && !reply.from_proxy)
            .then(|| etag::of(&reply.body, reply.link()));
        if tag
            .as_ref()
            .is_some_and(|tag| etag::is_known(&parts.headers, tag))
        {
            reply.status = StatusCode::NOT_MODIFIED;
            reply.body = Bytes::new();
            reply.content_type = None;
            if let (Some(account), Some(operation), true) = (self.account, self.operation, self.charged) {
                self.app.limiter.refund(account, operation, now);
            }
        }
        let status = reply.status;
        let size = reply.body.len();
        let mut response = Response::new(reply.body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(header::DATE, &http_date(now));
        if !reply.from_proxy {
            for (name, value) in headers::constant() {
                set(name, value);
            }
            let mut quota = self.app.limiter.status(self.account, self.operation, now);
            if self.exhausted {
                quota.used = quota.limit;
            }
            for (name, value) in quota.headers() {
                set(name, &value);
            }
            set(HeaderName::from_static("x-github-request-id"), &self.request_id);
            set(
                HeaderName::from_static("x-github-api-version-selected"),
                self.version,
            );
            if let Some(tag) = tag {
                set(header::ETAG, &tag);
                set(header::CACHE_CONTROL, "private, max-age=60, s-maxage=60");
            } else {
                set(header::CACHE_CONTROL, "no-cache");
            }
            if let Some(operation) = self.operation.filter(|operation| operation.is_about_tasks()) {
                let (name, value) = accepted_permission(operation.is_write());
                set(name, value);
            }
        }
        if let Some(content_type) = reply.content_type {
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        for (name, value) in reply.headers {
            headers.insert(name, value);
        }
        if parts.method != Method::HEAD
            && !matches!(status, StatusCode::NOT_MODIFIED | StatusCode::NO_CONTENT)
        {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
        }
        if let Some(record) = &mut self.record {
            record.status = self.responds.then_some(status.as_u16());
            record.response_bytes = if self.responds { size } else { 0 };
        }
        response
    }
}

impl Drop for RequestContext {
    fn drop(&mut self) {
        if let Some(account) = self.account {
            self.app.limiter.exit(account);
        }
        if let Some(record) = self.record.take() {
            self.app.log.push(record);
        }
    }
}

/// A request id like GitHub's: four groups of hexadecimal digits and the time.
fn request_id(seed: u64, number: u64, now: i64) -> String {
    let bits = mixed(seed ^ 0x1D, number);
    let (a, b, c) = (bits >> 48, (bits >> 28) & 0xF_FFFF, bits & 0xFFF_FFFF);
    format!(
        "{a:04X}:{b:05X}:{c:07X}:{:07X}:{:08X}",
        number & 0xFFF_FFFF,
        now.div_euclid(1000)
    )
}

//! One request and its answer: what the log keeps, and the headers every answer carries.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};

use super::{App, constant_headers, is_read, request_id, tasks};
use crate::answer::{Answer, Refusal};
use crate::auth::{self, DEFAULT_API_VERSION};
use crate::clock::http_date;
use crate::etag;
use crate::faults::{Drawn, Effect};
use crate::hide::Hider;
use crate::log::{self, RequestRecord};
use crate::operation::Operation;
use crate::world::Index;

/// How much of a body the log keeps: more than any prompt, and little enough for a hundred thousand requests to be kept.
const BODY_KEPT: usize = 64 * 1024;

/// A request being answered. It is logged when it is dropped, so that a client which gives up is in the log as well.
pub(super) struct Exchange {
    app: Arc<App>,
    record: Option<RequestRecord>,
    hider: Hider,
    request_id: String,
    operation: Option<Operation>,
    account: Option<Index>,
    user_id: i64,
    version: &'static str,
    answered: bool,
    /// Whether it used up quota.
    charged: bool,
    /// Whether a fault says that nothing is left of the quota.
    exhausted: bool,
    /// How many requests of the account were in flight when it came, itself included.
    among: u32,
}

impl Exchange {
    pub(super) fn begin(
        app: Arc<App>,
        number: u64,
        parts: &Parts,
        operation: Option<Operation>,
        drawn: &Drawn,
    ) -> Self {
        let now = app.clock.now();
        let request_id = request_id(app.settings.seed, number, now.timestamp_millis());
        let mut user = None;
        let (mut account, mut user_id) = (None, 0);
        let hider = {
            let world = app.world();
            if let Some(known) = auth::secret(&parts.headers).and_then(|secret| world.account(secret)) {
                account = Some(known.number);
                if let Some(known) = world.user(known.user) {
                    user = Some(known.login.clone());
                    user_id = known.id;
                }
            }
            Hider::new(world.secrets())
        };
        let among = account.map_or(1, |account| app.limiter.enter(account));
        let record = RequestRecord {
            number,
            at: now,
            operation,
            method: parts.method.to_string(),
            path: hider.hide(parts.uri.path().to_owned()),
            query: parts.uri.query().map(|query| hider.hide(query.to_owned())),
            headers: log::headers(&parts.headers, &hider),
            body: None,
            user,
            applied: false,
            faults: drawn.names(),
            status: None,
            request_id: request_id.clone(),
            answer_bytes: 0,
        };
        let version = DEFAULT_API_VERSION;
        let record = Some(record);
        Self {
            app,
            record,
            hider,
            request_id,
            operation,
            account,
            user_id,
            version,
            answered: true,
            charged: false,
            exhausted: false,
            among,
        }
    }

    pub(super) fn request_id(&self) -> &str {
        &self.request_id
    }

    pub(super) fn among(&self) -> u32 {
        self.among
    }

    /// It has used up quota, which an answer of 304 gives back.
    pub(super) fn charged(&mut self) {
        self.charged = true;
    }

    pub(super) fn version(&mut self, version: &'static str) {
        self.version = version;
    }

    pub(super) fn read(&mut self, body: &Bytes) {
        if let Some(record) = self.record.as_mut().filter(|_| !body.is_empty()) {
            // Hidden first: half a token at the cut would not be known for one.
            let mut text = self.hider.hide(String::from_utf8_lossy(body).into_owned());
            let most = text.len().min(BODY_KEPT);
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

    /// The client will not see the answer that is about to be made up.
    pub(super) fn unanswered(&mut self) {
        self.answered = false;
    }

    /// What a fault puts in place of the answer.
    pub(super) fn instead(&mut self, effect: &Effect, parts: &Parts) -> Answer {
        let now = self.app.clock.millis();
        self.exhausted = matches!(effect, Effect::PrimaryLimit(_));
        match effect {
            Effect::Html(status) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
                let page = format!(
                    "<html>\n<head><title>{status}</title></head>\n<body>\n<center><h1>{status}</h1></center>\n</body>\n</html>\n"
                );
                Answer {
                    from_proxy: true,
                    ..Answer::new(status, "text/html", page)
                }
            }
            Effect::Status(status) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let message = if status.is_server_error() {
                    "Something went wrong on our side"
                } else {
                    status.canonical_reason().unwrap_or("Refused")
                };
                Refusal::new(status, message).into_answer(self.operation)
            }
            Effect::PrimaryLimit(refused) => {
                refused.primary(self.operation, now, self.user_id, &self.request_id)
            }
            Effect::SecondaryLimit(refused) => refused.secondary(now),
            Effect::Redirect(status, to) => {
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
                    .into_answer(self.operation)
                    .with(header::LOCATION, &to)
            }
            // The socket cuts these off: the client never sees an answer.
            _ => Answer::new(StatusCode::OK, crate::answer::JSON, Bytes::new()),
        }
    }

    /// Adds the headers of every answer, turns it into a 304 where the client knows it already, and logs it.
    pub(super) fn finish(mut self, mut answer: Answer, parts: &Parts) -> Response<Bytes> {
        let now = self.app.clock.millis();
        let tag = (is_read(&parts.method) && answer.status == StatusCode::OK && !answer.from_proxy)
            .then(|| etag::of(&answer.body, answer.link()));
        if tag
            .as_ref()
            .is_some_and(|tag| etag::is_known(&parts.headers, tag))
        {
            answer.status = StatusCode::NOT_MODIFIED;
            answer.body = Bytes::new();
            answer.content_type = None;
            if let (Some(account), Some(operation), true) = (self.account, self.operation, self.charged) {
                self.app.limiter.refund(account, operation, now);
            }
        }
        let status = answer.status;
        let size = answer.body.len();
        let mut response = Response::new(answer.body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(header::DATE, &http_date(now));
        if !answer.from_proxy {
            for (name, value) in constant_headers() {
                set(name, value);
            }
            let mut standing = self.app.limiter.standing(self.account, self.operation, now);
            if self.exhausted {
                standing.used = standing.limit;
            }
            for (name, value) in standing.headers() {
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
                let (name, value) = tasks::accepted_permission(operation.is_write());
                set(name, value);
            }
        }
        if let Some(content_type) = answer.content_type {
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        for (name, value) in answer.headers {
            headers.insert(name, value);
        }
        if parts.method != Method::HEAD
            && !matches!(status, StatusCode::NOT_MODIFIED | StatusCode::NO_CONTENT)
        {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
        }
        if let Some(record) = &mut self.record {
            record.status = self.answered.then_some(status.as_u16());
            record.answer_bytes = if self.answered { size } else { 0 };
        }
        response
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(account) = self.account {
            self.app.limiter.exit(account);
        }
        if let Some(record) = self.record.take() {
            self.app.log.push(record);
        }
    }
}

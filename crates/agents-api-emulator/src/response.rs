//! The response of a handler, before the headers that every response has are added.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use serde::Serialize;

use crate::operation::Operation;

/// The media type of every response that is not a fault.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// The documentation of errors that belong to no operation.
const REST: &str = "https://docs.github.com/rest";

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) body: Bytes,
    /// Whether the request changed the world.
    pub(crate) applied: bool,
    /// Whether a proxy in front of GitHub sends it: it lacks GitHub's headers.
    pub(crate) from_proxy: bool,
}

impl Reply {
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // Serialization cannot fail: keys are strings and numbers are finite.
        Self::new(status, JSON, serde_json::to_vec(body).unwrap_or_default())
    }

    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: Some(HeaderValue::from_static(content_type)),
            body: body.into(),
            applied: false,
            from_proxy: false,
        }
    }

    /// Adds a header. An invalid value is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// The `Link` header, empty where there is none.
    pub(crate) fn link(&self) -> &[u8] {
        let link = self.headers.iter().find(|(name, _)| name == http::header::LINK);
        link.map_or(&[], |(_, value)| value.as_bytes())
    }

    pub(crate) fn applied(mut self) -> Self {
        self.applied = true;
        self
    }
}

/// The reason a request is refused, in the form of GitHub's error body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) documentation: Option<&'static str>,
    /// The code of an error whose body has no other field than this, `error` and `message`.
    pub(crate) code: Option<&'static str>,
    pub(crate) errors: Vec<FieldError>,
}

/// One entry of `errors[]`. The documented codes are six; `message` is filled in for `custom` alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FieldError {
    resource: &'static str,
    field: &'static str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl FieldError {
    pub(crate) const fn missing(field: &'static str) -> Self {
        Self {
            resource: "Task",
            field,
            code: "missing_field",
            message: None,
        }
    }

    pub(crate) const fn invalid(field: &'static str) -> Self {
        Self {
            resource: "Task",
            field,
            code: "invalid",
            message: None,
        }
    }

    pub(crate) fn custom(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            resource: "Task",
            field,
            code: "custom",
            message: Some(message.into()),
        }
    }
}

#[derive(Serialize)]
struct ErrorBody<'r> {
    message: &'r str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'r [FieldError],
    documentation_url: &'r str,
    status: &'r str,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            documentation: None,
            code: None,
            errors: Vec::new(),
        }
    }

    pub(crate) fn documented_at(mut self, url: &'static str) -> Self {
        self.documentation = Some(url);
        self
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    /// The response to a start by a user without a Copilot license. Observed; its body has a form of its own.
    pub(crate) fn no_plan() -> Self {
        Self {
            code: Some("copilot_plan_required"),
            ..Self::forbidden("This API requires a valid Copilot license.")
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed")
        }
    }

    pub(crate) fn into_reply(self, operation: Option<Operation>) -> Reply {
        if let Some(code) = self.code {
            let body = serde_json::json!({ "code": code, "error": "forbidden", "message": self.message });
            return Reply::json(self.status, &body);
        }
        let url = self
            .documentation
            .or_else(|| operation.map(Operation::documentation))
            .unwrap_or(REST);
        let (message, errors, status) = (&self.message, &self.errors, self.status.as_str());
        let body = ErrorBody {
            message,
            errors,
            documentation_url: url,
            status,
        };
        Reply::json(self.status, &body)
    }
}

/// Size of the pieces of a chunked response.
const CHUNK: usize = 1024;

/// The body of a response on its way to the client.
pub(crate) enum ResponseBody {
    /// A body of known length.
    Whole(Bytes),
    /// A body of unknown length, which hyper sends in chunks.
    Chunked(Bytes),
    /// Pieces that are sent as they come.
    Stream(tokio::sync::mpsc::Receiver<Bytes>),
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut *self {
            Self::Whole(bytes) => std::mem::take(bytes),
            Self::Chunked(bytes) => bytes.split_to(bytes.len().min(CHUNK)),
            Self::Stream(pieces) => {
                return pieces
                    .poll_recv(cx)
                    .map(|piece| piece.map(|piece| Ok(Frame::data(piece))));
            }
        };
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Chunked(_) | Self::Stream(_) => SizeHint::new(),
        }
    }
}

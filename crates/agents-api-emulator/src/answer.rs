//! What a handler says, before headers that every answer carries are added.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::operation::Operation;

/// The media type of every answer that is not a fault.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// Where refusals that belong to no operation point.
const REST: &str = "https://docs.github.com/rest";

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) body: Bytes,
    /// Whether the request changed the world.
    pub(crate) applied: bool,
    /// Whether it comes from something in front of GitHub, and so lacks GitHub's headers.
    pub(crate) from_proxy: bool,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // The views have string keys and finite numbers: writing them cannot fail.
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

    /// Adds a header; a value that cannot be one is left out.
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

/// Why a request is refused, in GitHub's error body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) documentation: Option<&'static str>,
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

    pub(crate) fn into_answer(self, operation: Option<Operation>) -> Answer {
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
        Answer::json(self.status, &body)
    }
}

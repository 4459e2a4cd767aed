//! The question a browser asks before it lets a page send a token (CORS preflight).

use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode, header};

use super::path::Route;
use crate::answer::{Answer, JSON};

/// The permission, if this is that question and the path is known. A bare OPTIONS is just another unknown method.
pub(super) fn answer(parts: &Parts, route: &Route) -> Option<Answer> {
    let asks = parts.method == Method::OPTIONS
        && parts.headers.contains_key(header::ORIGIN)
        && parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !asks || *route == Route::Unknown {
        return None;
    }
    let answer = Answer {
        content_type: None,
        ..Answer::new(StatusCode::NO_CONTENT, JSON, Bytes::new())
    };
    let headers = "Authorization, Content-Type, If-None-Match, Accept, User-Agent, X-GitHub-Api-Version, X-Requested-With";
    Some(
        answer
            .with(
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "GET, POST, PATCH, PUT, DELETE",
            )
            .with(header::ACCESS_CONTROL_ALLOW_HEADERS, headers)
            .with(header::ACCESS_CONTROL_MAX_AGE, "86400"),
    )
}

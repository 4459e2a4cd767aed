//! CORS preflights: the request a browser sends before it lets a page send a token.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode, header};

use super::path::Route;
use crate::response::{JSON, Reply};

/// The response to a preflight of a known path. Any other OPTIONS is an unknown method.
pub(crate) fn reply(parts: &Parts, route: &Route) -> Option<Reply> {
    let is_preflight = parts.method == Method::OPTIONS
        && parts.headers.contains_key(header::ORIGIN)
        && parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight || *route == Route::Unknown {
        return None;
    }
    let reply = Reply {
        content_type: None,
        ..Reply::new(StatusCode::NO_CONTENT, JSON, Bytes::new())
    };
    let headers = "Authorization, Content-Type, If-None-Match, Accept, User-Agent, X-GitHub-Api-Version, X-Requested-With";
    Some(
        reply
            .with(
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "GET, POST, PATCH, PUT, DELETE",
            )
            .with(header::ACCESS_CONTROL_ALLOW_HEADERS, headers)
            .with(header::ACCESS_CONTROL_MAX_AGE, "86400"),
    )
}

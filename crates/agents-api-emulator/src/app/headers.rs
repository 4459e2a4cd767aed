//! The headers of every response.

use http::{HeaderName, header};

/// Headers that GitHub sends with every response.
pub(super) fn constant() -> [(HeaderName, &'static str); 8] {
    [
        (header::SERVER, "github.com"),
        (
            HeaderName::from_static("x-github-media-type"),
            "github.v3; format=json",
        ),
        (
            header::VARY,
            "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::REFERRER_POLICY,
            "origin-when-cross-origin, strict-origin-when-cross-origin",
        ),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "ETag, Link, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Used, \
             X-RateLimit-Resource, X-RateLimit-Reset, X-GitHub-Request-Id, X-GitHub-Media-Type",
        ),
        (HeaderName::from_static("x-accepted-oauth-scopes"), "repo"),
    ]
}

//! What follows from the cause of an error, worked out once.
use std::time::Duration;

use agents_api_raw as raw;

use super::rate_limit_headers::{RateLimitDelay, UNSPECIFIED_DELAY, rate_limit_delay, retry_after};
use super::{Cause, Delivery, ErrorKind, kind};

/// Whether the same request may succeed later. The one classification: requests, waits, fleets and searches use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It will fail the same way.
    No,
    /// It may succeed after a backoff: no response, a proxy's page, a server error.
    Transient,
    /// It may succeed after `retry_after()`, which always has a value here.
    RateLimited,
}

/// The facts of an error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) kind: ErrorKind,
    pub(super) delivery: Delivery,
    pub(super) retry: Retry,
    pub(super) retry_after: Option<Duration>,
    pub(super) unspecified_streak: u32,
}

impl Facts {
    pub(super) fn of(cause: &Cause) -> Self {
        let (kind, delivery) = match cause {
            Cause::InvalidInput(_) => (ErrorKind::InvalidInput, Delivery::NotSent),
            Cause::Key { kind, .. } => (*kind, Delivery::NotSent),
            Cause::Credentials(_) => (ErrorKind::Credentials, Delivery::NotSent),
            Cause::RateLimitInEffect(_) => (ErrorKind::RateLimited, Delivery::NotSent),
            Cause::DeadlineReached { delivery, .. } => (ErrorKind::Timeout, *delivery),
            Cause::UnexpectedResponse { .. } => (ErrorKind::UnexpectedResponse, Delivery::Unknown),
            Cause::Raw(error) => (ErrorKind::of(error), Delivery::of(error)),
        };
        let headers = cause.response().map(raw::RawResponse::headers);
        let retry_after = match (cause, kind) {
            (Cause::RateLimitInEffect(delay), _) => Some(*delay),
            (_, ErrorKind::RateLimited) => {
                let delay = headers.and_then(rate_limit_delay);
                Some(delay.map_or(UNSPECIFIED_DELAY, RateLimitDelay::duration))
            }
            _ => headers.and_then(retry_after),
        };
        Self {
            kind,
            delivery,
            retry: match (cause, kind) {
                (_, ErrorKind::RateLimited) => Retry::RateLimited,
                (Cause::DeadlineReached { .. } | Cause::Credentials(_), _) => Retry::Transient,
                (Cause::Raw(error), _) if kind::is_transient(error) => Retry::Transient,
                _ => Retry::No,
            },
            retry_after,
            unspecified_streak: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Error;
    use super::super::rate_limit_headers::tests::{DATE, response};
    use super::*;

    type Headers<'a> = &'a [(&'static str, &'static str)];

    fn error(status: u16, headers: Headers<'_>) -> Error {
        raw::Error::Status(Box::new(response(status, headers, ""))).into()
    }

    #[test]
    fn a_rate_limit_always_says_how_long_to_wait() {
        let spent = ("x-ratelimit-remaining", "0");
        for (status, headers, seconds) in [
            (429, &[][..], Some(60)),
            (429, &[("retry-after", "soon")], Some(60)),
            (429, &[("retry-after", "0")], Some(1)),
            (403, &[("x-ratelimit-reset", "-5"), spent], Some(60)),
            (403, &[("x-ratelimit-reset", "784111807"), spent, DATE], Some(30)),
            (404, &[("x-ratelimit-reset", "784111807"), spent, DATE], None),
            (503, &[("retry-after", "7")], Some(7)),
            (503, &[], None),
        ] {
            let delay = error(status, headers).retry_after();
            assert_eq!(delay, seconds.map(Duration::from_secs), "{status} {headers:?}");
        }
    }

    #[test]
    fn failures_are_classified_once_for_all() {
        for (error, retry) in [
            (error(429, &[]), Retry::RateLimited),
            (error(403, &[("retry-after", "1")]), Retry::RateLimited),
            (
                Error::rate_limit_in_effect(Duration::from_secs(9)),
                Retry::RateLimited,
            ),
            (error(403, &[]), Retry::No),
            (error(404, &[]), Retry::No),
            (error(422, &[]), Retry::No),
            (error(501, &[]), Retry::No),
            (error(408, &[]), Retry::Transient),
            (error(502, &[]), Retry::Transient),
            (Error::credentials("busy".into()), Retry::Transient),
            (
                Error::deadline_reached(Duration::ZERO, Delivery::Unknown),
                Retry::Transient,
            ),
            (Error::invalid("no"), Retry::No),
            (Error::unexpected("no"), Retry::No),
        ] {
            assert_eq!(error.retry(), retry, "{error:?}");
        }
    }
}

//! Whether a failed request may have been applied.
use std::fmt;

use agents_api_raw as raw;
use reqwest::StatusCode;
use serde::Serialize;

/// Whether a request that failed may have been applied.
///
/// What matters for a start: a task that was started runs, and costs, whether or not its answer arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Delivery {
    /// The request did not leave, or no connection was made. It can be sent again safely.
    NotSent,
    /// GitHub answered, and refused. Nothing was done.
    Rejected,
    /// The request may have been applied. Look before sending it again: list the repository's tasks.
    ///
    /// If [`Error::status`](crate::Error::status) is a success, it *was* applied, and only the answer is lost.
    Unknown,
}

impl Delivery {
    /// The same in a word or two, as logs give it: `not_sent`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }

    /// What became of the request that ended in `error`.
    pub(super) fn of(error: &raw::Error) -> Self {
        match error {
            raw::Error::InvalidRequest(_) | raw::Error::NotSent(_) => Self::NotSent,
            raw::Error::Transport(error) if error.is_connect() || error.is_builder() => Self::NotSent,
            // The status line decides, whether or not the body after it arrived.
            error => error.status().map_or(Self::Unknown, Self::after),
        }
    }

    /// What a status other than the documented success says.
    fn after(status: StatusCode) -> Self {
        match status.as_u16() {
            // 408 and 499 come from proxies that stopped waiting; the server behind may have gone on.
            408 | 499 => Self::Unknown,
            // Only these redirects ask for the same request elsewhere; 303, for one, follows a success.
            301 | 302 | 307 | 308 | 400..=498 => Self::Rejected,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_says_that_nothing_was_done() {
        for (statuses, delivery) in [
            (
                &[301, 302, 307, 308, 400, 401, 403, 404, 409, 422, 429][..],
                Delivery::Rejected,
            ),
            (
                &[
                    100, 200, 201, 202, 204, 300, 303, 304, 408, 499, 500, 502, 504, 999,
                ],
                Delivery::Unknown,
            ),
        ] {
            for status in statuses {
                let code = StatusCode::from_u16(*status).unwrap();
                assert_eq!(Delivery::after(code), delivery, "{status}");
            }
        }
    }
}

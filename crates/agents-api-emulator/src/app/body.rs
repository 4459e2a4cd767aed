//! Reads request bodies, with a limit.

use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::response::Refusal;

/// Number of bytes beyond the limit that are read and discarded, so that a client which sends first and reads later
/// receives the refusal.
const MAX_DISCARDED: usize = 64 << 20;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    TooLarge,
    Broken,
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Request body is too large"),
            Unreadable::Broken => Self::bad_request("Problems reading the request body"),
        }
    }
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Unreadable> {
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unreadable::Broken)?.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= limit {
            kept.extend_from_slice(&data);
        } else if seen > limit.saturating_add(MAX_DISCARDED) {
            break;
        }
    }
    if seen > limit {
        Err(Unreadable::TooLarge)
    } else {
        Ok(kept.into())
    }
}

//! Bodies: reading what comes in, with a limit, and writing what goes out, also wrongly.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame};

use crate::answer::Refusal;
use crate::emulator::Wire;
use crate::faults::{Drawn, Effect};

/// How much of a body that is too large is read and thrown away, so that a client which sends first and reads later
/// gets to see the refusal.
const DRAINED: usize = 64 << 20;

/// The pieces a chunked answer is sent in.
const CHUNK: usize = 1024;

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

pub(crate) async fn read(mut body: Body, limit: usize) -> Result<Bytes, Unreadable> {
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unreadable::Broken)?.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= limit {
            kept.extend_from_slice(&data);
        } else if seen > limit.saturating_add(DRAINED) {
            break;
        }
    }
    if seen > limit {
        Err(Unreadable::TooLarge)
    } else {
        Ok(kept.into())
    }
}

/// Arranges that the socket does to the answer what the faults ask for.
pub(crate) fn onto_the_wire(
    response: Response<Bytes>,
    wire: &Wire,
    drawn: &Drawn,
    method: &Method,
) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let mut chunked = false;
    // The answer to a HEAD has no body to cut, whatever its length says.
    let cuttable = !body.is_empty() && method != Method::HEAD;
    for effect in drawn.effects() {
        if let Effect::Truncate(after) | Effect::CutChunks(after) = effect
            && cuttable
        {
            chunked |= matches!(effect, Effect::CutChunks(_));
            wire.cut_body(after.unwrap_or(body.len() / 2).min(body.len() - 1));
        }
    }
    match drawn.instead().map(|fault| &fault.effect) {
        Some(Effect::Reset) => wire.reset(),
        Some(Effect::Close) => wire.close(),
        _ => {}
    }
    if chunked {
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::new(Chunks(body)));
    }
    Response::from_parts(parts, Body::from(body))
}

/// A body of unknown length, which hyper sends in chunks.
struct Chunks(Bytes);

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let size = self.0.len().min(CHUNK);
        let chunk = self.0.split_to(size);
        Poll::Ready((!chunk.is_empty()).then(|| Ok(Frame::data(chunk))))
    }
}

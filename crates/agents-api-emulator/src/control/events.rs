//! Server-sent events: the requests as they are completed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::log::RequestRecord;
use crate::response::ResponseBody;

/// Number of events that wait for a slow client.
const BUFFER: usize = 64;

/// How often an idle stream sends a comment, so that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Streams records until the client disconnects or the emulator ends. A client that is too slow misses records, and
/// receives an event `missed` with their number.
pub(super) fn stream(
    mut records: Receiver<Arc<RequestRecord>>,
    permit: OwnedSemaphorePermit,
) -> Response<ResponseBody> {
    let (sender, receiver) = mpsc::channel(BUFFER);
    tokio::spawn(async move {
        let _permit = permit;
        loop {
            let event = tokio::select! {
                () = sender.closed() => return,
                record = records.recv() => match record {
                    Ok(record) => {
                        let json = serde_json::to_string(&*record).unwrap_or_default();
                        format!("event: request\nid: {}\ndata: {json}\n\n", record.number)
                    }
                    Err(RecvError::Lagged(count)) => format!("event: missed\ndata: {count}\n\n"),
                    Err(RecvError::Closed) => return,
                },
                () = tokio::time::sleep(KEEP_ALIVE) => ": keep-alive\n\n".to_owned(),
            };
            if sender.send(Bytes::from(event)).await.is_err() {
                return;
            }
        }
    });
    let mut response = Response::new(ResponseBody::Stream(receiver));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

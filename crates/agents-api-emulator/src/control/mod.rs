//! The control API at `/_emulator/`: everything that a Rust test can do, for tests in any language.
//!
//! It reads and writes the library's own types. It is off unless the builder or `--control` turns it on, serves clients on
//! this machine alone, and requires its own token in the header `x-emulator-token`. A page in a browser cannot use it from
//! another origin: the header needs a preflight, which is refused. `spec/emulator-control.json` describes it.
//!
//! A page for people can be added here: `GET /_emulator/` is free. It belongs into [`Control::handle`] beside `health`,
//! before the token is checked; its script then sends the token with every request of the page, and reads
//! `requests/stream` with `fetch`, since `EventSource` cannot send a header.

mod events;
#[cfg(feature = "schema")]
mod openapi;
mod reply;
mod routes;
mod types;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::sync::Semaphore;

use crate::app::body;
use crate::app::state::{App, Snapshot};
use crate::response::ResponseBody;
use reply::refused;

/// The path below which the control API lives.
const PREFIX: &str = "/_emulator";

/// The header that carries the control token.
const TOKEN_HEADER: &str = "x-emulator-token";

/// Maximum size of a request body in bytes.
const MAX_BODY: usize = 64 << 20;

/// Maximum number of clients that follow the log at the same time.
const MAX_STREAMS: usize = 32;

/// Serves the control API.
#[derive(Debug)]
pub(crate) struct Control {
    app: Arc<App>,
    token: String,
    snapshots: Mutex<Snapshots>,
    streams: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Snapshots {
    last_id: u64,
    kept: BTreeMap<u64, Arc<Snapshot>>,
}

impl Control {
    pub(crate) fn new(app: Arc<App>, token: String) -> Self {
        Self {
            app,
            token,
            snapshots: Mutex::default(),
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
        }
    }

    /// Whether a path belongs to the control API.
    pub(crate) fn serves(path: &str) -> bool {
        path.strip_prefix(PREFIX)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Serves one request. Requests of the control API are not logged, and faults do not concern them.
    pub(crate) async fn handle(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> Response<ResponseBody> {
        if !peer.ip().is_loopback() {
            let message =
                "control API: the client is on another machine; use it from the machine of the emulator";
            return refused(StatusCode::FORBIDDEN, message);
        }
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if parts.method == Method::GET && path == ["health"] {
            return routes::health();
        }
        let token = parts.headers.get(TOKEN_HEADER);
        if token.is_none_or(|token| token.as_bytes() != self.token.as_bytes()) {
            let message =
                format!("control API: the header {TOKEN_HEADER} is missing or wrong; send the control token");
            return refused(StatusCode::UNAUTHORIZED, message);
        }
        let Ok(body) = body::read(body, MAX_BODY).await else {
            let message =
                format!("request body: more than {MAX_BODY} bytes or broken off; send less at once");
            return refused(StatusCode::PAYLOAD_TOO_LARGE, message);
        };
        let outcome = self.route(&parts.method, &path, parts.uri.query(), &body);
        outcome.unwrap_or_else(|(status, message)| refused(status, message))
    }
}

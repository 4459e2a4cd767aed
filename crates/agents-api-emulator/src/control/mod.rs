//! The control API at `/_emulator/`.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;

use crate::app::state::App;
use crate::response::ResponseBody;

/// Serves the control API.
#[derive(Debug)]
pub(crate) struct Control {
    app: Arc<App>,
    token: String,
}

impl Control {
    pub(crate) fn new(app: Arc<App>, token: String) -> Self {
        Self { app, token }
    }

    pub(crate) fn serves(path: &str) -> bool {
        path.starts_with("/_emulator")
    }

    pub(crate) async fn handle(
        &self,
        _peer: SocketAddr,
        _request: Request<Incoming>,
    ) -> Response<ResponseBody> {
        std::future::ready(Response::new(ResponseBody::Whole(bytes::Bytes::new()))).await
    }
}

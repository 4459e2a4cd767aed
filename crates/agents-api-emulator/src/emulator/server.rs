//! The accept loop.

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_service::Service as _;

use super::wire::{Connection, Wire};
use crate::routes::{self, App};

/// Accepts connections until it is told to stop. Every connection lives in the loop's own set: dropping the loop ends
/// them all.
pub(super) async fn run(listener: TcpListener, app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let router = axum::Router::new().fallback(entry).with_state(app);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, router.clone()));
                }
                // Out of descriptors, or the peer was gone already: neither ends the service.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            },
        }
    }
    // The port is free before the connections end: none can follow them.
    drop(listener);
    connections.shutdown().await;
}

async fn entry(
    axum::extract::State(app): axum::extract::State<Arc<App>>,
    mut request: Request<Body>,
) -> http::Response<Body> {
    let wire = request.extensions_mut().remove::<Wire>().unwrap_or_default();
    routes::handle(app, wire, request).await
}

async fn serve(stream: TcpStream, router: axum::Router) {
    // Answers are written at once: waiting for the peer's acknowledgement would cost 40 ms a request.
    let _ = stream.set_nodelay(true);
    let wire = Wire::default();
    let io = TokioIo::new(Connection::new(stream, wire.clone()));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(wire.clone());
        router.clone().call(request)
    });
    // A connection may idle for ever: a server that closes it just as a test reuses it makes that test fail by chance.
    let http = hyper::server::conn::http1::Builder::new();
    // An error here is a client that went away, or a fault that was asked for.
    let _ = http.serve_connection(io, service).await;
}

//! Listens, accepts and serves connections.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connection::{Connection, ConnectionControl};
use crate::app;
use crate::app::state::App;
use crate::control::Control;
use crate::faults::write_fault::WriteFault;
use crate::response::ResponseBody;

/// Number of connections that may wait to be accepted: a burst of a test's clients must not wait for a retransmission.
const BACKLOG: u32 = 4096;

/// Maximum size of the head of a request in bytes; a larger one is refused with 431, or 414 if it is the URL.
const MAX_HEAD: usize = 64 * 1024;

/// Listens on an address.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A port that was just in use can be taken again. On Windows the option would let two processes share it.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until shutdown. The loop owns every connection, so dropping it closes them all.
pub(crate) async fn run(
    listener: TcpListener,
    app: Arc<App>,
    control: Option<Arc<Control>>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer, Arc::clone(&app), control.clone()));
                }
                // Out of file descriptors, or the peer is gone already: neither ends the service.
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            },
        }
    }
    // The port is free before the connections end: no client can connect after them.
    drop(listener);
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, peer: SocketAddr, app: Arc<App>, control: Option<Arc<Control>>) {
    // Responses are written at once: waiting for the peer's acknowledgement would cost 40 ms a request.
    let _ = stream.set_nodelay(true);
    let connection = ConnectionControl::default();
    let io = TokioIo::new(Connection::new(stream, connection.clone()));
    let service = service_fn(move |request: Request<Incoming>| {
        let (app, connection, control) = (Arc::clone(&app), connection.clone(), control.clone());
        async move {
            if let Some(control) = control.filter(|_| Control::serves(request.uri().path())) {
                return Ok::<Response<ResponseBody>, Infallible>(control.handle(peer, request).await);
            }
            let (response, fault) = app::handle(app, request).await;
            if fault != WriteFault::None {
                connection.set(fault);
            }
            Ok(response)
        }
    });
    // Connections may idle without a limit: a server that closes one just as a test reuses it makes that test fail by
    // chance.
    let mut http = hyper::server::conn::http1::Builder::new();
    http.max_buf_size(MAX_HEAD);
    // An error here is a client that went away, or a fault.
    let _ = http.serve_connection(io, service).await;
}

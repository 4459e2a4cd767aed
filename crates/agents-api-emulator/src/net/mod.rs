//! TCP: the accept loop, and connections that misbehave on request.

mod connection;
pub(crate) mod server;

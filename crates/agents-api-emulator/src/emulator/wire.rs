//! A connection whose socket can be told to misbehave.
//!
//! hyper speaks correct HTTP; what a broken network does to it happens here, below hyper, on the bytes.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What ends the head of an HTTP message.
const END_OF_HEAD: &[u8; 4] = b"\r\n\r\n";

/// The handle by which a request decides what its connection does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wire(Arc<Mutex<Fate>>);

/// What happens to the bytes of the next answer.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// They are sent.
    #[default]
    Sent,
    /// None is sent: the peer gets a reset.
    Reset,
    /// None is sent: the peer sees the end of the stream.
    Closed,
    /// The head is sent, and so many bytes after it. `matched` counts how much of the end of the head was seen.
    Cut { left: usize, matched: usize },
}

impl Wire {
    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reset(&self) {
        *self.fate() = Fate::Reset;
    }

    pub(crate) fn close(&self) {
        *self.fate() = Fate::Closed;
    }

    pub(crate) fn cut_body(&self, after: usize) {
        *self.fate() = Fate::Cut {
            left: after,
            matched: 0,
        };
    }
}

impl Fate {
    /// How many of these bytes may be sent.
    fn allowed(self, bytes: &[u8]) -> usize {
        match self {
            Self::Sent => bytes.len(),
            Self::Reset | Self::Closed => 0,
            Self::Cut { left, matched } => match end_of_head(bytes, matched) {
                Some(end) => end.saturating_add(left).min(bytes.len()),
                None => bytes.len(),
            },
        }
    }

    /// Notes that these bytes were sent.
    fn sent(&mut self, bytes: &[u8]) {
        if let Self::Cut { left, matched } = self {
            if let Some(end) = end_of_head(bytes, *matched) {
                *matched = END_OF_HEAD.len();
                *left = left.saturating_sub(bytes.len() - end);
            } else {
                *matched = matched_at_end(bytes, *matched);
            }
        }
    }
}

/// Where the body begins in these bytes, given how much of the end of the head came before them.
fn end_of_head(bytes: &[u8], matched: usize) -> Option<usize> {
    let mut matched = matched;
    if matched == END_OF_HEAD.len() {
        return Some(0);
    }
    for (position, byte) in bytes.iter().enumerate() {
        matched = step(matched, *byte);
        if matched == END_OF_HEAD.len() {
            return Some(position + 1);
        }
    }
    None
}

fn matched_at_end(bytes: &[u8], matched: usize) -> usize {
    bytes.iter().fold(matched, |matched, byte| step(matched, *byte))
}

/// One byte through the automaton that recognises the end of the head.
const fn step(matched: usize, byte: u8) -> usize {
    match (matched, byte) {
        (1, b'\n') => 2,
        (2, b'\r') => 3,
        (3, b'\n') => 4,
        (_, b'\r') => 1,
        _ => 0,
    }
}

/// A TCP connection under such a handle.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    wire: Wire,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, wire: Wire) -> Self {
        Self { stream, wire }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let fate = *self.wire.fate();
        let allowed = fate.allowed(bytes);
        if allowed == 0 && !bytes.is_empty() {
            if fate == Fate::Reset {
                // With this the close that follows sends RST in place of FIN.
                SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
            }
            // hyper gives a connection up that cannot be written to; dropping it closes the socket.
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, &bytes[..allowed]);
        if let Poll::Ready(Ok(count)) = &written {
            self.wire.fate().sent(&bytes[..*count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What gets through when the bytes are offered in pieces of a size.
    fn through(fate: Fate, bytes: &[u8], size: usize) -> Vec<u8> {
        let mut fate = fate;
        let mut sent = Vec::new();
        for piece in bytes.chunks(size) {
            let allowed = fate.allowed(piece);
            fate.sent(&piece[..allowed]);
            sent.extend_from_slice(&piece[..allowed]);
            if allowed < piece.len() {
                break;
            }
        }
        sent
    }

    #[test]
    fn a_cut_counts_from_the_end_of_the_head_however_the_bytes_come() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
        for size in 1..=answer.len() {
            let sent = through(Fate::Cut { left: 4, matched: 0 }, answer, size);
            assert!(
                sent.ends_with(b"\r\n\r\n0123"),
                "{size}: {}",
                String::from_utf8_lossy(&sent)
            );
        }
    }

    #[test]
    fn a_closed_connection_sends_nothing() {
        assert!(through(Fate::Closed, b"HTTP/1.1 200 OK\r\n\r\n", 5).is_empty());
        assert!(through(Fate::Reset, b"HTTP/1.1 200 OK\r\n\r\n", 5).is_empty());
    }
}

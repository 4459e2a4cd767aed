//! A connection that can inject socket faults.
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

use crate::faults::write_fault::WriteFault;

/// The end of the head of an HTTP message.
const END_OF_HEAD: &[u8; 4] = b"\r\n\r\n";

/// Decides what a connection does to the bytes of its next response.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectionControl(Arc<Mutex<Progress>>);

/// The fault of the next response, and how much of the response was sent.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Progress {
    fault: WriteFault,
    /// How many bytes of [`END_OF_HEAD`] the last bytes sent match; all of them once the head is over.
    matched: usize,
}

impl ConnectionControl {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies a fault to the next response.
    pub(super) fn set(&self, fault: WriteFault) {
        *self.progress() = Progress { fault, matched: 0 };
    }
}

impl Progress {
    /// How many of these bytes may be sent.
    fn allowed(self, bytes: &[u8]) -> usize {
        match self.fault {
            WriteFault::None => bytes.len(),
            WriteFault::Reset | WriteFault::Close => 0,
            WriteFault::Cut(left) => match end_of_head(bytes, self.matched) {
                Some(end) => end.saturating_add(left).min(bytes.len()),
                None => bytes.len(),
            },
        }
    }

    /// Records that these bytes were sent.
    fn sent(&mut self, bytes: &[u8]) {
        if let WriteFault::Cut(left) = &mut self.fault {
            if let Some(end) = end_of_head(bytes, self.matched) {
                self.matched = END_OF_HEAD.len();
                *left = left.saturating_sub(bytes.len() - end);
            } else {
                self.matched = matched_at_end(bytes, self.matched);
            }
        }
    }
}

/// The position in these bytes at which the body begins, given how much of the end of the head preceded them.
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

/// A TCP connection with its control.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    control: ConnectionControl,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, control: ConnectionControl) -> Self {
        Self { stream, control }
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
        let progress = *self.control.progress();
        let allowed = progress.allowed(bytes);
        if allowed == 0 && !bytes.is_empty() {
            if progress.fault == WriteFault::Reset {
                // With this the close that follows sends RST in place of FIN.
                SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
            }
            // hyper gives a connection up that cannot be written to; dropping it closes the socket.
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, &bytes[..allowed]);
        if let Poll::Ready(Ok(count)) = &written {
            self.control.progress().sent(&bytes[..*count]);
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
    fn through(fault: WriteFault, bytes: &[u8], size: usize) -> Vec<u8> {
        let mut progress = Progress { fault, matched: 0 };
        let mut sent = Vec::new();
        for piece in bytes.chunks(size) {
            let allowed = progress.allowed(piece);
            progress.sent(&piece[..allowed]);
            sent.extend_from_slice(&piece[..allowed]);
            if allowed < piece.len() {
                break;
            }
        }
        sent
    }

    #[test]
    fn a_cut_counts_from_the_end_of_the_head_however_the_bytes_come() {
        let response = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
        for size in 1..=response.len() {
            let sent = through(WriteFault::Cut(4), response, size);
            assert!(
                sent.ends_with(b"\r\n\r\n0123"),
                "{size}: {}",
                String::from_utf8_lossy(&sent)
            );
        }
    }

    #[test]
    fn a_closed_connection_sends_nothing() {
        assert!(through(WriteFault::Close, b"HTTP/1.1 200 OK\r\n\r\n", 5).is_empty());
        assert!(through(WriteFault::Reset, b"HTTP/1.1 200 OK\r\n\r\n", 5).is_empty());
    }
}

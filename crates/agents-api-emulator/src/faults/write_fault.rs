//! What a fault does to the bytes of a response.

/// What happens to the bytes of the next response on its connection.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteFault {
    /// They are sent.
    #[default]
    None,
    /// None is sent: the peer receives a reset.
    Reset,
    /// None is sent: the peer sees the end of the stream.
    Close,
    /// The head is sent, and this many bytes of the body.
    Cut(usize),
}

//! The emulator over real sockets.

mod life;
mod support;

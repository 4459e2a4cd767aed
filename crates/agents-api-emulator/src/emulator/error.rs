//! The errors of starting and controlling an emulator.

use std::net::SocketAddr;
use std::{fmt, io};

/// An error of starting or controlling an emulator.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on.
    Bind {
        /// The requested address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// No repository of this name was added.
    UnknownRepository(String),
    /// The emulator holds its maximum of tasks, which is this.
    TooManyTasks(u32),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind { address, .. } => write!(f, "cannot listen on {address}"),
            Self::TooManyTasks(max) => {
                write!(
                    f,
                    "tasks: the emulator holds its maximum of {max}; raise max_tasks"
                )
            }
            Self::UnknownRepository(name) => {
                write!(f, "repository {name}: not found in the emulator; add it first")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bind { source, .. } => Some(source),
            Self::UnknownRepository(_) | Self::TooManyTasks(_) => None,
        }
    }
}

//! Why a command failed: an exit code, a message, and what to do about it.
use agents_api::Error;

use crate::exit::Exit;

/// What a command returns.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// The error of a command.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// One line: what, and why.
    pub(crate) message: String,
    /// Further lines: what to do, which command to run.
    pub(crate) hints: Vec<String>,
}

impl Failure {
    /// A failure with a message of its own.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// A value that cannot be used.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds a line about what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(Exit::of_error(&error), error.to_string())
    }
}

//! Why two documents could not be compared: which of them, where in it, and what is wrong there.
use std::fmt;

/// One of the two documents of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The document compared against.
    Old,
    /// The document whose changes are reported.
    New,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Old => "the old description",
            Self::New => "the new description",
        })
    }
}

/// A document that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    which: Which,
    pointer: String,
    problem: String,
}

impl Error {
    pub(super) fn new(which: Which, pointer: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            which,
            pointer: pointer.into(),
            problem: problem.into(),
        }
    }

    /// The document at fault.
    pub fn which(&self) -> Which {
        self.which
    }

    /// Where in that document, as a JSON pointer fragment such as `#/paths`.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What is wrong there.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.which, self.pointer, self.problem)
    }
}

impl std::error::Error for Error {}

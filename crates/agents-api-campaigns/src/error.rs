//! Why a campaign cannot go on.
use std::fmt;

/// An error of a campaign: its file, its database, or GitHub.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The campaign's file is wrong; the message names line and column. Nothing was started.
    Definition,
    /// The campaign exists with another definition; the message names what changed. Nothing was started.
    Changed,
    /// There is no campaign of this name.
    NotFound,
    /// The database cannot be used: it is down, read-only, or of a newer version.
    Database,
    /// GitHub refused or could not be reached; the source is the client's error.
    GitHub,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            source: None,
        }))
    }

    pub(crate) fn definition(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Definition, message)
    }

    pub(crate) fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the database may be back in a moment: it restarts, or is busy.
    pub(crate) fn is_database_down(&self) -> bool {
        let source = self
            .0
            .source
            .as_deref()
            .and_then(|source| source.downcast_ref::<sqlx::Error>());
        match source {
            Some(
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_),
            ) => true,
            // PostgreSQL: class 57P, the server shuts down or starts up; class 40, the transaction is to be repeated.
            Some(sqlx::Error::Database(error)) => error
                .code()
                .is_some_and(|code| code.starts_with("57P") || code.starts_with("40") || code == "5"),
            _ => false,
        }
    }

    /// The client's error, if GitHub is the cause.
    pub fn as_github(&self) -> Option<&agents_api::Error> {
        self.0.source.as_deref()?.downcast_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<agents_api::Error> for Error {
    fn from(error: agents_api::Error) -> Self {
        Self::new(ErrorKind::GitHub, error.to_string()).with_source(error)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let what_to_do = match &error {
            sqlx::Error::Database(database) if is_read_only(database.message()) => {
                "the database is read-only; make its file and folder writable, or choose another"
            }
            sqlx::Error::Database(_) => "the database refused a statement",
            sqlx::Error::PoolTimedOut => {
                "timeout waiting for a database connection; check that the server runs"
            }
            sqlx::Error::Io(_) => "the connection to the database failed; check that the server runs",
            _ => "the database failed",
        };
        Self::new(ErrorKind::Database, format!("{what_to_do}: {error}")).with_source(error)
    }
}

fn is_read_only(message: &str) -> bool {
    message.contains("readonly") || message.contains("read-only")
}

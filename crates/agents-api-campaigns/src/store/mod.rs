//! The campaign's state in a database: SQLite or PostgreSQL, through the same statements.
//!
//! Every change is one short transaction; work happens outside. A worker that claims an item holds a lease that it renews, and a
//! fencing token that grows with each claim: what a worker writes after it lost its lease changes nothing.
mod campaigns;
mod claims;
mod follower;
mod notices;
mod schema;

pub use campaigns::{CampaignState, ItemState, ItemStatus, NewVersion};
pub(crate) use claims::{Claim, ClaimedItem, Outcome, SentBefore};
pub(crate) use follower::{Done, FollowerLease, ItemUpdate, PullRequestOf};
pub use notices::Notice;

use std::sync::Arc;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyConnection, AnyPool, Transaction};

use crate::error::{Error, ErrorKind};

/// The database that keeps campaigns. Cheap to clone; clones share its connections.
///
/// ```no_run
/// # async fn run() -> Result<(), agents_api_campaigns::Error> {
/// let store = agents_api_campaigns::Store::open("sqlite:campaigns.db").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    dialect: Dialect,
    clock: Option<Arc<dyn Fn() -> i64 + Send + Sync>>,
}

/// Where the two databases differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Begins a transaction that writes.
    const fn begin(self) -> &'static str {
        match self {
            // The write lock at once: a transaction that reads first could not be upgraded when another has written.
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Locks the rows that a `SELECT` finds.
    const fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }

    /// Locks the rows that a `SELECT` finds, leaving out those that are locked.
    const fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// The database's clock, in milliseconds since 1970: one clock for all workers.
    const fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT CAST(unixepoch('subsec') * 1000 AS BIGINT)",
            Self::Postgres => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }
}

impl Store {
    /// Opens a database and brings its schema up to date: `sqlite:FILE` (created if it is not there), or
    /// `postgres://USER@HOST/DATABASE`.
    ///
    /// # Errors
    /// [`ErrorKind::Database`]: the address is neither, the database is down or read-only, or a newer version of this crate has used
    /// it.
    pub async fn open(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let (dialect, url) = match url.split_once(':') {
            Some(("sqlite", _)) if url.contains('?') => (Dialect::Sqlite, url.to_owned()),
            Some(("sqlite", _)) => (Dialect::Sqlite, format!("{url}?mode=rwc")),
            Some(("postgres" | "postgresql", _)) => (Dialect::Postgres, url.to_owned()),
            _ => {
                return Err(Error::new(
                    ErrorKind::Database,
                    "the database's address cannot be used; write sqlite:FILE or postgres://USER@HOST/DATABASE",
                ));
            }
        };
        let pool = AnyPoolOptions::new()
            .max_connections(if dialect == Dialect::Sqlite { 4 } else { 8 })
            .acquire_timeout(Duration::from_secs(30))
            .after_connect(move |connection, _| Box::pin(prepare(connection, dialect)))
            .connect(&url)
            .await?;
        schema::migrate(&pool).await?;
        Ok(Self {
            pool,
            dialect,
            clock: None,
        })
    }

    /// Takes the time from `clock`, in milliseconds since 1970, in place of the database's clock; for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Begins a transaction that writes.
    async fn begin(&self) -> Result<Transaction<'static, Any>, Error> {
        Ok(self.pool.begin_with(self.dialect.begin()).await?)
    }

    /// Locks a campaign before its items, as every transaction does that needs both: so none waits for another in a circle.
    async fn lock(&self, connection: &mut AnyConnection, campaign: &str) -> Result<(), Error> {
        let sql = format!(
            "SELECT name FROM campaigns WHERE name = $1{}",
            self.dialect.for_update()
        );
        sqlx::query(&sql)
            .bind(campaign)
            .fetch_optional(connection)
            .await?;
        Ok(())
    }

    /// What time it is, by the one clock that all workers share.
    async fn now(&self, connection: &mut AnyConnection) -> Result<i64, Error> {
        match &self.clock {
            Some(clock) => Ok(clock()),
            None => Ok(sqlx::query_scalar(self.dialect.now())
                .fetch_one(connection)
                .await?),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

/// Sets up a connection.
async fn prepare(connection: &mut AnyConnection, dialect: Dialect) -> Result<(), sqlx::Error> {
    if dialect == Dialect::Sqlite {
        // Readers do not block the writer, and writers wait for each other.
        for pragma in [
            "PRAGMA busy_timeout = 30000",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
        ] {
            sqlx::query(pragma).fetch_optional(&mut *connection).await?;
        }
    }
    Ok(())
}

/// A time span in milliseconds.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

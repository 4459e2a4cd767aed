//! The schema's versions. A version that was released never changes; the next one is a further file.
use std::borrow::Cow;

use sqlx::AnyPool;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::error::{Error, ErrorKind};

const VERSIONS: [(i64, &str, &str); 1] = [(
    1,
    "campaigns",
    include_str!("../../migrations/0001_campaigns.sql"),
)];

/// Brings the schema up to date.
pub(super) async fn migrate(pool: &AnyPool) -> Result<(), Error> {
    let migrations: Vec<_> = VERSIONS
        .into_iter()
        .map(|(version, name, sql)| {
            Migration::new(version, name.into(), MigrationType::Simple, sql.into(), false)
        })
        .collect();
    let migrator = Migrator {
        migrations: Cow::Owned(migrations),
        ..Migrator::DEFAULT
    };
    migrator.run(pool).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => Error::new(
            ErrorKind::Database,
            format!(
                "the database has schema version {version}, which this program does not know: a newer version has used it; update this \
                 program, or use another database"
            ),
        ),
        MigrateError::Execute(error) => error.into(),
        other => Error::new(ErrorKind::Database, format!("the schema could not be brought up to date: {other}")).with_source(other),
    })
}

//! Notices: each change of a campaign as an event, kept until it is delivered, in order.
use sqlx::Row;

use super::Store;
use crate::error::Error;

/// An event that somebody is to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// Its number within the campaign, from 1 and without gaps.
    pub sequence: i64,
    /// The event, a JSON object.
    pub event: String,
}

impl Store {
    /// The oldest notices that are not delivered, in order. Deliver each, then [`mark_delivered`](Self::mark_delivered): so each is
    /// delivered at least once.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn undelivered(&self, campaign: &str, limit: u32) -> Result<Vec<Notice>, Error> {
        let rows = sqlx::query(
            "SELECT sequence, event FROM notices WHERE campaign = $1 AND delivered_at IS NULL ORDER BY sequence LIMIT $2",
        )
        .bind(campaign)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Notice {
                    sequence: row.try_get(0)?,
                    event: row.try_get(1)?,
                })
            })
            .collect()
    }

    /// Writes that a notice and those before it are delivered.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn mark_delivered(&self, campaign: &str, sequence: i64) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let now = self.now(&mut transaction).await?;
        sqlx::query("UPDATE notices SET delivered_at = $1 WHERE campaign = $2 AND sequence <= $3 AND delivered_at IS NULL")
            .bind(now)
            .bind(campaign)
            .bind(sequence)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}

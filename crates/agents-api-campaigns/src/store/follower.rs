//! What the one worker that follows a campaign's tasks reads and writes: their changes, with the checkpoint that covers them.
use std::time::Duration;

use sqlx::Row;

use super::claims::note;
use super::{ItemStatus, Store, millis};
use crate::error::Error;

/// The right to follow a campaign's tasks while the lease lasts.
#[derive(Clone, Debug)]
pub(crate) struct FollowerLease {
    pub(crate) campaign: String,
    token: i64,
}

/// What has changed of an item's task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemUpdate {
    pub(crate) task_id: String,
    pub(crate) state: String,
    pub(crate) needs_user: bool,
    /// Billionths of a credit; `None` where GitHub did not say.
    pub(crate) nano_credits: Option<i64>,
    /// The item is done.
    pub(crate) done: Option<Done>,
    pub(crate) pull_request: Option<PullRequestOf>,
}

/// How an item was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Succeeded,
    Failed(String),
}

/// The pull request of an item's task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PullRequestOf {
    pub(crate) number: i64,
    pub(crate) url: Option<String>,
    pub(crate) state: String,
}

impl Store {
    /// Takes or renews the right to follow a campaign's tasks; `None` while another worker has it.
    pub(crate) async fn follow(
        &self,
        campaign: &str,
        worker: &str,
        held: Option<&FollowerLease>,
        lease: Duration,
    ) -> Result<Option<FollowerLease>, Error> {
        let mut transaction = self.begin().await?;
        self.lock(&mut transaction, campaign).await?;
        let now = self.now(&mut transaction).await?;
        let row = sqlx::query("SELECT follower_token, follower_until FROM campaigns WHERE name = $1")
            .bind(campaign)
            .fetch_one(&mut *transaction)
            .await?;
        let (token, until): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
        let is_mine = held.is_some_and(|held| held.token == token);
        if !is_mine && until.is_some_and(|until| until >= now) {
            return Ok(None);
        }
        let token = if is_mine { token } else { token + 1 };
        sqlx::query(
            "UPDATE campaigns SET follower = $1, follower_token = $2, follower_until = $3 WHERE name = $4",
        )
        .bind(worker)
        .bind(token)
        .bind(now.saturating_add(millis(lease)))
        .bind(campaign)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Some(FollowerLease {
            campaign: campaign.to_owned(),
            token,
        }))
    }

    /// Gives the right back, if this worker has it, so that another one need not wait for the lease to run out.
    pub(crate) async fn stop_following(&self, campaign: &str, worker: &str) -> Result<(), Error> {
        sqlx::query("UPDATE campaigns SET follower_until = NULL WHERE name = $1 AND follower = $2")
            .bind(campaign)
            .bind(worker)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Where the fleet resumes.
    pub(crate) async fn checkpoint(&self, campaign: &str) -> Result<Option<String>, Error> {
        let checkpoint: Option<Option<String>> =
            sqlx::query_scalar("SELECT checkpoint FROM campaigns WHERE name = $1")
                .bind(campaign)
                .fetch_optional(&self.pool)
                .await?;
        Ok(checkpoint.flatten())
    }

    /// The tasks of the items that run.
    pub(crate) async fn running_tasks(&self, campaign: &str) -> Result<Vec<String>, Error> {
        let ids = sqlx::query_scalar(
            "SELECT task_id FROM items WHERE campaign = $1 AND status = 'running' ORDER BY position",
        )
        .bind(campaign)
        .fetch_all(&self.pool)
        .await?;
        Ok(ids)
    }

    /// Writes changes together with the checkpoint that covers them, in one transaction; false if another worker follows now, and
    /// nothing was written. Writing the same changes twice changes nothing.
    pub(crate) async fn record(
        &self,
        lease: &FollowerLease,
        updates: &[ItemUpdate],
        checkpoint: Option<&str>,
    ) -> Result<bool, Error> {
        let campaign = lease.campaign.as_str();
        let mut transaction = self.begin().await?;
        self.lock(&mut transaction, campaign).await?;
        let now = self.now(&mut transaction).await?;
        let token: i64 = sqlx::query_scalar("SELECT follower_token FROM campaigns WHERE name = $1")
            .bind(campaign)
            .fetch_one(&mut *transaction)
            .await?;
        if token != lease.token {
            return Ok(false);
        }
        for update in updates {
            let (status, error) = match &update.done {
                None => (ItemStatus::Running, None),
                Some(Done::Succeeded) => (ItemStatus::Succeeded, None),
                Some(Done::Failed(error)) => (ItemStatus::Failed, Some(error.as_str())),
            };
            let changed = sqlx::query(
                "UPDATE items SET status = $1, state = $2, error = $3, credits = COALESCE($4, credits), ended_at = $5,
                 needs_user = CASE WHEN $6 = 0 THEN 0 WHEN needs_user = 2 THEN 2 ELSE 1 END
                 WHERE campaign = $7 AND task_id = $8 AND status = 'running'",
            )
            .bind(status.as_str())
            .bind(&update.state)
            .bind(error)
            .bind(update.nano_credits)
            .bind(update.done.as_ref().map(|_| now))
            .bind(i64::from(update.needs_user))
            .bind(campaign)
            .bind(&update.task_id)
            .execute(&mut *transaction)
            .await?;
            if let Some(pull) = &update.pull_request {
                sqlx::query(
                    "UPDATE items SET pull_request_number = $1, pull_request_url = $2, pull_request_state = $3
                     WHERE campaign = $4 AND task_id = $5",
                )
                .bind(pull.number)
                .bind(&pull.url)
                .bind(&pull.state)
                .bind(campaign)
                .bind(&update.task_id)
                .execute(&mut *transaction)
                .await?;
            }
            if changed.rows_affected() == 1 && (update.done.is_some() || update.needs_user) {
                let event = serde_json::json!({
                    "event": if update.done.is_some() { status.as_str() } else { "needs_user" },
                    "task_id": update.task_id,
                    "state": update.state,
                    "pull_request": update.pull_request.as_ref().and_then(|pull| pull.url.as_deref()),
                    "error": error,
                });
                note(&mut transaction, campaign, event, now).await?;
            }
        }
        if let Some(checkpoint) = checkpoint {
            sqlx::query("UPDATE campaigns SET checkpoint = $1 WHERE name = $2")
                .bind(checkpoint)
                .bind(campaign)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

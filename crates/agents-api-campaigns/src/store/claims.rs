//! Claiming an item to start it, and what came of it. Each call is one transaction.
use std::time::Duration;

use sqlx::AnyConnection;
use sqlx::Row;

use super::campaigns::{not_found, read_definition, unsigned, waves};
use super::{Store, millis};
use crate::definition::{Definition, NeedsUser};
use crate::error::Error;
use crate::policy::{CampaignStatus, Decision, Snapshot, decide};

/// What a worker is to do next.
#[derive(Debug)]
pub(crate) enum Claim {
    /// Start this item.
    Item(Box<ClaimedItem>),
    /// Nothing may start now; ask again later.
    Wait,
    /// Nothing runs, and nothing will start.
    Idle,
}

/// An item that this worker may start while its lease lasts.
#[derive(Clone, Debug)]
pub(crate) struct ClaimedItem {
    pub(crate) campaign: String,
    pub(crate) position: i64,
    pub(crate) repository: String,
    pub(crate) prompt: String,
    pub(crate) key: String,
    /// The fencing token: what is written with an older one changes nothing.
    pub(crate) token: i64,
    pub(crate) definition: Definition,
}

/// What came of starting an item.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It has a task.
    Started {
        task_id: String,
        task_url: Option<String>,
        state: String,
        model: Option<String>,
    },
    /// GitHub refused it; for the account, and so for all others too, if `stops` says why.
    Refused { error: String, stops: Option<String> },
    /// No task was started; it may be claimed again.
    Released,
    /// A task may have been started; it is looked for when the item is claimed again.
    Unknown { error: String },
}

impl Store {
    /// Claims the next item, if one may start now, for as long as `lease`.
    ///
    /// An item whose worker let its lease run out comes first: its task may exist, and is looked for before a further start.
    pub(crate) async fn claim(&self, campaign: &str, worker: &str, lease: Duration) -> Result<Claim, Error> {
        let mut transaction = self.begin().await?;
        let now = self.now(&mut transaction).await?;
        // The campaign's row is what workers queue for: limits and concurrency are counted by one of them at a time.
        let sql = format!(
            "SELECT definition, status, open_wave FROM campaigns WHERE name = $1{}",
            self.dialect.for_update()
        );
        let row = sqlx::query(&sql)
            .bind(campaign)
            .fetch_optional(&mut *transaction)
            .await?;
        let row = row.ok_or_else(|| not_found(campaign))?;
        let definition = read_definition(row.try_get(0)?)?;
        let mut status = CampaignStatus::parse(row.try_get(1)?);
        let mut open_wave = unsigned(row.try_get(2)?);
        if let Some(item) = self.abandoned(&mut transaction, campaign, now).await? {
            let item = take(&mut transaction, item, worker, now, lease, definition).await?;
            transaction.commit().await?;
            return Ok(Claim::Item(Box::new(item)));
        }
        let claim = loop {
            let snapshot = snapshot(&mut transaction, campaign, &definition, status, open_wave, now).await?;
            match decide(&definition, &snapshot) {
                Decision::Start => {
                    let Some(item) = self.next_pending(&mut transaction, campaign, open_wave).await? else {
                        break Claim::Wait; // another worker holds it
                    };
                    break Claim::Item(Box::new(
                        take(&mut transaction, item, worker, now, lease, definition).await?,
                    ));
                }
                Decision::Wait => break Claim::Wait,
                Decision::Idle => break Claim::Idle,
                Decision::OpenWave(wave) => {
                    open_wave = wave;
                    sqlx::query("UPDATE campaigns SET open_wave = $1 WHERE name = $2")
                        .bind(i64::from(wave))
                        .bind(campaign)
                        .execute(&mut *transaction)
                        .await?;
                }
                Decision::Become(new, reason) => {
                    status = new;
                    set_status(&mut transaction, campaign, new, reason.as_deref(), now).await?;
                }
            }
        };
        transaction.commit().await?;
        Ok(claim)
    }

    /// An item that is being started by a worker that no longer renews its lease.
    async fn abandoned(
        &self,
        connection: &mut AnyConnection,
        campaign: &str,
        now: i64,
    ) -> Result<Option<Candidate>, Error> {
        let sql = format!(
            "SELECT position, repository, prompt, version, attempt, token FROM items WHERE campaign = $1 AND status = 'starting'
             AND lease_until < $2 ORDER BY position LIMIT 1{}",
            self.dialect.skip_locked()
        );
        let row = sqlx::query(&sql)
            .bind(campaign)
            .bind(now)
            .fetch_optional(connection)
            .await?;
        row.map(|row| Candidate::read(campaign, &row)).transpose()
    }

    async fn next_pending(
        &self,
        connection: &mut AnyConnection,
        campaign: &str,
        open_wave: u32,
    ) -> Result<Option<Candidate>, Error> {
        let sql = format!(
            "SELECT position, repository, prompt, version, attempt, token FROM items WHERE campaign = $1 AND status = 'pending'
             AND wave <= $2 ORDER BY wave, position LIMIT 1{}",
            self.dialect.skip_locked()
        );
        let row = sqlx::query(&sql)
            .bind(campaign)
            .bind(i64::from(open_wave))
            .fetch_optional(connection)
            .await?;
        row.map(|row| Candidate::read(campaign, &row)).transpose()
    }

    /// Renews the lease of an item; false if another worker has claimed it.
    pub(crate) async fn renew(&self, item: &ClaimedItem, lease: Duration) -> Result<bool, Error> {
        let mut transaction = self.begin().await?;
        let now = self.now(&mut transaction).await?;
        let renewed = sqlx::query(
            "UPDATE items SET lease_until = $1 WHERE campaign = $2 AND position = $3 AND token = $4 AND status = 'starting'",
        )
        .bind(now.saturating_add(millis(lease)))
        .bind(&item.campaign)
        .bind(item.position)
        .bind(item.token)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Writes that a start is about to be sent. Gives whether one may have been sent before, or `None` if another worker has claimed
    /// the item: then nothing must be sent.
    pub(crate) async fn note_sending(&self, item: &ClaimedItem) -> Result<Option<SentBefore>, Error> {
        let mut transaction = self.begin().await?;
        let now = self.now(&mut transaction).await?;
        let sql = format!(
            "SELECT sent_at FROM items WHERE campaign = $1 AND position = $2 AND token = $3 AND status = 'starting' AND lease_until >= $4{}",
            self.dialect.for_update()
        );
        let row = sqlx::query(&sql)
            .bind(&item.campaign)
            .bind(item.position)
            .bind(item.token)
            .bind(now)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let sent_at: Option<i64> = row.try_get(0)?;
        sqlx::query("UPDATE items SET sent_at = $1 WHERE campaign = $2 AND position = $3")
            .bind(sent_at.unwrap_or(now))
            .bind(&item.campaign)
            .bind(item.position)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(if sent_at.is_some() {
            SentBefore::Perhaps
        } else {
            SentBefore::No
        }))
    }

    /// Writes what came of an item; false if another worker has claimed it meanwhile, and nothing was written.
    pub(crate) async fn finish(&self, item: &ClaimedItem, outcome: Outcome) -> Result<bool, Error> {
        let mut transaction = self.begin().await?;
        self.lock(&mut transaction, &item.campaign).await?;
        let now = self.now(&mut transaction).await?;
        let query = match &outcome {
            Outcome::Started {
                task_id,
                task_url,
                state,
                model,
            } => sqlx::query(
                "UPDATE items SET status = 'running', task_id = $4, task_url = $5, state = $6, model = $7, error = NULL, lease_until = NULL,
                 started_at = COALESCE(started_at, $8) WHERE campaign = $1 AND position = $2 AND token = $3 AND status = 'starting'",
            )
            .bind(&item.campaign)
            .bind(item.position)
            .bind(item.token)
            .bind(task_id)
            .bind(task_url)
            .bind(state)
            .bind(model)
            .bind(now),
            Outcome::Refused { error, .. } => sqlx::query(
                "UPDATE items SET status = 'refused', error = $4, lease_until = NULL, sent_at = NULL, ended_at = $5
                 WHERE campaign = $1 AND position = $2 AND token = $3 AND status = 'starting'",
            )
            .bind(&item.campaign)
            .bind(item.position)
            .bind(item.token)
            .bind(error)
            .bind(now),
            Outcome::Released => sqlx::query(
                "UPDATE items SET status = 'pending', lease_until = NULL, sent_at = NULL
                 WHERE campaign = $1 AND position = $2 AND token = $3 AND status = 'starting'",
            )
            .bind(&item.campaign)
            .bind(item.position)
            .bind(item.token),
            // It stays `starting`, and is claimed again as soon as its lease has run out.
            Outcome::Unknown { error } => sqlx::query(
                "UPDATE items SET error = $4, lease_until = $5 WHERE campaign = $1 AND position = $2 AND token = $3 AND status = 'starting'",
            )
            .bind(&item.campaign)
            .bind(item.position)
            .bind(item.token)
            .bind(error)
            .bind(now),
        };
        let written = query.execute(&mut *transaction).await?.rows_affected() == 1;
        if written
            && let Outcome::Refused {
                stops: Some(reason), ..
            } = &outcome
        {
            // An item that the account cannot start is not the item's failure.
            sqlx::query("UPDATE items SET status = 'pending' WHERE campaign = $1 AND position = $2")
                .bind(&item.campaign)
                .bind(item.position)
                .execute(&mut *transaction)
                .await?;
            set_status(
                &mut transaction,
                &item.campaign,
                CampaignStatus::Stopped,
                Some(reason),
                now,
            )
            .await?;
        }
        if written {
            let event = match &outcome {
                Outcome::Started {
                    task_id, task_url, ..
                } => Some(serde_json::json!({
                    "event": "started", "repository": item.repository, "task_id": task_id, "url": task_url,
                })),
                Outcome::Refused { error, .. } => Some(serde_json::json!({
                    "event": "refused", "repository": item.repository, "error": error,
                })),
                Outcome::Released | Outcome::Unknown { .. } => None,
            };
            if let Some(event) = event {
                note(&mut transaction, &item.campaign, event, now).await?;
            }
        }
        transaction.commit().await?;
        Ok(written)
    }
}

/// Whether a start of an item may have been sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SentBefore {
    No,
    Perhaps,
}

/// A row that can be claimed.
struct Candidate {
    campaign: String,
    position: i64,
    repository: String,
    prompt: String,
    version: i64,
    attempt: i64,
    token: i64,
}

impl Candidate {
    fn read(campaign: &str, row: &sqlx::any::AnyRow) -> Result<Self, Error> {
        Ok(Self {
            campaign: campaign.to_owned(),
            position: row.try_get(0)?,
            repository: row.try_get(1)?,
            prompt: row.try_get(2)?,
            version: row.try_get(3)?,
            attempt: row.try_get(4)?,
            token: row.try_get(5)?,
        })
    }

    /// The idempotency key: the same for every worker, and another for each retry.
    fn key(&self) -> String {
        use sha2::{Digest, Sha256};

        let repository = self.repository.to_ascii_lowercase();
        let text = format!(
            "{}/{}/{}/{}",
            self.campaign, self.version, self.attempt, repository
        );
        if text.len() <= 120 {
            return text;
        }
        let digest = Sha256::digest(text.as_bytes());
        let digest = digest
            .iter()
            .take(16)
            .fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        format!("{}/{digest:032x}", self.campaign)
    }
}

async fn take(
    connection: &mut AnyConnection,
    candidate: Candidate,
    worker: &str,
    now: i64,
    lease: Duration,
    definition: Definition,
) -> Result<ClaimedItem, Error> {
    let token = candidate.token + 1;
    sqlx::query(
        "UPDATE items SET status = 'starting', worker = $1, token = $2, lease_until = $3 WHERE campaign = $4 AND position = $5",
    )
    .bind(worker)
    .bind(token)
    .bind(now.saturating_add(millis(lease)))
    .bind(&candidate.campaign)
    .bind(candidate.position)
    .execute(connection)
    .await?;
    Ok(ClaimedItem {
        key: candidate.key(),
        campaign: candidate.campaign,
        position: candidate.position,
        repository: candidate.repository,
        prompt: candidate.prompt,
        token,
        definition,
    })
}

async fn snapshot(
    connection: &mut AnyConnection,
    campaign: &str,
    definition: &Definition,
    status: CampaignStatus,
    open_wave: u32,
    now: i64,
) -> Result<Snapshot, Error> {
    let (waves, credits) = waves(connection, campaign).await?;
    let first_start: Option<i64> =
        sqlx::query_scalar("SELECT MIN(started_at) FROM items WHERE campaign = $1")
            .bind(campaign)
            .fetch_one(&mut *connection)
            .await?;
    let needs_user = if definition.needs_user == NeedsUser::Pause {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM items WHERE campaign = $1 AND status = 'running' AND needs_user = 1",
        )
        .bind(campaign)
        .fetch_one(&mut *connection)
        .await?;
        waiting > 0
    } else {
        false
    };
    let running_for = first_start.map_or(0, |start| now.saturating_sub(start));
    Ok(Snapshot {
        status,
        open_wave,
        waves,
        credits,
        running_for: Duration::from_millis(u64::try_from(running_for).unwrap_or_default()),
        needs_user,
    })
}

async fn set_status(
    connection: &mut AnyConnection,
    campaign: &str,
    status: CampaignStatus,
    reason: Option<&str>,
    now: i64,
) -> Result<(), Error> {
    sqlx::query("UPDATE campaigns SET status = $1, reason = $2 WHERE name = $3")
        .bind(status.as_str())
        .bind(reason)
        .bind(campaign)
        .execute(&mut *connection)
        .await?;
    let event = serde_json::json!({ "event": status.as_str(), "campaign": campaign, "reason": reason });
    note(connection, campaign, event, now).await
}

/// Adds a notice, in the transaction of what it tells, which has locked the campaign.
pub(super) async fn note(
    connection: &mut AnyConnection,
    campaign: &str,
    event: serde_json::Value,
    now: i64,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO notices (campaign, sequence, event, created_at)
         SELECT $1, COALESCE(MAX(sequence), 0) + 1, $2, $3 FROM notices WHERE campaign = $1",
    )
    .bind(campaign)
    .bind(event.to_string())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

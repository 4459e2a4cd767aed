//! Campaigns as a whole: taking in a plan, changing the status, reading what became of the items.
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::Store;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind};
use crate::plan::Plan;
use crate::policy::{CampaignStatus, WaveCounts};

/// A campaign as it is now.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CampaignState {
    /// Its name.
    pub name: String,
    /// How many definitions were applied under this name.
    pub version: u32,
    /// What it does.
    pub status: CampaignStatus,
    /// Why it is paused or stopped.
    pub reason: Option<String>,
    /// The newest wave that may start, from 0.
    pub open_wave: u32,
    /// Each wave's items by status.
    pub waves: Vec<WaveCounts>,
    /// Billionths of an AI credit that its tasks have used, by GitHub's figures.
    pub nano_credits: i64,
    /// Its items, in the order in which they start.
    pub items: Vec<ItemState>,
}

/// An item as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ItemState {
    /// Its place in the campaign, from 0.
    pub position: u32,
    /// `owner/name`.
    pub repository: String,
    /// The wave, from 0.
    pub wave: u32,
    /// Where it stands.
    pub status: ItemStatus,
    /// Its task, once there is one.
    pub task_id: Option<String>,
    /// The task's page.
    pub task_url: Option<String>,
    /// The task's state, as GitHub names it.
    pub state: Option<String>,
    /// Whether the task waits for a person.
    pub needs_user: bool,
    /// The model that was asked for.
    pub model: Option<String>,
    /// Billionths of an AI credit that the task has used.
    pub nano_credits: i64,
    /// The number of the task's first pull request.
    pub pull_request_number: Option<i64>,
    /// Its page.
    pub pull_request_url: Option<String>,
    /// Its state.
    pub pull_request_state: Option<String>,
    /// Why it was refused, or why its task failed.
    pub error: Option<String>,
    /// When its task started, in milliseconds since 1970.
    pub started_at: Option<i64>,
    /// When it was done, likewise.
    pub ended_at: Option<i64>,
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ItemStatus {
    /// Not started yet.
    Pending,
    /// A worker is starting it.
    Starting,
    /// Its task runs.
    Running,
    /// Done, as asked for.
    Succeeded,
    /// Its task ended otherwise.
    Failed,
    /// GitHub refused to start it.
    Refused,
}

impl ItemStatus {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "starting" => Self::Starting,
            "running" => Self::Running,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "refused" => Self::Refused,
            _ => Self::Pending,
        }
    }
}

impl Store {
    /// Takes in a plan: creates the campaign, or checks that it is the one that is there.
    ///
    /// With `new_version` a changed plan replaces the one that is there: items that have not started get the new prompt and
    /// settings, repositories that are new are added, those that are gone are dropped if they have not started. What has started stays
    /// as it is.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] if the campaign is there with another definition and `new_version` is not meant; the message names what
    /// changed. [`ErrorKind::Database`].
    pub async fn take_in(&self, plan: &Plan, new_version: NewVersion) -> Result<(), Error> {
        let definition =
            serde_json::to_string(&plan.definition).map_err(|error| Error::definition(error.to_string()))?;
        let name = plan.definition.name.as_str();
        let mut transaction = self.begin().await?;
        let now = self.now(&mut transaction).await?;
        sqlx::query(
            "INSERT INTO campaigns (name, version, definition, status, open_wave, created_at, follower_token)
             VALUES ($1, 0, '', 'running', 0, $2, 0) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let sql = format!(
            "SELECT version, definition FROM campaigns WHERE name = $1{}",
            self.dialect.for_update()
        );
        let row = sqlx::query(&sql).bind(name).fetch_one(&mut *transaction).await?;
        let (version, known): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        if known == definition {
            return Ok(transaction.commit().await?);
        }
        if version > 0 && new_version == NewVersion::Refuse {
            return Err(Error::new(
                ErrorKind::Changed,
                format!(
                    "campaign {name} exists with another definition: {} changed; take another name, or apply it as a new version",
                    changes(&known, &plan.definition)
                ),
            ));
        }
        sqlx::query("UPDATE campaigns SET version = $1, definition = $2 WHERE name = $3")
            .bind(version + 1)
            .bind(&definition)
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM items WHERE campaign = $1 AND status = 'pending' AND sent_at IS NULL AND attempt = 0")
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        let next: i64 = sqlx::query_scalar(
            "SELECT CAST(COALESCE(MAX(position) + 1, 0) AS BIGINT) FROM items WHERE campaign = $1",
        )
        .bind(name)
        .fetch_one(&mut *transaction)
        .await?;
        for (position, item) in (next..).zip(&plan.items) {
            sqlx::query(
                "INSERT INTO items (campaign, position, repository, repository_key, version, prompt, wave, attempt, status, token, needs_user,
                 credits) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'pending', 0, 0, 0) ON CONFLICT (campaign, repository_key) DO NOTHING",
            )
            .bind(name)
            .bind(position)
            .bind(&item.repository)
            .bind(item.repository.to_ascii_lowercase())
            .bind(version + 1)
            .bind(&item.prompt)
            .bind(i64::from(item.wave))
            .execute(&mut *transaction)
            .await?;
        }
        // A campaign that was finished has something to do again.
        sqlx::query(
            "UPDATE campaigns SET status = 'running' WHERE name = $1 AND status = 'finished'
             AND EXISTS (SELECT 1 FROM items WHERE campaign = $1 AND status = 'pending')",
        )
        .bind(name)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// The campaigns that are there, by name.
    ///
    /// # Errors
    /// [`ErrorKind::Database`].
    pub async fn names(&self) -> Result<Vec<String>, Error> {
        let mut connection = self.pool.acquire().await?;
        let names =
            sqlx::query_scalar("SELECT name FROM campaigns ORDER BY name").fetch_all(&mut *connection);
        Ok(names.await?)
    }

    /// A campaign as it is now. Workers may write meanwhile.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Database`].
    pub async fn state(&self, name: &str) -> Result<CampaignState, Error> {
        let mut transaction = self.pool.begin().await?;
        let campaign =
            sqlx::query("SELECT version, status, reason, open_wave FROM campaigns WHERE name = $1")
                .bind(name)
                .fetch_optional(&mut *transaction)
                .await?
                .ok_or_else(|| not_found(name))?;
        let items = sqlx::query(
            "SELECT position, repository, wave, status, task_id, task_url, state, needs_user, model, credits, pull_request_number,
             pull_request_url, pull_request_state, error, started_at, ended_at FROM items WHERE campaign = $1 ORDER BY position",
        )
        .bind(name)
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let items = items.iter().map(item).collect::<Result<Vec<_>, _>>()?;
        let mut waves = Vec::new();
        for item in &items {
            let wave = item.wave as usize;
            if waves.len() <= wave {
                waves.resize(wave + 1, WaveCounts::default());
            }
            count(&mut waves[wave], item.status, 1);
        }
        Ok(CampaignState {
            name: name.to_owned(),
            version: unsigned(campaign.try_get(0)?),
            status: CampaignStatus::parse(campaign.try_get(1)?),
            reason: campaign.try_get(2)?,
            open_wave: unsigned(campaign.try_get(3)?),
            waves,
            nano_credits: items
                .iter()
                .map(|item| item.nano_credits)
                .fold(0, i64::saturating_add),
            items,
        })
    }

    /// Pauses or stops a campaign: no further task starts until it is resumed, and what runs is followed.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Database`].
    pub async fn halt(&self, name: &str, status: CampaignStatus, reason: &str) -> Result<(), Error> {
        let changed = sqlx::query(
            "UPDATE campaigns SET status = $1, reason = $2 WHERE name = $3 AND status <> 'finished'",
        )
        .bind(status.as_str())
        .bind(reason)
        .bind(name)
        .execute(&self.pool)
        .await?;
        if changed.rows_affected() == 0 {
            self.state(name).await?;
        }
        Ok(())
    }

    /// Resumes a campaign. If every item of the open waves is done, the next wave opens.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Database`].
    pub async fn resume(&self, name: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE campaigns SET status = 'running', reason = NULL, open_wave = open_wave + CASE WHEN EXISTS (SELECT 1 FROM items WHERE
             campaign = $1 AND wave <= campaigns.open_wave AND status IN ('pending', 'starting', 'running')) THEN 0 ELSE 1 END
             WHERE name = $1 AND status IN ('paused', 'stopped')",
        )
        .bind(name)
        .execute(&mut *transaction)
        .await?;
        // Whoever resumes has seen to the tasks that waited.
        sqlx::query("UPDATE items SET needs_user = 2 WHERE campaign = $1 AND needs_user = 1")
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        if changed.rows_affected() == 0 {
            self.state(name).await?;
        }
        Ok(())
    }

    /// Makes items pending again whose task failed or was refused, with the newest prompt, and lets the campaign run. Their earlier tasks
    /// are no longer followed. Gives the number of items.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Database`].
    pub async fn retry(&self, name: &str) -> Result<u64, Error> {
        let definition = self.definition(name).await?;
        let plan = Plan::new(definition, Vec::new())?;
        let mut transaction = self.begin().await?;
        let mut retried = 0;
        for item in &plan.items {
            let changed = sqlx::query(
                "UPDATE items SET status = 'pending', attempt = attempt + 1, prompt = $1, sent_at = NULL, task_id = NULL, task_url = NULL,
                 state = NULL, needs_user = 0, error = NULL, pull_request_number = NULL, pull_request_url = NULL, pull_request_state = NULL,
                 ended_at = NULL WHERE campaign = $2 AND repository_key = $3 AND status IN ('failed', 'refused')",
            )
            .bind(&item.prompt)
            .bind(name)
            .bind(item.repository.to_ascii_lowercase())
            .execute(&mut *transaction)
            .await?;
            retried += changed.rows_affected();
        }
        if retried > 0 {
            sqlx::query("UPDATE campaigns SET status = 'running', reason = NULL WHERE name = $1")
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(retried)
    }

    /// The definition that was applied last.
    pub(crate) async fn definition(&self, name: &str) -> Result<Definition, Error> {
        let text: Option<String> = sqlx::query_scalar("SELECT definition FROM campaigns WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        let text = text.ok_or_else(|| not_found(name))?;
        read_definition(&text)
    }
}

/// Whether a changed plan may replace the one that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewVersion {
    /// It is an error.
    #[default]
    Refuse,
    /// It is meant.
    Accept,
}

pub(super) fn read_definition(text: &str) -> Result<Definition, Error> {
    serde_json::from_str(text).map_err(|error| {
        Error::new(
            ErrorKind::Database,
            format!("the campaign's definition in the database cannot be read: {error}"),
        )
    })
}

pub(super) fn not_found(name: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("campaign {name} not found in this database; apply its file first"),
    )
}

/// The top-level fields in which two definitions differ.
fn changes(known: &str, definition: &Definition) -> String {
    let known: serde_json::Value = serde_json::from_str(known).unwrap_or_default();
    let new = serde_json::to_value(definition).unwrap_or_default();
    let fields = new.as_object().into_iter().flatten();
    let changed: Vec<_> = fields
        .filter(|(field, value)| known.get(field.as_str()) != Some(value))
        .map(|(field, _)| field.as_str())
        .collect();
    changed.join(", ")
}

pub(super) fn count(wave: &mut WaveCounts, status: ItemStatus, items: u32) {
    let field = match status {
        ItemStatus::Pending => &mut wave.pending,
        ItemStatus::Starting => &mut wave.starting,
        ItemStatus::Running => &mut wave.running,
        ItemStatus::Succeeded => &mut wave.succeeded,
        ItemStatus::Failed => &mut wave.failed,
        ItemStatus::Refused => &mut wave.refused,
    };
    *field += items;
}

/// The counts of all waves.
pub(super) async fn waves(
    connection: &mut AnyConnection,
    name: &str,
) -> Result<(Vec<WaveCounts>, i64), Error> {
    let rows = sqlx::query(
        "SELECT wave, status, COUNT(*), CAST(COALESCE(SUM(credits), 0) AS BIGINT) FROM items WHERE campaign = $1 GROUP BY wave, status",
    )
    .bind(name)
    .fetch_all(connection)
    .await?;
    let (mut waves, mut credits) = (Vec::new(), 0_i64);
    for row in rows {
        let wave: i64 = row.try_get(0)?;
        let wave = unsigned(wave) as usize;
        if waves.len() <= wave {
            waves.resize(wave + 1, WaveCounts::default());
        }
        let items: i64 = row.try_get(2)?;
        count(
            &mut waves[wave],
            ItemStatus::parse(row.try_get(1)?),
            unsigned(items),
        );
        credits = credits.saturating_add(row.try_get(3)?);
    }
    Ok((waves, credits))
}

fn item(row: &AnyRow) -> Result<ItemState, sqlx::Error> {
    Ok(ItemState {
        position: unsigned(row.try_get(0)?),
        repository: row.try_get(1)?,
        wave: unsigned(row.try_get(2)?),
        status: ItemStatus::parse(row.try_get(3)?),
        task_id: row.try_get(4)?,
        task_url: row.try_get(5)?,
        state: row.try_get(6)?,
        needs_user: row.try_get::<i64, _>(7)? != 0,
        model: row.try_get(8)?,
        nano_credits: row.try_get(9)?,
        pull_request_number: row.try_get(10)?,
        pull_request_url: row.try_get(11)?,
        pull_request_state: row.try_get(12)?,
        error: row.try_get(13)?,
        started_at: row.try_get(14)?,
        ended_at: row.try_get(15)?,
    })
}

pub(super) fn unsigned(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX })
}

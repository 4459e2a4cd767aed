//! What a campaign comes to: its waves and items, once or whenever they change.
use std::time::Duration;

use agents_api_campaigns::{CampaignState, CampaignStatus, ItemState, ItemStatus, Store};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::table::Column;

/// The columns of a report.
pub(super) const FIELDS: [&str; 9] = [
    "repository",
    "wave",
    "status",
    "state",
    "task",
    "pull_request",
    "pull_request_state",
    "credits",
    "error",
];

/// What `--json` may select of a campaign.
const JSON_FIELDS: &[&str] = &[
    "items",
    "name",
    "nano_credits",
    "open_wave",
    "reason",
    "status",
    "version",
    "waves",
];

/// How often the database is read for changes.
const INTERVAL: Duration = Duration::from_millis(500);

/// Billionths of a credit as credits.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn credits(nano: i64) -> String {
    format!("{:.1}", nano as f64 / 1e9)
}

pub(super) async fn show(context: &Context, store: &Store, name: &str, watch: bool) -> Result<Exit> {
    context.out.check_json(JSON_FIELDS)?;
    let mut state = store.state(name).await?;
    if context.out.is_json() {
        context.out.json(&[state], JSON_FIELDS)?;
        return Ok(Exit::Reached);
    }
    print(context, &state)?;
    while watch && state.status != CampaignStatus::Finished {
        tokio::time::sleep(INTERVAL).await;
        let now = store.state(name).await?;
        changes(context, &state, &now);
        state = now;
    }
    Ok(Exit::Reached)
}

pub(super) async fn show_all(context: &Context, store: &Store) -> Result<()> {
    context.out.check_json(JSON_FIELDS)?;
    let mut states = Vec::new();
    for name in store.names().await? {
        states.push(store.state(&name).await?);
    }
    if context.out.is_json() {
        return context.out.json(&states, JSON_FIELDS);
    }
    let rows: Vec<_> = states
        .iter()
        .map(|state| {
            let succeeded = state
                .items
                .iter()
                .filter(|item| item.status == ItemStatus::Succeeded);
            vec![
                state.name.clone(),
                state.status.as_str().to_owned(),
                format!("{}/{}", succeeded.count(), state.items.len()),
                credits(state.nano_credits),
                state.reason.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let columns = [
        Column::whole("NAME"),
        Column::whole("STATUS"),
        Column::whole("SUCCEEDED"),
        Column::whole("CREDITS"),
        Column::cut("REASON"),
    ];
    context.out.table(&columns, &rows)
}

/// Prints waves and items.
pub(super) fn print(context: &Context, state: &CampaignState) -> Result<()> {
    let rows: Vec<_> = state.items.iter().map(row).collect();
    let columns = [
        Column::whole("WAVE"),
        Column::whole("REPOSITORY"),
        Column::whole("STATUS"),
        Column::whole("STATE"),
        Column::whole("CREDITS"),
        Column::cut("PULL REQUEST"),
        Column::cut("ERROR"),
    ];
    context.out.table(&columns, &rows)?;
    for (number, wave) in state.waves.iter().enumerate() {
        context.out.note(format!(
            "wave {} of {}: {} succeeded, {} failed, {} refused, {} running, {} pending",
            number + 1,
            state.waves.len(),
            wave.succeeded,
            wave.failed,
            wave.refused,
            wave.running + wave.starting,
            wave.pending,
        ));
    }
    let reason = state
        .reason
        .as_deref()
        .map_or_else(String::new, |reason| format!(": {reason}"));
    context.out.note(format!(
        "campaign {} is {}{reason}; {} credits used",
        state.name,
        state.status.as_str(),
        credits(state.nano_credits)
    ));
    Ok(())
}

/// Shows progress while a campaign is applied; ends only by an error.
pub(super) async fn follow(context: &Context, store: &Store, name: &str) -> Failure {
    let run = async {
        let mut state = store.state(name).await?;
        let progress = context.out.bar(state.items.len() as u64, "starting");
        loop {
            let done = |item: &&ItemState| {
                matches!(
                    item.status,
                    ItemStatus::Succeeded | ItemStatus::Failed | ItemStatus::Refused
                )
            };
            progress.position(state.items.iter().filter(done).count() as u64);
            let running = state
                .items
                .iter()
                .filter(|item| item.status == ItemStatus::Running)
                .count();
            progress.message(format!(
                "{running} running, {} credits",
                credits(state.nano_credits)
            ));
            tokio::time::sleep(INTERVAL).await;
            let now = store.state(name).await?;
            if !progress.is_shown() {
                changes(context, &state, &now);
            }
            state = now;
        }
    };
    let result: Result<std::convert::Infallible> = run.await;
    match result {
        Ok(never) => match never {},
        Err(failure) => failure,
    }
}

/// A line for each item that has changed.
fn changes(context: &Context, before: &CampaignState, after: &CampaignState) {
    let before: std::collections::HashMap<u32, &ItemState> =
        before.items.iter().map(|item| (item.position, item)).collect();
    for item in &after.items {
        let known = before.get(&item.position);
        if known.is_none_or(|known| known.status != item.status || known.state != item.state) {
            context.out.note(row(item).join("  ").trim_end());
        }
    }
}

fn row(item: &ItemState) -> Vec<String> {
    vec![
        (item.wave + 1).to_string(),
        item.repository.clone(),
        item.status.as_str().to_owned(),
        item.state.clone().unwrap_or_default(),
        credits(item.nano_credits),
        item.pull_request_url.clone().unwrap_or_default(),
        item.error.clone().unwrap_or_default(),
    ]
}

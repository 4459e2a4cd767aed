//! A campaign's items in the forms that people hand on.
use agents_api_campaigns::{CampaignState, ItemState, ItemStatus};

use super::state::{FIELDS, credits};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// In which form to report.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(super) enum Format {
    /// A table in Markdown
    #[default]
    Markdown,
    /// Comma-separated values
    Csv,
    /// JSON
    Json,
}

pub(super) fn print(context: &Context, state: &CampaignState, format: Format) -> Result<()> {
    match format {
        Format::Markdown => context.out.line(markdown(state)),
        Format::Csv => context.out.bytes(&csv(state)?),
        Format::Json => {
            let text = serde_json::to_string_pretty(state)
                .map_err(|error| Failure::new(Exit::Ended, format!("JSON cannot be written: {error}")))?;
            context.out.line(text)
        }
    }
}

/// The cells of an item, in the order of [`FIELDS`].
fn cells(item: &ItemState) -> [String; FIELDS.len()] {
    [
        item.repository.clone(),
        (item.wave + 1).to_string(),
        item.status.as_str().to_owned(),
        item.state.clone().unwrap_or_default(),
        item.task_id.clone().unwrap_or_default(),
        item.pull_request_url.clone().unwrap_or_default(),
        item.pull_request_state.clone().unwrap_or_default(),
        credits(item.nano_credits),
        item.error.clone().unwrap_or_default(),
    ]
}

fn markdown(state: &CampaignState) -> String {
    let succeeded = state
        .items
        .iter()
        .filter(|item| item.status == ItemStatus::Succeeded)
        .count();
    let mut text = format!(
        "# Campaign {}\n\n{} of {} succeeded, {} credits, {}.\n\n| {} |\n|{}\n",
        state.name,
        succeeded,
        state.items.len(),
        credits(state.nano_credits),
        state.status.as_str(),
        FIELDS.join(" | "),
        "---|".repeat(FIELDS.len()),
    );
    for item in &state.items {
        let cells = cells(item).map(|cell| cell.replace('|', "\\|").replace(['\n', '\r'], " "));
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text.truncate(text.trim_end().len());
    text
}

fn csv(state: &CampaignState) -> Result<Vec<u8>> {
    let failed = |error: csv::Error| Failure::new(Exit::Ended, format!("CSV cannot be written: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(FIELDS).map_err(failed)?;
    for item in &state.items {
        writer.write_record(cells(item)).map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|error| Failure::new(Exit::Ended, format!("CSV cannot be written: {error}")))
}

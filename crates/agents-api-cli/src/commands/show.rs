//! `agents show`: one task with its sessions, artifacts, pull request and usage.
use agents_api::raw::sanitize_for_display;
use agents_api::{Artifact, ArtifactData, Session, Usage};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Result;
use crate::follow::rows;
use crate::output::BOLD;
use crate::output::table::Column;
use crate::task::{self, REPORT_FIELDS, Report, id_of};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The task, by id or by the address of its page
    #[arg(value_name = "ID")]
    id: String,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        context.out.check_json(REPORT_FIELDS)?;
        let client = context.client(&[]).await?;
        let spinner = context.out.spinner("fetching the task");
        let task = client.task(id_of(&self.id)).get().await?;
        let report = Report::fetch(client, task, &context.out).await?;
        drop(spinner);
        if context.out.is_json() {
            context.out.json(&report, REPORT_FIELDS)?;
            return Ok(Exit::Reached);
        }
        let mut pairs = rows(&report);
        let artifacts = report.task.artifacts.iter().flatten();
        pairs.extend(artifacts.filter_map(artifact).map(|text| ("branch", text)));
        context.out.pairs(&pairs)?;
        sessions(context, report.task.sessions.as_deref().unwrap_or_default())?;
        Ok(Exit::Reached)
    }
}

/// A branch that the task wrote to.
fn artifact(artifact: &Artifact) -> Option<String> {
    match &artifact.data {
        ArtifactData::BranchRef(branch) => Some(format!(
            "{} (from {})",
            sanitize_for_display(&branch.head_ref),
            sanitize_for_display(&branch.base_ref)
        )),
        _ => None,
    }
}

fn sessions(context: &Context, sessions: &[Session]) -> Result<()> {
    if sessions.is_empty() {
        return Ok(());
    }
    if context.out.is_terminal() {
        context.out.line(format!("\n{BOLD}Sessions{BOLD:#}"))?;
    }
    let columns = [
        Column::whole("STATE"),
        Column::whole("STARTED"),
        Column::whole("CREDITS"),
        Column::cut("MODEL"),
        Column::cut("ERROR"),
    ];
    let rows: Vec<Vec<String>> = sessions
        .iter()
        .map(|session| {
            let usage = Usage::from_sessions([session]);
            let error = session.error.as_ref().and_then(|error| error.message.as_deref());
            vec![
                task::state(&session.state),
                task::ago(session.created_at),
                usage.ai_credits().to_string(),
                sanitize_for_display(session.model.as_deref().unwrap_or_default()),
                sanitize_for_display(error.unwrap_or_default()),
            ]
        })
        .collect();
    context.out.table(&columns, &rows)
}

//! `agents pr`: the pull request of a task, by its number.
use agents_api::raw::sanitize_for_display;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::table::Column;
use crate::task::{self, Report, id_of};

/// What `--json` may select.
const FIELDS: &[&str] = &[
    "artifact_index",
    "base_ref",
    "head_ref",
    "id",
    "is_draft",
    "number",
    "repository",
    "resolved_via",
    "state",
    "task_id",
    "title",
    "url",
];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The task, by id or by the address of its page
    #[arg(value_name = "ID")]
    id: String,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        context.out.check_json(FIELDS)?;
        let client = context.client(&[]).await?;
        let spinner = context.out.spinner("fetching the pull request");
        let task = client.task(id_of(&self.id)).get().await?;
        let report = Report::fetch(client, task, &context.out).await?;
        drop(spinner);
        let pulls = &report.pull_requests;
        if context.out.is_json() {
            context.out.json(pulls, FIELDS)?;
        }
        if pulls.is_empty() {
            let task = &report.task;
            return Err(Failure::new(
                Exit::Ended,
                format!(
                    "task {} has no pull request and is {}",
                    task.id,
                    sanitize_for_display(task.state.as_str())
                ),
            )
            .hint(format!("wait for one with: agents wait --until pr {}", task.id)));
        }
        if !context.out.is_json() {
            let columns = [
                Column::whole("PULL REQUEST"),
                Column::whole("URL"),
                Column::cut("TITLE"),
            ];
            let rows: Vec<Vec<String>> = pulls
                .iter()
                .map(|pull| {
                    vec![
                        task::pull_request(pull),
                        sanitize_for_display(pull.url.as_deref().unwrap_or_default()),
                        sanitize_for_display(pull.title.as_deref().unwrap_or_default()),
                    ]
                })
                .collect();
            context.out.table(&columns, &rows)?;
        }
        Ok(Exit::Reached)
    }
}

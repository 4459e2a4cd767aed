//! `agents usage`: what tasks have used, in credits and dollars.
mod group;

use agents_api::chrono::{DateTime, Utc};
use agents_api::{Client, Task, Usage};
use serde::Serialize;

use self::group::{By, group};
use super::list::{collect, lists, since};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::table::{self, Column};
use crate::task::{UsageReport, dollars};

/// What `--json` may select.
const FIELDS: &[&str] = &[
    "ai_credits",
    "ai_credits_nano",
    "dollars",
    "group",
    "premium_requests",
    "sessions",
    "tasks",
];

/// How wide the longest bar of the chart is, where there is room.
const BAR: usize = 24;

/// What the columns before the chart take.
const OTHER_COLUMNS: usize = 46;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Tasks of this repository; may be given repeatedly [default: yours in all repositories]
    #[arg(short = 'R', long = "repo", value_name = "OWNER/REPO")]
    repos: Vec<String>,
    /// Tasks that changed since a time, or within a span
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = since)]
    since: DateTime<Utc>,
    /// What to add up by
    #[arg(long, value_enum, default_value_t = By::Day)]
    by: By,
    /// Print comma-separated values
    #[arg(long, conflicts_with_all = ["json", "jq"])]
    csv: bool,
}

/// A row of the result.
#[derive(Serialize)]
struct Line {
    group: String,
    tasks: usize,
    sessions: usize,
    #[serde(flatten)]
    usage: UsageReport,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        context.out.check_json(FIELDS)?;
        let mine = self.repos.is_empty();
        let mut tasks = Vec::new();
        for (name, list) in lists(context, &self.repos, mine).await? {
            let list = list.including_archived().since(self.since).per_page(100);
            let found = collect(context, list, usize::MAX).await?;
            tasks.extend(found.into_iter().map(|task| (name.clone(), task)));
        }
        let client = context.client(&[]).await?;
        let tasks = with_sessions(context, client, tasks).await?;
        let groups = group(&tasks, self.by, self.since);
        let total: Usage = groups.iter().map(|(_, _, usage)| usage.clone()).sum();
        let lines: Vec<Line> = groups
            .iter()
            .map(|(name, tasks, usage)| Line {
                group: name.clone(),
                tasks: *tasks,
                sessions: usage.sessions(),
                usage: UsageReport::from(usage),
            })
            .collect();
        if context.out.is_json() {
            context.out.json(&lines, FIELDS)?;
        } else if self.csv {
            context.out.bytes(&csv(self.by, &lines)?)?;
        } else {
            print(context, self.by, &groups)?;
            context.out.note(format!(
                "total: {total} (${:.2}) in {} tasks",
                dollars(&total),
                tasks.len()
            ));
        }
        if !total.unknown().is_empty() {
            let count = total.unknown().len();
            context.out.warn(format!(
                "{count} amounts are in a unit that is not known, and are not counted"
            ));
        }
        Ok(Exit::Reached)
    }
}

/// The tasks with their sessions, which lists leave out: a request each.
async fn with_sessions(
    context: &Context,
    client: &Client,
    tasks: Vec<(Option<String>, Task)>,
) -> Result<Vec<(Option<String>, Task)>> {
    let progress = context
        .out
        .bar(tasks.len() as u64, "fetching what each task has used");
    let mut complete = Vec::with_capacity(tasks.len());
    for (name, task) in tasks {
        let fetched = client.task(&task.id).get().await;
        match fetched {
            Ok(task) => complete.push((name, task)),
            Err(error) if error.is_not_found() => {
                context
                    .out
                    .warn(format!("task {} is gone and is not counted", task.id));
            }
            Err(error) => return Err(error.into()),
        }
        progress.position(complete.len() as u64);
    }
    Ok(complete)
}

#[expect(clippy::cast_precision_loss, reason = "the length of a bar")]
fn print(context: &Context, by: By, groups: &[(String, usize, Usage)]) -> Result<()> {
    let room = table::terminal_width().saturating_sub(OTHER_COLUMNS).min(BAR);
    let credits = |usage: &Usage| usage.ai_credits().nano() as f64;
    let most = groups
        .iter()
        .map(|(_, _, usage)| credits(usage))
        .fold(0.0, f64::max);
    let mut columns = vec![
        Column::whole(by.title()),
        Column::whole("TASKS"),
        Column::whole("CREDITS"),
        Column::whole("DOLLARS"),
        Column::whole("REQUESTS"),
    ];
    if context.out.is_terminal() {
        columns.push(Column::whole("CHART"));
    }
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|(name, tasks, usage)| {
            let mut row = vec![
                name.clone(),
                tasks.to_string(),
                usage.ai_credits().to_string(),
                format!("{:.2}", dollars(usage)),
                usage.premium_requests().to_string(),
            ];
            if context.out.is_terminal() {
                row.push(table::bar(credits(usage), most, room));
            }
            row
        })
        .collect();
    context.out.table(&columns, &rows)
}

fn csv(by: By, lines: &[Line]) -> Result<Vec<u8>> {
    let failed = |error: csv::Error| Failure::new(Exit::Ended, format!("CSV cannot be written: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let heading = by.title().to_ascii_lowercase();
    writer
        .write_record([
            &heading,
            "tasks",
            "sessions",
            "ai_credits",
            "dollars",
            "premium_requests",
        ])
        .map_err(failed)?;
    for line in lines {
        writer
            .write_record([
                &line.group,
                &line.tasks.to_string(),
                &line.sessions.to_string(),
                &line.usage.ai_credits.to_string(),
                &line.usage.dollars.to_string(),
                &line.usage.premium_requests.to_string(),
            ])
            .map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|error| Failure::new(Exit::Ended, format!("CSV cannot be written: {error}")))
}

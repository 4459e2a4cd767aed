//! `agents list`: tasks, newest change first.
use agents_api::chrono::{DateTime, TimeDelta, Utc};
use agents_api::list::{ListTasks, Page};
use agents_api::raw::sanitize_for_display;
use agents_api::{SortDirection, Task, TaskSort, TaskState};
use clap::ValueEnum;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::Progress;
use crate::output::table::Column;
use crate::task::{self, FIELDS};

/// The largest page GitHub gives.
const MOST_PER_PAGE: u64 = 100;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Tasks of this repository; may be given repeatedly [default: GH_REPO, GITHUB_REPOSITORY, the remote origin, else yours in all repositories]
    #[arg(short = 'R', long = "repo", value_name = "OWNER/REPO")]
    repos: Vec<String>,
    /// Your own tasks in all repositories
    #[arg(long, conflicts_with = "repos")]
    mine: bool,
    /// In these states only: queued, in_progress, completed, failed, idle, waiting_for_user, timed_out, cancelled
    #[arg(short, long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<String>,
    /// Of these creators only, by their numeric ids
    #[arg(long, value_name = "USER_ID", value_delimiter = ',')]
    creator: Vec<i64>,
    /// Changed since a time, or within a span: 2026-11-01T00:00:00Z, 7d
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<DateTime<Utc>>,
    /// Archived tasks only
    #[arg(long, conflicts_with = "all")]
    archived: bool,
    /// Archived tasks as well
    #[arg(long)]
    all: bool,
    /// The order
    #[arg(long, value_enum, default_value_t = Sort::Updated)]
    sort: Sort,
    /// At most this many of each repository
    #[arg(short = 'L', long, value_name = "N", default_value_t = 30)]
    limit: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// latest change first
    Updated,
    /// newest first
    Created,
    /// oldest first
    Oldest,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        context.out.check_json(FIELDS)?;
        let lists = lists(context, &self.repos, self.mine).await?;
        if !self.creator.is_empty() && lists.iter().any(|(name, _)| name.is_none()) {
            return Err(Failure::usage(
                "--creator: only the tasks of a repository have creators; give -R OWNER/REPO",
            ));
        }
        let mut tasks = Vec::new();
        for (_, list) in lists {
            tasks.extend(collect(context, self.narrow(list), self.limit).await?);
        }
        if context.out.is_json() {
            context.out.json(&tasks, FIELDS)?;
        } else if tasks.is_empty() {
            context.out.note("no tasks");
        } else {
            print(context, &tasks)?;
        }
        Ok(Exit::Reached)
    }

    fn narrow(&self, mut list: ListTasks) -> ListTasks {
        if !self.state.is_empty() {
            list = list.states(self.state.iter().map(|state| TaskState::from(state.trim())));
        }
        if !self.creator.is_empty() {
            list = list.creators(self.creator.iter().copied());
        }
        if let Some(time) = self.since {
            list = list.since(time);
        }
        if self.archived {
            list = list.archived();
        }
        if self.all {
            list = list.including_archived();
        }
        let (sort, direction) = match self.sort {
            Sort::Updated => (TaskSort::UpdatedAt, SortDirection::Desc),
            Sort::Created => (TaskSort::CreatedAt, SortDirection::Desc),
            Sort::Oldest => (TaskSort::CreatedAt, SortDirection::Asc),
        };
        let per_page = (self.limit as u64).clamp(1, MOST_PER_PAGE);
        list.sort(sort).direction(direction).per_page(per_page)
    }
}

/// The lists of repositories that are given or meant, by name; without any, that of the user's own tasks.
pub(super) async fn lists(
    context: &Context,
    given: &[String],
    mine: bool,
) -> Result<Vec<(Option<String>, ListTasks)>> {
    let names = if mine { None } else { context.repo_names(given)? };
    if names.is_none() {
        let client = context.client(&[]).await?;
        return Ok(vec![(None, client.list_tasks())]);
    }
    let repos = context.repos(given).await?;
    Ok(repos
        .into_iter()
        .map(|repo| (Some(repo.to_string()), repo.list_tasks()))
        .collect())
}

/// The first tasks of a list, with its pages as progress.
pub(super) async fn collect(context: &Context, list: ListTasks, limit: usize) -> Result<Vec<Task>> {
    let progress = context.out.spinner("fetching page 1");
    let mut pages = list.pages();
    let mut tasks: Vec<Task> = Vec::new();
    while tasks.len() < limit {
        let Some(page) = pages.try_next().await? else {
            break;
        };
        say_progress(&progress, &page, limit);
        tasks.extend(page.tasks);
    }
    tasks.truncate(limit);
    Ok(tasks)
}

fn say_progress(progress: &Progress, page: &Page, limit: usize) {
    let total = if page.archived {
        page.total_archived_count
    } else {
        page.total_active_count
    };
    let per_page = (page.tasks.len() as u64).max(1);
    let wanted = total
        .and_then(|total| u64::try_from(total).ok())
        .map(|total| total.min(limit as u64));
    progress.message(match wanted {
        Some(wanted) => format!(
            "page {} of {}",
            page.number,
            wanted.div_ceil(per_page).max(page.number)
        ),
        None => format!("page {}", page.number),
    });
}

fn print(context: &Context, tasks: &[Task]) -> Result<()> {
    let (mut columns, mut rows) = rows(tasks);
    // A person sees which repository it is where there are several; a script always.
    let several = rows.windows(2).any(|pair| pair[0].last() != pair[1].last());
    if context.out.is_terminal() && !several {
        columns.pop();
        for row in &mut rows {
            row.pop();
        }
    }
    context.out.table(&columns, &rows)
}

/// Tasks as a table.
pub(super) fn rows<'t>(tasks: impl IntoIterator<Item = &'t Task>) -> (Vec<Column>, Vec<Vec<String>>) {
    let columns = vec![
        Column::whole("ID"),
        Column::whole("STATE"),
        Column::whole("CHANGED"),
        Column::cut("NAME"),
        Column::cut("REPOSITORY"),
    ];
    let row = |task: &'t Task| {
        vec![
            sanitize_for_display(&task.id),
            task::state(&task.state),
            task::ago(task.updated_at.unwrap_or(task.created_at)),
            task::name(task),
            task::repository(task).unwrap_or_default(),
        ]
    };
    (columns, tasks.into_iter().map(row).collect())
}

/// A time, or a span before now.
pub(super) fn since(text: &str) -> std::result::Result<DateTime<Utc>, String> {
    if let Ok(time) = text.parse::<DateTime<Utc>>() {
        return Ok(time);
    }
    if let Ok(time) = humantime::parse_rfc3339_weak(text) {
        return Ok(time.into());
    }
    let span = humantime::parse_duration(text).map_err(|_| {
        "write a time, like 2026-11-01T00:00:00Z or 2026-11-01, or a span, like 7d or 12h".to_owned()
    });
    let span = TimeDelta::from_std(span?).map_err(|error| error.to_string())?;
    Utc::now()
        .checked_sub_signed(span)
        .ok_or_else(|| "that is too long ago".to_owned())
}

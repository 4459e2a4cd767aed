//! What is printed of a task that was started, and of one that has come to what was waited for.
use agents_api::Task;
use agents_api::raw::sanitize_for_display;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Result;
use crate::output::{BOLD, DIM};
use crate::task::{self, REPORT_FIELDS, Report};

/// Prints a started task: at once, before anything else can go wrong. With `last`, nothing follows it.
///
/// # Errors
/// When it cannot be printed.
pub(crate) fn begun(context: &Context, task: &Task, last: bool) -> Result<()> {
    let (id, url) = (sanitize_for_display(&task.id), task::url(task));
    outputs(
        context,
        &[("id", &id), ("url", &url), ("state", task.state.as_str())],
    );
    if context.out.is_json() {
        if last {
            return context.out.json(task, REPORT_FIELDS);
        }
        context.out.note(format!("{id}\t{url}"));
        return Ok(());
    }
    if context.out.is_terminal() {
        context.out.line(format!("{BOLD}{id}{BOLD:#}  {DIM}{url}{DIM:#}"))
    } else {
        context.out.line(format!(
            "{}\t{id}\t{url}",
            sanitize_for_display(task.state.as_str())
        ))
    }
}

/// Prints the result of a task and hands on its exit code.
pub(super) async fn ended(context: &Context, task: Task, exit: Exit) -> Result<Exit> {
    let client = context.client(&[]).await?;
    let spinner = context.out.spinner("fetching the result");
    let report = Report::fetch(client, task, &context.out).await;
    drop(spinner);
    let report = report?;
    let task = &report.task;
    let (id, state, pull) = (
        sanitize_for_display(&task.id),
        sanitize_for_display(task.state.as_str()),
        report.pull_request_url(),
    );
    let url = task::url(task);
    outputs(
        context,
        &[
            ("id", &id),
            ("url", &url),
            ("state", &state),
            ("pull_request", &pull),
        ],
    );
    summarize(context, &report);
    if context.out.is_json() {
        context.out.json(&report, REPORT_FIELDS)?;
    } else if context.out.is_terminal() {
        context.out.pairs(&rows(&report))?;
    } else {
        context.out.line(format!("{state}\t{id}\t{url}\t{pull}"))?;
    }
    match (exit, session_error(task)) {
        (Exit::Reached, _) => {}
        (Exit::NeedsPerson, _) => context.out.warn(format!("task {id} needs a person: {url}")),
        (_, Some(error)) => context.out.error(format!("task {id} is {state}: {error}")),
        (_, None) => context.out.error(format!("task {id} is {state}")),
    }
    Ok(exit)
}

/// The lines about a task for a person.
pub(crate) fn rows(report: &Report) -> Vec<(&'static str, String)> {
    let task = &report.task;
    let mut rows = vec![
        (
            "state",
            format!("{} after {}", task::state(&task.state), task::age(task)),
        ),
        ("name", task::name(task)),
        ("task", sanitize_for_display(&task.id)),
        ("page", task::url(task)),
    ];
    for pull in &report.pull_requests {
        let url = sanitize_for_display(pull.url.as_deref().unwrap_or_default());
        rows.push(("pull request", format!("{}  {url}", task::pull_request(pull))));
    }
    rows.extend(task::usage(task).map(|usage| ("usage", usage)));
    rows.retain(|(_, value)| !value.is_empty());
    rows
}

/// Why the latest session failed, if it says so.
fn session_error(task: &Task) -> Option<String> {
    let session = task.sessions.as_ref()?.last()?;
    Some(sanitize_for_display(session.error.as_ref()?.message.as_deref()?))
}

fn outputs(context: &Context, outputs: &[(&str, &str)]) {
    if let Err(error) = context.actions.outputs(outputs) {
        context
            .out
            .warn(format!("GITHUB_OUTPUT cannot be written: {error}"));
    }
}

/// Adds the task to the summary of an Actions job.
fn summarize(context: &Context, report: &Report) {
    let task = &report.task;
    let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;");
    let pulls: Vec<String> = report
        .pull_requests
        .iter()
        .map(|pull| match &pull.url {
            Some(url) => format!(
                "[{}]({})",
                cell(&task::pull_request(pull)),
                sanitize_for_display(url)
            ),
            None => cell(&task::pull_request(pull)),
        })
        .collect();
    let text = format!(
        "| Task | State | Pull request | Credits |\n|---|---|---|---|\n| [{}]({}) | {} | {} | {} |\n\n",
        cell(&task::name(task)),
        task::url(task),
        cell(&sanitize_for_display(task.state.as_str())),
        pulls.join(", "),
        cell(&task::usage(task).unwrap_or_default()),
    );
    if let Err(error) = context.actions.summary(&text) {
        context
            .out
            .warn(format!("GITHUB_STEP_SUMMARY cannot be written: {error}"));
    }
}

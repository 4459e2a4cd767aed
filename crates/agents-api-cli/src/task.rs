//! How tasks are shown: words, colours, and the JSON of a task with what is known besides.
use agents_api::chrono::{DateTime, TimeDelta, Utc};
use agents_api::pulls::PullRequest;
use agents_api::raw::sanitize_for_display;
use agents_api::{ArtifactType, Client, Phase, Task, TaskState, TaskStateExt as _, Usage};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::{Number, Value};

use crate::failure::Result;

/// The fields of a task in a list, as `--json` selects them.
pub(crate) const FIELDS: &[&str] = &[
    "archived_at",
    "artifacts",
    "created_at",
    "creator",
    "creator_type",
    "custom_agent",
    "html_url",
    "id",
    "name",
    "owner",
    "repository",
    "session_count",
    "sessions",
    "state",
    "updated_at",
    "url",
    "user_collaborators",
];

/// The fields of a single task.
pub(crate) const REPORT_FIELDS: &[&str] = &[
    "archived_at",
    "artifacts",
    "created_at",
    "creator",
    "creator_type",
    "custom_agent",
    "html_url",
    "id",
    "name",
    "owner",
    "pull_requests",
    "repository",
    "session_count",
    "sessions",
    "state",
    "updated_at",
    "url",
    "usage",
    "user_collaborators",
];

/// A dollar is so many nano credits: a credit is a cent (GitHub's billing documentation).
pub(crate) const NANO_CREDITS_PER_DOLLAR: f64 = 1e11;

/// The id of a task, from the id or from the address of its page.
pub(crate) fn id_of(text: &str) -> String {
    let text = text.trim();
    let id = text.contains("://").then(|| {
        let path = text.split(['?', '#']).next().unwrap_or(text);
        path.trim_end_matches('/').rsplit('/').next()
    });
    id.flatten().unwrap_or(text).to_owned()
}

/// The address of a task's page, if it has one.
pub(crate) fn url(task: &Task) -> String {
    sanitize_for_display(task.html_url.as_deref().unwrap_or_default())
}

/// The title of a task.
pub(crate) fn name(task: &Task) -> String {
    sanitize_for_display(task.name.as_deref().unwrap_or_default())
}

/// The repository of a task, by what the address of its page says, else by its id.
pub(crate) fn repository(task: &Task) -> Option<String> {
    let from_url = task.html_url.as_deref().and_then(|url| {
        let mut path = url.split_once("://")?.1.split('/').skip(1);
        let (owner, name) = (path.next()?, path.next()?);
        (!owner.is_empty() && !name.is_empty()).then(|| format!("{owner}/{name}"))
    });
    from_url
        .map(|name| sanitize_for_display(&name))
        .or_else(|| Some(format!("repository {}", task.repository.as_ref()?.id?)))
}

/// A state in its colour.
pub(crate) fn state(state: &TaskState) -> String {
    let style = style(state);
    format!("{style}{}{style:#}", sanitize_for_display(state.as_str()))
}

fn style(state: &TaskState) -> Style {
    match state.phase() {
        _ if state.has_succeeded() => AnsiColor::Green.on_default(),
        Phase::Ended => AnsiColor::Red.on_default(),
        Phase::Paused => AnsiColor::Yellow.on_default(),
        Phase::Active => AnsiColor::Cyan.on_default(),
        Phase::Unknown => Style::new(),
    }
}

/// How long ago something was, in one unit: `5m`.
pub(crate) fn ago(then: DateTime<Utc>) -> String {
    short(Utc::now() - then, 1)
}

/// How old the task is, or how old it grew.
pub(crate) fn age(task: &Task) -> String {
    let changed = task.updated_at.unwrap_or(task.created_at);
    let until = if task.state.has_ended() {
        changed
    } else {
        changed.max(Utc::now())
    };
    short(until - task.created_at, 2)
}

/// A time in its `units` largest units.
fn short(time: TimeDelta, units: usize) -> String {
    let seconds = u64::try_from(time.num_seconds()).unwrap_or_default();
    let text = humantime::format_duration(std::time::Duration::from_secs(seconds)).to_string();
    text.split(' ').take(units).collect::<Vec<_>>().join(" ")
}

/// Whether the task has a pull request.
pub(crate) fn has_pull_request(task: &Task) -> bool {
    let mut artifacts = task.artifacts.iter().flatten();
    artifacts.any(|artifact| artifact.type_ == ArtifactType::Pull)
}

/// What the task has used, for a person: `1.2 AI credits ($0.01)`.
pub(crate) fn usage(task: &Task) -> Option<String> {
    let usage = Usage::from_task(task).filter(|usage| usage.sessions() > usage.sessions_without_usage())?;
    Some(format!("{usage} (${:.2})", dollars(&usage)))
}

/// What the credits cost.
#[expect(clippy::cast_precision_loss, reason = "cents are shown, not nano credits")]
pub(crate) fn dollars(usage: &Usage) -> f64 {
    usage.ai_credits().nano() as f64 / NANO_CREDITS_PER_DOLLAR
}

/// A pull request for a person: `#244 open`.
pub(crate) fn pull_request(pull: &PullRequest) -> String {
    let draft = if pull.is_draft == Some(true) { " draft" } else { "" };
    format!(
        "#{} {}{draft}",
        pull.number,
        sanitize_for_display(pull.state.as_str())
    )
}

/// A task with what it takes further requests to know.
#[derive(Serialize)]
pub(crate) struct Report {
    #[serde(flatten)]
    pub(crate) task: Task,
    /// Its pull requests, with their numbers.
    pub(crate) pull_requests: Vec<PullRequest>,
    /// What its sessions have used; null where they are not known.
    pub(crate) usage: Option<UsageReport>,
}

/// A usage as JSON.
#[derive(Clone, Serialize)]
pub(crate) struct UsageReport {
    /// Billionths of a credit, exactly.
    pub(crate) ai_credits_nano: Value,
    /// Credits, rounded to one decimal.
    pub(crate) ai_credits: Value,
    /// Dollars, rounded to cents.
    pub(crate) dollars: Value,
    /// Premium requests.
    pub(crate) premium_requests: f64,
}

impl From<&Usage> for UsageReport {
    fn from(usage: &Usage) -> Self {
        let nano = usage.ai_credits().nano();
        let exact = Number::from_i128(nano).map_or_else(|| Value::String(nano.to_string()), Value::Number);
        let decimal = |text: String| text.parse::<f64>().map(Value::from).unwrap_or_default();
        Self {
            ai_credits_nano: exact,
            ai_credits: decimal(usage.ai_credits().to_string()),
            dollars: decimal(format!("{:.2}", dollars(usage))),
            premium_requests: usage.premium_requests().to_f64(),
        }
    }
}

impl Report {
    /// The task with its sessions and the numbers of its pull requests. What cannot be resolved is left out, and said.
    ///
    /// # Errors
    /// When the task cannot be fetched.
    pub(crate) async fn fetch(client: &Client, task: Task, out: &crate::output::Output) -> Result<Self> {
        let task = match task.sessions {
            Some(_) => task,
            None => client.task(&task.id).get().await?,
        };
        let mut pull_requests = Vec::new();
        if has_pull_request(&task) {
            match client.resolve_pull_requests([&task]).await {
                Ok(pulls) => {
                    for unresolved in &pulls.unresolved {
                        out.note(format!("pull request of {}: {unresolved}", task.id));
                    }
                    pull_requests = pulls.resolved;
                }
                Err(error) => out.warn(format!("the pull request of {} is not known: {error}", task.id)),
            }
        }
        Ok(Self {
            usage: Usage::from_task(&task).as_ref().map(UsageReport::from),
            pull_requests,
            task,
        })
    }

    /// The address of the first pull request.
    pub(crate) fn pull_request_url(&self) -> String {
        let url = self.pull_requests.iter().find_map(|pull| pull.url.as_deref());
        sanitize_for_display(url.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_page_names_its_task() {
        for text in [
            "t1",
            " t1 ",
            "https://github.com/octocat/hello-world/copilot/tasks/t1",
            "https://github.com/octocat/hello-world/copilot/tasks/t1/?tab=log#x",
        ] {
            assert_eq!(id_of(text), "t1");
        }
    }

    #[test]
    fn times_are_short() {
        let seconds = TimeDelta::seconds;
        assert_eq!(short(seconds(3725), 1), "1h");
        assert_eq!(short(seconds(3725), 2), "1h 2m");
        assert_eq!(short(seconds(-5), 1), "0s");
    }
}

//! Starting tasks, as `start` and `run` do: one start a repository, each sent once.
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use agents_api::chrono::{DateTime, SecondsFormat, Utc};
use agents_api::raw::sanitize_for_display;
use agents_api::start::{Fallback, Reconciled, StartOrigin, StartTask, Started};
use agents_api::{Delivery, Error, Repo, Task};
use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// How long to search for the task of a start whose response was lost.
const SEARCH: Duration = Duration::from_secs(20);

/// What to start, and where.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Task")]
pub(crate) struct StartArgs {
    /// What the agent is to do; - reads it from standard input
    #[arg(value_name = "PROMPT", required_unless_present = "file")]
    prompt: Option<String>,
    /// Read the prompt from a file
    #[arg(short = 'F', long, value_name = "FILE", conflicts_with = "prompt")]
    file: Option<PathBuf>,
    /// Where to start it; may be given repeatedly [default: GH_REPO, GITHUB_REPOSITORY, the remote origin]
    #[arg(short = 'R', long = "repo", value_name = "OWNER/REPO")]
    pub(crate) repos: Vec<String>,
    /// The branch to start from [default: the repository's]
    #[arg(short, long, value_name = "BRANCH")]
    base: Option<String>,
    /// The branch of an open pull request to work on
    #[arg(long, value_name = "REF")]
    head: Option<String>,
    /// The model, and those to fall back to when GitHub refuses it
    #[arg(short, long, value_name = "MODEL[,FALLBACK…]", value_delimiter = ',')]
    model: Vec<String>,
    /// A custom agent of the repository
    #[arg(short, long, value_name = "AGENT")]
    agent: Option<String>,
    /// Let the agent open a pull request
    #[arg(long)]
    pr: bool,
    /// Makes the command repeatable: with the same key it starts one task, however often it runs
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Send nothing: find the task of the same command, run at this time or later, whose response was lost
    #[arg(long, value_name = "TIME", conflicts_with = "key")]
    reconcile: Option<DateTime<Utc>>,
}

impl StartArgs {
    /// The prompt, from where it is.
    ///
    /// # Errors
    /// When it cannot be read, or is blank.
    pub(crate) fn prompt(&self) -> Result<String> {
        let (from, read) = match (&self.file, self.prompt.as_deref()) {
            (Some(path), _) if path.as_os_str() != "-" => {
                (path.display().to_string(), std::fs::read_to_string(path))
            }
            (Some(_), _) | (None, Some("-")) => {
                let mut text = String::new();
                let read = std::io::stdin().read_to_string(&mut text).map(|_| text);
                ("standard input".to_owned(), read)
            }
            (None, prompt) => ("PROMPT".to_owned(), Ok(prompt.unwrap_or_default().to_owned())),
        };
        let prompt = read.map_err(|error| Failure::usage(format!("{from}: {error}")))?;
        if prompt.trim().is_empty() {
            return Err(Failure::usage(format!("{from}: the prompt is empty")));
        }
        Ok(prompt)
    }

    /// Starts the task in `repo`, or finds the one that an earlier command started.
    ///
    /// # Errors
    /// When nothing was started; or when nobody knows, with [`Exit::MayRun`] and the command that finds out.
    pub(crate) async fn start(&self, context: &Context, repo: &Repo, prompt: &str) -> Result<Task> {
        let mut start = repo.start_task(prompt).create_pull_request(self.pr);
        if let Some(base) = &self.base {
            start = start.base_ref(base);
        }
        if let Some(head) = &self.head {
            start = start.head_ref(head);
        }
        if let Some(agent) = &self.agent {
            start = start.custom_agent(agent);
        }
        let mut models = self
            .model
            .iter()
            .map(|model| model.trim())
            .filter(|model| !model.is_empty());
        if let Some(model) = models.next() {
            start = start.model(model);
        }
        let reconcile = start.reconcile();
        if let Some(time) = self.reconcile {
            return self.find(context, repo, reconcile.since(time), time).await;
        }
        let sent_at = Utc::now();
        context.following.sending(self.recovery(repo, sent_at));
        let spinner = context.out.spinner(format!("starting a task in {repo}"));
        start = models.fold(start, StartTask::or_model);
        if let Some(key) = &self.key {
            start = start.idempotency_key(key.as_str());
        }
        let started = start.await;
        drop(spinner);
        context.following.answered();
        match started {
            Ok(started) => {
                say(context, &started);
                Ok(started.task)
            }
            Err(error) if error.delivery() == Delivery::Unknown && self.key.is_none() => {
                context
                    .out
                    .warn(format!("the response to the start was lost: {error}"));
                context.following.sending(self.recovery(repo, sent_at));
                let found = self.find(context, repo, reconcile, sent_at).await;
                context.following.answered();
                found
            }
            Err(error) => Err(self.failure(repo, sent_at, &error)),
        }
    }

    /// Finds the task of a start that was sent at `sent_at` or later.
    async fn find(
        &self,
        context: &Context,
        repo: &Repo,
        reconcile: agents_api::start::Reconcile,
        sent_at: DateTime<Utc>,
    ) -> Result<Task> {
        let spinner = context.out.spinner(format!("searching {repo} for the task"));
        let found = reconcile.timeout(SEARCH).await;
        drop(spinner);
        let recovery = self.recovery(repo, sent_at);
        match found {
            Ok(Reconciled::Found(task)) => {
                context
                    .out
                    .note(format!("found: the task that was started is {}", task.id));
                Ok(*task)
            }
            Ok(Reconciled::Ambiguous(tasks)) => {
                let ids: Vec<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
                Err(Failure::new(
                    Exit::MayRun,
                    format!(
                        "{repo}: several tasks fit, so it is not known which was started: {}",
                        ids.join(" ")
                    ),
                ))
            }
            Ok(_) => Err(Failure::new(
                Exit::MayRun,
                format!("{repo}: a task may be running: none is found yet that fits"),
            )
            .hint(recovery)),
            Err(error) => Err(Failure::new(
                Exit::MayRun,
                format!("{repo}: a task may be running: the search for it failed: {error}"),
            )
            .hint(recovery)),
        }
    }

    fn failure(&self, repo: &Repo, sent_at: DateTime<Utc>, error: &Error) -> Failure {
        if error.delivery() == Delivery::Unknown {
            return Failure::new(Exit::MayRun, format!("{repo}: a task may be running: {error}"))
                .hint(self.recovery(repo, sent_at));
        }
        Failure::new(
            Exit::of_error(error),
            format!("{repo}: nothing was started: {error}"),
        )
    }

    /// The line that says how to find out what became of the start. It holds no prompt.
    fn recovery(&self, repo: &Repo, sent_at: DateTime<Utc>) -> String {
        match &self.key {
            Some(key) => {
                format!("run the same command again: with --key {key} it finds the task, or starts the one")
            }
            None => format!(
                "do not start it again: run the same command with -R {repo} --reconcile {}",
                sent_at.to_rfc3339_opts(SecondsFormat::Secs, true)
            ),
        }
    }
}

/// What was done to get the task, where that is not just what was asked for.
fn say(context: &Context, started: &Started) {
    let text = sanitize_for_display;
    for fallback in &started.fallbacks {
        match fallback {
            Fallback::Model {
                refused,
                instead,
                reason,
                ..
            } => context.out.warn(format!(
                "model {} was refused ({}); asked for {} instead",
                text(refused.as_deref().unwrap_or("default")),
                text(reason),
                text(instead)
            )),
            other => context.out.warn(format!("{other:?}")),
        }
    }
    match started.origin {
        StartOrigin::Existing => context.out.note("nothing was sent: a task with this key exists"),
        StartOrigin::Recovered => context
            .out
            .note("the response was lost; the task was found by its key"),
        _ => {}
    }
    for duplicate in &started.duplicates {
        context
            .out
            .warn(format!("another task has the same key: {}", duplicate.id));
    }
}

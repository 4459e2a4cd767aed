//! `agents watch`: every change of many tasks as it happens: on a screen, as lines, to a command, to an address.
mod board;
mod deliver;
mod exec;
mod fleets;
mod notice;
mod post;
mod sign;
mod state;

use std::path::PathBuf;
use std::time::Duration;

use agents_api::chrono::{DateTime, Utc};
use agents_api::{FleetEvent, TaskStateExt as _};
use tokio::time::timeout;

use self::board::Board;
use self::deliver::Delivery;
use self::fleets::Fleets;
use self::notice::Notice;
use self::state::State;
use super::list::since;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::task::id_of;

/// How often a screen without events is drawn anew: ages grow.
const TICK: Duration = Duration::from_secs(1);

/// How long to wait for a last event once all tasks have ended.
const LAST: Duration = Duration::from_millis(50);

/// What `--json` may select.
const FIELDS: &[&str] = &[
    "event",
    "id",
    "previous_state",
    "reason",
    "repository",
    "state",
    "task",
    "url",
];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// These tasks only [default: all of a repository, or yours]
    #[arg(value_name = "ID", conflicts_with = "repos")]
    ids: Vec<String>,
    /// Tasks of this repository; may be given repeatedly [default: yours in all repositories]
    #[arg(short = 'R', long = "repo", value_name = "OWNER/REPO")]
    repos: Vec<String>,
    /// Leave out tasks that have not changed since a time, or within a span
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<DateTime<Utc>>,
    /// Print each event as a line of JSON, on a terminal too
    #[arg(long)]
    ndjson: bool,
    /// Run a command for each event: the event on standard input, and AGENTS_EVENT, AGENTS_TASK_ID, AGENTS_TASK_STATE, AGENTS_PREVIOUS_STATE, AGENTS_TASK_URL
    #[arg(long, value_name = "COMMAND")]
    exec: Option<String>,
    /// Post each event as JSON to this address, at least once and in order
    #[arg(long, value_name = "URL")]
    post: Option<String>,
    /// Sign what is posted with the secret in this variable: X-Hub-Signature-256, as GitHub's webhooks
    #[arg(long, value_name = "VAR", requires = "post")]
    secret_env: Option<String>,
    /// Keep in this file what was delivered, so that a restart loses nothing and repeats at most the last event
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// How often to poll [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    interval: Option<Duration>,
    /// End when all tasks that are followed have ended
    #[arg(long)]
    until_ended: bool,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        context.out.check_json(FIELDS)?;
        let delivery = Delivery::new(
            self.post.as_deref(),
            self.secret_env.as_deref(),
            self.exec.clone(),
        )?;
        let mut state = self.state.clone().map(State::load).transpose()?;
        let ids: Vec<String> = self.ids.iter().map(|id| id_of(id)).collect();
        let mut fleets = Fleets::new(
            context,
            &self.repos,
            &ids,
            self.since,
            self.interval,
            state.as_ref(),
        )
        .await?;
        let is_lines = self.ndjson || context.out.is_json() || !context.out.is_terminal();
        let mut board = (!is_lines).then(Board::new);
        let mut is_over = false;
        loop {
            // What is known already is reported before the end.
            let patience = if is_over { LAST } else { TICK };
            let mut is_idle = false;
            match timeout(patience, fleets.next()).await {
                Err(_) => is_idle = true,
                Ok((_, Err(error))) => return Err(error.into()),
                Ok((fleet, Ok(event))) => {
                    if let Some(board) = &mut board {
                        board.note(&event);
                    }
                    if let Some(notice) = Notice::of(&event, fleets.scope(fleet)) {
                        self.show(context, &notice, is_lines)?;
                        self.hand_on(context, &delivery, &notice, &mut state, &mut fleets)
                            .await?;
                    } else if is_lines {
                        complain(context, &event);
                    }
                }
            }
            if let Some(board) = &mut board {
                board.draw(fleets.tasks())?;
            }
            let was_over = is_over;
            is_over =
                self.until_ended && fleets.is_synced() && fleets.tasks().all(|task| task.state.has_ended());
            if (was_over && is_over && is_idle) || context.out.is_closed() {
                if let Some(state) = &mut state {
                    state.save(fleets.checkpoints())?;
                }
                return Ok(Exit::Reached);
            }
        }
    }

    fn show(&self, context: &Context, notice: &Notice, is_lines: bool) -> Result<()> {
        if self.ndjson || context.out.is_json() {
            return context.out.json_line(notice, FIELDS);
        }
        if is_lines {
            return context.out.line(notice.line());
        }
        Ok(())
    }

    /// Delivers an event and remembers that.
    async fn hand_on(
        &self,
        context: &Context,
        delivery: &Delivery,
        notice: &Notice,
        state: &mut Option<State>,
        fleets: &mut Fleets,
    ) -> Result<()> {
        let body = serde_json::to_vec(notice)
            .map_err(|error| Failure::new(Exit::Ended, format!("not representable as JSON: {error}")))?;
        let digest = sign::digest(&body);
        let is_delivered = state.as_mut().is_some_and(|state| state.was_delivered(&digest));
        if !is_delivered {
            delivery.deliver(context, notice, &body, &digest).await?;
        }
        match state {
            Some(state) => state.delivered(&digest, || fleets.checkpoints()),
            None => Ok(()),
        }
    }
}

/// Says on standard error what concerns the watch, and no task.
fn complain(context: &Context, event: &FleetEvent) {
    match event {
        FleetEvent::Degraded { error, retry_in, .. } => {
            let retry_in = humantime::format_duration(Duration::from_secs(retry_in.as_secs()));
            context.out.note(format!("{error}; next try in {retry_in}"));
        }
        FleetEvent::Recovered => context.out.note("requests succeed again"),
        _ => {}
    }
}

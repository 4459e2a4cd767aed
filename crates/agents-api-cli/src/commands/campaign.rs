//! `agents campaign`: a change across many repositories, exactly one task each.
mod report;
mod state;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agents_api_campaigns::{
    ApplyOptions, CampaignState, CampaignStatus, Definition, ErrorKind, ItemStatus, NewVersion, Plan, Store,
    apply, estimate, parse_targets,
};
use clap::Subcommand;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::table::Column;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Where the state is kept: sqlite:FILE or postgres://USER@HOST/DATABASE
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "AGENTS_DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite:campaigns.db"
    )]
    database: String,
}

#[derive(Subcommand)]
enum Command {
    /// Show what would start, in which order, and what it may cost; starts nothing
    Plan {
        /// The campaign file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Start the tasks, follow them, and stop at the limits; run it again at will, and as often at once as you like
    Apply {
        /// The campaign file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Replace the definition that is there: items that have not started get the new prompt and settings
        #[arg(long)]
        new_version: bool,
        /// How often to poll [default: 30s]
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        interval: Option<Duration>,
    },
    /// Show waves, states, pull requests and credits
    Status {
        /// The campaign; all of them by default
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Show it again whenever it changes, until it is finished
        #[arg(long, requires = "name", conflicts_with_all = ["json", "jq"])]
        watch: bool,
    },
    /// Start no further task until it is resumed; what runs goes on
    Pause(Name),
    /// Go on, and open the next wave if the one before is done
    Resume(Name),
    /// Start no further task; what runs goes on, since the API cannot cancel it
    Stop(Name),
    /// Start failed and refused items once more
    Retry {
        #[command(flatten)]
        name: Name,
        /// Items that failed or were refused, which is what there is to retry
        #[arg(long)]
        failed: bool,
    },
    /// Print each repository with its task, result, pull request and credits
    Report {
        #[command(flatten)]
        name: Name,
        /// The form
        #[arg(long, value_enum, default_value_t)]
        format: report::Format,
    },
    /// Print the JSON Schema of campaign files, for editors
    Schema,
}

#[derive(clap::Args)]
struct Name {
    /// The campaign
    #[arg(value_name = "NAME")]
    name: String,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        let out = &context.out;
        match self.command {
            Command::Plan { file } => return plan(context, &file).await,
            Command::Schema => {
                let schema = serde_json::to_string_pretty(&Definition::json_schema()).unwrap_or_default();
                out.line(schema)?;
                return Ok(Exit::Reached);
            }
            Command::Apply {
                file,
                new_version,
                interval,
            } => {
                // What is wrong with the file is said before a database is made for it.
                let plan = load(&file)?;
                let store = Store::open(&self.database).await?;
                let new_version = if new_version {
                    NewVersion::Accept
                } else {
                    NewVersion::Refuse
                };
                return run_apply(context, &store, &plan, new_version, interval).await;
            }
            _ => {}
        }
        let store = Store::open(&self.database).await?;
        match self.command {
            Command::Status {
                name: Some(name),
                watch,
            } => return state::show(context, &store, &name, watch).await,
            Command::Status { name: None, .. } => state::show_all(context, &store).await?,
            Command::Pause(Name { name }) => {
                store
                    .halt(&name, CampaignStatus::Paused, "paused by hand")
                    .await?;
                out.note(format!(
                    "campaign {name} paused: running tasks go on; `agents campaign resume {name}` goes on"
                ));
            }
            Command::Stop(Name { name }) => {
                store
                    .halt(&name, CampaignStatus::Stopped, "stopped by hand")
                    .await?;
                out.note(format!(
                    "campaign {name} stopped: running tasks go on; `agents campaign resume {name}` goes on"
                ));
            }
            Command::Resume(Name { name }) => {
                store.resume(&name).await?;
                out.note(format!(
                    "campaign {name} resumed: a running `agents campaign apply` goes on, else run it again"
                ));
            }
            Command::Retry {
                name: Name { name }, ..
            } => {
                let items = store.retry(&name).await?;
                out.note(format!(
                    "campaign {name}: {items} items will start once more; run `agents campaign apply` again"
                ));
            }
            Command::Report { name, format } => {
                report::print(context, &store.state(&name.name).await?, format)?;
            }
            Command::Plan { .. } | Command::Apply { .. } | Command::Schema => {}
        }
        Ok(Exit::Reached)
    }
}

/// Reads a campaign file and the repositories that it names elsewhere.
fn load(file: &Path) -> Result<Plan> {
    let read = |path: &Path| {
        std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("{}: cannot be read: {error}", path.display())))
    };
    let in_file = |error: agents_api_campaigns::Error| Failure::usage(format!("{}: {error}", file.display()));
    let definition = Definition::from_yaml(&read(file)?).map_err(in_file)?;
    let further = match definition.repositories_file.as_deref() {
        None => Vec::new(),
        Some("-") => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
            parse_targets("standard input", &text).map_err(in_file)?
        }
        Some(name) => {
            let path = file.parent().unwrap_or(Path::new("")).join(name);
            parse_targets(name, &read(&path)?).map_err(in_file)?
        }
    };
    Plan::new(definition, further).map_err(in_file)
}

fn repositories(plan: &Plan) -> Vec<String> {
    plan.items.iter().map(|item| item.repository.clone()).collect()
}

async fn plan(context: &Context, file: &Path) -> Result<Exit> {
    const FIELDS: &[&str] = &["definition", "estimate", "items"];

    context.out.check_json(FIELDS)?;
    let plan = load(file)?;
    let client = context.client(&repositories(&plan)).await?;
    let estimate = estimate(client, plan.items.len()).await?;
    if context.out.is_json() {
        let value =
            serde_json::json!({ "definition": plan.definition, "items": plan.items, "estimate": estimate });
        context.out.json(&[value], FIELDS)?;
        return Ok(Exit::Reached);
    }
    let rows: Vec<_> = plan
        .items
        .iter()
        .map(|item| {
            let prompt = item.prompt.split_whitespace().collect::<Vec<_>>().join(" ");
            vec![(item.wave + 1).to_string(), item.repository.clone(), prompt]
        })
        .collect();
    let columns = [
        Column::whole("WAVE"),
        Column::whole("REPOSITORY"),
        Column::cut("PROMPT"),
    ];
    context.out.table(&columns, &rows)?;
    context.out.note(format!(
        "{} tasks in {} waves would start; nothing was started",
        plan.items.len(),
        plan.waves()
    ));
    if estimate.sample == 0 {
        context
            .out
            .note("no estimate: none of your tasks has ended with a known usage");
    } else {
        context.out.note(format!(
            "estimate: {:.1} credits (${:.2}), from {:.1} to {:.1}, judging by your last {} tasks",
            estimate.credits,
            estimate.dollars,
            estimate.lowest_credits,
            estimate.highest_credits,
            estimate.sample
        ));
    }
    Ok(Exit::Reached)
}

async fn run_apply(
    context: &Context,
    store: &Store,
    plan: &Plan,
    new_version: NewVersion,
    interval: Option<Duration>,
) -> Result<Exit> {
    let name = plan.definition.name.as_str();
    store.take_in(plan, new_version).await?;
    let client = context.client(&repositories(plan)).await?;
    let mut options = ApplyOptions::default();
    if let Some(interval) = context.poll_interval(interval) {
        options.poll_interval = interval;
    }
    context.out.note(format!(
        "campaign {name}: interrupt at will; `agents campaign apply` goes on where it stands"
    ));
    let state = tokio::select! {
        state = apply(client, store, name, &options) => state?,
        error = state::follow(context, store, name) => return Err(error),
    };
    state::print(context, &state)?;
    Ok(exit(&state))
}

/// How a campaign that does nothing more ends the program.
fn exit(state: &CampaignState) -> Exit {
    let mut items = state.items.iter();
    match state.status {
        CampaignStatus::Finished if items.all(|item| item.status == ItemStatus::Succeeded) => Exit::Reached,
        CampaignStatus::Paused => Exit::NeedsPerson,
        _ => Exit::Ended,
    }
}

impl From<agents_api_campaigns::Error> for Failure {
    fn from(error: agents_api_campaigns::Error) -> Self {
        let exit = match (error.kind(), error.as_github()) {
            (_, Some(error)) => Exit::of_error(error),
            (ErrorKind::Definition | ErrorKind::Changed | ErrorKind::NotFound, None) => Exit::Usage,
            _ => Exit::Ended,
        };
        let failure = Self::new(exit, error.to_string());
        match error.kind() {
            ErrorKind::Changed => {
                failure.hint("to replace the definition: agents campaign apply FILE --new-version")
            }
            _ => failure,
        }
    }
}

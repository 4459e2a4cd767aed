//! `agents open`: the page of a task in a browser.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::task::{self, FIELDS, id_of};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The task, by id
    #[arg(value_name = "ID")]
    id: String,
    /// Print the address and open nothing
    #[arg(long)]
    print: bool,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        context.out.check_json(FIELDS)?;
        let client = context.client(&[]).await?;
        let task = client.task(id_of(&self.id)).get().await?;
        let url = task::url(&task);
        if !url.starts_with("https://") {
            return Err(Failure::new(Exit::Ended, format!("task {} has no page", task.id)));
        }
        if context.out.is_json() {
            context.out.json(&task, FIELDS)?;
        } else {
            context.out.line(&url)?;
        }
        if !self.print {
            browse(&url)?;
        }
        Ok(Exit::Reached)
    }
}

/// Opens an address with the program that `GH_BROWSER` or `BROWSER` names, else with the system's.
fn browse(url: &str) -> Result<()> {
    let browser = ["GH_BROWSER", "BROWSER"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()));
    let opened = match browser {
        Some(browser) => open::with_detached(url, browser),
        None => open::that_detached(url),
    };
    opened.map_err(|error| {
        Failure::new(Exit::Ended, format!("no browser could be started: {error}"))
            .hint("set BROWSER, or use --print")
    })
}

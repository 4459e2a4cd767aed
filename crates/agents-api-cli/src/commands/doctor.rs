//! `agents doctor`: what works, what does not, and what to do.
mod check;

use agents_api::Client;
use agents_api::chrono::{DateTime, Utc};
use agents_api::raw::{Operation, ResponseValue};
use agents_api::reqwest::Method;
use serde_json::Value;

use self::check::{Check, Verdict};
use crate::context::{Context, Host, Token};
use crate::exit::Exit;
use crate::failure::Result;
use crate::output::table::Column;

/// What `--json` may select.
const FIELDS: &[&str] = &["advice", "check", "detail", "verdict"];

/// A clock that differs from GitHub's by more than this confuses people, and nothing else: the client uses GitHub's.
const SKEW_SECONDS: i64 = 60;

const RATE_LIMIT: Operation = Operation::new("rate_limit", "/rate_limit");

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Check access to this repository as well [default: GH_REPO, GITHUB_REPOSITORY, the remote origin]
    #[arg(short = 'R', long = "repo", value_name = "OWNER/REPO")]
    repo: Option<String>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit> {
        context.out.check_json(FIELDS)?;
        let spinner = context.out.spinner("checking");
        let checks = self.checks(context).await?;
        drop(spinner);
        if context.out.is_json() {
            context.out.json(&checks, FIELDS)?;
        } else {
            print(context, &checks)?;
        }
        Ok(checks
            .iter()
            .map(|check| check.exit)
            .fold(Exit::Reached, Exit::worse))
    }

    async fn checks(&self, context: &Context) -> Result<Vec<Check>> {
        let mut checks = Vec::new();
        if context.global.emulator {
            checks.push(Check::good("host", "an emulator in this process"));
            checks.push(Check::good("token", "the emulator's own"));
        } else {
            let host = Host::find(context.global.hostname.as_deref())?;
            checks.push(Check::good(
                "host",
                format!("{} ({})", host.api_url(), host.from()),
            ));
            match Token::find(context.global.token_env.as_deref(), host.name()) {
                Ok(token) => checks.push(about_token(&token)),
                Err(failure) => checks.push(Check::of_failure("token", failure)),
            }
        }
        if checks.iter().any(|check| check.verdict == Verdict::Bad) {
            return Ok(checks);
        }
        let given: Vec<String> = self.repo.iter().cloned().collect();
        let names = context.repo_names(&given)?.unwrap_or_default();
        let client = match context.client(&names).await {
            Ok(client) => client,
            Err(failure) => {
                checks.push(Check::of_failure("client", failure));
                return Ok(checks);
            }
        };
        if server(client, &mut checks).await {
            let mine = client.list_tasks().per_page(1).pages().try_next().await;
            checks.push(Check::of_request(
                "your tasks",
                mine.map(|_| "the token may list them".to_owned()),
            ));
            for name in names {
                let repo = client.repo_from_full_name(&name)?;
                let listed = repo.list_tasks().per_page(1).pages().try_next().await;
                let detail = listed.map(|page| {
                    let total = page.and_then(|page| page.total_active_count).unwrap_or_default();
                    format!("the token may list its tasks ({total} not archived)")
                });
                checks.push(Check::of_request(format!("repository {name}"), detail));
            }
            checks.push(Check::unknown(
                "plan and policy",
                "GitHub says only in response to a start whether they allow one",
            ));
        }
        Ok(checks)
    }
}

fn about_token(token: &Token) -> Check {
    let detail = format!("{}, from {}", token.kind(), token.source());
    if token.is_installation() {
        return Check::bad("token", detail, Exit::Access)
            .advise("agent tasks refuse it: use a personal token with the permission \"Agent tasks\"");
    }
    Check::good("token", detail)
}

/// Asks the server for its quota, which costs none. Whether it makes sense to go on.
async fn server(client: &Client, checks: &mut Vec<Check>) -> bool {
    let sent = client.raw().request(RATE_LIMIT, Method::GET).send::<Value>();
    let response = match sent.await {
        Ok(response) => response,
        Err(error) => {
            checks.push(Check::of_request("server", Err(error.into())));
            return false;
        }
    };
    checks.push(Check::good("server", "reachable, and it knows the token"));
    checks.push(clock(&response));
    checks.push(quota(&response));
    if let Some(expiry) = header(&response, "github-authentication-token-expiration") {
        checks.push(Check::good("token expires", expiry));
    }
    true
}

fn quota(response: &ResponseValue<Value>) -> Check {
    let core = &response["resources"]["core"];
    let (Some(remaining), Some(limit)) = (core["remaining"].as_u64(), core["limit"].as_u64()) else {
        return Check::unknown("quota", "the server does not say");
    };
    let detail = format!("{remaining} of {limit} requests left");
    let reset = core["reset"]
        .as_i64()
        .and_then(|reset| DateTime::from_timestamp(reset, 0));
    let reset = reset
        .map(|reset| reset.format("%H:%M UTC").to_string())
        .unwrap_or_default();
    if remaining == 0 {
        return Check::bad("quota", detail, Exit::RateLimited).advise(format!("wait until {reset}"));
    }
    Check::good("quota", format!("{detail} until {reset}"))
}

fn clock(response: &ResponseValue<Value>) -> Check {
    let date = header(response, "date").and_then(|date| DateTime::parse_from_rfc2822(&date).ok());
    let Some(date) = date else {
        return Check::unknown("clock", "the server does not say what time it is");
    };
    let skew = Utc::now().signed_duration_since(date).num_seconds();
    if skew.abs() > SKEW_SECONDS {
        let direction = if skew > 0 { "fast" } else { "slow" };
        return Check::unknown("clock", format!("{} s {direction}", skew.abs()))
            .advise("set the clock: times given with --since are compared with GitHub's");
    }
    Check::good("clock", "as GitHub's")
}

fn header(response: &ResponseValue<Value>, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(agents_api::raw::sanitize_for_display(value))
}

fn print(context: &Context, checks: &[Check]) -> Result<()> {
    let columns = [
        Column::whole(""),
        Column::whole("CHECK"),
        Column::wrapped("DETAIL"),
    ];
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|check| {
            vec![
                check.verdict.symbol(),
                check.subject.clone(),
                check.detail.clone(),
            ]
        })
        .collect();
    context.out.table(&columns, &rows)?;
    for check in checks {
        for advice in &check.advice {
            context.out.note(format!("{}: {advice}", check.subject));
        }
    }
    Ok(())
}

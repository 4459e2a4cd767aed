//! Flags that every command takes.
use clap::{ArgAction, Args};

/// Flags that every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Print JSON: all of it, or these fields
    #[arg(long, global = true, value_name = "FIELDS", num_args = 0..=1, require_equals = true, default_missing_value = "", value_delimiter = ',')]
    pub(crate) json: Option<Vec<String>>,
    /// Filter the JSON with a jq expression; strings are printed without quotes
    #[arg(long, global = true, value_name = "EXPR")]
    pub(crate) jq: Option<String>,
    /// The GitHub host: github.com or SUBDOMAIN.ghe.com [env: GH_HOST]
    #[arg(long, global = true, value_name = "HOST")]
    pub(crate) hostname: Option<String>,
    /// Take the token from this environment variable
    #[arg(long, global = true, value_name = "VAR")]
    pub(crate) token_env: Option<String>,
    /// Use an emulator of GitHub in this process: no token, no network, no bill
    #[arg(long, global = true)]
    pub(crate) emulator: bool,
    /// Show the requests; twice for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// No progress and no notes, errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

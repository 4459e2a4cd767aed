//! Where the token comes from.
use std::fmt;
use std::process::{Command, Stdio};

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// The variables in which a token is looked for, in this order.
const VARIABLES: [&str; 3] = ["GH_TOKEN", "GITHUB_TOKEN", "COPILOT_GITHUB_TOKEN"];

/// What this API refuses: tokens of app installations, which includes those of Actions jobs.
const INSTALLATION: &str = "ghs_";

/// A token, and where it was found.
pub(crate) struct Token {
    secret: String,
    source: TokenSource,
}

/// Where a token was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenSource {
    /// In an environment variable.
    Variable(String),
    /// `gh auth token` printed it.
    Gh,
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Gh => f.write_str("gh auth token"),
        }
    }
}

impl Token {
    /// The token: the variable that `--token-env` names, else the first of the usual variables that is set, else that
    /// of `gh`, if it is installed.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn find(flag: Option<&str>, host: &str) -> Result<Self> {
        let variable = |name: &str| {
            let secret = std::env::var(name).ok()?.trim().to_owned();
            let source = TokenSource::Variable(name.to_owned());
            (!secret.is_empty()).then_some(Self { secret, source })
        };
        if let Some(name) = flag {
            return variable(name).ok_or_else(|| {
                Failure::new(
                    Exit::Access,
                    format!("no token: --token-env {name}: the variable is not set"),
                )
            });
        }
        VARIABLES
            .into_iter()
            .find_map(variable)
            .or_else(|| gh(host))
            .ok_or_else(|| {
                Failure::new(Exit::Access, "no token: none of GH_TOKEN, GITHUB_TOKEN and COPILOT_GITHUB_TOKEN is set")
                    .hint("make a fine-grained one with the permission \"Agent tasks\": https://github.com/settings/personal-access-tokens/new")
                    .hint("or log in with gh (gh auth login), or try everything without a token: --emulator")
            })
    }

    /// The secret itself.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Where it was found.
    pub(crate) fn source(&self) -> &TokenSource {
        &self.source
    }

    /// What kind of token it is, by its prefix.
    pub(crate) fn kind(&self) -> &'static str {
        const KINDS: [(&str, &str); 6] = [
            ("github_pat_", "fine-grained personal access token"),
            ("ghp_", "classic personal access token"),
            ("gho_", "OAuth app token of a user"),
            ("ghu_", "GitHub App token of a user"),
            (
                INSTALLATION,
                "installation token (of an app, or of an Actions job)",
            ),
            ("ghr_", "refresh token"),
        ];
        KINDS
            .into_iter()
            .find(|(prefix, _)| self.secret.starts_with(prefix))
            .map_or("of an unknown kind", |(_, kind)| kind)
    }

    /// Whether it is of a kind that this API refuses.
    pub(crate) fn is_installation(&self) -> bool {
        self.secret.starts_with(INSTALLATION)
    }

    /// Adds to a refusal where the token came from, and in an Actions job which secret to make.
    pub(crate) fn explain(&self, mut failure: Failure) -> Failure {
        failure.message = format!("{}: {}", self.source, failure.message);
        if self.is_installation() && crate::actions::is_here() {
            failure = failure
                .hint("this is the job's own token: agent tasks act for a person")
                .hint("make a fine-grained token with the permission \"Agent tasks\": read and write, store it as the secret AGENTS_TOKEN,")
                .hint("and set in the step: env: GH_TOKEN: ${{ secrets.AGENTS_TOKEN }}");
        }
        failure
    }
}

/// The token of GitHub's own command line, if it is installed and logged in.
fn gh(host: &str) -> Option<Token> {
    let output = Command::new("gh")
        .args(["auth", "token", "--hostname", host])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let secret = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    let source = TokenSource::Gh;
    (output.status.success() && !secret.is_empty()).then_some(Token { secret, source })
}

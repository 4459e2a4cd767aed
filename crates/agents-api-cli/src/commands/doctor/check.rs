//! One thing that was checked.
use agents_api::{Error, ErrorKind};
use anstyle::AnsiColor;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;

/// Whether something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Good,
    Bad,
    Unknown,
}

impl Verdict {
    /// The verdict in a character.
    pub(super) fn symbol(self) -> String {
        let (style, text) = match self {
            Self::Good => (AnsiColor::Green.on_default(), "ok"),
            Self::Bad => (AnsiColor::Red.on_default(), "no"),
            Self::Unknown => (AnsiColor::Yellow.on_default(), "?"),
        };
        format!("{style}{text}{style:#}")
    }
}

/// What was checked, and how it is.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    #[serde(rename = "check")]
    pub(super) subject: String,
    pub(super) verdict: Verdict,
    pub(super) detail: String,
    /// What to do.
    pub(super) advice: Vec<String>,
    #[serde(skip)]
    pub(super) exit: Exit,
}

impl Check {
    pub(super) fn good(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Good, detail, Exit::Reached)
    }

    pub(super) fn bad(subject: impl Into<String>, detail: impl Into<String>, exit: Exit) -> Self {
        Self::new(subject, Verdict::Bad, detail, exit)
    }

    pub(super) fn unknown(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Unknown, detail, Exit::Reached)
    }

    fn new(subject: impl Into<String>, verdict: Verdict, detail: impl Into<String>, exit: Exit) -> Self {
        Self {
            subject: subject.into(),
            verdict,
            detail: detail.into(),
            advice: Vec::new(),
            exit,
        }
    }

    /// Adds what to do.
    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    /// What a failure before any request says.
    pub(super) fn of_failure(subject: &str, failure: Failure) -> Self {
        let mut own = Self::bad(subject, failure.message, failure.exit);
        own.advice = failure.hints;
        own
    }

    /// What a request says.
    pub(super) fn of_request(subject: impl Into<String>, result: Result<String, Error>) -> Self {
        let error = match result {
            Ok(detail) => return Self::good(subject, detail),
            Err(error) => error,
        };
        let advice = match error.kind() {
            ErrorKind::Unauthorized => "the token is not valid (any more): make a new one",
            ErrorKind::Forbidden => {
                "the token lacks the permission \"Agent tasks\", or a plan or policy forbids it"
            }
            ErrorKind::NotFound => "check the name, and that the token's owner sees the repository",
            ErrorKind::RateLimited => "wait, or let fewer programs use this token",
            ErrorKind::Transport | ErrorKind::Timeout => {
                "check the network, a proxy (HTTPS_PROXY), and the host"
            }
            _ => "",
        };
        let own = Self::bad(subject, error.to_string(), Exit::of_error(&error));
        if advice.is_empty() {
            own
        } else {
            own.advise(advice)
        }
    }
}

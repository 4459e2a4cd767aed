//! The exit codes: what scripts and pipelines may rely on.
use std::process::ExitCode;

use agents_api::{Error, ErrorKind};

/// How a command ended, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// What was asked for was reached.
    Reached = 0,
    /// The task ended otherwise, or the command failed and nothing more precise fits.
    Ended = 1,
    /// A flag or a value cannot be used.
    Usage = 2,
    /// The task is paused until a person does something.
    NeedsPerson = 3,
    /// Authentication, plan, permission or policy.
    Access = 4,
    /// The wait ended first; the task still runs.
    StillRuns = 5,
    /// The start was sent and its response lost: a task may be running.
    MayRun = 6,
    /// GitHub's rate limit.
    RateLimited = 7,
    /// Ended by Ctrl-C or SIGTERM.
    Interrupted = 130,
}

impl Exit {
    /// All of them, in the order of their codes.
    pub(crate) const ALL: [Self; 9] = [
        Self::Reached,
        Self::Ended,
        Self::Usage,
        Self::NeedsPerson,
        Self::Access,
        Self::StillRuns,
        Self::MayRun,
        Self::RateLimited,
        Self::Interrupted,
    ];

    /// The exit code.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// One line for help and the man page.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Reached => "reached what was asked",
            Self::Ended => "the task ended otherwise, or the command failed",
            Self::Usage => "usage: a flag or a value cannot be used",
            Self::NeedsPerson => "a task needs a person",
            Self::Access => "authentication, plan, permission or policy; not found or not visible",
            Self::StillRuns => "out of time; the task still runs",
            Self::MayRun => "a task may be running: the response to the start was lost",
            Self::RateLimited => "rate limit",
            Self::Interrupted => "interrupted; started tasks go on",
        }
    }

    /// The table of all codes, as it stands in `--help`.
    pub(crate) fn table() -> String {
        let lines = Self::ALL.map(|exit| format!("  {:<3}  {}", exit.code(), exit.meaning()));
        format!("Exit codes:\n{}", lines.join("\n"))
    }

    /// The code of a failed request. A start whose response was lost is its command's to judge.
    pub(crate) fn of_error(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::RateLimited => Self::RateLimited,
            ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Credentials => {
                Self::Access
            }
            ErrorKind::InvalidInput | ErrorKind::Validation => Self::Usage,
            _ => Self::Ended,
        }
    }

    /// Of several results the one that needs attention first.
    pub(crate) fn worse(self, other: Self) -> Self {
        if self.urgency() >= other.urgency() {
            self
        } else {
            other
        }
    }

    const fn urgency(self) -> u8 {
        match self {
            Self::Interrupted => 8,
            Self::MayRun => 7,
            Self::Access => 6,
            Self::RateLimited => 5,
            Self::Usage => 4,
            Self::StillRuns => 3,
            Self::NeedsPerson => 2,
            Self::Ended => 1,
            Self::Reached => 0,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_code_once() {
        let table = Exit::table();
        for exit in Exit::ALL {
            let line = format!("  {:<3}  {}", exit.code(), exit.meaning());
            assert_eq!(table.lines().filter(|own| **own == line).count(), 1, "{line}");
        }
    }

    #[test]
    fn of_several_results_a_lost_response_comes_first() {
        let worst = [Exit::Reached, Exit::MayRun, Exit::NeedsPerson]
            .into_iter()
            .reduce(Exit::worse);
        assert_eq!(worst, Some(Exit::MayRun));
    }
}

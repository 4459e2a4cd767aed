//! Standard output and standard error.
//!
//! Data goes to standard output, all else to standard error. Escapes appear on terminals only, as `NO_COLOR` and
//! `CLICOLOR_FORCE` say. A reader that closes the pipe is no error: later lines go nowhere.
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};
use indicatif::MultiProgress;
use serde::Serialize;

use super::{jq, json};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::global::Global;

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// Where a command writes.
#[derive(Clone)]
pub(crate) struct Output(pub(super) Arc<Inner>);

pub(super) struct Inner {
    json: Option<Vec<String>>,
    jq: Option<String>,
    pub(super) quiet: bool,
    is_terminal: bool,
    in_actions: bool,
    pub(super) bars: MultiProgress,
    closed: AtomicBool,
}

impl Output {
    /// As the flags and the terminal say.
    pub(crate) fn new(global: &Global) -> Self {
        Self(Arc::new(Inner {
            json: global.json.clone(),
            jq: global.jq.clone(),
            quiet: global.quiet,
            is_terminal: io::stdout().is_terminal(),
            in_actions: crate::actions::is_here(),
            bars: MultiProgress::new(),
            closed: AtomicBool::new(false),
        }))
    }

    /// Whether standard output is a terminal, and what is printed there is for a person.
    pub(crate) fn is_terminal(&self) -> bool {
        self.0.is_terminal
    }

    /// Whether JSON was asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.0.json.is_some() || self.0.jq.is_some()
    }

    /// Whether nobody reads standard output any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Relaxed)
    }

    /// A line of data.
    ///
    /// # Errors
    /// When standard output cannot be written, for another reason than that nobody reads it.
    pub(crate) fn line(&self, line: impl AsRef<str>) -> Result<()> {
        let written = self.0.bars.suspend(|| {
            let mut out = anstream::stdout().lock();
            writeln!(out, "{}", line.as_ref()).and_then(|()| out.flush())
        });
        self.written(written)
    }

    /// Bytes as they are, such as a completion script.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        let written = out.write_all(bytes).and_then(|()| out.flush());
        drop(out);
        self.written(written)
    }

    /// A value as JSON, as `--json` and `--jq` ask for it. `fields` are the names that `--json` may select.
    ///
    /// # Errors
    /// When a field is unknown, or the expression cannot be read or applied.
    pub(crate) fn json(&self, value: &impl Serialize, fields: &[&str]) -> Result<()> {
        let value = json::select(value, self.0.json.as_deref().unwrap_or_default(), fields)?;
        match &self.0.jq {
            Some(expression) => jq::lines(expression, &value)?
                .into_iter()
                .try_for_each(|line| self.line(line)),
            None if self.0.is_terminal => self.line(format!("{value:#}")),
            None => self.line(value.to_string()),
        }
    }

    /// A value as one line of JSON, on a terminal too.
    ///
    /// # Errors
    /// As [`Output::json`].
    pub(crate) fn json_line(&self, value: &impl Serialize, fields: &[&str]) -> Result<()> {
        if self.0.jq.is_some() {
            return self.json(value, fields);
        }
        let value = json::select(value, self.0.json.as_deref().unwrap_or_default(), fields)?;
        self.line(value.to_string())
    }

    /// Checks `--json` and `--jq` before anything is sent.
    ///
    /// # Errors
    /// As [`Output::json`].
    pub(crate) fn check_json(&self, fields: &[&str]) -> Result<()> {
        json::check(self.0.json.as_deref().unwrap_or_default(), fields)?;
        self.0.jq.as_deref().map_or(Ok(()), jq::check)
    }

    /// A note for the person who waits, on standard error.
    pub(crate) fn note(&self, note: impl AsRef<str>) {
        if !self.0.quiet {
            self.complain(note.as_ref());
        }
    }

    /// Something to be aware of, on standard error.
    pub(crate) fn warn(&self, warning: impl AsRef<str>) {
        if self.0.in_actions {
            self.complain(&crate::actions::annotation("warning", warning.as_ref()));
        } else {
            self.complain(&format!("{YELLOW}warning:{YELLOW:#} {}", warning.as_ref()));
        }
    }

    /// That a task ended otherwise than it was to, on standard error.
    pub(crate) fn error(&self, message: impl AsRef<str>) {
        self.failure(&Failure::new(Exit::Ended, message.as_ref()));
    }

    /// Why the command failed, and what to do, on standard error.
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.0.in_actions {
            self.complain(&crate::actions::annotation("error", &failure.message));
        } else {
            let (label, style) = match failure.exit {
                Exit::Interrupted => ("interrupted:", YELLOW),
                _ => ("error:", RED),
            };
            self.complain(&format!("{style}{label}{style:#} {}", failure.message));
        }
        for hint in &failure.hints {
            self.complain(&format!("  {hint}"));
        }
    }

    /// The start or the end of a group of lines in the log of an Actions job.
    pub(crate) fn group(&self, title: Option<&str>) {
        if self.0.in_actions && !self.0.quiet {
            match title {
                Some(title) => self.complain(&format!("::group::{title}")),
                None => self.complain("::endgroup::"),
            }
        }
    }

    /// Shows the requests on standard error from now on.
    pub(crate) fn trace(verbosity: u8) {
        let level = match verbosity {
            0 => return,
            1 => "agents_api=debug",
            _ => "agents_api=trace,agents_api_raw=trace,reqwest=debug,hyper=debug",
        };
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::new(level))
            .with_writer(anstream::stderr)
            .with_ansi(io::stderr().is_terminal())
            .try_init();
    }

    fn complain(&self, line: &str) {
        self.0.bars.suspend(|| {
            // Nowhere is left to say that this cannot be written.
            let _ = writeln!(anstream::stderr().lock(), "{line}");
        });
    }

    fn written(&self, written: io::Result<()>) -> Result<()> {
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.0.closed.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(Failure::new(
                Exit::Ended,
                format!("standard output cannot be written: {error}"),
            )),
        }
    }
}

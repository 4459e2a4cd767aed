//! Spinners and bars on standard error, for terminals; nothing elsewhere.
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::streams::Output;

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(100);

/// A spinner or a bar, which is gone when it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    is_shown: bool,
}

impl Output {
    /// A spinner with a message.
    pub(crate) fn spinner(&self, message: impl Into<String>) -> Progress {
        self.progress(None, "{spinner:.cyan} {elapsed} {wide_msg}", message.into())
    }

    /// A bar towards `length`, with a message.
    pub(crate) fn bar(&self, length: u64, message: impl Into<String>) -> Progress {
        let template = "{spinner:.cyan} {bar:20.cyan/blue} {pos} of {len}  {wide_msg}";
        self.progress(Some(length), template, message.into())
    }

    fn progress(&self, length: Option<u64>, template: &str, message: String) -> Progress {
        let is_shown = !self.0.quiet && console::Term::stderr().is_term();
        if !is_shown {
            let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
            return Progress { bar, is_shown };
        }
        let bar = self
            .0
            .bars
            .add(length.map_or_else(ProgressBar::new_spinner, ProgressBar::new));
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style);
        bar.set_message(message);
        bar.enable_steady_tick(TICK);
        Progress { bar, is_shown }
    }
}

impl Progress {
    /// Whether a person sees it.
    pub(crate) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Another message.
    pub(crate) fn message(&self, message: impl Into<String>) {
        self.bar.set_message(message.into());
    }

    /// How far it is.
    pub(crate) fn position(&self, position: u64) {
        self.bar.set_position(position);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

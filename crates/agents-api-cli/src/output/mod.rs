//! The only place that writes to standard output and standard error.
mod jq;
mod json;
mod progress;
pub(crate) mod screen;
mod streams;
pub(crate) mod table;

use anstyle::Style;

pub(crate) use progress::Progress;
pub(crate) use streams::Output;

/// The style of a heading.
pub(crate) const BOLD: Style = Style::new().bold();
/// The style of what matters less.
pub(crate) const DIM: Style = Style::new().dimmed();

//! A report as text for a terminal, as Markdown for CHANGELOG.md, or as JSON for programs.
use std::fmt::Write as _;

use super::report::{Change, Class, Report};

/// How many further places the text form lists for one change; JSON lists all.
const PLACES: usize = 4;

/// The form of a rendered report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Compact, for a terminal.
    #[default]
    Text,
    /// Sections to paste under a version heading of CHANGELOG.md.
    Markdown,
    /// `{"changes":[{"class","operation","location","message","places"}]}`.
    Json,
}

impl Report {
    /// The report in the given form, ending with a line break.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => text(self),
            Format::Markdown => markdown(self),
            Format::Json => json(self),
        }
    }
}

const CLASSES: [Class; 3] = [Class::Breaking, Class::Additive, Class::Documentation];

fn text(report: &Report) -> String {
    let mut out = String::new();
    if report.is_empty() {
        out.push_str("no changes\n");
    } else {
        let counts: Vec<String> = CLASSES
            .iter()
            .filter(|class| report.count(**class) > 0)
            .map(|class| format!("{} {}", report.count(*class), class.as_str()))
            .collect();
        let _ = writeln!(out, "{}", counts.join(", "));
    }
    for class in CLASSES {
        let mut operation = None;
        for change in report.changes.iter().filter(|change| change.class == class) {
            if operation.is_none() {
                let _ = writeln!(out, "\n{}", class.as_str());
            }
            if operation != Some(&change.operation) {
                let _ = writeln!(out, "  {}", change.operation);
                operation = Some(&change.operation);
            }
            let part = if about_whole(change) {
                String::new()
            } else {
                format!("{}: ", change.location)
            };
            let _ = writeln!(out, "    {part}{}", change.summary());
            text_places(&mut out, change);
        }
    }
    if let Some(note) = &report.note {
        let _ = writeln!(out, "\nnote: {note}");
    }
    out
}

/// Whether a change is about an operation as a whole: its message says so, its location need not.
fn about_whole(change: &Change) -> bool {
    change.location == "operation"
}

fn text_places(out: &mut String, change: &Change) {
    let further = change.places.get(1..).unwrap_or_default();
    for place in further.iter().take(PLACES) {
        if place.operation == change.operation {
            let _ = writeln!(out, "      also {}", place.location);
        } else {
            let _ = writeln!(out, "      also {}, {}", place.operation, place.location);
        }
    }
    match further.len().saturating_sub(PLACES) {
        0 => {}
        1 => out.push_str("      and 1 more place\n"),
        more => {
            let _ = writeln!(out, "      and {more} more places");
        }
    }
}

fn markdown(report: &Report) -> String {
    if report.is_empty() {
        return "No changes.\n".to_owned();
    }
    let mut out = String::new();
    for class in CLASSES {
        let mut changes = report
            .changes
            .iter()
            .filter(|change| change.class == class)
            .peekable();
        if changes.peek().is_none() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let heading = match class {
            Class::Breaking => "Breaking",
            Class::Additive => "Additive",
            Class::Documentation => "Documentation",
        };
        let _ = writeln!(out, "#### {heading}\n");
        for change in changes {
            let part = if about_whole(change) {
                String::new()
            } else {
                format!(", {}", code(&change.location))
            };
            let _ = writeln!(out, "- {}{part}: {}", code(&change.operation), change.message);
        }
    }
    out
}

fn json(report: &Report) -> String {
    // A report holds nothing that JSON cannot: strings and lists only.
    let mut out = serde_json::to_string_pretty(report).unwrap_or_else(|_| r#"{"changes":[]}"#.to_owned());
    out.push('\n');
    out
}

/// `text` as a Markdown code span on one line, whatever it contains.
///
/// Messages quote names and values with it too: it reads well on a terminal and needs no second escaping.
pub(super) fn code(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| {
            if c.is_control() {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        })
        .collect();
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') || line.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{line}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn code_spans_survive_backticks_and_line_breaks() {
        assert_eq!(code("state"), "`state`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code("a\nb"), "`a\\nb`");
        assert_eq!(code("<!-- **x**"), "`<!-- **x**`");
    }
}

//! What the command says. A reader that went away (`| head`) is no error of the import.
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;
use similar::TextDiff;

use crate::compare::{Format, compare};

use super::problem::Problems;
use super::write::Output;

/// At most this many lines of a file's difference are shown.
const DIFF_LINES: usize = 60;

/// Says what is wrong with the input, with the input's own prose as context.
pub(super) fn problems(problems: &Problems, description: &Value, news: &str) -> ExitCode {
    let prose = |place: &str| {
        let said = description.pointer(place)?.get("description")?.as_str()?;
        let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = line.chars().take(200).collect();
        if short.is_empty() {
            None
        } else {
            Some(format!(
                "{short:?}{}",
                if short.len() < line.len() { " …" } else { "" }
            ))
        }
    };
    complain(&format!("error: import: {}", problems.render(prose)));
    if !news.is_empty() {
        complain(&format!("\n{news}"));
    }
    ExitCode::FAILURE
}

/// Says which files would change, and how.
pub(super) fn check(before: &[Option<String>; 2], outputs: &[Output; 2]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for (current, output) in before.iter().zip(outputs) {
        let name = output.path.display().to_string();
        if current.as_ref() == Some(&output.text) {
            continue;
        }
        code = ExitCode::FAILURE;
        let current = current.clone().unwrap_or_default();
        let mut text = format!("error: import: {name} would change; run `cargo xtask import`\n");
        let diff = TextDiff::from_lines(current.as_str(), output.text.as_str());
        let diff = diff
            .unified_diff()
            .context_radius(2)
            .header(&name, "as imported")
            .to_string();
        for line in diff.lines().take(DIFF_LINES) {
            text.push_str(line);
            text.push('\n');
        }
        let hidden = diff.lines().count().saturating_sub(DIFF_LINES);
        if hidden > 0 {
            text.push_str(&format!("… and {hidden} lines more\n"));
        }
        complain(&text);
    }
    if code == ExitCode::SUCCESS {
        say("nothing would change\n");
    } else if before[0].as_ref() != Some(&outputs[0].text) {
        // Of a resolved spec edited by hand there is nothing to say for a client.
        complain(&changes(&before[..1], &outputs[..1]));
    }
    code
}

/// Says what was written and what changed for a client since the import before.
pub(super) fn success(before: &[Option<String>; 2], outputs: &[Output; 2], written: &[PathBuf], news: &str) {
    for path in written {
        say(&format!("wrote {}\n", path.display()));
    }
    say(&changes(before, outputs));
    say(news);
}

/// What changed for a client: in GitHub's description or, when that is the same, in what we made of it.
fn changes(before: &[Option<String>], outputs: &[Output]) -> String {
    for (before, output) in before.iter().zip(outputs) {
        let Some(before) = before else {
            return "first import: nothing to compare with\n".to_owned();
        };
        if *before == output.text {
            continue;
        }
        let (old, new) = (serde_json::from_str(before), serde_json::from_str(&output.text));
        let (Ok(old), Ok(new)) = (old, new) else {
            return format!(
                "what {} contained before cannot be compared\n",
                output.path.display()
            );
        };
        match compare(&old, &new) {
            Ok(report) if report.is_empty() => {}
            Ok(report) => return format!("changes since the last import: {}", report.render(Format::Text)),
            Err(error) => {
                return format!(
                    "what {} contained before cannot be compared: {error}\n",
                    output.path.display()
                );
            }
        }
    }
    "no changes\n".to_owned()
}

fn say(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

fn complain(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

//! What a step of a GitHub Actions job understands: annotations, outputs, the summary of the job.
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// The files a step writes for its job; none outside of one.
#[derive(Default)]
pub(crate) struct Actions {
    output: Option<PathBuf>,
    summary: Option<PathBuf>,
}

/// Whether this process is part of an Actions job.
pub(crate) fn is_here() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// A workflow command that shows `message` as an annotation of the job.
pub(crate) fn annotation(level: &str, message: &str) -> String {
    format!("::{level} title=agents::{}", escaped(message))
}

/// As the runner reads data of a workflow command: a message cannot end it, or begin another.
fn escaped(message: &str) -> String {
    message
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

impl Actions {
    /// Those of the job this process is part of.
    pub(crate) fn from_env() -> Self {
        if !is_here() {
            return Self::default();
        }
        let file = |name| {
            std::env::var_os(name)
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
        };
        Self {
            output: file("GITHUB_OUTPUT"),
            summary: file("GITHUB_STEP_SUMMARY"),
        }
    }

    /// Sets outputs of the step. Of one that is set again, the last value counts.
    ///
    /// # Errors
    /// When the file cannot be written, or a value would be more than its line.
    pub(crate) fn outputs(&self, outputs: &[(&str, &str)]) -> std::io::Result<()> {
        let lines = outputs.iter().map(|(name, value)| {
            if value.contains(['\n', '\r']) {
                return Err(std::io::Error::other(format!(
                    "the output {name} has more than one line"
                )));
            }
            Ok(format!("{name}={value}\n"))
        });
        append(self.output.as_ref(), &lines.collect::<std::io::Result<String>>()?)
    }

    /// Adds Markdown to the summary of the job.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn summary(&self, markdown: &str) -> std::io::Result<()> {
        append(self.summary.as_ref(), markdown)
    }
}

fn append(path: Option<&PathBuf>, text: &str) -> std::io::Result<()> {
    match path {
        Some(path) => File::options()
            .append(true)
            .create(true)
            .open(path)?
            .write_all(text.as_bytes()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_begin_another_command() {
        let line = annotation("error", "100%\n::set-output name=x::y");
        assert_eq!(line, "::error title=agents::100%25%0A::set-output name=x::y");
    }
}

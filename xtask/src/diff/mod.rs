//! `cargo xtask diff`: what changed between two descriptions, for a client.
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use crate::compare::{Class, Format, Report, Which, compare};
use crate::description::{Selection, read};
use crate::paths;
use crate::published::Published;

/// The arguments of `cargo xtask diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The description to compare against: the full one, a slice of it, or the resolved spec (JSON or YAML)
    #[arg(required_unless_present = "since")]
    old: Option<PathBuf>,
    /// The description whose changes are reported
    #[arg(required_unless_present = "since")]
    new: Option<PathBuf>,
    /// Compare this published version of @octokit/openapi, fetched with npm, with the newest
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["old", "new"])]
    since: Option<String>,
    /// With --since, the published version to compare with instead of the newest
    #[arg(long, value_name = "VERSION", requires = "since")]
    until: Option<String>,
    /// How to write the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Exit with 1 when a change of this class, or worse, is found
    #[arg(long, value_enum)]
    fail_on: Option<FailOn>,
}

/// The least class that makes the command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Breaking changes
    Breaking,
    /// Breaking and additive changes
    Additive,
}

/// Runs the command: 0, or 1 when `--fail-on` says so, or 2 when an input is unusable.
pub fn run(args: &Args) -> ExitCode {
    match inputs(args) {
        Ok(report) => {
            // A reader that went away (`| head`) is not an error of the comparison.
            let _ = std::io::stdout()
                .lock()
                .write_all(report.render(args.format).as_bytes());
            let limit = args.fail_on.map(|limit| match limit {
                FailOn::Breaking => Class::Breaking,
                FailOn::Additive => Class::Additive,
            });
            ExitCode::from(u8::from(limit.is_some_and(|limit| report.reaches(limit))))
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Compares the files, or the published versions, that the arguments name.
fn inputs(args: &Args) -> anyhow::Result<Report> {
    if let (Some(old), Some(new)) = (&args.old, &args.new) {
        return report(old, new);
    }
    let old = Published::fetch(args.since.as_deref())?;
    let new = Published::fetch(args.until.as_deref())?;
    report(&old.description(), &new.description())
}

fn report(old: &Path, new: &Path) -> anyhow::Result<Report> {
    let selection = Selection::read(&paths::selection())?;
    let selected = |path: &Path| -> anyhow::Result<Value> {
        let described = |error: anyhow::Error| error.context(format!("cannot compare {}", path.display()));
        let whole = read(path).map_err(described)?;
        let mut selected = selection.apply(&whole).map_err(described)?;
        // The selection is made for generation, which has no use for authentication.
        for pointer in ["/security", "/components/securitySchemes"] {
            if let Some(value) = whole.pointer(pointer) {
                put(&mut selected, pointer, value);
            }
        }
        Ok(selected)
    };
    compare(&selected(old)?, &selected(new)?).map_err(|error| {
        let path = match error.which() {
            Which::Old => old,
            Which::New => new,
        };
        anyhow::anyhow!(
            "cannot compare {}: at {}: {}",
            path.display(),
            error.pointer(),
            error.problem()
        )
    })
}

/// Sets what is at `pointer`, a path of plain keys, making the objects on the way.
fn put(root: &mut Value, pointer: &str, value: &Value) {
    let mut at = root;
    for key in pointer.split('/').skip(1) {
        let Value::Object(map) = at else { return };
        at = map
            .entry(key)
            .or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    *at = value.clone();
}

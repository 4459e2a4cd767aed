//! `cargo xtask generate`: from `spec/agents-api.json` to the sources of `agents-api-raw`.
//!
//! The resolved spec says what GitHub promises. The client reads more leniently than that, so the generator's input is
//! the spec made lenient ([`lenient`]). `engine` runs progenitor on it; `rewrite` puts the handwritten runtime where
//! progenitor's runtime would be; `enums` writes the open enums, `choices` how choices are read; `docs` fills in every missing line of
//! documentation; `emit` splits and formats the files.
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::Value;

mod check;
mod choices;
mod docs;
mod emit;
mod engine;
mod enums;
pub mod lenient;
mod nullable;
mod operation;
mod rewrite;
mod schemas;

/// The arguments of `cargo xtask generate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write nothing; show a diff and exit 1 when the committed sources are not what the spec yields
    #[arg(long)]
    check: bool,
}

/// Runs the command: 0 when done, 1 when the sources are stale (`--check`) or cannot be generated.
pub fn run(args: &Args) -> ExitCode {
    match execute(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            crate::console::complain("generate", &error);
            ExitCode::FAILURE
        }
    }
}

fn execute(args: &Args) -> Result<()> {
    let path = crate::paths::resolved();
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}; `cargo xtask import` writes it", path.display()))?;
    let spec: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let files = sources(&spec)?;
    let folder = crate::paths::generated();
    if args.check {
        return check::against(&folder, &files);
    }
    let changed = check::write(&folder, &files)?;
    crate::console::say(&match changed {
        0 => "generate: the sources are up to date".to_owned(),
        n => format!("generate: wrote {n} of {} files", files.len()),
    });
    Ok(())
}

/// The generated sources by their path below `generated/`.
///
/// # Errors
/// When the spec is not one the generator can handle; the message names the operation or schema.
pub fn sources(spec: &Value) -> Result<BTreeMap<String, String>> {
    let operations = operation::all(spec)?;
    let lenient = lenient::lenient(spec);
    let mut file = engine::run(&lenient, &enums::names(spec))?;
    let parts = rewrite::rewrite(&mut file, spec, &operations)?;
    emit::files(parts)
}

/// Reads a generated file's folder into the form [`sources`] returns.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn committed(folder: &Path) -> Result<BTreeMap<String, String>> {
    check::read(folder, folder)
}

/// A schema of the spec by its component name.
fn schema<'a>(spec: &'a Value, name: &str) -> Option<&'a Value> {
    spec.get("components")?.get("schemas")?.get(name)
}

/// The component schemas of the spec.
fn schemas_of(spec: &Value) -> Result<&serde_json::Map<String, Value>> {
    match spec.pointer("/components/schemas").and_then(Value::as_object) {
        Some(schemas) => Ok(schemas),
        None => bail!("the spec has no components.schemas; `cargo xtask import` writes them"),
    }
}

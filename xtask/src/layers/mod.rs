//! `cargo xtask layers`: imports point from upper layers to lower ones, as `xtask/layers.toml` orders them.
mod circles;
mod resolve;
mod rules;
mod source;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::console::{complain, say};
use rules::Violations;
use table::Table;

/// The arguments of `cargo xtask layers`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Rewrite the exceptions of xtask/layers.toml from the sources, while code is being moved
    #[arg(long)]
    update: bool,
}

/// Runs the command: 0 when every import obeys, 1 when one does not.
pub fn run(args: &Args) -> ExitCode {
    match check(&crate::paths::root(), args.update) {
        Ok(summary) => {
            say(&summary);
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain("layers", &error);
            ExitCode::FAILURE
        }
    }
}

/// Checks the workspace at `root` against its `xtask/layers.toml`; with `update`, rewrites the exceptions there.
///
/// # Errors
/// When the table or a source cannot be read, or with every violation, one a line.
pub fn check(root: &Path, update: bool) -> Result<String> {
    let path = root.join("xtask/layers.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let table: Table = toml::from_str(&text).context("xtask/layers.toml cannot be read")?;
    let mut found = BTreeMap::new();
    for (name, file) in crates(root)? {
        let violations = rules::violations(&name, root, &source::read(&file)?, &table);
        found.insert(name, violations);
    }
    if update {
        std::fs::write(&path, table::with_exceptions(&text, &found))
            .with_context(|| format!("cannot write {}", path.display()))?;
    } else {
        let problems = problems(&table, &found);
        if !problems.is_empty() {
            bail!("{} violations\n{}", problems.len(), problems.join("\n"));
        }
    }
    let excepted: usize = found.values().map(BTreeMap::len).sum();
    Ok(format!(
        "layers: {} crates checked, {excepted} exceptions",
        found.len()
    ))
}

/// The crates of the workspace with their root files.
fn crates(root: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut folders = vec![root.join("xtask")];
    for entry in std::fs::read_dir(root.join("crates")).context("cannot list crates/")? {
        folders.push(entry?.path());
    }
    let crates = folders.iter().filter_map(|folder| {
        let name = folder.file_name()?.to_string_lossy().into_owned();
        let files = ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file));
        Some((name, files.into_iter().find(|file| file.exists())?))
    });
    Ok(crates.collect())
}

/// What was found and is not excepted, and what is excepted and was not found.
fn problems(table: &Table, found: &BTreeMap<String, Violations>) -> Vec<String> {
    let mut problems = Vec::new();
    for (krate, violations) in found {
        let excepted = |key: &String| table.exceptions.get(krate).is_some_and(|keys| keys.contains(key));
        let new = violations.iter().filter(|(key, _)| !excepted(key));
        problems.extend(new.flat_map(|(_, places)| places.clone()));
    }
    for (krate, keys) in &table.exceptions {
        let found = |key: &String| found.get(krate).is_some_and(|found| found.contains_key(key));
        let stale = keys.iter().filter(|key| !found(key));
        problems.extend(stale.map(|key| {
            format!("xtask/layers.toml: the exception {key:?} of {krate} no longer occurs; remove it")
        }));
    }
    let gone = table.layers.keys().filter(|krate| !found.contains_key(*krate));
    problems.extend(gone.map(|krate| format!("xtask/layers.toml: there is no crate {krate}; remove it")));
    problems
}

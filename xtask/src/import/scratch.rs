//! `cargo xtask import FILE --select PREFIX… --scratch DIR`: whether other operations would go through.
//!
//! DIR becomes a workspace of its own, with an overlay that holds only what the import asks for, the names as proposed
//! and words that stand for sentences. Nothing of this workspace is changed.
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::matches::Matches;
use super::overlay::Overlay;
use super::resolve::resolve;
use crate::console::say;
use crate::description::text::to_text;
use crate::description::{self, Selection};
use crate::paths;

/// More rounds of "append what is printed" than any import needs that gets anywhere.
const ROUNDS: usize = 8;

/// What every overlay begins with.
const OVERLAY: &str = "overlay: 1.0.0\ninfo: {title: Scratch, version: 1.0.0}\nactions:\n  - target: $.info\n    \
    update: {title: Scratch, version: \"2026-03-10\", description: A scratch client., x-documentation: own}\n";

/// Imports, generates and compiles the operations below `prefixes`.
pub(super) fn run(file: &Path, prefixes: &[String], folder: &Path) -> Result<()> {
    if folder.join("spec").exists() || folder.join("Cargo.toml").exists() {
        bail!(
            "{} is in use; name a folder that is empty or new",
            folder.display()
        );
    }
    let selection = Selection {
        include: prefixes.to_vec(),
        exclude: Vec::new(),
    };
    let selected = selection.apply(&description::read(file)?)?;
    let spec = folder.join("spec");
    workspace(folder)?;
    let (overlay, resolved, rounds) = converge(&selected)?;
    let count = |value: &Value| {
        value
            .get("paths")
            .and_then(Value::as_object)
            .map_or(0, serde_json::Map::len)
    };
    write(&spec.join("overlay.yaml"), &overlay)?;
    write(
        &spec.join("selection.yaml"),
        &format!("include: {}\n", Value::from(prefixes.to_vec())),
    )?;
    write(&spec.join("agents-api.json"), &to_text(&resolved))?;
    say(&format!("import: {} paths in {rounds} rounds", count(&resolved)));
    let xtask = std::env::current_exe().context("cannot find this program")?;
    command(Command::new(xtask).arg("generate"), "generate", folder)?;
    let target = paths::root().join("target/scratch");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["check", "--quiet", "-p", "agents-api-raw"])
        .env("CARGO_TARGET_DIR", target);
    command(&mut cargo, "cargo check", folder)?;
    say(&format!("compiled: {}", folder.display()));
    Ok(())
}

/// Appends what the import prints until it passes: the overlay, the resolved spec and how often that took.
fn converge(selected: &Value) -> Result<(String, Value, usize)> {
    let mut overlay = OVERLAY.to_owned();
    for round in 1..=ROUNDS {
        let parsed = Overlay::parse(&overlay)?;
        match resolve(selected, &parsed, &mut Matches::default()) {
            Ok(imported) => return Ok((overlay, imported.resolved, round)),
            Err(problems) if problems.are_curable() && round < ROUNDS => {
                overlay.push_str(&problems.stanzas().replace("<what", "About what"));
            }
            Err(problems) => bail!("after {round} rounds: {}", problems.render(|_| None)),
        }
    }
    bail!("it does not end in {ROUNDS} rounds")
}

/// A copy of the raw crate with a workspace around it.
fn workspace(folder: &Path) -> Result<()> {
    let root = paths::root();
    copy(
        &root.join("crates/agents-api-raw"),
        &folder.join("crates/agents-api-raw"),
    )?;
    let manifest = root.join("Cargo.toml");
    let text =
        std::fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let rest = text.find("[workspace.package]").map_or("", |at| &text[at..]);
    let dependencies = rest
        .lines()
        .filter(|line| !line.contains("path = ") || line.starts_with("agents-api-raw "))
        .fold(String::new(), |text, line| format!("{text}{line}\n"));
    let head = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/agents-api-raw\"]\n\n";
    write(&folder.join("Cargo.toml"), &format!("{head}{dependencies}"))?;
    for file in ["Cargo.lock", "rustfmt.toml"] {
        std::fs::copy(root.join(file), folder.join(file)).with_context(|| format!("cannot copy {file}"))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in std::fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            std::fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn command(command: &mut Command, name: &str, folder: &Path) -> Result<()> {
    let output = command
        .current_dir(folder)
        .env_remove("CARGO_MANIFEST_DIR")
        .output()
        .with_context(|| format!("{name} cannot be run"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let lines: Vec<&str> = said.lines().take(40).collect();
        bail!("{name} failed in {}:\n{}", folder.display(), lines.join("\n"));
    }
    Ok(())
}

//! `cargo xtask update`: the runbook of CONTRIBUTING.md as one command.
//!
//! It runs the other commands one after the other, stops where a person must decide, and goes on from there when it is
//! run again. What it stops for: overlay actions to be written, and checks that fail.
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use anyhow::{Context, Result, bail};

use crate::console::{complain, say};
use crate::paths;
use crate::published::{PACKAGE, Published};

/// The arguments of `cargo xtask update`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// GitHub's description [default: the newest @octokit/openapi, fetched with npm]
    file: Option<PathBuf>,
    /// Leave out the checks behind `generate`
    #[arg(long)]
    skip_checks: bool,
    /// The folder of the selection, the overlay and the results; leaves out `generate` and the checks
    #[arg(long, hide = true)]
    spec_dir: Option<PathBuf>,
}

/// Where the overlay actions stand that are still to be written, relative to the spec folder.
const STANZAS: &str = "stanzas.yaml";
/// Which published version was imported last, relative to the spec folder.
const VERSION: &str = "upstream.version";
/// Words of a sentence nobody has written yet.
const PLACEHOLDER: &str = "<what ";

/// What has to hold of new sources, and what to do when it does not.
const CHECKS: [(&[&str], &str); 3] = [
    (
        &["test", "-p", "xtask", "--test", "surface"],
        "review the listing of the public surface with `git diff`",
    ),
    (
        &["test", "-p", "agents-api-raw", "-p", "xtask", "--no-fail-fast"],
        "CONTRIBUTING.md says for each failing test what to follow up",
    ),
    (
        &["check", "--workspace", "--all-targets", "--keep-going"],
        "follow up by hand what no longer compiles",
    ),
];

/// Runs the command: 0 when all is done, 1 when a person must decide something or a step failed.
pub fn run(args: &Args) -> ExitCode {
    match update(args) {
        Ok(entry) => {
            say(&entry);
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain("update", &error);
            ExitCode::FAILURE
        }
    }
}

/// Returns the entry for CHANGELOG.md.
fn update(args: &Args) -> Result<String> {
    let folder = args.spec_dir.clone().unwrap_or_else(paths::spec);
    append_stanzas(&folder)?;
    let published = args.file.is_none().then(|| Published::fetch(None)).transpose()?;
    let file = match (&args.file, &published) {
        (Some(file), _) => file.clone(),
        (None, Some(published)) => {
            say(&format!("==> {PACKAGE} {}", published.version));
            published.description()
        }
        (None, None) => bail!("there is no description to import"),
    };
    let file = file.to_string_lossy().into_owned();
    let report = changes(&folder, &file)?;
    import(&folder, &file)?;
    if let Some(published) = &published {
        let version = format!("{PACKAGE} {}\n", published.version);
        std::fs::write(folder.join(VERSION), version).context("cannot record the version")?;
    }
    if args.spec_dir.is_none() {
        step(&["generate"])?;
        let checks = CHECKS.iter().filter(|_| !args.skip_checks);
        for (arguments, remedy) in checks {
            say(&format!("==> cargo {}", arguments.join(" ")));
            let mut cargo = Command::new(env!("CARGO"));
            let status = cargo
                .args(*arguments)
                .env(
                    "INSTA_UPDATE",
                    if arguments.contains(&"surface") {
                        "always"
                    } else {
                        "no"
                    },
                )
                .env_remove("CARGO_MANIFEST_DIR")
                .current_dir(paths::root())
                .status()
                .context("cargo cannot be run")?;
            if !status.success() {
                bail!(
                    "cargo {} failed: {remedy}; then run `cargo xtask update` again",
                    arguments.join(" ")
                );
            }
        }
    }
    let source = published.map_or_else(
        || "a file".to_owned(),
        |published| format!("{PACKAGE} {}", published.version),
    );
    Ok(format!(
        "==> For CHANGELOG.md, below \"Unreleased\":\n\nGitHub's description is that of {source}.\n\n{report}"
    ))
}

/// Moves the actions that a person has written to the end of the overlay.
fn append_stanzas(folder: &Path) -> Result<()> {
    let path = folder.join(STANZAS);
    let Ok(stanzas) = std::fs::read_to_string(&path) else {
        return Ok(());
    };
    let left = stanzas.matches(PLACEHOLDER).count();
    if left > 0 {
        bail!(
            "{} has {left} placeholders left: write a sentence of your own in place of each {PLACEHOLDER}…>; then run \
             `cargo xtask update` again",
            path.display()
        );
    }
    let overlay = folder.join("overlay.yaml");
    let text =
        std::fs::read_to_string(&overlay).with_context(|| format!("cannot read {}", overlay.display()))?;
    std::fs::write(&overlay, text + &stanzas)
        .with_context(|| format!("cannot write {}", overlay.display()))?;
    std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    say(&format!(
        "==> appended {} to {}",
        path.display(),
        overlay.display()
    ));
    Ok(())
}

/// What changes for a client, as Markdown: against the contract that is committed, so that a later run says the same.
fn changes(folder: &Path, file: &str) -> Result<String> {
    let old = folder.join("upstream.json");
    let committed = Command::new("git")
        .args(["show", "HEAD:./upstream.json"])
        .current_dir(folder)
        .output();
    let temporary = tempfile::Builder::new()
        .suffix(".json")
        .tempfile()
        .context("cannot make a temporary file")?;
    let old = match committed {
        Ok(output) if output.status.success() => {
            std::fs::write(temporary.path(), output.stdout).context("cannot write a temporary file")?;
            temporary.path().to_owned()
        }
        _ => old,
    };
    let output = xtask(&["diff", &old.to_string_lossy(), file, "--format", "markdown"])?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn import(folder: &Path, file: &str) -> Result<()> {
    let stanzas = folder.join(STANZAS);
    let output = xtask(&[
        "import",
        file,
        "--spec-dir",
        &folder.to_string_lossy(),
        "--stanzas",
        &stanzas.to_string_lossy(),
    ])?;
    say(String::from_utf8_lossy(&output.stdout).trim_end());
    if output.status.success() {
        return Ok(());
    }
    let problems = String::from_utf8_lossy(&output.stderr).into_owned();
    if stanzas.exists() {
        bail!(
            "{}\nThe actions above are in {}: edit them there, then run `cargo xtask update` again",
            problems.trim_end(),
            stanzas.display()
        );
    }
    bail!("{}", problems.trim_end());
}

/// Runs another command of this program and shows what it says.
fn step(arguments: &[&str]) -> Result<()> {
    say(&format!("==> cargo xtask {}", arguments.join(" ")));
    let output = xtask(arguments)?;
    say(String::from_utf8_lossy(&output.stdout).trim_end());
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn xtask(arguments: &[&str]) -> Result<Output> {
    let program = std::env::current_exe().context("cannot find this program")?;
    Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("cargo xtask {} cannot be run", arguments.join(" ")))
}

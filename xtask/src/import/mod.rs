//! `cargo xtask import`: from GitHub's description to `spec/upstream.json` and `spec/agents-api.json`.
//!
//! The steps, each in a module of its own and each a function from a document to a document:
//!
//! 1. [`description::read`] reads, [`Selection`] keeps the operations of this client;
//! 2. [`strip`] drops prose: that is `upstream.json`, and an input of the import itself; [`wellformed`] refuses
//!    keywords that hold nonsense;
//! 3. [`dereference`] unfolds references, so that shared and repeated descriptions are alike;
//! 4. [`apply`] gives the overlay's names to places; [`shapes`] brings every schema to one form, [`naming`] decides
//!    which shapes share a name, [`lift`] and [`unite`] make components of them;
//! 5. [`apply`] makes the overlay's other changes, [`wrap`] protects references that are documented;
//! 6. [`docs`] and [`lint`] refuse what is undocumented and what the generator would get wrong;
//! 7. [`write`] writes both files or none.
//!
//! Steps 4 to 6 collect problems instead of stopping at the first, so that one run says all there is to write.
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::description::text::to_text;
use crate::description::{self, Selection};
use crate::paths;

mod apply;
mod dereference;
mod docs;
mod lift;
mod lint;
mod matches;
mod naming;
mod origins;
mod overlay;
mod problem;
mod report;
mod resolve;
#[cfg(test)]
mod robust;
mod scratch;
mod shapes;
mod stanza;
mod strip;
mod unite;
mod wellformed;
mod wrap;
mod write;

use matches::Matches;
use overlay::Overlay;
use resolve::resolve;
use write::Output;

/// The arguments of `cargo xtask import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// GitHub's `OpenAPI` 3.0 or 3.1 description, JSON or YAML, whole or a slice [default: spec/upstream.json]
    file: Option<PathBuf>,
    /// Write nothing; exit with 1 if a file would change
    #[arg(long)]
    check: bool,
    /// Instead: import, generate and compile the operations below these path prefixes, with an overlay of proposals
    #[arg(long, value_name = "PREFIX", num_args = 1.., requires = "scratch", requires = "file")]
    select: Vec<String>,
    /// The folder for --select; it must be empty or new
    #[arg(long, value_name = "DIR", requires = "select")]
    scratch: Option<PathBuf>,
    /// Write the printed overlay actions to this file as well
    #[arg(long, hide = true, value_name = "FILE")]
    stanzas: Option<PathBuf>,
    /// The folder of the selection, the overlay and the results
    #[arg(long, hide = true)]
    spec_dir: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    let folder = args.spec_dir.clone().unwrap_or_else(paths::spec);
    match import(args, &folder) {
        Ok(code) => code,
        Err(error) => {
            crate::console::complain("import", &error);
            ExitCode::FAILURE
        }
    }
}

fn import(args: &Args, folder: &Path) -> Result<ExitCode> {
    if let (Some(file), Some(scratch)) = (&args.file, &args.scratch) {
        scratch::run(file, &args.select, scratch)?;
        return Ok(ExitCode::SUCCESS);
    }
    let spec = Folder::new(folder);
    let file = args.file.as_deref().unwrap_or(&spec.upstream);
    let description = description::read(file)?;
    let selection = Selection::read(&spec.selection)?;
    let overlay = Overlay::read(&spec.overlay)?;
    let selected = selection.apply(&description)?;
    let mut matches = Matches::default();
    let imported = resolve(&selected, &overlay, &mut matches);
    let news = matches.since(&before(&spec, &overlay));
    let imported = match imported {
        Ok(imported) => imported,
        Err(problems) => {
            if let Some(path) = args.stanzas.as_ref().filter(|_| problems.are_curable()) {
                std::fs::write(path, problems.stanzas())
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
            return Ok(report::problems(&problems, &description, &news));
        }
    };
    let outputs = [
        Output {
            path: spec.upstream.clone(),
            text: to_text(&imported.upstream),
        },
        Output {
            path: spec.resolved.clone(),
            text: to_text(&imported.resolved),
        },
    ];
    let before = [outputs[0].current()?, outputs[1].current()?];
    if args.check {
        return Ok(report::check(&before, &outputs));
    }
    let written = write::all(&outputs)?;
    report::success(&before, &outputs, &written, &news);
    Ok(ExitCode::SUCCESS)
}

/// What the overlay matches in the description that was imported last; nothing when there is none.
fn before(spec: &Folder, overlay: &Overlay) -> Matches {
    let mut matches = Matches::default();
    if let Ok(upstream) = description::read(&spec.upstream) {
        // What is wrong with it is said by the import that reads it.
        let _ = resolve(&upstream, overlay, &mut matches);
    }
    matches
}

/// The files of the spec folder.
struct Folder {
    selection: PathBuf,
    overlay: PathBuf,
    upstream: PathBuf,
    resolved: PathBuf,
}

impl Folder {
    fn new(folder: &Path) -> Self {
        let file = |path: PathBuf| folder.join(path.file_name().unwrap_or_default());
        Self {
            selection: file(paths::selection()),
            overlay: file(paths::overlay()),
            upstream: file(paths::upstream()),
            resolved: file(paths::resolved()),
        }
    }
}

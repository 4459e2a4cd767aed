//! Where things are in the workspace, so that no command depends on the folder it is called from.
use std::path::{Path, PathBuf};

/// The workspace around the current folder; that folder when there is none.
///
/// It is looked for at run time: one target directory may serve several checkouts.
pub fn root() -> PathBuf {
    let current = std::env::current_dir().unwrap_or_default();
    let is_root = |folder: &&Path| folder.join("spec/selection.yaml").exists();
    let root = current.ancestors().find(is_root).map(Path::to_owned);
    root.unwrap_or(current)
}

/// The folder of the spec pipeline's inputs and outputs.
pub fn spec() -> PathBuf {
    root().join("spec")
}

/// Structure taken from GitHub's description; written by the import.
pub fn upstream() -> PathBuf {
    spec().join("upstream.json")
}

/// Names, documentation and corrections; written by hand.
pub fn overlay() -> PathBuf {
    spec().join("overlay.yaml")
}

/// The resolved spec, input of the generation; written by the import.
pub fn resolved() -> PathBuf {
    spec().join("agents-api.json")
}

/// Which operations belong to this client; written by hand.
pub fn selection() -> PathBuf {
    spec().join("selection.yaml")
}

/// The generated sources.
pub fn generated() -> PathBuf {
    root().join("crates/agents-api-raw/src/generated")
}

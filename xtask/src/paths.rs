//! Where things are in the workspace, so that no command depends on the directory it is called from.
use std::path::PathBuf;

/// The workspace root.
pub fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().map(PathBuf::from).unwrap_or(xtask)
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

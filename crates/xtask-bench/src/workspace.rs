//! Where the workspace is, and what is printed on the way.
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The workspace around the current folder; that folder when there is none.
pub(super) fn root() -> PathBuf {
    let current = std::env::current_dir().unwrap_or_default();
    let is_root = |folder: &&Path| folder.join("crates/xtask-bench/Cargo.toml").exists();
    let root = current.ancestors().find(is_root).map(Path::to_owned);
    root.unwrap_or(current)
}

/// Prints one line of result. Whoever closed the pipe wants no more of it.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

//! Writes the generated files, or says how the committed ones differ.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use similar::TextDiff;

/// How much of a diff is shown, in lines: enough to see what is wrong.
const LINES: usize = 80;

/// Reads every file below `folder`, by its path relative to `root`.
pub(super) fn read(root: &Path, folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    if !folder.exists() {
        return Ok(files);
    }
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.append(&mut read(root, &path)?);
        } else {
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    Ok(files)
}

/// Fails with a diff when the files below `folder` are not exactly `files`.
pub(super) fn against(folder: &Path, files: &BTreeMap<String, String>) -> Result<()> {
    let present = read(folder, folder)?;
    let names: BTreeSet<_> = present.keys().chain(files.keys()).collect();
    let mut report = String::new();
    for name in names {
        match (present.get(name), files.get(name)) {
            (Some(old), Some(new)) if old != new => {
                let diff = TextDiff::from_lines(old, new);
                let mut unified = diff.unified_diff();
                unified.header(&format!("committed/{name}"), &format!("generated/{name}"));
                report.push_str(&unified.to_string());
            }
            (Some(_), None) => report.push_str(&format!("{name} is not generated; remove it\n")),
            (None, Some(_)) => report.push_str(&format!("{name} is missing\n")),
            _ => {}
        }
    }
    if report.is_empty() {
        return Ok(());
    }
    let mut shown: Vec<_> = report.lines().take(LINES).collect();
    if report.lines().count() > LINES {
        shown.push("… (cut)");
    }
    bail!(
        "the generated sources are stale or were edited by hand; run `cargo xtask generate`\n{}",
        shown.join("\n")
    )
}

/// Makes the files below `folder` exactly `files`; returns how many changed.
pub(super) fn write(folder: &Path, files: &BTreeMap<String, String>) -> Result<usize> {
    let present = read(folder, folder)?;
    let mut changed = 0;
    for (name, text) in files {
        if present.get(name) == Some(text) {
            continue;
        }
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
        }
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        changed += 1;
    }
    for name in present.keys().filter(|name| !files.contains_key(*name)) {
        let path = folder.join(name);
        std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        changed += 1;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> BTreeMap<String, String> {
        list.iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn every_difference_is_told_and_mended() {
        let generated = files(&[("mod.rs", "fn a() {}\n"), ("types/error.rs", "fn b() {}\n")]);
        for (present, told) in [
            (
                files(&[("mod.rs", "fn a() {}\n"), ("types/error.rs", "fn c() {}\n")]),
                "+fn b() {}",
            ),
            (files(&[("mod.rs", "fn a() {}\n")]), "types/error.rs is missing"),
            (
                files(&[
                    ("mod.rs", "fn a() {}\n"),
                    ("types/error.rs", "fn b() {}\n"),
                    ("extra.rs", ""),
                ]),
                "extra.rs is not generated",
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &present).unwrap();
            let message = against(folder.path(), &generated).unwrap_err().to_string();
            assert!(message.contains(told), "{message}");
            assert_eq!(write(folder.path(), &generated).unwrap(), 1);
            against(folder.path(), &generated).unwrap();
        }
    }
}

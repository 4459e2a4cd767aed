//! Writes the import's files: all of them, or none.
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use tempfile::NamedTempFile;

/// A file as it should be.
#[derive(Debug)]
pub(crate) struct Output {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it should contain.
    pub(crate) text: String,
}

impl Output {
    /// What the file contains now; nothing when it does not exist.
    pub(crate) fn current(&self) -> Result<Option<String>> {
        match fs::read(&self.path) {
            // Bytes that are no text cannot be what the import writes, and compare as different either way.
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", self.path.display())),
        }
    }
}

/// Writes the files that differ, and returns their paths. Every new text is on the disk before the first file is
/// replaced, and if a replacement fails, those made before it are undone.
///
/// # Errors
/// When a file cannot be written; no file has changed then.
pub(crate) fn all(outputs: &[Output]) -> Result<Vec<PathBuf>> {
    all_by(outputs, replace)
}

fn all_by(
    outputs: &[Output],
    mut replace: impl FnMut(NamedTempFile, &Path) -> Result<()>,
) -> Result<Vec<PathBuf>> {
    let mut staged = Vec::new();
    for output in outputs {
        let before = output.current()?;
        if before.as_ref() != Some(&output.text) {
            staged.push((output, before, stage(&output.path, &output.text)?));
        }
    }
    let mut done: Vec<(&Output, Option<String>)> = Vec::new();
    for (output, before, file) in staged {
        if let Err(error) = replace(file, &output.path) {
            let undone = undo(&done);
            return Err(error.context(undone));
        }
        done.push((output, before));
    }
    Ok(done.into_iter().map(|(output, _)| output.path.clone()).collect())
}

fn stage(path: &Path, text: &str) -> Result<NamedTempFile> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let cannot = || format!("cannot write {}; nothing has been changed", path.display());
    let mut file = NamedTempFile::new_in(folder).with_context(cannot)?;
    file.write_all(text.as_bytes()).with_context(cannot)?;
    file.as_file().sync_all().with_context(cannot)?;
    // A temporary file is private to its owner; a file of the source tree is not.
    if let Ok(metadata) = fs::metadata(path) {
        if metadata.permissions().readonly() {
            return Err(anyhow!("{} is read-only", path.display())).with_context(cannot);
        }
        fs::set_permissions(file.path(), metadata.permissions()).with_context(cannot)?;
    } else {
        share(file.path()).with_context(cannot)?;
    }
    Ok(file)
}

#[cfg(unix)]
fn share(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn share(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

fn replace(file: NamedTempFile, path: &Path) -> Result<()> {
    file.persist(path)
        .map(drop)
        .map_err(|error| anyhow!("cannot replace {}: {}", path.display(), error.error))
}

/// Puts back what the files contained, and says how that went.
fn undo(done: &[(&Output, Option<String>)]) -> String {
    let mut failed = Vec::new();
    for (output, before) in done {
        let result = match before {
            Some(text) => stage(&output.path, text).and_then(|file| replace(file, &output.path)),
            None => fs::remove_file(&output.path).map_err(anyhow::Error::from),
        };
        if result.is_err() {
            failed.push(output.path.display().to_string());
        }
    }
    if failed.is_empty() {
        "nothing has been changed".to_owned()
    } else {
        format!("{} could not be put back", failed.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use anyhow::bail;

    use super::{Output, all, all_by, replace};

    fn outputs(folder: &tempfile::TempDir) -> [Output; 3] {
        ["a", "b", "c"].map(|name| Output {
            path: folder.path().join(name),
            text: format!("new {name}"),
        })
    }

    #[test]
    fn a_failed_replacement_undoes_those_before_it() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a"), "old a").expect("a file");
        let mut calls = 0;
        let result = all_by(&outputs(&folder), |file, path| {
            calls += 1;
            if calls == 3 {
                bail!("the disk went away");
            }
            replace(file, path)
        });
        let error = format!("{:#}", result.expect_err("the third replacement fails"));
        assert_eq!(error, "nothing has been changed: the disk went away");
        assert_eq!(
            fs::read_to_string(folder.path().join("a")).expect("a file"),
            "old a"
        );
        let left: Vec<_> = fs::read_dir(folder.path())
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        assert_eq!(left, ["a"], "no file was added and no temporary file is left");
    }

    #[test]
    fn only_what_differs_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let outputs = outputs(&folder);
        assert_eq!(all(&outputs).expect("written").len(), 3);
        fs::write(folder.path().join("b"), "edited").expect("a file");
        assert_eq!(all(&outputs).expect("written"), [folder.path().join("b")]);
        assert_eq!(
            fs::read_to_string(folder.path().join("b")).expect("a file"),
            "new b"
        );
    }
}

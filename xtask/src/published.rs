//! GitHub's description as npm publishes it: the package `@octokit/openapi`.
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tempfile::TempDir;

/// The package that carries the description.
pub const PACKAGE: &str = "@octokit/openapi";

/// One published version of the description, unpacked until this is dropped.
#[derive(Debug)]
pub struct Published {
    /// The package's version.
    pub version: String,
    folder: TempDir,
}

#[derive(Deserialize)]
struct Packed {
    version: String,
    filename: String,
}

impl Published {
    /// Fetches a version with npm; the newest when none is named.
    ///
    /// # Errors
    /// When npm or tar cannot be run, or there is no such version.
    pub fn fetch(version: Option<&str>) -> Result<Self> {
        let wanted = format!("{PACKAGE}@{}", version.unwrap_or("latest"));
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let mut npm = Command::new("npm");
        npm.args(["pack", &wanted, "--json", "--pack-destination"]);
        let listed = output(npm.arg(folder.path()), "npm pack")?;
        let packed: Vec<Packed> = serde_json::from_str(&listed)
            .with_context(|| format!("npm pack {wanted}: its output is not the list of a package"))?;
        let Some(packed) = packed.into_iter().next() else {
            bail!("npm pack {wanted}: it packed nothing");
        };
        let mut tar = Command::new("tar");
        tar.arg("xzf").arg(folder.path().join(&packed.filename));
        output(tar.arg("-C").arg(folder.path()), "tar")?;
        Ok(Self {
            version: packed.version,
            folder,
        })
    }

    /// The description of api.github.com.
    pub fn description(&self) -> PathBuf {
        self.folder.path().join("package/generated/api.github.com.json")
    }
}

fn output(command: &mut Command, name: &str) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("{name} cannot be run; is it installed?"))?;
    if !output.status.success() {
        bail!(
            "{name} failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

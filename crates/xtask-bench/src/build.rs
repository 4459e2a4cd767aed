//! What a user compiles: a program that gets one task, with the library and with octocrab.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::document::{Chapter, Goal, Table, thousands};
use super::process::{self, run};
use super::workspace::root;

/// The longest a build may take.
const LIMIT: Duration = Duration::from_secs(1800);

const LIBRARY: &str = r#"
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = agents_api::Client::from_env()?;
    println!("{}", client.task("TASK_ID").get().await?.state);
    Ok(())
}
"#;

const OCTOCRAB: &str = r#"
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = octocrab::Octocrab::builder().personal_token(std::env::var("GH_TOKEN")?).build()?;
    println!("{:?}", client.agents().tasks().get("TASK_ID").await?.status);
    Ok(())
}
"#;

/// A user's project.
struct Project {
    folder: PathBuf,
    target: PathBuf,
}

/// What it took to build it.
struct Built {
    packages: usize,
    wall: f64,
    cpu: f64,
    bytes: f64,
}

pub(super) fn measure() -> Result<Chapter> {
    let root = root();
    let path = format!(
        "agents-api = {{ path = {:?} }}",
        root.join("crates/agents-api").to_string_lossy()
    );
    let mut table = Table::new([
        "with default features",
        "packages",
        "s for a clean dev build",
        "s of processor",
        "MB of program (release, stripped)",
    ]);
    let mut built = Vec::new();
    for (name, dependency, program) in [
        ("octocrab", "octocrab = \"0.54\"", OCTOCRAB),
        ("library", &path, LIBRARY),
    ] {
        let project = Project::new(name, dependency, program)?;
        let one = project.build()?;
        table.row([
            name.to_owned(),
            one.packages.to_string(),
            thousands(one.wall),
            thousands(one.cpu),
            format!("{:.1}", one.bytes / 1e6),
        ]);
        built.push(one);
    }
    let mut goals = Vec::new();
    if let [octocrab, library] = built.as_slice() {
        #[expect(clippy::cast_precision_loss, reason = "hundreds")]
        let packages = library.packages as f64 / octocrab.packages as f64;
        let time = library.cpu / octocrab.cpu;
        for (wanted, measured) in [
            ("packages ≤ 2/3 of octocrab's", packages),
            ("processor time of a clean dev build ≤ 2/3 of octocrab's", time),
        ] {
            goals.push(Goal {
                wanted: wanted.to_owned(),
                measured: format!("{measured:.3}"),
                met: measured <= 2.0 / 3.0,
            });
        }
    }
    Ok(Chapter {
        title: "What a user compiles",
        method: "A new project that gets one task and prints its state, with tokio and this workspace's `Cargo.lock`. \
                 Packages are those of `cargo tree -e normal,build` on this platform, the project's own left out. \
                 Times are of one `cargo build` into an empty folder, with everything downloaded."
            .to_owned(),
        tables: vec![table],
        goals,
        weak: vec![
            "each build is done once; when other programs run, the wall's clock counts them, and the processor's \
             nearly not."
                .to_owned(),
        ],
    })
}

impl Project {
    fn new(name: &str, dependency: &str, program: &str) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("agents-api-bench-")
            .tempdir()?
            .keep();
        let project = Self {
            target: folder.join("target"),
            folder,
        };
        std::fs::create_dir_all(project.folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"uses-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n\
             tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n\n[profile.release]\nstrip = true\n\n\
             [workspace]\n"
        );
        std::fs::write(project.folder.join("Cargo.toml"), manifest)?;
        std::fs::write(project.folder.join("src/main.rs"), program.trim_start())?;
        let lock = root().join("Cargo.lock");
        std::fs::copy(lock, project.folder.join("Cargo.lock"))?;
        Ok(project)
    }

    fn build(&self) -> Result<Built> {
        // The first call resolves and downloads; only the build itself is timed.
        run(&mut self.cargo(&["fetch", "--quiet"]), LIMIT)?;
        let tree = self.cargo(&["tree", "-e", "normal,build", "--prefix", "none", "--quiet"]);
        let packages = packages(&run(&mut { tree }, LIMIT)?.stdout);
        let dev = run(&mut self.cargo(&["build", "--quiet"]), LIMIT)?;
        run(&mut self.cargo(&["build", "--quiet", "--release"]), LIMIT)?;
        let bytes = program(&self.target.join("release"))?;
        Ok(Built {
            packages,
            wall: dev.wall.as_secs_f64(),
            cpu: dev.cpu.as_secs_f64(),
            bytes,
        })
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = process::cargo();
        cargo
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            // Settings of whoever measures are not a user's.
            .env_remove("CARGO_PROFILE_DEV_DEBUG")
            .env_remove("RUSTFLAGS");
        cargo
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The packages of a tree, each once, without the first, which is the project's own.
fn packages(tree: &str) -> usize {
    let lines = tree
        .lines()
        .skip(1)
        .map(|line| line.trim_end_matches(" (*)").trim());
    let packages: BTreeSet<_> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('['))
        .collect();
    packages.len()
}

/// The size of the one program in the folder.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn program(folder: &Path) -> Result<f64> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("uses-") && !name.contains('.') {
            return Ok(entry.metadata()?.len() as f64);
        }
    }
    None.context("cargo built no program")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_package_counts_once() {
        let tree = "uses v0.0.0 (/tmp/x)\nserde v1.0.0\nserde_core v1.0.0\n[build-dependencies]\ncc v1.0.0\nserde v1.0.0 (*)\n\n";
        assert_eq!(packages(tree), 3);
    }
}

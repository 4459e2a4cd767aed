//! A spec folder to run the import in, and ways to alter what it reads.
//!
//! It is a copy of `fixture/`, which stays as it is when GitHub's description changes: an addition invented by a test
//! might one day be real. Tests of what is committed below `spec/` copy that instead.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// A copy of a spec folder.
pub(crate) struct Workspace {
    folder: TempDir,
}

/// What a run said and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workspace {
    /// A copy of the fixture, imported.
    pub(crate) fn new() -> Self {
        static IMPORTED: OnceLock<String> = OnceLock::new();
        let workspace = Self::copy(&fixture());
        let imported = IMPORTED.get_or_init(|| {
            workspace.import(&[]).succeeded();
            workspace.read("agents-api.json")
        });
        workspace.write("agents-api.json", imported);
        workspace
    }

    /// A copy of the spec folder as it is committed.
    pub(crate) fn committed() -> Self {
        let workspace = Self::copy(&xtask::paths::spec());
        let resolved = fs::read(xtask::paths::resolved()).expect("the resolved spec");
        workspace.write("agents-api.json", resolved);
        workspace
    }

    fn copy(from: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for file in SOURCES {
            fs::copy(from.join(file), folder.path().join(file)).expect(file);
        }
        Self { folder }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect(file)
    }

    pub(crate) fn json(&self, file: &str) -> Value {
        serde_json::from_str(&self.read(file)).expect(file)
    }

    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(file), content).expect(file);
        self.path(file)
    }

    /// Runs `import` with these arguments; `input.json` and the like are files of this folder.
    pub(crate) fn import(&self, args: &[&str]) -> Outcome {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .current_dir(self.folder.path())
            .args(["import", "--spec-dir"])
            .arg(self.folder.path())
            .args(args)
            .output()
            .expect("the command runs");
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("the command speaks UTF-8");
            text.replace(&format!("{}/", self.folder.path().display()), "")
        };
        Outcome {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs `import` on this description.
    pub(crate) fn import_value(&self, description: &Value) -> Outcome {
        self.write("input.json", description.to_string());
        self.import(&["input.json"])
    }

    /// Appends the stanzas that a failed run printed to the overlay, with sentences instead of placeholders.
    pub(crate) fn append(&self, outcome: &Outcome) {
        let overlay = self.read("overlay.yaml") + &outcome.stanzas().replace("<what", "About what");
        self.write("overlay.yaml", overlay);
    }

    /// The text of both results.
    pub(crate) fn results(&self) -> [String; 2] {
        [self.read("upstream.json"), self.read("agents-api.json")]
    }
}

impl Outcome {
    #[track_caller]
    pub(crate) fn succeeded(&self) {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
    }

    /// One error on the error stream, none of it a panic, exit code 1.
    #[track_caller]
    pub(crate) fn failed_with(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        assert_eq!(self.stderr.matches("error: ").count(), 1, "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in:\n{}", self.stderr);
        }
    }

    /// The overlay actions in the text, exactly as printed.
    pub(crate) fn stanzas(&self) -> String {
        let mut inside = false;
        let mut text = String::new();
        for line in self.stderr.lines() {
            inside = line.starts_with("  - ") || inside && line.starts_with("    ");
            if inside {
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    }
}

/// What an import reads.
const SOURCES: [&str; 3] = ["selection.yaml", "overlay.yaml", "upstream.json"];

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/fixture")
}

/// The fixture's description of the selected operations, without prose.
pub(crate) fn upstream() -> Value {
    let text = fs::read_to_string(fixture().join("upstream.json")).expect("upstream.json");
    serde_json::from_str(&text).expect("valid JSON")
}

/// The value at a pointer that must exist.
#[track_caller]
pub(crate) fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("nothing at {pointer}"))
}

pub(crate) const LIST: &str = "/paths/~1agents~1tasks/get";
pub(crate) const GET: &str = "/paths/~1agents~1tasks~1{task_id}/get";
pub(crate) const START: &str = "/paths/~1agents~1repos~1{owner}~1{repo}~1tasks/post";
pub(crate) const BODY: &str = "content/application~1json/schema";

/// The schema of a task in the answer to a list of the user's tasks.
pub(crate) fn list_item() -> String {
    format!("{LIST}/responses/200/{BODY}/properties/tasks/items")
}

/// Calls `change` on every object of the document that has these keys.
pub(crate) fn each_with(document: &mut Value, keys: &[&str], change: &mut dyn FnMut(&mut Value)) {
    if keys.iter().all(|key| document.get(key).is_some()) {
        change(document);
    }
    match document {
        Value::Object(map) => map.values_mut().for_each(|value| each_with(value, keys, change)),
        Value::Array(items) => items.iter_mut().for_each(|value| each_with(value, keys, change)),
        _ => {}
    }
}

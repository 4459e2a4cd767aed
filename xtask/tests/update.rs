//! The runbook by one command, on a spec folder of its own.
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// A copy of the import's fixture, imported.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/fixture");
    for file in ["selection.yaml", "overlay.yaml", "upstream.json"] {
        fs::copy(fixture.join(file), folder.path().join(file)).unwrap();
    }
    folder
}

/// The exit code, and what was said on both streams.
fn update(folder: &Path, file: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("update")
        .arg(file)
        .arg("--spec-dir")
        .arg(folder)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn it_stops_for_sentences_and_goes_on_when_they_are_written() {
    let folder = folder();
    let path = |file: &str| folder.path().join(file);
    let text = fs::read_to_string(path("upstream.json")).unwrap();
    let mut input: Value = serde_json::from_str(&text).unwrap();
    let item =
        "/paths/~1agents~1tasks/get/responses/200/content/application~1json/schema/properties/tasks/items";
    input.pointer_mut(item).unwrap()["properties"]["priority"] =
        json!({"type": "string", "enum": ["high", "low"]});
    fs::write(path("input.json"), input.to_string()).unwrap();

    let (code, said) = update(folder.path(), &path("input.json"));
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("edit them there, then run `cargo xtask update` again"),
        "{said}"
    );
    assert_eq!(
        fs::read_to_string(path("upstream.json")).unwrap(),
        text,
        "nothing is imported"
    );

    let (code, said) = update(folder.path(), &path("input.json"));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("stanzas.yaml has 4 placeholders left"), "{said}");

    let stanzas = fs::read_to_string(path("stanzas.yaml")).unwrap();
    fs::write(path("stanzas.yaml"), stanzas.replace("<what", "About what")).unwrap();
    let (code, said) = update(folder.path(), &path("input.json"));
    assert_eq!(code, Some(0), "{said}");
    assert!(!path("stanzas.yaml").exists(), "they are in the overlay now");
    assert!(
        fs::read_to_string(path("overlay.yaml"))
            .unwrap()
            .contains("About what priority")
    );
    assert!(said.contains("For CHANGELOG.md"), "{said}");
    assert!(
        said.contains("optional field `priority` added (string enum)"),
        "{said}"
    );
}

#[test]
fn what_no_overlay_action_cures_stops_it_too() {
    let folder = folder();
    let path = folder.path().join("input.json");
    fs::write(&path, "{\"openapi\": \"3.0.3\", \"paths\": {}}").unwrap();
    let (code, said) = update(folder.path(), &path);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("lacks the operations of this client"), "{said}");
    assert!(!folder.path().join("stanzas.yaml").exists());
}

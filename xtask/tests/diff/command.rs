//! The command line: what goes to which stream, and the exit code.
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::fixture::{LIST, TASK, edited, inlined};

fn diff(arguments: &[&Path], options: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .arg("diff")
        .args(arguments)
        .args(options)
        .output()
        .unwrap();
    (
        status.code(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn text(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn json(&self, name: &str, value: &Value) -> PathBuf {
        self.text(name, &value.to_string())
    }
}

#[test]
fn exit_codes_follow_fail_on() {
    let files = Files::new();
    let old = files.json("old.json", &inlined());
    let breaking = files.json(
        "breaking.json",
        &edited(&format!("{TASK}/required"), |v| *v = json!(["id"])),
    );
    let additive = files.json(
        "additive.json",
        &edited(&format!("{TASK}/required"), |v| {
            *v = json!(["id", "state", "name"]);
        }),
    );
    let words = files.json(
        "words.json",
        &edited(&format!("{LIST}/summary"), |v| *v = json!("Tasks")),
    );
    for (new, limit, code) in [
        (&old, "additive", 0),
        (&breaking, "breaking", 1),
        (&breaking, "additive", 1),
        (&additive, "breaking", 0),
        (&additive, "additive", 1),
        (&words, "additive", 0),
    ] {
        assert_eq!(
            diff(&[&old, new], &["--fail-on", limit]).0,
            Some(code),
            "{} {limit}",
            new.display()
        );
    }
    let (code, out, err) = diff(&[&old, &breaking], &[]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("1 breaking\n"), "{out}");
    assert_eq!(diff(&[&old, &old], &[]).1, "no changes\n");
    let json: Value = serde_json::from_str(&diff(&[&old, &breaking], &["--format", "json"]).1).unwrap();
    assert_eq!(json["changes"][0]["class"], "breaking");
}

#[test]
fn only_operations_of_this_client_are_compared() {
    let files = Files::new();
    let old = files.json("old.json", &inlined());
    let more = edited("/paths", |paths| {
        paths["/gists"] = json!({ "get": { "responses": {} } });
    });
    assert_eq!(
        diff(&[&old, &files.json("more.json", &more)], &[]).1,
        "no changes\n"
    );
}

#[test]
fn authentication_of_the_whole_description_counts() {
    let files = Files::new();
    let mut new = inlined();
    new["security"] = json!([{ "token": [] }]);
    new["components"] = json!({ "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } });
    let (_, out, _) = diff(
        &[&files.json("old.json", &inlined()), &files.json("new.json", &new)],
        &[],
    );
    assert!(
        out.contains("authentication: `token (http bearer)` listed"),
        "{out}"
    );
}

#[test]
fn unusable_input_is_two_with_one_error() {
    let files = Files::new();
    let good = files.json("good.json", &inlined());
    let mut newer = inlined();
    newer["openapi"] = json!("4.0.0");
    let elsewhere =
        json!({ "openapi": "3.0.3", "info": {}, "paths": { "/gists": { "get": { "responses": {} } } } });
    let dangling = edited(&format!("{TASK}/properties/name"), |v| {
        *v = json!({ "$ref": "#/components/schemas/No" });
    });
    for bad in [
        files.0.path().join("missing.json"),
        files.0.path().to_owned(),
        files.text("empty.json", ""),
        files.text("text.json", "{ \"openapi\": "),
        files.json("newer.json", &newer),
        files.json("swagger.json", &json!({ "swagger": "2.0", "paths": {} })),
        files.json("elsewhere.json", &elsewhere),
        files.json("dangling.json", &dangling),
        files.json("list.json", &json!([])),
    ] {
        for pair in [[good.as_path(), &bad], [&bad, &good]] {
            let (code, out, err) = diff(&pair, &["--fail-on", "breaking"]);
            assert_eq!((code, out.as_str()), (Some(2), ""), "{}", bad.display());
            assert!(err.starts_with("error: ") && !err.contains("panicked"), "{err}");
            assert!(
                err.contains(&*bad.to_string_lossy()),
                "the error names the file: {err}"
            );
        }
    }
}

#[test]
fn a_wrong_command_line_is_two() {
    let files = Files::new();
    let good = files.json("good.json", &inlined());
    assert_eq!(diff(&[&good], &[]).0, Some(2));
    assert_eq!(diff(&[&good, &good], &["--format", "html"]).0, Some(2));
    assert_eq!(diff(&[&good, &good], &["--fail-on", "documentation"]).0, Some(2));
}

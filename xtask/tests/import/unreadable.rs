//! Files that are no description: one clear error each, exit 1, nothing touched.
use std::fs::File;

use super::support::{Workspace, upstream};

fn refused(content: &[u8], said: &[&str]) {
    let workspace = Workspace::new();
    let before = workspace.results();
    workspace.write("input", content);
    let outcome = workspace.import(&["input"]);
    println!("{}", outcome.stderr);
    outcome.failed_with(said);
    assert!(
        outcome.stderr.lines().count() < 12 && outcome.stderr.len() < 1500,
        "not one clear error: {}",
        outcome.stderr
    );
    assert_eq!(workspace.results(), before);
}

#[test]
fn files_that_are_no_description_are_refused() {
    let json = upstream().to_string();
    let twice = format!("{json}{json}");
    let cases: &[(&[u8], &[&str])] = &[
        (b"", &["input", "it is empty"]),
        (b" \n\t", &["it is empty"]),
        (b"\xef\xbb\xbf", &["it is empty"]),
        (b"\xff\xfe{\x00", &["not UTF-8 text (line 1)"]),
        (b"{\n\"a\": \"\xff\"}", &["not UTF-8 text (line 2)"]),
        (b"\x1f\x8b\x08\x00", &["not UTF-8 text"]),
        (b"\x00\x00\x00", &["neither JSON nor valid YAML"]),
        (
            b"<!DOCTYPE html>\n<html><body>Not Found</body></html>",
            &["input"],
        ),
        (b"Not Found", &["its top level is a text, not an object"]),
        (b"[1, 2]", &["its top level is a list, not an object"]),
        (b"42", &["its top level is a number"]),
        (b"{}", &["there is no `openapi`"]),
        (b"{\"swagger\": \"2.0\", \"paths\": {}}", &["Swagger \"2.0\""]),
        (b"{\"openapi\": 3, \"paths\": {}}", &["`openapi: 3`"]),
        (b"{\"openapi\": \"4.0.0\"}", &["OpenAPI 3.0 and 3.1 are read"]),
        (b"{\"openapi\": \"3.0.3\"}", &["it has no `paths`"]),
        (
            b"{\"openapi\": \"3.0.3\", \"paths\": []}",
            &["its `paths` is a list"],
        ),
        (
            b"{\"openapi\": \"3.0.3\", \"paths\": {\"/a\": {}, \"/a\": {}}}",
            &["the key \"/a\" appears twice", "line 1 column"],
        ),
        (
            b"openapi: 3.0.3\npaths:\n  /a: {}\n  /a: {}\n",
            &["duplicate", "line 4"],
        ),
        (b"openapi: 3.0.3\npaths: {\n", &["neither JSON nor valid YAML"]),
        (
            b"openapi: 3.0.3\n\tpaths: {}\n",
            &["neither JSON nor valid YAML", "line 1"],
        ),
        (
            b"openapi: 3.0.3\npaths: {}\n---\nopenapi: 3.0.3\n",
            &["neither JSON nor valid YAML"],
        ),
        (
            &json.as_bytes()[..json.len() / 2],
            &["its JSON is truncated", "line 1 column"],
        ),
        (
            twice.as_bytes(),
            &["its JSON is not valid", "trailing characters"],
        ),
    ];
    for (content, said) in cases {
        refused(content, said);
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed_to_the_end_of_the_stack() {
    let depth = 200_000;
    refused(
        format!("{{\"a\":{}", "[".repeat(depth)).as_bytes(),
        &["recursion limit"],
    );
    refused(
        format!("{{\"a\":{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)).as_bytes(),
        &["recursion limit"],
    );
    refused(
        format!("a: {}", "[".repeat(depth)).as_bytes(),
        &["neither JSON nor valid YAML"],
    );
    let mut yaml = String::new();
    for level in 0..3000 {
        yaml.push_str(&" ".repeat(level));
        yaml.push_str("a:\n");
    }
    refused(yaml.as_bytes(), &["neither JSON nor valid YAML"]);
}

#[test]
fn a_yaml_bomb_is_refused() {
    let mut yaml = String::from("openapi: 3.0.3\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        yaml.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            alias.trim_end_matches(", ")
        ));
    }
    yaml.push_str("paths: {}\n");
    refused(yaml.as_bytes(), &["neither JSON nor valid YAML"]);
}

#[test]
fn a_file_over_the_limit_is_refused_without_being_read() {
    let workspace = Workspace::new();
    let file = File::create(workspace.path("input")).expect("a file");
    file.set_len(300 * 1024 * 1024).expect("a sparse file");
    workspace
        .import(&["input"])
        .failed_with(&["it has more than 256 MiB"]);
}

#[test]
fn a_missing_file_or_a_folder_is_refused() {
    let workspace = Workspace::new();
    workspace
        .import(&["absent.json"])
        .failed_with(&["cannot read absent.json"]);
    workspace.import(&["."]).failed_with(&["it is a folder"]);
    std::fs::remove_file(workspace.path("overlay.yaml")).expect("the overlay");
    workspace.import(&[]).failed_with(&["cannot read overlay.yaml"]);
}

#[test]
fn the_imports_own_result_is_no_input() {
    let workspace = Workspace::new();
    workspace
        .import(&["agents-api.json"])
        .failed_with(&["what the import writes, not what it reads"]);
}

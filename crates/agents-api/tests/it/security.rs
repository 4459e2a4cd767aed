//! `SECURITY.md` names tests that exist.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The cells of each row of the document's tables of threats.
fn threats(document: &str) -> Vec<Vec<&str>> {
    let rows = document.lines().filter(|line| line.starts_with("| "));
    let cells = rows.map(|row| {
        row.trim_matches('|')
            .split('|')
            .map(str::trim)
            .collect::<Vec<_>>()
    });
    cells
        .filter(|cells| cells.len() == 3 && cells[0] != "threat")
        .collect()
}

/// The names of the tests in a file.
fn tests_in(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        let signature = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(name) = signature.and_then(|rest| rest.split('(').next()) {
            names.extend(is_test.then_some(name));
        } else if line.starts_with('#') || line.starts_with("//") {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            is_test &= !line.starts_with("#[ignore");
            continue;
        }
        is_test = false;
    }
    names
}

#[test]
fn every_threat_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if !root.join("ARCHITECTURE.md").exists() {
        return; // a package without its workspace
    }
    let document = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let threats = threats(&document);
    assert!(threats.len() > 20, "the tables are found");
    let mut files = BTreeMap::new();
    for cells in threats {
        let named: Vec<_> = cells[2].split('`').filter(|text| text.contains("::")).collect();
        assert!(!named.is_empty(), "{:?} has no test", cells[0]);
        for test in named {
            let (path, name) = test.split_once("::").unwrap();
            let text = files.entry(path.to_owned()).or_insert_with(|| {
                let path = root.join("crates").join(path);
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            });
            assert!(
                tests_in(text).contains(&name),
                "{:?} names {test}, which is no test",
                cells[0]
            );
        }
    }
}

#[test]
fn only_tests_that_run_count() {
    let text = "#[test]\nfn a() {}\nfn b() {}\n#[tokio::test(start_paused = true)]\n// why\nasync fn c() {}\n\
                #[test]\n#[ignore = \"x\"]\nfn d() {}\n// #[test]\nfn e() {}\n";
    assert_eq!(tests_in(text), ["a", "c"]);
}

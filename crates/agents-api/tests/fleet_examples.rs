//! The examples about fleets run on the emulator and end well.
use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs an example, which `cargo test` has built beside this test.
fn run(name: &str, arguments: &[&str]) -> Output {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(name);
    path.set_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        path.exists(),
        "build the examples: `cargo test -p agents-api` does, with `--test` it does not"
    );
    let mut command = Command::new(path);
    let command = command
        .args(arguments)
        .env_remove("GH_TOKEN")
        .env_remove("GITHUB_TOKEN");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn an_hour_of_a_thousand_tasks_keeps_its_promises() {
    let said = said(&run("fleet_hour", &["10", "1000"]));
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(said.lines().last().unwrap().starts_with("  1000 |"), "{said}");
}

#[test]
fn a_board_that_is_no_terminal_prints_lines_and_ends() {
    let said = said(&run("board", &[]));
    assert!(!said.contains('\x1b'), "{said}");
    assert!(
        said.lines().filter(|line| line.starts_with("completed")).count() >= 6,
        "{said}"
    );
    assert!(said.lines().last().unwrap().starts_with("12 tasks"), "{said}");
}

#[test]
fn a_killed_supervisor_misses_nothing_and_reports_nothing_twice() {
    let said = said(&run("supervisor", &[]));
    assert!(said.contains("killed, the 3. time"), "{said}");
    assert!(said.ends_with("nothing missed, nothing twice\n"), "{said}");
}

//! The example of a bad network does what it says.
use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs an example that `cargo test` has built beside this test.
fn run(name: &str, arguments: &[&str]) -> Output {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    Command::new(path).args(arguments).output().unwrap()
}

#[test]
fn a_bad_network_leaves_one_task_for_each_issue() {
    for seed in ["1", "2", "3"] {
        let output = run("bad_network", &[seed]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{said}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            said.ends_with("exactly one task for each of 20 issues\n"),
            "{said}"
        );
        assert!(said.contains("the answer was lost, the task found"), "{said}");
    }
}

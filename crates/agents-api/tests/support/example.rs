//! Examples as tests run them: the programs that cargo has built.
use std::env;
use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs an example of this crate with these arguments, to its end.
///
/// `cargo test` builds the examples before it runs any test; `cargo test --test NAME` alone does not.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Output {
    let program = path(name);
    assert!(
        program.exists(),
        "{} is missing: `cargo build --examples` builds it, as `cargo test` does",
        program.display()
    );
    Command::new(program)
        .args(arguments)
        // No token of whoever runs the tests may reach an example.
        .env_remove("GH_TOKEN")
        .env_remove("GITHUB_TOKEN")
        .output()
        .expect("the example can be run")
}

/// Beside `deps`, where the tests are.
fn path(name: &str) -> PathBuf {
    let mut path = env::current_exe().expect("the test knows where it is");
    path.pop();
    path.set_file_name("examples");
    path.push(format!("{name}{}", env::consts::EXE_SUFFIX));
    path
}

/// What it printed.
pub(crate) fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

//! The examples about fleets run on the emulator and end well.
#[path = "support/example.rs"]
mod example;

/// What an example that ends well prints.
fn said(name: &str, arguments: &[&str]) -> String {
    let output = example::run(name, arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let said = example::printed(&output);
    assert!(output.status.success(), "{said}\n{complaint}");
    said
}

#[test]
fn an_hour_of_a_thousand_tasks_keeps_its_promises() {
    let said = said("fleet_hour", &["10", "1000"]);
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(said.lines().last().unwrap().starts_with("  1000 |"), "{said}");
}

#[test]
fn a_board_that_is_no_terminal_prints_lines_and_ends() {
    let said = said("board", &[]);
    assert!(!said.contains('\x1b'), "{said}");
    assert!(
        said.lines().filter(|line| line.starts_with("completed")).count() >= 6,
        "{said}"
    );
    assert!(said.lines().last().unwrap().starts_with("12 tasks"), "{said}");
}

#[test]
fn a_killed_supervisor_misses_nothing_and_reports_nothing_twice() {
    let said = said("supervisor", &[]);
    assert!(said.contains("killed, the 3. time"), "{said}");
    assert!(said.ends_with("nothing missed, nothing twice\n"), "{said}");
}

//! The example of a bad network does what it says.
#[path = "support/example.rs"]
mod example;

#[test]
fn a_bad_network_leaves_one_task_for_each_issue() {
    for seed in ["1", "2", "3"] {
        let output = example::run("bad_network", &[seed]);
        let said = example::printed(&output);
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

//! The examples that list and fan out, run as programs against their own emulator.
#[path = "support/example.rs"]
mod example;

#[test]
fn the_failures_of_the_day_are_listed_with_their_reasons() {
    let output = example::run("failures_of_the_day", &[]);
    assert!(output.status.success(), "{output:?}");
    let lines = example::printed(&output);
    let failures = lines
        .lines()
        .filter(|line| line.contains("  failed  ") || line.contains("  timed_out  "));
    let told = format!("{} tasks of octocat/hello-world failed since ", failures.count());
    assert!(
        lines.lines().last().is_some_and(|line| line.starts_with(&told)),
        "{lines}"
    );
    assert!(
        !told.starts_with("0 ") && lines.contains("\n                      The "),
        "{lines}"
    );
}

#[test]
fn a_fan_out_tells_what_became_of_each_repository() {
    let output = example::run("fan_out", &[]);
    assert!(output.status.success(), "{output:?}");
    let lines = example::printed(&output);
    for (what, count) in [("  started   ", 4), ("  unclear   ", 1), ("  refused   ", 1)] {
        assert_eq!(lines.matches(what).count(), count, "{lines}");
    }
    assert!(lines.ends_with("\n4 started, 2 to look after\n"), "{lines}");
}

//! The examples that wait, run as programs against their own emulator.
#[path = "support/example.rs"]
mod example;

#[test]
fn the_gate_tells_by_its_status_how_the_task_went() {
    for (script, status, printed) in [
        ("quick-success", 0, "completed"),
        ("fails", 1, "failed"),
        ("cancelled", 1, "cancelled"),
        ("waits-for-user", 2, "waiting_for_user"),
        ("goes-idle", 2, "idle"),
    ] {
        let output = example::run("ci_gate", &["--script", script]);
        assert_eq!(output.status.code(), Some(status), "{script}: {output:?}");
        let lines = example::printed(&output);
        assert_eq!(lines.lines().last(), Some(printed), "{script}: {output:?}");
    }
}

#[test]
fn the_gate_that_cannot_tell_says_why() {
    for arguments in [
        &["--script", "no-such-script"][..],
        &[],
        &["octocat/hello-world", "p"],
    ] {
        let output = example::run("ci_gate", arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {output:?}");
        assert!(output.stderr.starts_with(b"error: "), "{arguments:?}: {output:?}");
    }
}

#[test]
fn a_wait_prints_its_progress() {
    let output = example::run("wait_with_progress", &[]);
    assert!(output.status.success(), "{output:?}");
    let lines = example::printed(&output);
    for line in [
        "the task is queued",
        "the task is in_progress",
        "there is a branch: copilot/",
        "there is a new artifact: pull",
        "has used 1200000000 ai_credits",
        "the task is completed",
    ] {
        assert!(lines.contains(line), "no line says {line:?}:\n{lines}");
    }
    assert!(
        lines.lines().last().unwrap().starts_with("completed: https://"),
        "{lines}"
    );
}

#[test]
fn the_quickstart_shows_what_came_of_its_task() {
    let output = example::run("quickstart", &[]);
    assert!(output.status.success(), "{output:?}");
    let lines = example::printed(&output);
    for line in [
        "  queued\n",
        "  completed\n",
        "  branch copilot/",
        "  used 1.2 AI credits\n",
        "  pull request #",
        "  page 3: ",
    ] {
        assert!(lines.contains(line), "no line says {line:?}:\n{lines}");
    }
}

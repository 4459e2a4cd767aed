//! The examples, run as programs against their own emulator: how each ends, and what it prints.
use std::env;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A run of an example.
struct Run {
    example: &'static str,
    arguments: &'static [&'static str],
    status: i32,
    /// Each stands somewhere in what is printed.
    printed: &'static [&'static str],
    /// The last line begins with it.
    last_line: &'static str,
}

const RUNS: &[Run] = &[
    Run {
        example: "quickstart",
        arguments: &[],
        status: 0,
        printed: &[
            "  queued\n",
            "  completed\n",
            "  branch copilot/",
            "  used 1.2 AI credits\n",
            "  pull request #",
        ],
        last_line: "  page 3: ",
    },
    Run {
        example: "wait_with_progress",
        arguments: &[],
        status: 0,
        printed: &[
            "the task is queued",
            "the task is in_progress",
            "there is a branch: copilot/",
            "there is a new artifact: pull",
            "has used 1200000000 ai_credits",
            "the task is completed",
        ],
        last_line: "completed: https://",
    },
    gate(&["--script", "quick-success"], 0, "completed"),
    gate(&["--script", "fails"], 1, "failed"),
    gate(&["--script", "cancelled"], 1, "cancelled"),
    gate(&["--script", "waits-for-user"], 2, "waiting_for_user"),
    gate(&["--script", "goes-idle"], 2, "idle"),
    gate(&["--script", "no-such-script"], 3, ""),
    gate(&[], 3, ""),
    gate(&["octocat/hello-world", "p"], 3, ""),
    Run {
        example: "failures_of_the_day",
        arguments: &[],
        status: 0,
        printed: &["\n                      The "],
        last_line: "",
    },
    Run {
        example: "fan_out",
        arguments: &[],
        status: 0,
        printed: &[],
        last_line: "4 started, 2 to look after",
    },
    bad_network(&["1"]),
    bad_network(&["2"]),
    bad_network(&["3"]),
    Run {
        example: "fleet_hour",
        arguments: &["10", "1000"],
        status: 0,
        printed: &[],
        last_line: "  1000 |",
    },
    Run {
        example: "board",
        arguments: &[],
        status: 0,
        printed: &["completed"],
        last_line: "12 tasks",
    },
    Run {
        example: "supervisor",
        arguments: &[],
        status: 0,
        printed: &["killed, the 3. time", ": nothing missed, nothing twice\n"],
        last_line: "40 tasks ended, 40 reports",
    },
];

const fn gate(arguments: &'static [&'static str], status: i32, last_line: &'static str) -> Run {
    Run {
        example: "ci_gate",
        arguments,
        status,
        printed: &[],
        last_line,
    }
}

const fn bad_network(arguments: &'static [&'static str]) -> Run {
    Run {
        example: "bad_network",
        arguments,
        status: 0,
        printed: &["the answer was lost, the task found"],
        last_line: "exactly one task for each of 20 issues",
    }
}

#[test]
fn examples_end_and_print_what_they_say() {
    for run in RUNS {
        let output = output(run.example, run.arguments);
        let what = format!("{} {:?}: {output:?}", run.example, run.arguments);
        assert_eq!(output.status.code(), Some(run.status), "{what}");
        let printed = String::from_utf8_lossy(&output.stdout);
        for text in run.printed {
            assert!(printed.contains(text), "no {text:?} in {what}");
        }
        let last_line = printed.lines().last().unwrap_or_default();
        assert!(last_line.starts_with(run.last_line), "{what}");
        if run.status == 3 {
            assert!(output.stderr.starts_with(b"error: "), "{what}");
        }
    }
}

#[test]
fn examples_count_what_they_print() {
    let count = |example, arguments: &[&str], texts: &[&str]| {
        let output = output(example, arguments);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let counts: Vec<_> = texts.iter().map(|text| printed.matches(text).count()).collect();
        (counts, printed)
    };

    let (counts, printed) = count("fan_out", &[], &["  started   ", "  unclear   ", "  refused   "]);
    assert_eq!(counts, [4, 1, 1], "{printed}");

    let (counts, printed) = count("failures_of_the_day", &[], &["  failed  ", "  timed_out  "]);
    let failed: usize = counts.iter().sum();
    assert!(failed > 0, "{printed}");
    let summary = format!("\n{failed} tasks of octocat/hello-world failed since ");
    assert!(printed.contains(&summary), "{printed}");

    // What is no terminal gets lines, and no escape sequences.
    let (counts, printed) = count("board", &[], &["\ncompleted", "\x1b"]);
    assert!(counts[0] >= 5 && counts[1] == 0, "{printed}");

    let (_, printed) = count("fleet_hour", &["10", "1000"], &[]);
    assert_eq!(printed.lines().count(), 3, "{printed}");
}

/// Runs an example of this crate to its end.
///
/// `cargo test` builds the examples before it runs any test; `cargo test --test it` alone does not.
fn output(example: &str, arguments: &[&str]) -> Output {
    let program = path(example);
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
fn path(example: &str) -> PathBuf {
    let mut path = env::current_exe().expect("the test knows where it is");
    path.pop();
    path.set_file_name("examples");
    path.push(format!("{example}{}", env::consts::EXE_SUFFIX));
    path
}

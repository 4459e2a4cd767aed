//! Each exit code, produced by what it stands for.
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use agents_api_emulator::{FaultPlan, Script, TaskSeed};

use crate::server::{Server, agents, run};

/// Polls often: time is fast on the test's server.
const FAST: [&str; 2] = ["--interval", "50ms"];

fn faults(plan: &str) -> FaultPlan {
    plan.parse().unwrap()
}

#[test]
fn a_completed_task_is_0_and_prints_id_state_and_addresses() {
    let server = Server::start();
    let ran = run(server.agents(["run", "Fix the login button", "--pr"]).args(FAST));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<Vec<&str>> = ran.out.lines().map(|line| line.split('\t').collect()).collect();
    let id = server.github().tasks()[0].id();
    let number = server.github().tasks()[0].pull_request_number().unwrap();
    let page = format!("https://github.com/octocat/hello-world/copilot/tasks/{id}");
    let pull = format!("https://github.com/octocat/hello-world/pull/{number}");
    assert_eq!(
        lines,
        [vec!["queued", &id, &page], vec!["completed", &id, &page, &pull]]
    );
}

#[test]
fn a_failed_task_is_1_and_says_why() {
    let server = Server::start();
    let ran = run(server.agents(["run", "Fix it script:fails"]).args(FAST));
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err.contains("dependencies could not be installed"),
        "{}",
        ran.err
    );
}

#[test]
fn a_server_that_fails_is_1_and_nothing_was_started() {
    let server = Server::with(|github| {
        github.fault_plan(faults(
            "[[fault]]\non = \"start-task\"\ndo = \"status\"\nstatus = 400",
        ))
    });
    let ran = run(&mut server.agents(["start", "Fix it"]));
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("nothing was started"), "{}", ran.err);
}

#[test]
fn what_cannot_be_used_is_2_before_anything_is_sent() {
    let server = Server::start();
    for args in [
        &["start"][..],
        &["start", " "],
        &["start", "x", "-R", "octocat"],
        &["list", "--json=nope"],
        &["list", "--jq", ".["],
        &["list", "--since", "yesterday-ish"],
        &["list", "--hostname", "github.example.com"],
        &["start", "-F", "/nonexistent/prompt"],
        &["no-such-command"],
    ] {
        let ran = run(&mut server.agents(args.iter().copied()));
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(ran.out.is_empty() && !ran.err.is_empty());
    }
    assert!(server.github().requests().is_empty());
}

#[test]
fn a_value_that_github_refuses_is_2() {
    let server = Server::start();
    let ran = run(&mut server.agents(["start", "Fix it", "-m", "no-such-model"]));
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn a_task_that_waits_for_its_user_is_3_unless_that_is_waited_out() {
    let server = Server::start();
    let ran = run(server.agents(["run", "Fix it script:waits-for-user"]).args(FAST));
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("needs a person: https://"), "{}", ran.err);
    let id = server.github().tasks()[0].id();
    let mut wait = server.agents(["wait", &id, "--until", "needs-user"]);
    assert_eq!(run(wait.args(FAST)).code, 0);
    let mut wait = server.agents(["wait", &id, "--on-needs-user", "wait", "--timeout", "300ms"]);
    assert_eq!(run(wait.args(FAST)).code, 5);
}

#[test]
fn a_token_that_is_missing_unknown_or_refused_is_4() {
    let server = Server::start();
    let ran = run(&mut agents(["list", "-R", "octocat/hello-world"]));
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(
        ran.err.contains("GH_TOKEN") && ran.err.contains("--emulator"),
        "{}",
        ran.err
    );
    for token in ["ghp_unknownUnknownUnknownUnknown000000", "ghs_hunter2"] {
        let ran = run(server.agents(["list"]).env("GH_TOKEN", token));
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(!ran.err.contains(token), "{}", ran.err);
    }
}

#[test]
fn the_token_of_an_actions_job_is_4_and_says_which_secret_to_make() {
    let server = Server::start();
    let mut command = server.agents(["start", "Fix it"]);
    let ran = run(command
        .env_remove("GH_TOKEN")
        .env("GITHUB_TOKEN", "ghs_hunter2")
        .env("GITHUB_ACTIONS", "true"));
    assert_eq!(ran.code, 4);
    assert!(
        ran.err.starts_with("::error title=agents::GITHUB_TOKEN: "),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("secrets.AGENTS_TOKEN") && !ran.err.contains("hunter2"),
        "{}",
        ran.err
    );
    assert_eq!(server.starts(), 0);
}

#[test]
fn a_task_that_does_not_exist_is_4() {
    let server = Server::start();
    for command in ["show", "wait", "pr", "open"] {
        assert_eq!(
            run(&mut server.agents([command, "no-such-task"])).code,
            4,
            "{command}"
        );
    }
}

#[test]
fn a_timeout_is_5_and_says_how_to_go_on() {
    let server = Server::start();
    let ran = run(server
        .agents(["run", "Fix it script:stays-queued", "--timeout", "300ms"])
        .args(FAST));
    assert_eq!(ran.code, 5, "{}", ran.err);
    let id = server.github().tasks()[0].id();
    assert!(ran.err.contains(&format!("agents wait {id}")), "{}", ran.err);
}

#[test]
fn many_tasks_have_the_code_of_the_worst() {
    let server = Server::start();
    let seed = |script: &str| {
        let seed = TaskSeed::new("Fix it").script(Script::builtin(script).unwrap());
        server.github().seed_task(seed).unwrap().id()
    };
    let ids = [seed("quick-success"), seed("fails"), seed("waits-for-user")];
    let all = |ids: &[&String], more: &[&str]| {
        let mut command = server.agents(["wait"]);
        run(command.args(ids).args(more).args(["--interval", "1s"]))
    };
    let ran = all(&[&ids[0], &ids[1], &ids[2]], &[]);
    assert_eq!((ran.code, ran.out.lines().count()), (3, 3), "{}", ran.err);
    assert_eq!(all(&[&ids[0], &ids[1]], &[]).code, 1);
    assert_eq!(all(&[&ids[0], &ids[1]], &["--any"]).code, 0);
    let stuck = seed("stays-queued");
    let ran = all(&[&ids[0], &stuck], &["--timeout", "2s"]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(
        ran.err.contains(&format!("agents wait --all {stuck}")),
        "{}",
        ran.err
    );
}

#[test]
fn a_lost_response_whose_task_is_found_is_0_with_one_start() {
    let server = Server::with(|github| {
        github.fault_plan(faults(
            "[[fault]]\non = \"start-task\"\ndo = \"reset\"\nafter_applied = true",
        ))
    });
    let ran = run(&mut server.agents(["start", "Fix the hidden prompt"]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let id = server.github().tasks()[0].id();
    assert!(
        ran.out.contains(&id) && ran.err.contains("response to the start was lost"),
        "{}",
        ran.err
    );
    assert_eq!(server.starts(), 1);
}

#[test]
fn a_lost_response_whose_task_is_not_found_is_6_and_prints_the_command_that_finds_it() {
    let server = Server::with(|github| {
        github.fault_plan(faults(
            "[[fault]]\non = \"start-task\"\ndo = \"reset\"\nafter_applied = true\n\
             [[fault]]\non = \"lists\"\ndo = \"status\"\nstatus = 404",
        ))
    });
    let ran = run(&mut server.agents(["start", "Fix the hidden prompt"]));
    assert_eq!(ran.code, 6, "{}", ran.err);
    assert!(!ran.err.contains("hidden prompt"), "{}", ran.err);
    let time = ran
        .err
        .split("--reconcile ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    server.github().clear_faults();
    let again = run(&mut server.agents(["start", "Fix the hidden prompt", "--reconcile", time]));
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.out.contains(&server.github().tasks()[0].id()));
    assert_eq!(server.starts(), 1);
}

#[test]
fn with_a_key_the_same_command_starts_one_task_however_often_it_runs() {
    let server = Server::start();
    let start = || run(&mut server.agents(["start", "Fix it", "--key", "nightly"]));
    let (first, second) = (start(), start());
    assert_eq!((first.code, second.code), (0, 0), "{}", second.err);
    let id = |out: &str| out.split('\t').nth(1).unwrap().to_owned();
    assert_eq!(id(&first.out), id(&second.out));
    assert!(second.err.contains("nothing was sent"), "{}", second.err);
    assert_eq!((server.starts(), server.github().tasks().len()), (1, 1));
}

#[test]
fn a_rate_limit_is_7() {
    let server = Server::with(|github| {
        github.fault_plan(faults(
            "[[fault]]\non = \"any\"\ndo = \"primary-limit\"\nretry_after = 3600",
        ))
    });
    for args in [&["list"][..], &["start", "Fix it"], &["show", "t"]] {
        let ran = run(&mut server.agents(args.iter().copied()));
        assert_eq!(ran.code, 7, "{args:?}: {}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_130_and_says_that_the_task_goes_on() {
    let server = Server::start();
    let mut command = server.agents(["run", "Fix it script:stays-queued"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let id = line.split('\t').nth(1).unwrap().to_owned();
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(
        err.contains(&format!("task {id} goes on")) && err.contains(&format!("agents wait {id}")),
        "{err}"
    );
}

//! What goes to which stream, and in which form.
use std::process::Stdio;

use crate::server::{Server, agents, run};

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let server = Server::with(|github| github.tasks(200));
    for args in [
        &["list", "-L", "200"][..],
        &["list", "--json"],
        &["completions", "bash"],
    ] {
        let mut command = server.agents(args.iter().copied());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn lists_are_tab_separated_without_escapes() {
    let server = Server::with(|github| github.tasks(5));
    let ran = run(&mut server.agents(["list"]));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(!ran.out.is_empty() && !ran.out.contains('\u{1b}'));
    for line in ran.out.lines() {
        assert_eq!(line.split('\t').count(), 5, "{line}");
    }
}

#[test]
fn colours_can_be_forced() {
    let server = Server::with(|github| github.tasks(5));
    let ran = run(server
        .agents(["list", "--jq", ".[0].id"])
        .env("CLICOLOR_FORCE", "1"));
    assert!(!ran.out.contains('\u{1b}'), "JSON has none: {}", ran.out);
    let ran = run(agents(["list"]).env("CLICOLOR_FORCE", "1"));
    assert!(ran.err.contains('\u{1b}'), "{}", ran.err);
    let ran = run(agents(["list"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"));
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
}

#[test]
fn json_is_selected_and_filtered() {
    let server = Server::with(|github| github.tasks(5));
    let all: serde_json::Value =
        serde_json::from_str(&run(&mut server.agents(["list", "--json", "--all"])).out).unwrap();
    assert!(all[0]["created_at"].is_string() && all[0]["repository"]["id"].is_number());
    let ids = run(&mut server.agents(["list", "--all", "--jq", ".[].id"])).out;
    let ids: Vec<&str> = ids.lines().collect();
    let expected: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, expected);
    let shown = run(&mut server.agents(["show", ids[0], "--json=id,usage", "--jq", "keys | join(\" \")"]));
    assert_eq!(shown.out, "id usage\n", "{}", shown.err);
}

#[test]
fn usage_adds_up_to_what_the_tasks_say() {
    const ALL: [&str; 4] = ["--since", "3650d", "-R", "octocat/hello-world"];
    let server = Server::with(|github| github.tasks(12));
    let sum = |by: &str| {
        let filter = "map(.ai_credits_nano) | add";
        let ran = run(server.agents(["usage", "--by", by, "--jq", filter]).args(ALL));
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out.trim().parse::<i128>().unwrap()
    };
    let tasks = server.github().tasks();
    let amounts = tasks.iter().flat_map(|task| {
        let json = task.json();
        let sessions = json["sessions"].as_array().cloned().unwrap_or_default();
        sessions
            .into_iter()
            .filter(|session| session["usage"]["type"] == "ai_credits")
    });
    let expected: i128 = amounts
        .map(|session| i128::from(session["usage"]["amount"].as_u64().unwrap()))
        .sum();
    assert!(expected > 0);
    for by in ["day", "repo", "model", "creator"] {
        assert_eq!(sum(by), expected, "{by}");
    }
    let csv = run(server.agents(["usage", "--csv", "--by", "repo"]).args(ALL)).out;
    assert!(
        csv.starts_with("repository,tasks,sessions,ai_credits,dollars,premium_requests\nocto"),
        "{csv}"
    );
}

#[test]
fn nothing_is_printed_of_prompt_and_token_in_traces() {
    let server = Server::start();
    let mut command = server.agents(["-vv", "run", "Fix the hunter2 button", "-q", "--interval", "50ms"]);
    let ran = run(&mut command);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("start_task"), "{}", ran.err);
    let token = server.github().token().to_owned();
    assert!(
        !ran.err.contains("hunter2 button") && !ran.err.contains(&token),
        "{}",
        ran.err
    );
}

#[test]
fn doctor_says_where_the_token_came_from_and_what_to_do() {
    let server = Server::start();
    let verdicts = |ran: &crate::server::Ran| {
        let checks: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let checks = checks.as_array().unwrap().clone();
        let verdict = |check: &serde_json::Value| {
            (
                check["check"].as_str().unwrap().to_owned(),
                check["verdict"].as_str().unwrap().to_owned(),
            )
        };
        checks
            .iter()
            .map(verdict)
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let good = run(&mut server.agents(["doctor", "--json"]));
    assert_eq!(good.code, 0, "{}", good.err);
    assert!(
        good.out.contains("classic personal access token, from GH_TOKEN"),
        "{}",
        good.out
    );
    assert_eq!(verdicts(&good)["repository octocat/hello-world"], "good");
    let mut command = server.agents(["doctor", "--json", "-R", "octocat/nowhere"]);
    let bad = run(&mut command);
    assert_eq!(bad.code, 4);
    assert_eq!(verdicts(&bad)["repository octocat/nowhere"], "bad");
    let unknown = run(server.agents(["doctor", "--json"]).env("GH_TOKEN", "ghp_x"));
    assert_eq!((unknown.code, verdicts(&unknown)["server"].as_str()), (4, "bad"));
    let job = run(server.agents(["doctor", "--json"]).env("GH_TOKEN", "ghs_x"));
    assert_eq!((job.code, verdicts(&job)["token"].as_str()), (4, "bad"));
}

#[cfg(unix)]
#[test]
fn the_token_of_gh_is_the_last_resort() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start();
    let folder = crate::watch::folder("gh");
    let gh = folder.join("gh");
    let token = server.github().token().to_owned();
    std::fs::write(
        &gh,
        format!("#!/bin/sh\n[ \"$1 $2 $3\" = 'auth token --hostname' ] && echo {token}\n"),
    )
    .unwrap();
    std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = server.agents(["doctor", "--jq", ".[] | select(.check == \"token\").detail"]);
    let ran = run(command.env_remove("GH_TOKEN").env("PATH", &folder));
    assert_eq!(
        ran.out, "classic personal access token, from gh auth token\n",
        "{}",
        ran.err
    );
    let mut command = server.agents(["list", "--token-env", "MY_TOKEN"]);
    assert_eq!(run(&mut command).code, 4);
    assert_eq!(run(command.env("MY_TOKEN", &token)).code, 0);
}

#[test]
fn completions_and_man_pages_are_generated() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(&mut agents(["completions", shell]));
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("agents") && ran.out.contains("watch"), "{shell}");
    }
    let folder = crate::watch::folder("man");
    let ran = run(agents(["man"]).arg(&folder));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let page = std::fs::read_to_string(folder.join("agents.1")).unwrap();
    assert!(
        page.contains("a task may be running: the response to the start was lost"),
        "{page}"
    );
    for command in ["start", "run", "wait", "watch", "list", "show", "usage", "doctor"] {
        assert!(folder.join(format!("agents-{command}.1")).exists(), "{command}");
    }
}

//! `agents campaign`, from plan to report.
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::server::{Server, run};

/// A campaign file in a folder of its own, which also keeps the database.
struct Campaign {
    folder: PathBuf,
    server: Server,
}

impl Campaign {
    fn new(name: &str, text: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("campaign-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("c.yaml"), text).unwrap();
        let server = Server::start();
        for name in ["one", "two", "three"] {
            server.github().add_repository("octocat", name);
        }
        Self { folder, server }
    }

    fn agents(&self, args: &[&str]) -> Command {
        let mut command = self.server.agents(["campaign"]);
        command.args(args).current_dir(&self.folder);
        command
    }
}

const THREE: &str = "name: bump
prompt: Update {{ tool }} in {{ repository }}.
variables: {tool: checkout}
repositories: [octocat/one, octocat/two, octocat/three]
waves: {sizes: [1, all]}
";

#[test]
fn a_plan_starts_nothing_and_says_what_would_start() {
    let campaign = Campaign::new("plan", THREE);
    let ran = run(&mut campaign.agents(&["plan", "c.yaml"]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        ran.out,
        "1\toctocat/one\tUpdate checkout in octocat/one.\n\
         2\toctocat/two\tUpdate checkout in octocat/two.\n\
         2\toctocat/three\tUpdate checkout in octocat/three.\n"
    );
    assert!(
        ran.err
            .contains("3 tasks in 2 waves would start; nothing was started"),
        "{}",
        ran.err
    );
    assert!(campaign.server.github().tasks().is_empty());
    assert!(!campaign.folder.join("campaigns.db").exists());
}

#[test]
fn applying_it_starts_each_once_and_the_report_shows_what_came_of_it() {
    let campaign = Campaign::new("apply", THREE);
    let ran = run(&mut campaign.agents(&["apply", "c.yaml", "--interval", "50ms"]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("campaign bump is finished"), "{}", ran.err);
    assert_eq!(campaign.server.github().tasks().len(), 3);

    let again = run(&mut campaign.agents(&["apply", "c.yaml", "--interval", "50ms"]));
    assert_eq!(
        (again.code, campaign.server.github().tasks().len()),
        (0, 3),
        "{}",
        again.err
    );

    let status = run(&mut campaign.agents(&["status"]));
    assert!(status.out.starts_with("bump\tfinished\t3/3\t"), "{}", status.out);

    let report = run(&mut campaign.agents(&["report", "bump"]));
    assert!(
        report.out.starts_with("# Campaign bump\n\n3 of 3 succeeded, "),
        "{}",
        report.out
    );
    assert_eq!(report.out.matches("/pull/").count(), 3, "{}", report.out);

    let csv = run(&mut campaign.agents(&["report", "bump", "--format", "csv"]));
    assert_eq!(csv.out.lines().count(), 4, "{}", csv.out);

    let json = run(&mut campaign.agents(&["report", "bump", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["items"][2]["status"], "succeeded");
}

#[test]
fn a_campaign_that_is_stopped_starts_nothing_until_it_is_resumed() {
    let campaign = Campaign::new(
        "stop",
        "name: fails\nprompt: 'Fix it script:fails'\nrepositories: [octocat/one, octocat/two]\nwaves: {sizes: [1, all]}\n",
    );
    let ran = run(&mut campaign.agents(&["apply", "c.yaml", "--interval", "50ms"]));
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err.contains("wave 1 of 2: 0 of 1 items succeeded"),
        "{}",
        ran.err
    );
    assert_eq!(campaign.server.github().tasks().len(), 1);

    for (command, expected) in [("pause", "paused"), ("stop", "stopped"), ("resume", "resumed")] {
        let ran = run(&mut campaign.agents(&[command, "fails"]));
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.err.contains(expected), "{}", ran.err);
    }
    let ran = run(&mut campaign.agents(&["retry", "--failed", "fails"]));
    assert!(ran.err.contains("1 items will start once more"), "{}", ran.err);
}

#[test]
fn what_cannot_be_used_is_2_and_starts_nothing() {
    let campaign = Campaign::new("wrong", THREE);
    fs::write(campaign.folder.join("typo.yaml"), format!("{THREE}promt: x\n")).unwrap();
    fs::write(
        campaign.folder.join("variable.yaml"),
        THREE.replace("tool }}", "tol }}"),
    )
    .unwrap();
    for (args, expected) in [
        (&["plan", "none.yaml"][..], "none.yaml: cannot be read"),
        (
            &["apply", "typo.yaml"],
            "typo.yaml: line 6, column 1: unknown field `promt`",
        ),
        (&["apply", "variable.yaml"], "unknown variable tol"),
        (&["status", "none"], "campaign none not found"),
        (&["retry", "none"], "campaign none not found"),
    ] {
        let ran = run(&mut campaign.agents(args));
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(ran.err.contains(expected), "{args:?}: {}", ran.err);
    }
    let ran = run(&mut campaign.agents(&["apply", "c.yaml", "--interval", "50ms"]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    fs::write(campaign.folder.join("c.yaml"), THREE.replace("Update", "Pin")).unwrap();
    let ran = run(&mut campaign.agents(&["apply", "c.yaml", "--interval", "50ms"]));
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("prompt changed") && ran.err.contains("--new-version"),
        "{}",
        ran.err
    );
    assert_eq!(campaign.server.github().tasks().len(), 3);
}

#[test]
fn repositories_come_from_a_file_or_standard_input() {
    let text = "name: bump\nprompt: 'Fix {{ repository }} with {{ tool }}'\nvariables: {tool: x}\nrepositories_file: repos.txt\n";
    let campaign = Campaign::new("file", text);
    fs::write(
        campaign.folder.join("repos.txt"),
        "# ours\noctocat/one\noctocat/two {\"tool\": \"y\"}\n",
    )
    .unwrap();
    let ran = run(&mut campaign.agents(&["plan", "c.yaml"]));
    assert_eq!(
        ran.out,
        "1\toctocat/one\tFix octocat/one with x\n1\toctocat/two\tFix octocat/two with y\n"
    );
}

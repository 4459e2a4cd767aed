//! The program as a step of a GitHub Actions job.
use crate::server::{Server, run};
use crate::watch::folder;

#[test]
fn outputs_summary_groups_and_annotations_are_written() {
    let server = Server::start();
    let folder = folder("actions");
    let (output, summary) = (folder.join("output"), folder.join("summary"));
    let step = |prompt: &str| {
        let mut command = server.agents(["run", prompt, "--pr", "--interval", "50ms"]);
        command.env("GITHUB_ACTIONS", "true");
        command
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_STEP_SUMMARY", &summary);
        run(&mut command)
    };
    let ran = step("Fix the login button");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let task = &server.github().tasks()[0];
    let (id, number) = (task.id(), task.pull_request_number().unwrap());
    let outputs = std::fs::read_to_string(&output).unwrap();
    let last = |name: &str| {
        let mut lines = outputs.lines().rev();
        lines
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(last("id"), id);
    assert_eq!(
        last("url"),
        format!("https://github.com/octocat/hello-world/copilot/tasks/{id}")
    );
    assert_eq!(last("state"), "completed");
    assert_eq!(
        last("pull_request"),
        format!("https://github.com/octocat/hello-world/pull/{number}")
    );
    let summary = std::fs::read_to_string(&summary).unwrap();
    assert!(
        summary.contains("| completed |") && summary.contains(&format!("[#{number} open")),
        "{summary}"
    );
    assert!(summary.contains("1.2 AI credits"), "{summary}");
    assert!(
        ran.err.contains("::group::Following\n") && ran.err.contains("::endgroup::\n"),
        "{}",
        ran.err
    );
    assert!(!ran.out.contains("::"), "commands are no data: {}", ran.out);

    let ran = step("Fix it script:fails");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("::error title=agents::task "), "{}", ran.err);
}

//! The guide of campaigns, run as it stands, with fewer repositories: starts are a second apart.
use std::fs;
use std::path::Path;

use crate::server::{Server, run};

const GUIDE: &str = include_str!("../../../agents-api-campaigns/docs/migration.md");

/// The code blocks of the guide in a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    GUIDE
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

const REPOSITORIES: usize = 6;

#[test]
fn the_guide_goes_through_as_it_stands() {
    let server = Server::start();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("migration");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("checkout.yaml"), blocks("yaml")[0]).unwrap();
    let mut repositories = blocks("text")[0].to_owned();
    for number in 1..=REPOSITORIES {
        server
            .github()
            .add_repository("octocat", &format!("service-{number}"));
        if number > 2 {
            repositories.push_str(&format!("octocat/service-{number}\n"));
        }
    }
    fs::write(folder.join("repos.txt"), repositories).unwrap();

    let mut printed = Vec::new();
    for line in blocks("console").iter().flat_map(|block| block.lines()) {
        let mut words: Vec<_> = line.strip_prefix("$ agents ").unwrap().split(' ').collect();
        if words[1] == "apply" {
            words.extend(["--interval", "100ms"]);
        }
        let ran = run(server.agents(words).current_dir(&folder));
        assert_eq!(ran.code, 0, "{line}: {}", ran.err);
        printed.push(ran);
    }

    let plan = &printed[0];
    assert_eq!(plan.out.lines().count(), REPOSITORIES);
    assert!(
        plan.out
            .contains("octocat/service-2\tUpdate actions/checkout to v4"),
        "{}",
        plan.out
    );
    assert!(
        plan.err.contains("6 tasks in 2 waves would start"),
        "{}",
        plan.err
    );
    assert!(
        printed[1].err.contains("campaign checkout is finished"),
        "{}",
        printed[1].err
    );
    assert_eq!(server.github().tasks().len(), REPOSITORIES);
    let report = &printed.last().unwrap().out;
    assert_eq!(report.lines().count(), REPOSITORIES + 1);
    assert_eq!(report.matches(",succeeded,completed,").count(), REPOSITORIES);
}

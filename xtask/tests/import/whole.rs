//! GitHub's whole description, where it is at hand: it is too large to be kept here.
use std::path::Path;

use super::support::Workspace;

/// The file `package/generated/api.github.com.json` of `@octokit/openapi`.
const VARIABLE: &str = "GITHUB_OPENAPI_DESCRIPTION";

#[test]
fn the_whole_description_gives_the_committed_files() {
    let Some(file) = std::env::var_os(VARIABLE) else {
        return;
    };
    let file = Path::new(&file).to_str().expect("a path in UTF-8");
    let workspace = Workspace::committed();
    let before = workspace.results();
    let outcome = workspace.import(&[file]);
    outcome.succeeded();
    assert_eq!(outcome.stdout, "no changes\n");
    assert_eq!(workspace.results(), before);
}

//! The resolved spec is GitHub's contract: to `diff` it is the same as what it was made of.
use serde_json::{Value, json};
use xtask::compare::{Format, compare};

use super::support::{BODY, GET, LIST, START, Workspace, at, each_with, list_item, upstream};

#[track_caller]
pub(crate) fn assert_same(input: &Value, resolved: &Value, name: &str) {
    for (old, new) in [(input, resolved), (resolved, input)] {
        let report = compare(old, new).expect("two descriptions");
        assert!(report.is_empty(), "{name}: {}", report.render(Format::Text));
    }
}

#[test]
fn the_resolved_spec_promises_what_github_promises() {
    let workspace = Workspace::committed();
    let (input, resolved) = (workspace.json("upstream.json"), workspace.json("agents-api.json"));
    assert_same(&input, &resolved, "the committed spec");
}

#[test]
fn a_place_says_what_it_lacks_of_a_merged_type() {
    let resolved = Workspace::new().json("agents-api.json");
    let partial = json!({"allOf": [{"$ref": "#/components/schemas/Task"}], "x-without": ["sessions"]});
    let items = "/components/schemas/TaskList/properties/tasks/items";
    assert_eq!(resolved.pointer(items), Some(&partial));
    let answer = |place: &str| resolved.pointer(&format!("{place}/{BODY}"));
    assert_eq!(answer(&format!("{START}/responses/201")), Some(&partial));
    assert_eq!(
        answer(&format!("{GET}/responses/200")),
        Some(&json!({"$ref": "#/components/schemas/Task"}))
    );
}

/// Ways in which the views of one type can differ from each other, and where the resolved spec says so.
type Case = (&'static str, fn(&mut Value), &'static str, &'static str);

const VIEWS: &[Case] = &[
    (
        "a promise in one place",
        |input| {
            let item = at(input, &list_item());
            item["required"].as_array_mut().unwrap().push(json!("name"));
        },
        "/paths/~1agents~1tasks/get/responses/200",
        "\"x-required\":[\"tasks/[]/name\"]",
    ),
    (
        "a field that can be null everywhere but in one place",
        |input| {
            at(
                input,
                &format!("{START}/responses/201/{BODY}/properties/archived_at"),
            )
            .as_object_mut()
            .unwrap()
            .remove("nullable");
        },
        "/paths/~1agents~1repos~1{owner}~1{repo}~1tasks/post/responses/201",
        "\"x-not-null\":[\"archived_at\"]",
    ),
    (
        "an object that can be null in one place only",
        |input| at(input, &list_item())["properties"]["custom_agent"]["nullable"] = json!(true),
        "/paths/~1agents~1tasks~1{task_id}/get/responses/200",
        "\"x-not-null\":[\"custom_agent\"]",
    ),
    (
        "a list without the field of the other",
        |input| {
            at(input, &format!("{}/properties", list_item()))
                .as_object_mut()
                .unwrap()
                .remove("name");
        },
        "/paths/~1agents~1tasks/get/responses/200",
        "\"x-without\":[\"tasks/[]/name\"]",
    ),
    (
        "a field with a name that is no word",
        |input| {
            at(input, &list_item())["properties"]["a/b~c"] = json!({"type": "string"});
        },
        "/paths/~1agents~1repos~1{owner}~1{repo}~1tasks/get/responses/200",
        "\"x-without\":[\"tasks/[]/a~1b~0c\"]",
    ),
];

#[test]
fn views_that_differ_are_one_type_and_still_the_contract() {
    for (name, change, place, said) in VIEWS {
        let workspace = Workspace::new();
        let mut input = upstream();
        change(&mut input);
        let mut outcome = workspace.import_value(&input);
        if outcome.code == Some(1) {
            workspace.append(&outcome);
            outcome = workspace.import(&["input.json"]);
        }
        println!("--- {name}\n{}", outcome.stderr);
        outcome.succeeded();
        let resolved = workspace.json("agents-api.json");
        assert_same(&input, &resolved, name);
        let written = resolved.pointer(place).expect(place).to_string();
        assert!(written.contains(said), "{name}: no {said} in {written}");
        if let Err(error) = xtask::generate::sources(&resolved) {
            panic!("{name}: the generator does not take it: {error:#}");
        }
    }
}

#[test]
fn a_difference_between_views_does_not_hide_a_change() {
    let resolved = Workspace::new().json("agents-api.json");
    let mut input = upstream();
    let sessions = at(
        &mut input,
        &format!("{GET}/responses/200/{BODY}/allOf/1/properties/sessions"),
    )
    .clone();
    at(&mut input, &list_item())["properties"]["sessions"] = sessions;
    let report = compare(&resolved, &input).expect("two descriptions");
    let text = report.render(Format::Text);
    assert!(text.contains("1 additive\n"), "{text}");
    assert!(text.contains("GET /agents/tasks\n"), "{text}");
    assert!(text.contains("optional field `sessions` added"), "{text}");
}

#[test]
fn defaults_are_kept_and_reach_no_generated_code() {
    let workspace = Workspace::new();
    let committed = workspace.json("agents-api.json");
    let field = "/components/schemas/StartTask/properties/create_pull_request/default";
    assert_eq!(committed.pointer(field), Some(&json!(false)));
    let mut input = upstream();
    at(
        &mut input,
        &format!("{START}/requestBody/{BODY}/properties/model"),
    )["default"] = json!("marvin");
    each_with(&mut input, &["archived_at", "session_count"], &mut |fields| {
        if fields["session_count"].is_object() {
            fields["session_count"]["default"] = json!(4242);
        }
    });
    at(&mut input, &format!("{LIST}/parameters/0/schema"))["default"] = json!(77);
    workspace.import_value(&input).succeeded();
    let resolved = workspace.json("agents-api.json");
    assert_same(&input, &resolved, "defaults");
    let generated = |spec: &Value| xtask::generate::sources(spec).expect("the generator takes it");
    assert_eq!(generated(&resolved), generated(&committed));
}

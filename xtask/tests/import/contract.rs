//! `spec/upstream.json` is GitHub's contract; the resolved spec is what the generator is given, and may say less.
use serde_json::{Value, json};
use xtask::compare::{Format, compare};

use super::support::{BODY, GET, LIST, START, Workspace, at, each_with, list_item, upstream};

/// The input and what the import keeps of it promise a client the same.
#[track_caller]
pub(crate) fn assert_kept(input: &Value, workspace: &Workspace, name: &str) {
    let kept = workspace.json("upstream.json");
    for (old, new) in [(input, &kept), (&kept, input)] {
        let report = compare(old, new).expect("two descriptions");
        assert!(report.is_empty(), "{name}: {}", report.render(Format::Text));
    }
}

#[test]
fn every_use_of_a_merged_type_is_the_type() {
    let resolved = Workspace::new().json("agents-api.json");
    let task = json!({"$ref": "#/components/schemas/Task"});
    let items = "/components/schemas/TaskList/properties/tasks/items";
    assert_eq!(resolved.pointer(items), Some(&task));
    for answer in [format!("{START}/responses/201"), format!("{GET}/responses/200")] {
        assert_eq!(resolved.pointer(&format!("{answer}/{BODY}")), Some(&task));
    }
}

/// Ways in which the views of one type can differ from each other.
type Case = (&'static str, fn(&mut Value));

const VIEWS: &[Case] = &[
    ("a promise in one place", |input| {
        let item = at(input, &list_item());
        item["required"].as_array_mut().unwrap().push(json!("name"));
    }),
    ("a field that can be null everywhere but in one place", |input| {
        let place = format!("{START}/responses/201/{BODY}/properties/archived_at");
        at(input, &place).as_object_mut().unwrap().remove("nullable");
    }),
    ("an object that can be null in one place only", |input| {
        at(input, &list_item())["properties"]["custom_agent"]["nullable"] = json!(true);
    }),
    ("a list without the field of the other", |input| {
        let fields = at(input, &format!("{}/properties", list_item()));
        fields.as_object_mut().unwrap().remove("name");
    }),
    ("a field with a name that is no word", |input| {
        at(input, &list_item())["properties"]["a/b~c"] = json!({"type": "string"});
    }),
];

#[test]
fn views_that_differ_are_one_type_and_the_contract_keeps_them() {
    for (name, change) in VIEWS {
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
        assert_kept(&input, &workspace, name);
        if let Err(error) = xtask::generate::sources(&workspace.json("agents-api.json")) {
            panic!("{name}: the generator does not take it: {error:#}");
        }
    }
}

#[test]
fn a_difference_between_views_does_not_hide_a_change() {
    let mut input = upstream();
    let sessions = format!("{GET}/responses/200/{BODY}/allOf/1/properties/sessions");
    let sessions = at(&mut input, &sessions).clone();
    at(&mut input, &list_item())["properties"]["sessions"] = sessions;
    let report = compare(&Workspace::new().json("upstream.json"), &input).expect("two descriptions");
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
    assert_kept(&input, &workspace, "defaults");
    let generated = |spec: &Value| xtask::generate::sources(spec).expect("the generator takes it");
    assert_eq!(generated(&resolved), generated(&committed));
}

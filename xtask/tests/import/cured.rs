//! What GitHub may add: the import names the place and prints the overlay actions that admit it, and they do.
use serde_json::{Value, json};

use super::additions::{OPERATIONS, TRAPS};
use super::contract::assert_kept;
use super::support::{BODY, GET, START, Workspace, at, each_with, list_item, upstream};

/// A name, what GitHub changes, what the failure says (the place in the input and what is new there), and where the new
/// thing is in the resolved spec once the printed actions are appended.
pub(crate) type Case = (
    &'static str,
    fn(&mut Value),
    &'static [&'static str],
    &'static str,
);

/// Fields, values and shapes.
const SHAPES: &[Case] = &[
    (
        "a field everywhere",
        |input| {
            each_with(
                input,
                &["id", "html_url", "archived_at", "creator_type"],
                &mut |fields| {
                    if fields["id"].is_object() {
                        fields["priority"] = json!({"type": "integer", "format": "int32"});
                    }
                },
            );
        },
        &[
            "at /paths/~1agents~1repos",
            "/properties/priority",
            "the field `priority` of Task is undocumented",
        ],
        "/components/schemas/Task/properties/priority",
    ),
    (
        "a field in one of five copies",
        |input| {
            at(input, &list_item())["properties"]["priority"] = json!({"type": "string", "nullable": true});
        },
        &[
            "/paths/~1agents~1tasks/get/responses/200/content/application~1json/schema/properties/tasks/items/properties/priority",
            "`priority` of Task is undocumented",
        ],
        "/components/schemas/Task/properties/priority",
    ),
    (
        "a field named like a keyword",
        |input| {
            for word in [
                "description",
                "title",
                "example",
                "summary",
                "type",
                "enum",
                "$ref",
                "properties",
            ] {
                at(input, &list_item())["properties"][word] = json!({"type": "string"});
            }
        },
        &[
            "/paths/~1agents~1tasks/get/responses/200/content/application~1json/schema/properties/tasks/items/properties/title",
            "`example` of Task is undocumented",
        ],
        "/components/schemas/Task/properties/title",
    ),
    (
        "an enum value everywhere",
        |input| {
            each_with(input, &["enum"], &mut |schema| {
                if schema["enum"][0] == "queued" {
                    schema["enum"].as_array_mut().unwrap().push(json!("paused"));
                }
            });
        },
        &[
            "/properties/state/enum/8",
            "the value `paused` of the enum TaskState is undocumented",
        ],
        "/components/schemas/TaskState/x-enum-descriptions/paused",
    ),
    (
        "an enum value in one of the copies",
        |input| {
            at(input, &format!("{}/properties/state/enum", list_item()))
                .as_array_mut()
                .unwrap()
                .push(json!("paused"));
        },
        &[
            "It resembles TaskState, but lacks the value \"paused\".",
            "x-name: TaskState, x-merge: true",
            "the value `paused` of the enum",
        ],
        "/components/schemas/TaskState/x-enum-descriptions/paused",
    ),
    (
        "an inline object",
        |input| {
            at(input, &list_item())["properties"]["billing_plan"] = json!({
                "type": "object", "required": ["tier"],
                "properties": {"tier": {"type": "string", "enum": ["free", "pro-plus"]}, "seats": {"type": "integer"}}
            });
        },
        &[
            "/paths/~1agents~1tasks/get/responses/200/content/application~1json/schema/properties/tasks/items/properties/billing_plan",
            "the object `billing_plan` {seats, tier} has no name",
            "update: {x-name: BillingPlan}",
            "update: {x-name: Tier}",
        ],
        "/components/schemas/BillingPlan/properties/tier/allOf/0",
    ),
    (
        "a list of inline objects",
        |input| {
            at(input, &list_item())["properties"]["comments"] = json!({
                "type": "array", "items": {"type": "object", "properties": {"text": {"type": "string"}}}
            });
        },
        &["update: {x-name: Comment}"],
        "/components/schemas/Comment/properties/text",
    ),
    (
        "a nullable inline object",
        |input| {
            at(input, &list_item())["properties"]["fork"] =
                json!({"type": "object", "nullable": true, "properties": {"a": {"type": "string"}}});
        },
        &["update: {x-name: Fork}"],
        "/components/schemas/Task/properties/fork/nullable",
    ),
    (
        "a choice",
        |input| {
            at(input, &list_item())["properties"]["subject"] = json!({"oneOf": [
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
                {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}}}
            ]});
        },
        &[
            "the choice `subject` has no name",
            "x-name: Subject}",
            "x-name: SubjectOption1}",
        ],
        "/components/schemas/Subject/oneOf/1",
    ),
    (
        "an object equal to two named ones",
        |input| {
            let id = json!({"type": "object", "properties": {"id": {"type": "integer", "format": "int64"}}});
            at(input, &list_item())["properties"]["sponsor"] = id;
        },
        &[
            "/paths/~1agents~1tasks/get/responses/200/content/application~1json/schema/properties/tasks/items/properties/sponsor",
            "is equal to Repository and to User",
            "x-name: Sponsor}",
        ],
        "/components/schemas/Sponsor/properties/id",
    ),
];

#[test]
fn additions_are_refused_with_their_place_and_admitted_by_the_printed_actions() {
    for (name, change, said, found) in SHAPES.iter().chain(OPERATIONS).chain(TRAPS) {
        let workspace = Workspace::new();
        let before = workspace.results();
        let mut input = upstream();
        change(&mut input);
        let outcome = workspace.import_value(&input);
        println!("--- {name}\n{}", outcome.stderr);
        outcome.failed_with(said);
        assert_eq!(
            workspace.results(),
            before,
            "{name}: a failed import changes nothing"
        );
        let stanzas = outcome.stanzas();
        workspace.append(&outcome);
        let outcome = workspace.import(&["input.json"]);
        println!("{}", outcome.stderr);
        outcome.succeeded();
        let resolved = workspace.json("agents-api.json");
        assert!(resolved.pointer(found).is_some(), "{name}: nothing at {found}");
        workspace.import(&["--check"]).succeeded();
        // An action that removes or corrects something makes the resolved spec another contract.
        if !["remove: true", "oneOf: [", "required: true", "parameters: ["]
            .iter()
            .any(|word| stanzas.contains(word))
        {
            assert_kept(&input, &workspace, name);
        }
        if let Err(error) = xtask::generate::sources(&resolved) {
            panic!("{name}: the generator does not take it: {error:#}");
        }
    }
}

#[test]
fn placeholders_do_not_pass() {
    let workspace = Workspace::new();
    let mut input = upstream();
    at(&mut input, &list_item())["properties"]["priority"] = json!({"type": "integer"});
    let outcome = workspace.import_value(&input);
    let overlay = workspace.read("overlay.yaml") + &outcome.stanzas();
    workspace.write("overlay.yaml", overlay);
    let path = format!("{}/properties/priority", list_item());
    workspace.import(&["input.json"]).failed_with(&[
        &path,
        "a placeholder is left in the overlay",
        "<what priority is>",
    ]);
}

#[test]
fn one_run_reports_every_problem_in_a_stable_order() {
    let workspace = Workspace::new();
    let mut input = upstream();
    at(&mut input, &list_item())["properties"]["one"] = json!({"type": "integer"});
    at(&mut input, &format!("{START}/requestBody/{BODY}/properties"))["two"] = json!({"type": "boolean"});
    at(&mut input, &format!("{GET}/parameters"))
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "three", "in": "query", "schema": {"type": "string"}}));
    let outcome = workspace.import_value(&input);
    outcome.failed_with(&["3 problems", "`one`", "`two`", "`three`"]);
    assert_eq!(workspace.import_value(&input).stderr, outcome.stderr);
}

//! What the generator cannot express and the overlay can correct: the printed actions admit it in one round.
use serde_json::{Value, json};

use super::contract::assert_kept;
use super::cured::Case;
use super::support::{BODY, GET, LIST, START, Workspace, at, list_item, upstream};

fn field(input: &mut Value, name: &str, schema: Value) {
    at(input, &format!("{}/properties", list_item()))[name] = schema;
}

fn parameter(input: &mut Value, name: &str, schema: &Value) {
    let parameter = json!({"name": name, "in": "query", "schema": schema});
    at(input, &format!("{LIST}/parameters"))
        .as_array_mut()
        .unwrap()
        .push(parameter);
}

fn renamed_media(input: &mut Value, kind: &str) {
    let content = at(input, &format!("{GET}/responses/200/content"))
        .as_object_mut()
        .unwrap();
    let media = content.remove("application/json").unwrap();
    content.insert(kind.to_owned(), media);
}

const CORRECTED: &[Case] = &[
    (
        "JSON by another name",
        |input| renamed_media(input, "application/vnd.github+json"),
        &["application/json:", "The actions below take it for that"],
        "/paths/~1agents~1tasks~1{task_id}/get/responses/200/content/application~1json/schema/$ref",
    ),
    (
        "JSON with a parameter",
        |input| renamed_media(input, "application/json; charset=utf-8"),
        &["application/json:"],
        "/paths/~1agents~1tasks~1{task_id}/get/responses/200/content/application~1json/schema/$ref",
    ),
    (
        "alternatives that nothing tells apart",
        |input| {
            let id = |more: &str| json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, more: {"type": "string"}}});
            field(input, "subject", json!({"oneOf": [id("a"), id("b")]}));
        },
        &["cannot be told from", "leaves SubjectOption2 out", "remove: true"],
        "/components/schemas/Subject/oneOf/0",
    ),
    (
        "values that are no words",
        |input| {
            field(
                input,
                "mood",
                json!({"type": "string", "enum": ["+1", "-1", "good"]}),
            );
        },
        &["the value \"+1\" cannot be a variant's name", "enum[?@ == '+1']"],
        "/components/schemas/Mood/x-enum-descriptions/good",
    ),
    (
        "values that are one word",
        |input| {
            field(
                input,
                "mood",
                json!({"type": "string", "enum": ["unknown_value", "unknown", "Good", "good"]}),
            );
        },
        &["unknown_value become one variant", "enum[?@ == 'Good']"],
        "/components/schemas/Mood/x-enum-descriptions/good",
    ),
    (
        "fields that are one word",
        |input| field(input, "@id", json!({"type": "string"})),
        &["/properties/@id", "@id and id become one field", "remove: true"],
        "/components/schemas/Task/properties/id",
    ),
    (
        "a field with the name of a generated one",
        |input| field(input, "extra", json!({"type": "string"})),
        &["/properties/extra", "hides the generated one", "remove: true"],
        "/components/schemas/Task/properties/id",
    ),
    (
        "a parameter with the name of a part of the builder",
        |input| parameter(input, "client", &json!({"type": "string", "pattern": "a"})),
        &[
            "/parameters/7",
            "hides a part of the generated builder",
            "does without it",
        ],
        "/paths/~1agents~1tasks/get/parameters/6",
    ),
    (
        "a parameter that is an object",
        |input| parameter(input, "filter", &json!({"type": "object"})),
        &["/parameters/7", "neither a single value", "does without it"],
        "/paths/~1agents~1tasks/get/parameters/6",
    ),
    (
        "a body that can be null",
        |input| at(input, &format!("{START}/requestBody/{BODY}"))["nullable"] = json!(true),
        &[
            "a request body that is not just a component",
            "schema.nullable",
            "remove: true",
        ],
        "/paths/~1agents~1repos~1{owner}~1{repo}~1tasks/post/requestBody/content/application~1json/schema/$ref",
    ),
    (
        "one id twice",
        |input| {
            at(input, "/paths")["/agents/other"] =
                json!({"get": {"operationId": "get_task", "responses": {"204": {"description": ""}}}});
        },
        &[
            "two operations are called `get_task`",
            "operationId: \"get_get_task\"",
        ],
        "/paths/~1agents~1other/get/operationId",
    ),
];

/// What needs no correction, only names and sentences.
const SAME: &[Case] = &[
    (
        "or null as an alternative",
        |input| {
            let object = json!({"type": "object", "properties": {"a": {"type": "string"}}});
            field(input, "mood", json!({"oneOf": [{"enum": [null]}, object]}));
            field(
                input,
                "tone",
                json!({"anyOf": [{"type": "string"}, {"type": "string", "nullable": true, "enum": [null]}]}),
            );
        },
        &["update: {x-name: Mood}", "the field `tone`"],
        "/components/schemas/Task/properties/tone/nullable",
    ),
    (
        "an alternative in one of the copies",
        |input| {
            at(
                input,
                &format!("{}/properties/artifacts/items/properties/data/oneOf", list_item()),
            )
            .as_array_mut()
            .unwrap()
            .push(json!({"type": "object", "properties": {"sha": {"type": "string"}}}));
        },
        &["has `oneOf` option 3 more", "x-name: ArtifactData, x-merge: true"],
        "/components/schemas/ArtifactData/oneOf/2",
    ),
    (
        "a field in one copy of an alternative",
        |input| {
            let data = format!(
                "{}/properties/artifacts/items/properties/data/oneOf/0",
                list_item()
            );
            at(input, &data)["properties"]["sha"] = json!({"type": "string"});
        },
        &["has the field `sha` more", "x-merge: true"],
        "/paths/~1agents~1tasks/get/responses/200",
    ),
    (
        "a deeper shape in one of the copies",
        |input| {
            let mut deep = json!({"type": "string"});
            for _ in 0..8 {
                deep = json!({"type": "array", "items": deep});
            }
            field(
                input,
                "depths",
                json!({"type": "object", "properties": {"deep": deep}}),
            );
        },
        &["found 3 problems", "update: {x-name: Depth", "the field `depths`"],
        "/components/schemas/TaskList",
    ),
    (
        "a request that resembles another",
        |input| {
            let mut start = at(input, START).clone();
            start["operationId"] = json!("restart");
            let body = at(&mut start, &format!("/requestBody/{BODY}"));
            body["required"] = json!(["prompt", "model"]);
            at(input, "/paths/~1agents~1repos~1{owner}~1{repo}~1tasks")["put"] = start;
        },
        &["update: {x-name: RestartBody}"],
        "/components/schemas/RestartBody/required/1",
    ),
    (
        "fields whose names mean something elsewhere",
        |input| {
            for name in ["", "x-name", "x-enum-descriptions", "self", "+1", "a~/b"] {
                field(input, name, json!({"type": "string"}));
            }
        },
        &["the field `x-name` of Task is undocumented"],
        "/components/schemas/Task/properties/self",
    ),
];

#[test]
fn the_printed_actions_correct_it_in_one_round() {
    for (list, same) in [(CORRECTED, false), (SAME, true)] {
        for (name, change, said, found) in list {
            let workspace = Workspace::new();
            let mut input = upstream();
            change(&mut input);
            let outcome = workspace.import_value(&input);
            println!("--- {name}\n{}", outcome.stderr);
            outcome.failed_with(said);
            workspace.append(&outcome);
            let outcome = workspace.import(&["input.json"]);
            println!("{}", outcome.stderr);
            outcome.succeeded();
            let resolved = workspace.json("agents-api.json");
            assert!(resolved.pointer(found).is_some(), "{name}: nothing at {found}");
            if same {
                assert_kept(&input, &workspace, name);
            }
            if let Err(error) = xtask::generate::sources(&resolved) {
                panic!("{name}: the generator does not take it: {error:#}");
            }
        }
    }
}

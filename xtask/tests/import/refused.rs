//! What no overlay action can admit: the import says where and why, and changes nothing.
use serde_json::{Value, json};

use super::support::{GET, LIST, Workspace, at, list_item, upstream};
use super::traps::RULES;

/// A name, an alteration, and what the import says about it.
pub(crate) type Case = (&'static str, fn(&mut Value), &'static [&'static str]);

/// A reference in place of the answer 200 of a get.
fn refer(input: &mut Value, reference: &Value) {
    at(input, &format!("{GET}/responses/200/content/application~1json"))["schema"] =
        json!({ "$ref": reference });
}

const REFERENCES: &[Case] = &[
    (
        "dangling",
        |input| refer(input, &json!("#/components/schemas/gone")),
        &[
            "at /paths/~1agents~1tasks~1{task_id}/get/responses/200/content/application~1json/schema/$ref",
            "leads nowhere",
            "/components/schemas/gone",
        ],
    ),
    (
        "another file",
        |input| refer(input, &json!("other.yaml#/components/schemas/a")),
        &["leads out of the document"],
    ),
    (
        "another host",
        |input| refer(input, &json!("https://example.com/a.json")),
        &["leads out of the document"],
    ),
    (
        "no pointer",
        |input| refer(input, &json!("#components/schemas/a")),
        &["is not a JSON pointer"],
    ),
    (
        "bad escape",
        |input| refer(input, &json!("#/components/schemas/a~2")),
        &["is not a JSON pointer"],
    ),
    (
        "bad percent",
        |input| refer(input, &json!("#/components/schemas/%zz")),
        &["broken % escape"],
    ),
    (
        "not a text",
        |input| refer(input, &json!(7)),
        &["a $ref must be a text"],
    ),
    (
        "not an object",
        |input| refer(input, &json!("#/openapi")),
        &["leads to something that is not an object"],
    ),
    (
        "not selected",
        |input| {
            at(input, "/paths")["/other"] = json!({"get": {"responses": {"200": {"description": ""}}}});
            refer(input, &json!("#/paths/~1other/get/responses/200"));
        },
        &["leads to a part of the input that is not selected"],
    ),
    (
        "circle of references",
        |input| {
            input["components"] = json!({"schemas": {
                "a": {"$ref": "#/components/schemas/b"}, "b": {"$ref": "#/components/schemas/a"}
            }});
            refer(input, &json!("#/components/schemas/a"));
        },
        &[
            "leads in a circle of references",
            "/components/schemas/a → /components/schemas/b",
        ],
    ),
    (
        "recursive shape",
        |input| {
            input["components"] = json!({"schemas": {
                "node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/node"}}}
            }});
            refer(input, &json!("#/components/schemas/node"));
        },
        &[
            "at /components/schemas/node/properties/next/$ref",
            "contains itself",
        ],
    ),
    (
        "bomb",
        |input| {
            let mut schemas = serde_json::Map::new();
            for level in 0..40 {
                let next = json!({"$ref": format!("#/components/schemas/s{}", level + 1)});
                schemas.insert(
                    format!("s{level}"),
                    json!({"type": "object", "properties": {"a": next, "b": next}}),
                );
            }
            schemas.insert("s40".to_owned(), json!({"type": "string"}));
            input["components"] = json!({"schemas": schemas});
            refer(input, &json!("#/components/schemas/s0"));
        },
        &["unfolds to too much"],
    ),
    (
        "nullable beside",
        |input| {
            input["components"] = json!({"schemas": {"plain": {"type": "string"}}});
            at(input, &list_item())["properties"]["name"] =
                json!({"$ref": "#/components/schemas/plain", "nullable": true});
        },
        &["/properties/name/nullable", "`nullable` beside a $ref", "allOf"],
    ),
];

const NONSENSE: &[Case] = &[
    (
        "required",
        |input| at(input, &list_item())["required"] = json!(null),
        &["/items/required", "`required` must be a list of texts, not null"],
    ),
    (
        "properties",
        |input| at(input, &list_item())["properties"] = json!([]),
        &["/items/properties", "must be an object, not a list"],
    ),
    (
        "a field",
        |input| at(input, &list_item())["properties"]["id"] = json!(1),
        &["/items/properties/id", "must be an object, not 1"],
    ),
    (
        "enum",
        |input| at(input, &list_item())["properties"]["id"]["enum"] = json!("a"),
        &["/id/enum", "must be a list"],
    ),
    (
        "parameters",
        |input| at(input, LIST)["parameters"] = json!({}),
        &["/get/parameters", "must be a list, not an object"],
    ),
    (
        "a path",
        |input| at(input, "/paths")["/agents/tasks"] = json!(null),
        &["at /paths/~1agents~1tasks\n", "must be an object"],
    ),
];

#[test]
fn every_trap_is_refused_with_its_place_and_reason() {
    let workspace = Workspace::new();
    let before = workspace.results();
    for (name, change, said) in REFERENCES.iter().chain(NONSENSE).chain(RULES) {
        let mut input = upstream();
        change(&mut input);
        let outcome = workspace.import_value(&input);
        println!("--- {name}\n{}", outcome.stderr);
        outcome.failed_with(said);
        assert_eq!(workspace.results(), before, "{name}");
    }
}

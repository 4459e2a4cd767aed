//! What no overlay action can admit: the import says where and why, and changes nothing.
use serde_json::{Value, json};

use super::support::{BODY, GET, LIST, START, Workspace, at, each_with, list_item, upstream};

type Case = (&'static str, fn(&mut Value), &'static [&'static str]);

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

const RULES: &[Case] = &[
    (
        "two successes",
        |input| {
            at(input, &format!("{START}/responses"))["202"] = json!({"description": ""});
        },
        &[
            "/post/responses\n",
            "more than one type of success",
            "202 is empty",
        ],
    ),
    (
        "no success",
        |input| {
            at(input, &format!("{GET}/responses"))
                .as_object_mut()
                .unwrap()
                .remove("200");
        },
        &["describes no success"],
    ),
    (
        "default response",
        |input| {
            at(input, &format!("{GET}/responses"))["default"] = json!({"description": ""});
        },
        &["/get/responses/default", "the status \"default\" is not a number"],
    ),
    (
        "cookie",
        |input| {
            at(input, &format!("{GET}/parameters/0"))["in"] = json!("cookie");
        },
        &["the parameter `task_id` is in cookie", "the path wants {task_id}"],
    ),
    (
        "path parameter not required",
        |input| {
            at(input, &format!("{GET}/parameters/0"))["required"] = json!(false);
        },
        &["/get/parameters/0", "must be `required: true`"],
    ),
    (
        "undeclared path parameter",
        |input| {
            let item = at(input, "/paths")
                .as_object_mut()
                .unwrap()
                .remove("/agents/tasks/{task_id}")
                .unwrap();
            at(input, "/paths")["/agents/tasks/{id}"] = item;
        },
        &["the path wants {id}", "`task_id` does not occur in the path"],
    ),
    (
        "same argument",
        |input| {
            at(input, &format!("{LIST}/parameters"))
                .as_array_mut()
                .unwrap()
                .push(json!({"name": "perPage", "in": "query", "schema": {"type": "string"}}));
        },
        &["/get/parameters\n", "perPage become one argument"],
    ),
    (
        "object parameter",
        |input| {
            at(input, &format!("{LIST}/parameters/0"))["schema"] = json!({"type": "object"});
        },
        &["/get/parameters/0/schema", "neither a single value nor"],
    ),
    (
        "builder's own word",
        |input| {
            at(input, &format!("{LIST}/parameters/0"))["name"] = json!("send");
        },
        &["hides a method of the generated builder"],
    ),
    (
        "colliding fields",
        |input| {
            at(input, &list_item())["properties"]["htmlUrl"] = json!({"type": "string"});
        },
        &["become one field in Rust", "htmlUrl"],
    ),
    (
        "colliding values",
        |input| {
            each_with(input, &["enum"], &mut |schema| {
                if schema["enum"][0] == "queued" {
                    schema["enum"][1] = json!("Queued");
                }
            });
        },
        &["/enum\n", "become one variant in Rust"],
    ),
    (
        "unspeakable value",
        |input| {
            each_with(input, &["enum"], &mut |schema| {
                if schema["enum"][0] == "queued" {
                    schema["enum"][1] = json!("+1");
                }
            });
        },
        &["cannot be a variant's name"],
    ),
    (
        "value twice",
        |input| {
            each_with(input, &["enum"], &mut |schema| {
                if schema["enum"][0] == "queued" {
                    schema["enum"][1] = json!("queued");
                }
            });
        },
        &["is listed twice"],
    ),
    (
        "numbers in an enum",
        |input| {
            at(input, &format!("{LIST}/parameters/0/schema"))["enum"] = json!([1, 2]);
        },
        &["/schema/enum", "values that are not texts"],
    ),
    (
        "no type",
        |input| {
            at(input, &list_item())["properties"]["extra"] = json!({});
        },
        &["/properties/extra", "without a type"],
    ),
    (
        "list of types",
        |input| {
            at(input, &list_item())["properties"]["extra"] = json!({"type": ["string", "null"]});
        },
        &["/properties/extra/type", "a list of types"],
    ),
    (
        "unknown type",
        |input| {
            at(input, &list_item())["properties"]["extra"] = json!({"type": "file"});
        },
        &["/properties/extra/type", "\"file\" is not a type"],
    ),
    (
        "list of anything",
        |input| {
            at(input, &list_item())["properties"]["extra"] = json!({"type": "array"});
        },
        &["/properties/extra", "elements are not described"],
    ),
    (
        "required and absent",
        |input| {
            each_with(input, &["required", "properties"], &mut |schema| {
                schema["required"].as_array_mut().unwrap().push(json!("ghost"));
            });
        },
        &["the required field \"ghost\" is not described"],
    ),
    (
        "anyOf",
        |input| {
            at(input, &list_item())["properties"]["extra"] = json!({"anyOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}},
                {"type": "object", "properties": {"b": {"type": "string"}}}
            ]});
        },
        &[
            "/properties/extra/anyOf",
            "`anyOf` becomes a struct of all alternatives",
        ],
    ),
    (
        "choice of single values",
        |input| {
            at(input, &list_item())["properties"]["extra"] =
                json!({"oneOf": [{"type": "string"}, {"type": "integer"}]});
        },
        &["/properties/extra/oneOf/0", "the generator invents a name"],
    ),
    (
        "allOf of single values",
        |input| {
            at(input, &list_item())["properties"]["extra"] =
                json!({"allOf": [{"type": "string"}, {"type": "string", "format": "uri"}]});
        },
        &["/properties/extra", "`allOf` of other things"],
    ),
    (
        "allOf at odds",
        |input| {
            at(input, &format!("{GET}/responses/200/{BODY}/allOf/1/properties"))["id"] =
                json!({"type": "integer"});
        },
        &["/allOf/1/properties/id", "describe the same field differently"],
    ),
    (
        "body in place",
        |input| {
            at(input, &format!("{GET}/responses/400/content/application~1json"))["schema"] =
                json!({"type": "object"});
        },
        &[
            "/responses/400/content/application~1json/schema",
            "described in place",
        ],
    ),
    (
        "body without schema",
        |input| {
            at(input, &format!("{GET}/responses/400/content/application~1json"))
                .as_object_mut()
                .unwrap()
                .remove("schema");
        },
        &["has no schema, so it would become untyped bytes"],
    ),
    (
        "callbacks",
        |input| {
            at(input, GET)["callbacks"] =
                json!({"done": {"{$url}": {"post": {"responses": {"200": {"description": ""}}}}}});
        },
        &[
            "/get/callbacks",
            "does not understand `callbacks` in an operation",
        ],
    ),
    (
        "one id twice",
        |input| {
            at(input, "/paths")["/agents/other"] =
                json!({"get": {"operationId": "get_task", "responses": {"204": {"description": ""}}}});
        },
        &["two operations are called `get_task`"],
    ),
    (
        "nothing of ours",
        |input| {
            *at(input, "/paths") = json!({"/repos": {"get": {}}});
        },
        &[
            "lacks the operations of this client",
            "none of its 1 paths starts with /agents/",
        ],
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

//! Descriptions the generator would get wrong without saying so.
use serde_json::json;

use super::refused::Case;
use super::support::{BODY, GET, LIST, START, at, each_with, list_item};

pub(crate) const RULES: &[Case] = &[
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
        &["/get/parameters/0\n", "neither a single value nor"],
    ),
    (
        "builder's own word",
        |input| {
            at(input, &format!("{LIST}/parameters/0"))["name"] = json!("send");
        },
        &["hides a part of the generated builder"],
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
            at(input, &list_item())["properties"]["subject"] = json!({});
        },
        &["/properties/subject", "without a type"],
    ),
    (
        "list of types",
        |input| {
            at(input, &list_item())["properties"]["subject"] = json!({"type": ["string", "null"]});
        },
        &["/properties/subject/type", "a list of types"],
    ),
    (
        "unknown type",
        |input| {
            at(input, &list_item())["properties"]["subject"] = json!({"type": "file"});
        },
        &["/properties/subject/type", "\"file\" is not a type"],
    ),
    (
        "list of anything",
        |input| {
            at(input, &list_item())["properties"]["subject"] = json!({"type": "array"});
        },
        &["/properties/subject", "elements are not described"],
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
            at(input, &list_item())["properties"]["subject"] = json!({"anyOf": [
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
                {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}}}
            ]});
        },
        &[
            "/properties/subject/anyOf",
            "`anyOf` becomes a struct of all alternatives",
        ],
    ),
    (
        "choice of single values",
        |input| {
            at(input, &list_item())["properties"]["subject"] =
                json!({"oneOf": [{"type": "string"}, {"type": "integer"}]});
        },
        &["/properties/subject/oneOf/0", "the generator invents a name"],
    ),
    (
        "allOf of single values",
        |input| {
            at(input, &list_item())["properties"]["subject"] =
                json!({"allOf": [{"type": "string"}, {"type": "string", "format": "uri"}]});
        },
        &["/properties/subject", "`allOf` of other things"],
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

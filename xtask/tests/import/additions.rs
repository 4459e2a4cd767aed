//! Operations, and traps of the generator, that GitHub may add.
use serde_json::json;

use super::cured::Case;
use super::support::{GET, LIST, START, at, each_with, list_item};

/// Operations and their parts.
pub(crate) const OPERATIONS: &[Case] = &[
    (
        "a second error shape",
        |input| {
            at(input, &format!("{START}/responses/422"))["content"]["application/json"]["schema"] =
                json!({"type": "object", "properties": {"reason": {"type": "string"}}});
        },
        &[
            "/paths/~1agents~1repos~1{owner}~1{repo}~1tasks/post/responses/422/content/application~1json/schema",
            "{reason} has no name",
            "update: {x-name: CreateTaskInRepoError}",
        ],
        "/components/schemas/CreateTaskInRepoError/properties/reason",
    ),
    (
        "a new error status",
        |input| {
            let same = at(input, &format!("{LIST}/responses/403")).clone();
            at(input, &format!("{LIST}/responses"))["429"] = same;
        },
        &[
            "/paths/~1agents~1tasks/get/responses/429",
            "the response 429 of `list_tasks` is undocumented",
        ],
        "/paths/~1agents~1tasks/get/responses/429",
    ),
    (
        "a response header",
        |input| {
            at(input, &format!("{GET}/responses/200"))["headers"] =
                json!({"x-title": {"schema": {"type": "string"}}});
        },
        &[
            "/paths/~1agents~1tasks~1{task_id}/get/responses/200/headers/x-title",
            "the header `x-title`",
        ],
        "/paths/~1agents~1tasks~1{task_id}/get/responses/200/headers/x-title/description",
    ),
    (
        "a parameter",
        |input| {
            let list = at(input, &format!("{LIST}/parameters")).as_array_mut().unwrap();
            list.insert(
                0,
                json!({"name": "label", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}}),
            );
        },
        &[
            "at /paths/~1agents~1tasks/get/parameters/0\n",
            "the parameter `label` of `list_tasks` is undocumented",
            "parameters[?@.name == 'label']",
            "x-name: Label}",
        ],
        "/components/schemas/Label",
    ),
    (
        "a parameter of the path",
        |input| {
            at(input, "/paths/~1agents~1tasks")["parameters"] =
                json!([{"name": "label", "in": "query", "schema": {"type": "string"}}]);
        },
        &["at /paths/~1agents~1tasks/parameters/0\n"],
        "/paths/~1agents~1tasks/get/parameters/7/description",
    ),
    (
        "an operation",
        |input| {
            at(input, "/paths")["/agents/tasks/{task_id}/cancel"] = json!({"post": {
                "operationId": "agent-tasks/cancel-task",
                "parameters": [{"name": "task_id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {
                    "type": "object", "properties": {"reason": {"type": "string"}}
                }}}},
                "responses": {"204": {"description": ""}}
            }});
        },
        &[
            "/paths/~1agents~1tasks~1{task_id}~1cancel/post",
            "operationId \"agent-tasks/cancel-task\" is not a Rust function name",
            "operationId: \"cancel_task\"",
            "summary: \"<what the operation cancel-task is, in one line>\"",
            "x-name: CancelTaskBody}",
        ],
        "/paths/~1agents~1tasks~1{task_id}~1cancel/post/operationId",
    ),
    (
        "an operation without an id",
        |input| {
            at(input, "/paths")["/agents/ping"] = json!({"get": {"responses": {"204": {"description": ""}}}});
        },
        &[
            "the operation has no operationId",
            "operationId: \"get_agents_ping\"",
        ],
        "/paths/~1agents~1ping/get/operationId",
    ),
];

/// What the generator does not understand; the printed action removes it.
pub(crate) const TRAPS: &[Case] = &[
    (
        "keywords the generator does not understand",
        |input| {
            each_with(input, &["html_url", "archived_at"], &mut |fields| {
                if fields["id"].is_object() {
                    fields["name"]["maxLength"] = json!(9);
                    fields["url"]["pattern"] = json!("^h");
                    fields["id"]["format"] = json!("uuid");
                    fields["session_count"]["uniqueItems"] = json!(true);
                }
            });
        },
        &[
            "`maxLength`",
            "`pattern`",
            "the format \"uuid\" of a string",
            "`uniqueItems`",
            "remove: true",
        ],
        "/components/schemas/Task/properties/name",
    ),
    (
        "another media type",
        |input| {
            at(input, &format!("{LIST}/responses/400/content"))["application/vnd.github+json"] =
                json!({"schema": {"type": "string"}});
        },
        &[
            "application~1vnd.github+json",
            "would become untyped bytes",
            "remove: true",
        ],
        "/paths/~1agents~1tasks/get/responses/400/content/application~1json",
    ),
    (
        "a header parameter",
        |input| {
            at(input, &format!("{GET}/parameters"))
                .as_array_mut()
                .unwrap()
                .insert(
                    0,
                    json!({"name": "accept", "in": "header", "schema": {"type": "string"}}),
                );
        },
        &[
            "/paths/~1agents~1tasks~1{task_id}/get/parameters/0",
            "the parameter `accept` is in header",
            "remove: true",
        ],
        "/paths/~1agents~1tasks~1{task_id}/get/parameters/0",
    ),
    (
        "explode: false and a style",
        |input| {
            let list = at(input, &format!("{LIST}/parameters")).as_array_mut().unwrap();
            list[0]["explode"] = json!(false);
            list[0]["style"] = json!("pipeDelimited");
        },
        &["/parameters/0/explode", "`explode: false` of", "the style of"],
        "/paths/~1agents~1tasks/get/parameters/0",
    ),
    (
        "a discriminator",
        |input| {
            each_with(input, &["oneOf"], &mut |schema| {
                if schema["oneOf"].as_array().unwrap().len() == 2 {
                    schema["discriminator"] = json!({"propertyName": "type"});
                }
            });
        },
        &[
            "/properties/data/discriminator",
            "`discriminator` is ignored by the generator",
            "remove: true",
        ],
        "/components/schemas/ArtifactData/oneOf",
    ),
    (
        "open and closed objects",
        |input| {
            each_with(input, &["type", "properties"], &mut |schema| {
                if schema["properties"].get("head_ref").is_some()
                    && schema["properties"].get("prompt").is_none()
                {
                    schema["additionalProperties"] = json!(true);
                }
                if schema["properties"].get("global_id").is_some() {
                    schema["additionalProperties"] = json!(false);
                }
            });
        },
        &[
            "`additionalProperties: true` drops",
            "`additionalProperties: false` makes",
        ],
        "/components/schemas/BranchRef",
    ),
    (
        "a second success",
        |input| at(input, &format!("{START}/responses"))["202"] = json!({"description": ""}),
        &[
            "/post/responses\n",
            "more than one type of success",
            "202 is empty",
            "responses['202']",
            "remove: true",
        ],
        "/paths/~1agents~1repos~1{owner}~1{repo}~1tasks/post/responses/201",
    ),
    (
        "a default response",
        |input| at(input, &format!("{GET}/responses"))["default"] = json!({"description": ""}),
        &["/get/responses/default", "remove: true"],
        "/paths/~1agents~1tasks~1{task_id}/get/responses/200",
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
            "`anyOf` becomes a struct",
            "oneOf: [{\"$ref\"",
        ],
        "/components/schemas/Subject/oneOf/1",
    ),
    (
        "a map of anything",
        |input| {
            at(input, &list_item())["properties"]["subject"] =
                json!({"type": "object", "additionalProperties": {}});
        },
        &[
            "/properties/subject/additionalProperties",
            "assumes anyway",
            "remove: true",
        ],
        "/components/schemas/Task/properties/subject/type",
    ),
    (
        "an optional path parameter",
        |input| at(input, &format!("{GET}/parameters/0"))["required"] = json!(false),
        &["/get/parameters/0", "must be `required: true`", "required: true"],
        "/paths/~1agents~1tasks~1{task_id}/get/parameters/0/description",
    ),
    (
        "a path parameter nobody declares",
        |input| {
            at(input, "/paths")["/agents/{kind}"] =
                json!({"get": {"operationId": "kinds", "responses": {"204": {"description": ""}}}});
        },
        &["the path wants {kind}", "<what kind is>"],
        "/paths/~1agents~1{kind}/get/parameters/0/schema",
    ),
];

//! Request bodies, and media types of both directions.
use serde_json::json;

use super::{check, get, prompt, remove, start};

#[test]
fn fields_of_request_bodies() {
    let (text, model) = ("request body prompt", "request body model");
    check(vec![
        (
            prompt("/properties"),
            |v| remove(v, "model"),
            "breaking",
            model,
            "field `model` removed",
        ),
        (
            prompt("/properties"),
            |v| v["branch"] = json!({ "type": "string" }),
            "additive",
            "request body branch",
            "optional field `branch` added (string)",
        ),
        (
            prompt(""),
            |v| {
                v["properties"]["branch"] = json!({ "type": "string" });
                v["required"] = json!(["prompt", "branch"]);
            },
            "breaking",
            "request body branch",
            "required field `branch` added (string)",
        ),
        (
            prompt("/required"),
            |v| *v = json!(["prompt", "model"]),
            "breaking",
            model,
            "now required",
        ),
        (
            prompt(""),
            |v| remove(v, "required"),
            "additive",
            text,
            "no longer required",
        ),
        (
            prompt("/properties/prompt"),
            |v| v["nullable"] = json!(true),
            "additive",
            text,
            "now nullable",
        ),
        (
            prompt("/properties/model/enum"),
            |v| *v = json!(["small"]),
            "breaking",
            model,
            "enum value `large` removed",
        ),
        (
            prompt("/properties/model/enum"),
            |v| *v = json!(["small", "large", "huge"]),
            "additive",
            model,
            "enum value `huge` added",
        ),
        (
            prompt("/properties/model"),
            |v| remove(v, "enum"),
            "additive",
            model,
            "no longer limited to an enum of `large`, `small`",
        ),
        (
            prompt("/properties/prompt"),
            |v| v["enum"] = json!(["a"]),
            "breaking",
            text,
            "limited to an enum of `a`",
        ),
        (
            prompt("/properties/prompt"),
            |v| v["maxLength"] = json!(100),
            "breaking",
            text,
            "`maxLength` changed from 5000 to 100",
        ),
        (
            prompt("/properties/prompt"),
            |v| v["maxLength"] = json!(9000),
            "additive",
            text,
            "`maxLength` changed from 5000 to 9000",
        ),
        (
            prompt("/properties/prompt"),
            |v| remove(v, "maxLength"),
            "additive",
            text,
            "`maxLength` 5000 removed",
        ),
        (
            prompt("/properties/prompt"),
            |v| v["pattern"] = json!("^.`$"),
            "breaking",
            text,
            "`pattern` set to ``^.`$``",
        ),
        (
            prompt("/properties/create_pull_request"),
            |v| v["default"] = json!(true),
            "breaking",
            "request body create_pull_request",
            "default changed from `false` to `true`",
        ),
        (
            prompt("/properties/create_pull_request"),
            |v| remove(v, "default"),
            "breaking",
            "request body create_pull_request",
            "default `false` removed",
        ),
        (
            prompt("/properties/model"),
            |v| v["readOnly"] = json!(true),
            "breaking",
            model,
            "field `model` removed",
        ),
        (
            prompt(""),
            |v| v["additionalProperties"] = json!(false),
            "breaking",
            "request body",
            "fields not listed are no longer allowed",
        ),
        (
            prompt("/properties/model"),
            |v| *v = json!({ "oneOf": [v.clone(), { "type": "integer" }] }),
            "additive",
            model,
            "type changed from string enum to one of 2 shapes",
        ),
    ]);
}

#[test]
fn request_bodies_and_media_types() {
    let media = "media type changed from `application/json` to `application/vnd.github+json`";
    check(vec![
        (
            start("/requestBody"),
            |v| v["required"] = json!(false),
            "additive",
            "request body",
            "no longer required",
        ),
        (
            start(""),
            |v| remove(v, "requestBody"),
            "breaking",
            "request body",
            "request body removed",
        ),
        (
            get(""),
            |v| v["requestBody"] = json!({ "required": true, "content": {} }),
            "breaking",
            "request body",
            "required request body added",
        ),
        (
            get(""),
            |v| v["requestBody"] = json!({ "content": {} }),
            "additive",
            "request body",
            "optional request body added",
        ),
        (
            start("/requestBody/content"),
            |v| *v = json!({ "application/vnd.github+json": v["application/json"] }),
            "breaking",
            "request body",
            media,
        ),
        (
            get("/responses/200/content"),
            |v| *v = json!({ "application/vnd.github+json": v["application/json"] }),
            "breaking",
            "response 200 body",
            media,
        ),
        (
            get("/responses/200/content"),
            |v| v["text/plain"] = json!({ "schema": { "type": "string" } }),
            "additive",
            "response 200 body",
            "media type `text/plain` added",
        ),
        (
            get("/responses/200"),
            |v| remove(v, "content"),
            "breaking",
            "response 200 body",
            "body removed",
        ),
    ]);
}

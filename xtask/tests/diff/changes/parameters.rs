//! Parameters.
use serde_json::json;

use super::{check, list, remove};

#[test]
fn parameters() {
    let per_page = "query parameter per_page";
    check(vec![
        (
            list("/parameters"),
            |v| drop(v.as_array_mut().unwrap().remove(0)),
            "breaking",
            per_page,
            "parameter removed",
        ),
        (
            list("/parameters"),
            |v| {
                v.as_array_mut()
                    .unwrap()
                    .push(json!({ "name": "q", "in": "query", "schema": { "type": "string" } }));
            },
            "additive",
            "query parameter q",
            "optional parameter added (string)",
        ),
        (
            list("/parameters"),
            |v| {
                v.as_array_mut()
                    .unwrap()
                    .push(json!({ "name": "X-Q", "in": "header", "required": true, "schema": {} }));
            },
            "breaking",
            "header parameter X-Q",
            "required parameter added (any type)",
        ),
        (
            list("/parameters/0"),
            |v| v["required"] = json!(true),
            "breaking",
            per_page,
            "now required",
        ),
        (
            list("/parameters/0/schema/maximum"),
            |v| *v = json!(50),
            "breaking",
            per_page,
            "`maximum` changed from 100 to 50",
        ),
        (
            list("/parameters/0/schema/default"),
            |v| *v = json!(10),
            "breaking",
            per_page,
            "default changed from `30` to `10`",
        ),
        (
            list("/parameters/0/schema"),
            |v| v["type"] = json!("string"),
            "breaking",
            per_page,
            "type changed from integer to string",
        ),
        (
            list("/parameters/0/schema"),
            |v| *v = json!({"type": "array", "items": v.clone()}),
            "additive",
            per_page,
            "now a list; one element is sent as the single value was",
        ),
        (
            list("/parameters/1/schema/enum"),
            |v| *v = json!(["updated_at"]),
            "breaking",
            "query parameter sort",
            "enum value `created_at` removed",
        ),
        (
            list("/parameters/2/schema"),
            |v| remove(v, "format"),
            "breaking",
            "query parameter since",
            "type changed from string (date-time) to string",
        ),
        (
            list("/parameters/3"),
            |v| v["explode"] = json!(false),
            "breaking",
            "query parameter creator_id",
            "`explode` changed from true to false",
        ),
        (
            list("/parameters/3"),
            |v| v["style"] = json!("pipeDelimited"),
            "breaking",
            "query parameter creator_id",
            "style changed from `form` to `pipeDelimited`",
        ),
        (
            list("/parameters/3/schema/items/type"),
            |v| *v = json!("string"),
            "breaking",
            "query parameter creator_id[]",
            "type changed from integer to string",
        ),
        (
            list("/parameters/0"),
            |v| v["explode"] = json!(false),
            "additive",
            per_page,
            "`explode` changed from true to false",
        ),
        (
            list("/parameters/0"),
            |v| v["deprecated"] = json!(true),
            "additive",
            per_page,
            "now deprecated",
        ),
        (
            list("/parameters/0/description"),
            |v| *v = json!("The size of a page."),
            "documentation",
            per_page,
            "description changed",
        ),
    ]);
}

//! Ways to write the same description differently, and the reverse: nothing that matters goes unseen.
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use xtask::compare::{Format, compare};

use crate::fixture::{GET, LIST, START, TASK, at, edited, inlined, named};

fn assert_same(old: &Value, new: &Value) {
    for (old, new) in [(old, new), (new, old)] {
        let report = compare(old, new).unwrap();
        assert!(report.is_empty(), "{}", report.render(Format::Text));
    }
}

#[test]
fn a_description_equals_itself() {
    assert_same(&inlined(), &inlined());
    assert_same(&named(), &named());
}

#[test]
fn references_equal_what_they_refer_to() {
    assert_same(&inlined(), &named());
}

#[test]
fn order_says_nothing() {
    let mut turned = inlined();
    for list in [
        format!("{LIST}/parameters"),
        format!("{LIST}/parameters/1/schema/enum"),
        format!("{TASK}/required"),
        format!("{TASK}/properties/state/enum"),
        format!("{TASK}/properties/artifacts/items/properties/data/oneOf"),
        format!("{GET}/responses/200/content/application~1json/schema/allOf"),
    ] {
        if let Some(Value::Array(items)) = turned.pointer_mut(&list) {
            items.reverse();
        }
    }
    assert_same(&inlined(), &turned);
}

#[test]
fn another_way_to_say_it() {
    type Edit = fn(&mut Value);
    let cases: [(String, Edit); 9] = [
        (format!("{TASK}/properties/name"), |v| {
            *v = json!({ "allOf": [v.clone()] });
        }),
        (format!("{TASK}/properties/name"), |v| {
            *v = json!({ "anyOf": [v.clone()] });
        }),
        (TASK.to_owned(), |v| v["additionalProperties"] = json!({})),
        (format!("{TASK}/properties/name"), |v| v["minLength"] = json!(0)),
        (format!("{TASK}/properties/name"), |v| v["x-name"] = json!("Name")),
        (format!("{TASK}/properties/name"), |v| v["title"] = json!("Name")),
        (format!("{TASK}/properties/id/description"), |v| {
            *v = json!("Names\n   the task.");
        }),
        (format!("{LIST}/parameters/3"), |v| {
            v["style"] = json!("form");
            v["explode"] = json!(true);
        }),
        (format!("{START}/requestBody/content"), |v| {
            *v = json!({ "Application/JSON": v["application/json"] });
        }),
    ];
    for (pointer, edit) in cases {
        // `x-name` marks our own documentation, so the other side needs one too for words to be compared.
        assert_same(&inlined(), &edited(&pointer, edit));
    }
}

#[test]
fn parameters_of_a_path_are_those_of_its_operations() {
    let mut moved = inlined();
    let parameters = at(&mut moved, &format!("{GET}/parameters")).take();
    at(&mut moved, GET).as_object_mut().unwrap().remove("parameters");
    at(&mut moved, "/paths/~1agents~1tasks~1{task_id}")["parameters"] = parameters;
    assert_same(&inlined(), &moved);
}

#[test]
fn a_task_that_contains_tasks_ends() {
    let recursive = |unrolled: bool, kind: &str| {
        let task = json!({
            "type": "object",
            "properties": { "id": { "type": kind }, "parent": { "$ref": "#/components/schemas/Task" } },
        });
        let mut description = inlined();
        description["components"] = json!({ "schemas": { "Task": task } });
        let schema = if unrolled {
            task
        } else {
            json!({ "$ref": "#/components/schemas/Task" })
        };
        *at(
            &mut description,
            &format!("{GET}/responses/200/content/application~1json/schema"),
        ) = schema;
        description
    };
    assert_same(&recursive(false, "string"), &recursive(true, "string"));
    let report = compare(&recursive(false, "string"), &recursive(false, "integer")).unwrap();
    assert_eq!(report.changes.len(), 1);
    assert_eq!(report.changes[0].location, "response 200 body id");
}

#[test]
fn words_are_compared_only_with_words_of_the_same_author() {
    let mut bare = inlined();
    strip(&mut bare);
    assert_same(&inlined(), &bare);

    let mut own = named();
    own["info"]["x-documentation"] = json!("own");
    own["paths"]["/agents/tasks"]["get"]["summary"] = json!("Lists");
    own["paths"]["/agents/tasks"]["get"]["operationId"] = json!("list_tasks");
    let report = compare(&inlined(), &own).unwrap();
    assert!(report.is_empty());
    assert!(report.note.is_some(), "the reader is told");

    let mut reworded = own.clone();
    reworded["paths"]["/agents/tasks"]["get"]["summary"] = json!("Lists tasks");
    let report = compare(&own, &reworded).unwrap();
    assert_eq!(report.changes.len(), 1);
    assert_eq!(report.note, None);
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| {
                !(matches!(key.as_str(), "description" | "summary") && value.is_string())
            });
            map.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// A schema of any form the comparison knows, without words.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({ "type": "boolean" })),
        Just(json!({ "type": "string", "format": "date-time", "nullable": true })),
        (1_u8..9, 10_u8..99)
            .prop_map(|(least, most)| json!({ "type": "string", "minLength": least, "maxLength": most })),
        (0_u8..9).prop_map(|least| json!({ "type": "integer", "format": "int64", "minimum": least })),
        prop::sample::subsequence(vec!["a", "b", "c", "d"], 1..4)
            .prop_map(|values| json!({ "type": "string", "enum": values })),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let fields = prop::collection::btree_map("[a-e]", (inner.clone(), any::<bool>()), 1..4);
        prop_oneof![
            4 => fields.prop_map(|fields| {
                let required: Vec<&String> = fields.iter().filter(|(_, (_, need))| *need).map(|(name, _)| name).collect();
                let properties: Map<String, Value> =
                    fields.iter().map(|(name, (schema, _))| (name.clone(), schema.clone())).collect();
                json!({ "type": "object", "required": required, "properties": properties })
            }),
            2 => inner.clone().prop_map(|items| json!({ "type": "array", "items": items })),
            1 => inner.clone().prop_map(|values| json!({ "type": "object", "additionalProperties": values })),
            1 => prop::collection::vec(inner, 2..4).prop_map(|variants| json!({ "oneOf": variants })),
        ]
    })
}

/// Rewrites a schema without changing what it says; `choices` decides how.
fn rewritten(
    schema: &Value,
    choices: &mut impl Iterator<Item = u8>,
    components: &mut Map<String, Value>,
) -> Value {
    let mut map = schema.as_object().cloned().unwrap_or_default();
    for (key, inner) in &mut map {
        match (key.as_str(), inner) {
            ("properties", Value::Object(fields)) => {
                fields
                    .values_mut()
                    .for_each(|field| *field = rewritten(field, choices, components));
            }
            ("items" | "additionalProperties", inner) => *inner = rewritten(inner, choices, components),
            ("oneOf", Value::Array(variants)) => {
                for variant in variants.iter_mut() {
                    *variant = rewritten(variant, choices, components);
                }
                variants.reverse();
            }
            ("required" | "enum", Value::Array(values)) => values.reverse(),
            _ => {}
        }
    }
    let schema = Value::Object(map);
    match choices.next().unwrap_or_default() % 6 {
        0 => {
            let name = format!("S{}", components.len());
            components.insert(name.clone(), schema);
            json!({ "$ref": format!("#/components/schemas/{name}") })
        }
        1 => json!({ "allOf": [schema] }),
        2 => json!({ "oneOf": [schema] }),
        3 if schema["type"] == "object" && schema["required"].is_array() => {
            let (required, properties) = (&schema["required"], &schema["properties"]);
            let parts = [
                json!({ "type": "object", "properties": properties }),
                json!({ "required": required }),
            ];
            json!({ "allOf": parts })
        }
        _ => schema,
    }
}

/// Every place of a schema, depth first.
fn places(schema: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let inner = |key: &str| schema.get(key).map(|inner| (inner, format!("{at}/{key}")));
    for (inner, at) in ["items", "additionalProperties"]
        .iter()
        .filter_map(|key| inner(key))
    {
        places(inner, &at, found);
    }
    for (name, field) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        places(field, &format!("{at}/properties/{name}"), found);
    }
    for (index, variant) in schema
        .get("oneOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        places(variant, &format!("{at}/oneOf/{index}"), found);
    }
}

/// Changes what a schema says, in a way that no other part of it can make up for.
fn mutate(schema: &mut Value, choice: u8) {
    let nullable = schema["nullable"] == true;
    match (choice % 4, schema["type"].as_str().map(str::to_owned)) {
        (0, Some(_)) => schema["nullable"] = json!(!nullable),
        (1, Some(kind)) if kind == "object" => schema["properties"]["new"] = json!({ "type": "string" }),
        (2, Some(_)) => *schema = json!({ "type": "number", "format": "unheard-of" }),
        _ => schema["deprecated"] = json!(true),
    }
}

fn around(schema: &Value, components: &Map<String, Value>) -> Value {
    let content = json!({ "application/json": { "schema": schema } });
    json!({
        "openapi": "3.0.3",
        "paths": { "/x": { "post": {
            "requestBody": { "content": content },
            "responses": { "200": { "content": content }, "400": { "content": content } },
        } } },
        "components": { "schemas": components },
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn rewriting_a_schema_is_no_change(schema in schema(), choices in prop::collection::vec(any::<u8>(), 60)) {
        let mut components = Map::new();
        let other = rewritten(&schema, &mut choices.into_iter(), &mut components);
        assert_same(&around(&schema, &Map::new()), &around(&other, &components));
    }

    #[test]
    fn a_mutation_is_seen_in_both_directions(
        schema in schema(),
        place in any::<prop::sample::Index>(),
        choice in any::<u8>(),
    ) {
        let mut found = Vec::new();
        places(&schema, "", &mut found);
        let mut mutant = schema.clone();
        mutate(at(&mut mutant, &found[place.index(found.len())]), choice);
        let (old, new) = (around(&schema, &Map::new()), around(&mutant, &Map::new()));
        let (there, back) = (compare(&old, &new).unwrap(), compare(&new, &old).unwrap());
        prop_assert!(!there.is_empty());
        prop_assert!(!back.is_empty());
        prop_assert_eq!(compare(&old, &new).unwrap(), there, "the same answer every time");
    }
}

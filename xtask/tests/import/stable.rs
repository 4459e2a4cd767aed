//! The same description gives the same files, however it is written.
use serde_json::{Map, Value, json};

use super::support::{START, Workspace, at, each_with, upstream};

#[track_caller]
fn unchanged(workspace: &Workspace, file: &str) {
    let before = workspace.results();
    let outcome = workspace.import(&[file]);
    outcome.succeeded();
    assert_eq!(outcome.stdout, "no changes\n");
    assert_eq!(workspace.results(), before);
}

/// The document in the words of `OpenAPI` 3.1.
fn newer(value: &Value) -> Value {
    let Value::Object(map) = value else {
        return match value {
            Value::Array(items) => items.iter().map(newer).collect(),
            other => other.clone(),
        };
    };
    let mut map: Map<String, Value> = map
        .iter()
        .map(|(key, value)| (key.clone(), newer(value)))
        .collect();
    if map.get("nullable").is_some_and(Value::is_boolean) {
        map.remove("nullable");
        match map.get("type").cloned() {
            Some(kind) => drop(map.insert("type".to_owned(), json!([kind, "null"]))),
            None => return json!({"anyOf": [map, {"type": "null"}]}),
        }
    }
    if map.contains_key("openapi") {
        map.insert("openapi".to_owned(), json!("3.1.0"));
        map.insert("webhooks".to_owned(), json!({"ping": {}}));
    }
    Value::Object(map)
}

#[test]
fn the_same_description_in_openapi_3_1_gives_the_same_files() {
    let workspace = Workspace::new();
    let newer = newer(&upstream());
    assert!(
        newer.to_string().contains("\"null\""),
        "the fixture has something that can be null"
    );
    workspace.write("newer.json", newer.to_string());
    unchanged(&workspace, "newer.json");
}

#[test]
fn what_3_1_can_say_and_the_generator_cannot_is_refused_by_name() {
    let workspace = Workspace::new();
    for (schema, said) in [
        (json!({"type": ["string", "integer"]}), "a list of types"),
        (
            json!({"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "string"}}),
            "`prefixItems`",
        ),
        (
            json!({"type": "object", "patternProperties": {"^a": {"type": "string"}}}),
            "`patternProperties`",
        ),
        (
            json!({"type": "string", "contentEncoding": "base64"}),
            "`contentEncoding`",
        ),
    ] {
        let mut input = newer(&upstream());
        at(&mut input, &format!("{}/properties", super::support::list_item()))["novelty"] = schema;
        workspace
            .import_value(&input)
            .failed_with(&["/properties/novelty", said]);
    }
}

#[test]
fn what_3_1_says_with_other_words_is_read() {
    let described = |version: &str, schema: Value| {
        let mut input = upstream();
        input["openapi"] = json!(version);
        at(&mut input, &format!("{}/properties", super::support::list_item()))["novelty"] = schema;
        input
    };
    for (old, new) in [
        (
            json!({"type": "string", "enum": ["a"]}),
            json!({"type": "string", "const": "a", "examples": ["a"]}),
        ),
        (
            json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
            json!({"type": "integer", "exclusiveMinimum": 1}),
        ),
        (
            json!({"nullable": true, "oneOf": [{"type": "object", "properties": {"a": {"type": "string"}}}]}),
            json!({"oneOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "null"}]}),
        ),
        (
            json!({"type": "array", "items": {}}),
            json!({"type": "array", "items": true}),
        ),
    ] {
        let workspace = Workspace::new();
        let [old, new] = [described("3.0.3", old), described("3.1.0", new)];
        let outcomes = [old, new].map(|input| workspace.import_value(&input).stderr);
        assert_eq!(outcomes[0], outcomes[1]);
        assert!(outcomes[0].contains("novelty"), "{}", outcomes[0]);
    }
}

/// JSON with the keys of every object in the opposite order.
fn backwards(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_by(|a, b| b.cmp(a));
            let entries: Vec<String> = keys
                .into_iter()
                .map(|key| format!("{}:{}", Value::from(key.as_str()), backwards(&map[key])))
                .collect();
            format!("{{{}}}", entries.join(",\n"))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(backwards).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// Moves every schema, parameter and response of the document into components and refers to it.
fn shared(mut document: Value) -> Value {
    let mut components = json!({"schemas": {}, "parameters": {}, "responses": {}});
    for item in at(&mut document, "/paths").as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut() {
            for parameter in operation["parameters"].as_array_mut().unwrap() {
                share_schema(&mut parameter["schema"], &mut components);
                share("parameters", parameter, &mut components);
            }
            if let Some(content) = operation.pointer_mut("/requestBody/content/application~1json/schema") {
                share_schema(content, &mut components);
            }
            for response in operation["responses"].as_object_mut().unwrap().values_mut() {
                share_schema(
                    &mut response["content"]["application/json"]["schema"],
                    &mut components,
                );
                share("responses", response, &mut components);
            }
        }
    }
    document["components"] = components;
    document
}

fn share_schema(schema: &mut Value, components: &mut Value) {
    for (key, value) in schema.as_object_mut().unwrap() {
        match (key.as_str(), value) {
            ("properties", Value::Object(map)) => {
                map.values_mut().for_each(|value| share_schema(value, components));
            }
            ("items", value) => share_schema(value, components),
            ("allOf" | "oneOf", Value::Array(items)) => {
                for item in items {
                    share_schema(item, components);
                }
            }
            _ => {}
        }
    }
    // Keywords of the place may not stand beside a reference.
    if schema.get("default").is_none()
        && schema.get("nullable").is_none()
        && schema.get("deprecated").is_none()
    {
        share("schemas", schema, components);
    }
}

/// Component names with every character that must be escaped in a pointer, and references written in two ways.
fn share(section: &str, value: &mut Value, components: &mut Value) {
    let known = components[section].as_object_mut().unwrap();
    let name = known
        .iter()
        .find(|(_, other)| **other == *value)
        .map(|(name, _)| name.clone());
    let name = name.unwrap_or_else(|| {
        let name = format!("{{a}}/b~c%{}", known.len());
        known.insert(name.clone(), value.clone());
        name
    });
    let token = name.replace('~', "~0").replace('/', "~1").replace('%', "%25");
    let token = if name.len() % 2 == 0 {
        token
    } else {
        token.replace('{', "%7B").replace('}', "%7d")
    };
    *value = json!({"$ref": format!("#/components/{section}/{token}")});
}

#[test]
fn the_upstream_file_is_an_input_that_changes_nothing() {
    let workspace = Workspace::new();
    unchanged(&workspace, "upstream.json");
    let outcome = workspace.import(&[]);
    outcome.succeeded();
    assert_eq!(outcome.stdout, "no changes\n");
    workspace.import(&["--check"]).succeeded();
}

#[test]
fn the_order_of_keys_does_not_matter() {
    let workspace = Workspace::new();
    workspace.write("input", backwards(&upstream()));
    unchanged(&workspace, "input");
    let overlay: Value = serde_saphyr::from_str(&workspace.read("overlay.yaml")).expect("YAML");
    let Value::Object(overlay) = overlay else {
        panic!("the overlay is an object")
    };
    let rest: Map<String, Value> = overlay.into_iter().collect();
    workspace.write("overlay.yaml", backwards(&Value::Object(rest)));
    unchanged(&workspace, "input");
}

#[test]
fn json_and_yaml_are_the_same() {
    let workspace = Workspace::new();
    let yaml = serde_saphyr::to_string(&upstream()).expect("YAML");
    workspace.write("input", yaml.replace("'200'", "200").replace("\"200\"", "200"));
    unchanged(&workspace, "input");
    workspace.write("input", format!("\u{feff}{yaml}"));
    unchanged(&workspace, "input");
    workspace.write("input", format!("\u{feff}\r\n{}", upstream()));
    unchanged(&workspace, "input");
}

#[test]
fn shared_components_and_inline_descriptions_are_the_same() {
    let workspace = Workspace::new();
    let resolved = workspace.read("agents-api.json");
    let input = shared(upstream());
    assert!(input["components"]["schemas"].as_object().unwrap().len() > 20);
    let outcome = workspace.import_value(&input);
    outcome.succeeded();
    assert_eq!(outcome.stdout, "wrote upstream.json\nno changes\n");
    assert_eq!(workspace.read("agents-api.json"), resolved);
    unchanged(&workspace, "upstream.json");
}

#[test]
fn prose_and_editions_do_not_matter() {
    let workspace = Workspace::new();
    let mut input = upstream();
    input["info"] =
        json!({"title": "GitHub", "version": "99", "description": "D", "license": {"name": "MIT"}});
    input["openapi"] = json!("3.0.4");
    input["tags"] = json!([{"name": "agent-tasks", "description": "D"}]);
    input["externalDocs"] = json!({"url": "https://example.com"});
    input["x-webhooks"] = json!({"a": {"$ref": "#/nowhere"}});
    each_with(&mut input, &["type"], &mut |schema| {
        if ["object", "string", "array", "integer"].contains(&schema["type"].as_str().unwrap_or_default()) {
            schema["description"] = json!("Words, words.");
            schema["title"] = json!("Words");
            schema["x-github"] = json!({"$ref": "#/nowhere"});
            schema["example"] = json!({"$ref": "#/nowhere"});
        }
    });
    at(&mut input, START)["security"] = json!([{"token": []}]);
    workspace.write("input", input.to_string());
    unchanged(&workspace, "input");
}

#[test]
fn what_is_around_the_selected_operations_does_not_matter() {
    let workspace = Workspace::new();
    let mut input = upstream();
    for index in 0..500 {
        let reference = json!({"$ref": format!("#/components/schemas/s{index}")});
        let operation = json!({"get": {"operationId": format!("o{index}"), "responses": {"200": {
            "description": "D", "content": {"application/json": {"schema": reference}}
        }}}});
        input["paths"][format!("/orgs/{{org}}/agents/{index}")] = operation.clone();
        input["paths"][format!("/agents-{index}")] = operation;
        input["components"]["schemas"][format!("s{index}")] = json!({"type": "object", "properties": {"next": {"$ref": format!("#/components/schemas/s{}", index + 1)}}});
    }
    workspace.write("input", input.to_string());
    unchanged(&workspace, "input");
}

#[test]
fn a_hand_edit_of_a_result_is_found_and_repaired() {
    for (file, from, to) in [
        ("agents-api.json", "\"start_task\"", "\"begin_task\""),
        ("upstream.json", "\"nullable\": true", "\"nullable\":  true"),
        ("agents-api.json", "\n", "\r\n"),
    ] {
        let workspace = Workspace::new();
        let before = workspace.results();
        let edited = before
            .iter()
            .find(|text| text.contains(from))
            .expect(from)
            .replace(from, to);
        let edited = if file == "upstream.json" {
            before[0].replace(from, to)
        } else {
            edited
        };
        let edited = if from == "\n" {
            before[1].replace(from, to)
        } else {
            edited
        };
        workspace.write(file, &edited);
        let outcome = workspace.import(&["--check"]);
        outcome.failed_with(&[file, "would change; run `cargo xtask import`", "@@"]);
        assert_eq!(workspace.read(file), edited, "--check writes nothing");
        workspace.import(&[]).succeeded();
        assert_eq!(workspace.results(), before);
    }
}

#[test]
fn missing_results_are_found_and_made() {
    let workspace = Workspace::new();
    let before = workspace.results();
    workspace.write("input.json", upstream().to_string());
    std::fs::remove_file(workspace.path("agents-api.json")).expect("a file");
    std::fs::remove_file(workspace.path("upstream.json")).expect("a file");
    assert_eq!(workspace.import(&["input.json", "--check"]).code, Some(1));
    let outcome = workspace.import(&["input.json"]);
    outcome.succeeded();
    assert!(outcome.stdout.contains("first import"), "{}", outcome.stdout);
    assert_eq!(workspace.results(), before);
}

#[test]
fn if_one_result_cannot_be_written_neither_is() {
    for (kept, blocked) in [
        ("upstream.json", "agents-api.json"),
        ("agents-api.json", "upstream.json"),
    ] {
        let workspace = Workspace::new();
        let mut input = upstream();
        at(&mut input, START)["deprecated"] = json!(true);
        workspace.write("input.json", input.to_string());
        let before = workspace.read(kept);
        std::fs::remove_file(workspace.path(blocked)).expect("a file");
        std::fs::create_dir(workspace.path(blocked)).expect("a folder in its place");
        workspace.import(&["input.json"]).failed_with(&[blocked]);
        assert_eq!(workspace.read(kept), before);
        std::fs::remove_dir(workspace.path(blocked)).expect("the folder");
        let outcome = workspace.import(&["input.json"]);
        outcome.succeeded();
        assert_ne!(workspace.read(kept), before, "{}", outcome.stdout);
    }
}

#[test]
fn a_read_only_result_is_not_replaced() {
    let workspace = Workspace::new();
    let before = workspace.results();
    let mut permissions = std::fs::metadata(workspace.path("agents-api.json"))
        .expect("a file")
        .permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(workspace.path("agents-api.json"), permissions).expect("permissions");
    let mut input = upstream();
    at(&mut input, START)["deprecated"] = json!(true);
    workspace
        .import_value(&input)
        .failed_with(&["agents-api.json is read-only", "nothing has been changed"]);
    assert_eq!(workspace.results(), before);
}

#[test]
fn what_changed_for_a_client_is_said() {
    let workspace = Workspace::new();
    let mut input = upstream();
    each_with(&mut input, &["properties"], &mut |schema| {
        if schema["properties"].get("archived_at").is_some() {
            schema["required"] = json!(["id", "state"]);
        }
    });
    let outcome = workspace.import_value(&input);
    outcome.succeeded();
    assert!(
        outcome
            .stdout
            .contains("wrote upstream.json\nwrote agents-api.json\n"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains("1 breaking"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("created_at"), "{}", outcome.stdout);
}

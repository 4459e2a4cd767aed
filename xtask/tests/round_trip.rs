//! The spec, through Rust and back: the JSON Schemas of the generated types say what the spec says.
//!
//! Whatever the generator drops silently (a field, `required`, a format, an enum value, a `nullable`) shows here.
use serde_json::{Map, Value, json};

fn spec() -> Value {
    let text = std::fs::read_to_string(xtask::paths::resolved()).unwrap();
    let mut spec = serde_json::from_str(&text).unwrap();
    null_is_not_required(&mut spec);
    xtask::generate::lenient::lenient(&spec)
}

/// A field that has to be there and may be null is demanded by the types, but schemars takes any `Option` for optional.
fn null_is_not_required(spec: &mut Value) {
    for schema in spec["components"]["schemas"]
        .as_object_mut()
        .unwrap()
        .values_mut()
    {
        let properties = schema["properties"].clone();
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| properties[name.as_str().unwrap()]["nullable"] != json!(true));
        }
    }
}

/// What of a schema both sides can say, in one form.
fn canonical(schema: &Value) -> Value {
    let Some(object) = schema.as_object() else {
        return schema.clone();
    };
    // A reference alone, wrapped or not.
    if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
        return json!({ "ref": reference.rsplit('/').next() });
    }
    let mut out = Map::new();
    let mut nullable = object.get("nullable") == Some(&json!(true));
    for key in ["anyOf", "oneOf", "allOf"] {
        let Some(members) = object.get(key).and_then(Value::as_array) else {
            continue;
        };
        let mut members: Vec<_> = members.iter().map(canonical).collect();
        members.retain(|member| {
            let null = member == &json!({ "type": ["null"] });
            nullable |= null;
            !null
        });
        // An open enum: its values, or any other text.
        members.retain(|member| !(key == "anyOf" && *member == json!({ "type": ["string"] })));
        if let [only] = members.as_slice() {
            out.extend(only.as_object().unwrap().clone());
        } else {
            out.insert("either".to_owned(), Value::Array(members));
        }
    }
    let types = match object.get("type") {
        Some(Value::String(one)) => vec![json!(one)],
        Some(Value::Array(several)) => several.clone(),
        _ => Vec::new(),
    };
    nullable |= types.len() > 1 && types.contains(&json!("null"));
    let types: Vec<_> = types
        .into_iter()
        .filter(|t| object["type"] == json!("null") || t != "null")
        .collect();
    if !types.is_empty() {
        out.insert("type".to_owned(), Value::Array(types));
    }
    // A number keeps every digit in Rust and so has no width there.
    let number = object.get("type") == Some(&json!("number"));
    if let Some(format) = object.get("format").filter(|_| !number) {
        out.insert("format".to_owned(), format.clone());
    } else if object.get("type") == Some(&json!("integer")) {
        // An integer of which nothing is said is an `i64`.
        out.insert("format".to_owned(), json!("int64"));
    }
    if let Some(items) = object.get("items") {
        out.insert("items".to_owned(), canonical(items));
    }
    if let Some(values) = object.get("enum").and_then(Value::as_array) {
        out.insert(
            "enum".to_owned(),
            Value::Array(values.iter().filter(|v| !v.is_null()).cloned().collect()),
        );
    }
    if let Some(extra) = object.get("additionalProperties") {
        // `{}` and `true` say the same.
        out.insert("additional".to_owned(), json!(extra != &json!(false)));
    }
    if let Some(properties) = object.get("properties").and_then(Value::as_object) {
        let properties = properties
            .iter()
            .map(|(name, schema)| (name.clone(), canonical(schema)));
        out.insert("properties".to_owned(), Value::Object(properties.collect()));
    }
    if let Some(required) = object.get("required").and_then(Value::as_array) {
        let mut required = required.clone();
        required.sort_by_key(ToString::to_string);
        out.insert("required".to_owned(), Value::Array(required));
    }
    if nullable {
        out.insert("nullable".to_owned(), json!(true));
    }
    Value::Object(out)
}

/// Where the two sides differ.
fn differences(spec: &Value, rust: &Map<String, Value>) -> Vec<String> {
    let schemas = spec["components"]["schemas"].as_object().unwrap();
    let mut found = Vec::new();
    for (name, schema) in schemas {
        match rust.get(name) {
            None => found.push(format!("{name}: not in Rust")),
            Some(rust) => compare(name, &canonical(schema), &canonical(rust), &mut found),
        }
    }
    found.extend(
        rust.keys()
            .filter(|name| !schemas.contains_key(*name))
            .map(|name| format!("{name}: not in the spec")),
    );
    found
}

fn compare(place: &str, spec: &Value, rust: &Value, found: &mut Vec<String>) {
    match (spec, rust) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                compare(
                    &format!("{place}.{key}"),
                    a.get(key).unwrap_or(&Value::Null),
                    b.get(key).unwrap_or(&Value::Null),
                    found,
                );
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{place}.{index}"), a, b, found);
            }
        }
        (a, b) if a != b => found.push(format!("{place}: the spec says {a}, Rust {b}")),
        _ => {}
    }
}

#[test]
fn the_types_say_exactly_what_the_spec_says() {
    let found = differences(&spec(), &agents_api_raw::schemas());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_types_are_documented_as_the_spec_is() {
    let spec = spec();
    let rust = agents_api_raw::schemas();
    for (name, schema) in spec["components"]["schemas"].as_object().unwrap() {
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let ours = rust[name]["properties"][field]["description"]
                .as_str()
                .unwrap_or_default();
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let theirs = words(property["description"].as_str().unwrap());
            assert!(words(ours).starts_with(&theirs), "{name}.{field}: {ours:?}");
        }
    }
}

#[test]
fn what_the_generator_could_lose_is_noticed() {
    type Mutation = (&'static str, fn(&mut Value));
    let rust = agents_api_raw::schemas();
    let mutations: [Mutation; 9] = [
        ("a new field", |s| {
            s["Task"]["properties"]["priority"] = json!({ "type": "string", "nullable": true });
        }),
        ("a lost field", |s| {
            s["Task"]["properties"].as_object_mut().unwrap().remove("name");
        }),
        ("a field required", |s| {
            s["Task"]["required"].as_array_mut().unwrap().push(json!("name"));
        }),
        ("a type", |s| {
            s["Task"]["properties"]["name"]["type"] = json!("boolean");
        }),
        ("a format", |s| {
            s["User"]["properties"]["id"]["format"] = json!("int32");
        }),
        ("an enum value", |s| {
            s["TaskState"]["enum"]
                .as_array_mut()
                .unwrap()
                .push(json!("paused"));
        }),
        ("a null", |s| {
            s["Session"]["properties"]["id"]["nullable"] = json!(true);
        }),
        ("an alternative", |s| {
            s["ArtifactData"]["oneOf"].as_array_mut().unwrap().remove(1);
        }),
        ("another reference", |s| {
            s["Task"]["properties"]["artifacts"]["items"] = json!({ "$ref": "#/x/Session" });
        }),
    ];
    for (what, mutate) in mutations {
        let mut spec = spec();
        mutate(&mut spec["components"]["schemas"]);
        assert!(!differences(&spec, &rust).is_empty(), "{what} was not noticed");
    }
}

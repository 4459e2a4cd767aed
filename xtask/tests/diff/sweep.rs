//! Every part of a description in turn: taken away, replaced, spoiled. Nothing goes unseen, nothing panics.
use serde_json::{Value, json};
use xtask::compare::compare;

use crate::fixture::{at, inlined, named};

/// Pointers of everything below `value`, depth first.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut enter = |key: &str, inner: &Value| {
        let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        found.push(pointer.clone());
        pointers(inner, &pointer, found);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| enter(key, inner)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, inner)| enter(&i.to_string(), inner)),
        _ => {}
    }
}

fn all(description: &Value) -> Vec<String> {
    let mut found = Vec::new();
    pointers(description, "", &mut found);
    found
}

fn remove(description: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match at(description, parent) {
        Value::Object(map) => drop(map.remove(&key.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => drop(items.remove(key.parse().unwrap())),
        _ => unreachable!("only objects and arrays have parts"),
    }
}

/// Whether a comparison either reports something or refuses.
fn is_seen(old: &Value, new: &Value) -> bool {
    compare(old, new).map_or(true, |report| !report.is_empty())
}

/// What may go without a word: `info` is not the contract, and `type` is clear from `properties` or `items`, from an
/// enum of strings, or from the other part of an `allOf`.
fn may_go(old: &Value, pointer: &str) -> bool {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let clear = |schema: &Value| {
        ["properties", "items", "enum"]
            .iter()
            .any(|key| schema.get(key).is_some())
    };
    pointer.starts_with("/info") || key == "type" && old.pointer(parent).is_some_and(clear)
}

#[test]
fn nothing_goes_unseen() {
    let old = inlined();
    for pointer in all(&old) {
        let mut new = old.clone();
        remove(&mut new, &pointer);
        let seen = is_seen(&old, &new) && is_seen(&new, &old);
        assert!(seen || may_go(&old, &pointer), "{pointer} went unseen");
    }
}

#[test]
fn nothing_is_replaced_unseen() {
    let old = inlined();
    for pointer in all(&old)
        .into_iter()
        .filter(|pointer| !pointer.starts_with("/info"))
    {
        let mut new = old.clone();
        let value = at(&mut new, &pointer);
        *value = match value {
            Value::Bool(flag) => json!(!*flag),
            Value::Number(number) => json!(number.as_u64().unwrap() + 1),
            Value::String(text) if pointer == "/openapi" => json!(text.replace("3.0", "3.1")),
            Value::String(text) => json!(format!("{text}-other")),
            _ => continue,
        };
        assert!(is_seen(&old, &new), "{pointer} was replaced unseen");
        assert!(
            is_seen(&new, &old),
            "{pointer} was replaced unseen, the other way round"
        );
    }
}

#[test]
fn spoiled_parts_never_panic() {
    let junk = [
        json!(null),
        json!(7),
        json!("#"),
        json!([]),
        json!({}),
        json!([null]),
        json!({ "$ref": "#" }),
    ];
    let old = named();
    for pointer in all(&old) {
        for junk in &junk {
            let mut new = old.clone();
            *at(&mut new, &pointer) = junk.clone();
            let _ = compare(&old, &new);
            let _ = compare(&new, &old);
        }
    }
}

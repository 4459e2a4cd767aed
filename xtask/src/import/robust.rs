//! Whatever a description holds, the import answers with documents or with problems; it does not panic.
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::overlay::Overlay;
use super::resolve::resolve;
use crate::description::Selection;
use crate::description::pointer;

/// Words that mean something in a description, so that random documents are nearly right.
const WORDS: [&str; 34] = [
    "openapi",
    "info",
    "paths",
    "/agents/tasks",
    "/agents/{a}",
    "get",
    "post",
    "parameters",
    "responses",
    "200",
    "404",
    "content",
    "application/json",
    "schema",
    "properties",
    "items",
    "allOf",
    "oneOf",
    "enum",
    "type",
    "object",
    "string",
    "required",
    "$ref",
    "#/components/schemas/a",
    "components",
    "schemas",
    "a",
    "name",
    "in",
    "query",
    "x-name",
    "operationId",
    "additionalProperties",
];

fn value() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        proptest::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        ".{0,6}"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((word.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn committed(name: &str) -> String {
    std::fs::read_to_string(crate::paths::spec().join(name)).expect(name)
}

/// All places of a document.
fn places(value: &Value, place: &str, found: &mut Vec<String>) {
    found.push(place.to_owned());
    match value {
        Value::Object(map) => {
            map.iter()
                .for_each(|(key, value)| places(value, &pointer::join(place, key), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| places(item, &format!("{place}/{index}"), found));
        }
        _ => {}
    }
}

fn import(description: &Value) -> bool {
    static OVERLAY: LazyLock<Overlay> =
        LazyLock::new(|| Overlay::parse(&committed("overlay.yaml")).expect("the overlay"));
    let selection = Selection {
        include: vec!["/agents".to_owned()],
        exclude: Vec::new(),
    };
    let Ok(selected) = selection.apply(description) else {
        return false;
    };
    match resolve(&selected, &OVERLAY, &mut super::Matches::default()) {
        Ok(_) => true,
        Err(problems) => {
            assert!(!problems.render(|_| None).is_empty());
            false
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_descriptions_do_not_panic(paths in value(), components in value()) {
        import(&json!({"openapi": "3.0.3", "paths": paths, "components": components}));
        import(&json!({"openapi": "3.0.3", "paths": {"/agents/a": paths}, "components": {"schemas": components}}));
    }

    #[test]
    fn altered_descriptions_do_not_panic(changes in proptest::collection::vec((any::<proptest::sample::Index>(), value()), 1..4)) {
        let mut description: Value = serde_json::from_str(&committed("upstream.json")).expect("valid JSON");
        for (index, value) in changes {
            let mut all = Vec::new();
            places(&description, "", &mut all);
            let place: &String = index.get(all.as_slice());
            *description.pointer_mut(place).expect("a place") = value;
        }
        import(&description);
    }

    #[test]
    fn arbitrary_overlays_do_not_panic(text in ".{0,80}", update in value()) {
        let _ = Overlay::parse(&text);
        let _ = Overlay::parse(&json!({"overlay": "1.0.0", "info": {"title": "", "version": ""}, "actions": [update]}).to_string());
    }
}

#[test]
fn a_value_of_any_kind_at_any_place_does_not_panic() {
    let description: Value = serde_json::from_str(&committed("upstream.json")).expect("valid JSON");
    assert!(import(&description), "the committed description is imported");
    let mut all = Vec::new();
    places(&description, "", &mut all);
    // Every twenty-third of some three thousand places, so that repeated runs of a changed description meet others.
    for place in all.iter().step_by(23) {
        for value in [
            json!(null),
            json!([]),
            json!({}),
            json!("x"),
            json!(1),
            json!([[{}]]),
        ] {
            let mut altered = description.clone();
            *altered.pointer_mut(place).expect("a place") = value;
            import(&altered);
        }
    }
}

//! Nothing in the overlay is there for nothing: without any one of its sentences or actions, the import fails.
use serde_json::Value;

use super::support::{Workspace, upstream};

fn overlay() -> Value {
    let text = Workspace::committed().read("overlay.yaml");
    serde_saphyr::from_str(&text).expect("the overlay is YAML")
}

/// The pointers of all documentation texts inside the updates of the overlay.
fn sentences(value: &Value, place: &str, inside: bool, found: &mut Vec<String>) {
    let Value::Object(map) = value else { return };
    for (key, value) in map {
        let place = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::String(_) if inside || key == "description" || key == "summary" => found.push(place),
            Value::Object(_) => sentences(value, &place, key == "x-enum-descriptions", found),
            _ => {}
        }
    }
}

fn without(overlay: &Value, pointer: &str) -> Value {
    let mut overlay = overlay.clone();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = overlay.pointer_mut(parent).expect(pointer);
    parent
        .as_object_mut()
        .expect("an object")
        .remove(key)
        .expect(pointer);
    overlay
}

#[test]
fn every_sentence_is_needed() {
    let overlay = overlay();
    let mut found = Vec::new();
    for (index, action) in overlay["actions"].as_array().expect("a list").iter().enumerate() {
        if let Some(update) = action.get("update") {
            sentences(update, &format!("/actions/{index}/update"), false, &mut found);
        }
    }
    assert!(found.len() > 130, "only {} sentences", found.len());
    let workspace = Workspace::committed();
    for place in found {
        workspace.write("overlay.yaml", without(&overlay, &place).to_string());
        let outcome = workspace.import(&["--check"]);
        assert_eq!(outcome.code, Some(1), "{place} is not missed");
        assert!(
            outcome.stderr.contains("is undocumented"),
            "{place}: {}",
            outcome.stderr
        );
        assert!(
            outcome.stderr.contains("at /paths/") || outcome.stderr.contains("at /info"),
            "{place}: {}",
            outcome.stderr
        );
        assert!(!outcome.stanzas().is_empty(), "{place}: {}", outcome.stderr);
        // The printed action puts a sentence where there was one.
        let actions = outcome.stanzas().replace("<what", "About what");
        let mut mended = without(&overlay, &place);
        let printed: Value = serde_saphyr::from_str(&format!("actions:\n{actions}")).expect("YAML");
        mended["actions"]
            .as_array_mut()
            .expect("a list")
            .extend(printed["actions"].as_array().expect("a list").clone());
        workspace.write("overlay.yaml", mended.to_string());
        let outcome = workspace.import(&["--check"]);
        assert!(!outcome.stderr.contains("problem"), "{place}: {}", outcome.stderr);
    }
}

#[test]
fn every_action_is_needed() {
    let overlay = overlay();
    let workspace = Workspace::committed();
    let count = overlay["actions"].as_array().expect("a list").len();
    for index in 0..count {
        // A second place that bears a name keeps it when GitHub changes only one of the two.
        let name = &overlay["actions"][index]["update"]["x-name"];
        let others = overlay["actions"].as_array().expect("a list").iter();
        if name.is_string() && others.filter(|other| other["update"]["x-name"] == *name).count() > 1 {
            continue;
        }
        let mut less = overlay.clone();
        less["actions"].as_array_mut().expect("a list").remove(index);
        workspace.write("overlay.yaml", less.to_string());
        let outcome = workspace.import(&["--check"]);
        assert_eq!(
            outcome.code,
            Some(1),
            "action {} is not missed: {}",
            index + 1,
            overlay["actions"][index]
        );
    }
}

#[test]
fn documentation_of_what_is_gone_is_refused() {
    let workspace = Workspace::new();
    let mut input = upstream();
    super::support::each_with(&mut input, &["properties"], &mut |schema| {
        schema["properties"]
            .as_object_mut()
            .map(|fields| fields.remove("html_url"));
    });
    workspace.import_value(&input).failed_with(&[
        "only the overlay knows $.components.schemas.Task.properties.html_url",
        "delete it from the overlay",
    ]);
    let mut input = upstream();
    super::support::each_with(&mut input, &["enum"], &mut |schema| {
        schema["enum"]
            .as_array_mut()
            .expect("a list")
            .retain(|value| value != "idle");
    });
    workspace
        .import_value(&input)
        .failed_with(&["documents a value \"idle\" that the enum TaskState does not have"]);
    let mut input = upstream();
    super::support::at(&mut input, "/paths")
        .as_object_mut()
        .expect("paths")
        .remove("/agents/tasks/{task_id}");
    workspace.import_value(&input).failed_with(&[
        "target $.paths['/agents/tasks/{task_id}'].get: nothing matches; correct or delete the action",
    ]);
}

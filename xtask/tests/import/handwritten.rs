//! What a maintainer may write wrongly: each mistake in the overlay or the selection is refused, and said.
use super::support::Workspace;

/// Overlay actions that the import must refuse, each with what it says.
const ACTIONS: &[(&str, &[&str])] = &[
    (
        "- target: $.components.schemas.Task.properties\n    update: {id: A sentence}",
        &["`id` is an object, and `update` has something else for it"],
    ),
    (
        "- target: $.info\n    update: {x: 1}\n    remove: true",
        &["(line ", "target $.info", "both `update` and `remove`"],
    ),
    ("- target: $.info", &["has neither `update` nor `remove`"]),
    ("- target: $.info\n    remove: false", &["`remove` must be true"]),
    (
        "- target: $.info\n    updates: {x: 1}",
        &["unknown key `updates`"],
    ),
    (
        "- target: info.title\n    remove: true",
        &["the target is not a JSONPath", "target info.title"],
    ),
    (
        "- target: $.gone\n    remove: true",
        &["target $.gone: nothing matches"],
    ),
    ("- update: {x: 1}", &["it has no `target` text"]),
    ("- just a text", &["an action must be an object"]),
    (
        "- target: $.info.title\n    update: {x: 1}",
        &["neither an object nor a list"],
    ),
    (
        "- target: $.info\n    update: text",
        &["the target is an object, so `update` must be one"],
    ),
    (
        "- target: $\n    remove: true",
        &["the whole document cannot be removed"],
    ),
    (
        "- target: $.paths\n    update: {x-name: task}",
        &["at /paths\n", "only a schema can have a name"],
    ),
    (
        "- target: $.paths['/agents/tasks']..properties.name\n    update: {x-name: Name}",
        &["neither an object with fields, nor an enum"],
    ),
    (
        "- target: $.paths['/agents/tasks']..properties.artifacts.items\n    update: {x-name: artifact_item}",
        &["is not PascalCase"],
    ),
    (
        "- target: $.paths['/agents/tasks']..properties.artifacts.items\n    update: {x-name: Option}",
        &["hides the one of Rust's prelude"],
    ),
    (
        "- target: $.paths['/agents/tasks']..properties.artifacts.items\n    update: {x-name: URLThing}",
        &["would become \"UrlThing\""],
    ),
    (
        "- target: $.paths['/agents/tasks']..properties.artifacts.items\n    update: {x-name: Session}",
        &["two different shapes are named Session", "lacks"],
    ),
    (
        "- target: $.paths['/agents/tasks']..properties.artifacts.items\n    update: {x-name: 7}",
        &["`x-name` must be a text"],
    ),
    (
        "- target: $.paths['/agents/tasks']..properties.artifacts.items\n    update: {x-merge: true}",
        &["`x-merge` without `x-name`"],
    ),
    (
        "- target: $.paths['/agents/tasks']..properties.artifacts.items\n    update: {x-name: A, x-merge: no}",
        &["`x-merge` must be true"],
    ),
    (
        "- target: $.paths['/agents/tasks']..properties.artifacts.items\n    update: {x-name: A, description: b}",
        &["`description` beside `x-name`"],
    ),
    (
        "- target: $.paths['/agents/tasks/{task_id}'].get.responses['200'].content['application/json'].schema.allOf[0]\n    update: {x-name: Part}",
        &["a name for a part of an `allOf`"],
    ),
    (
        "- target: $.components.schemas.Task\n    update: {title: A task}",
        &["`title` changes the name"],
    ),
    (
        "- target: $.components.schemas.Task.properties\n    update: {ghost: {description: Boo}}",
        &["only the overlay knows"],
    ),
    (
        "- target: $.components.schemas.Task.properties.id\n    update: {description: TODO}",
        &["a placeholder is left"],
    ),
    (
        "- target: $.components.schemas.TaskState\n    update: {x-enum-descriptions: {paused: P}}",
        &["documents a value \"paused\""],
    ),
    (
        "- target: $.components.schemas.Task.properties.creator\n    update: {$ref: '#/components/schemas/Gone'}",
        &["leads to no component"],
    ),
    (
        "- target: $.components.schemas.Task\n    update: {required: name}",
        &["/required", "`required` must be a list of texts"],
    ),
    (
        "- target: $.paths\n    remove: true",
        &["has no `/paths` any more"],
    ),
    (
        "- target: $.paths['/agents/tasks', '/agents/tasks/{task_id}', '/agents/repos/{owner}/{repo}/tasks', '/agents/repos/{owner}/{repo}/tasks/{task_id}']\n    remove: true",
        &["has no operation any more"],
    ),
    (
        "- target: $.paths[*].get.responses['200']\n    update: {description: D}",
        &["the target has a `*`", "name what it is about"],
    ),
    (
        "- target: $.paths['/agents/tasks'].*.responses['200']\n    update: {description: D}",
        &["the target has a `*`"],
    ),
    (
        "- target: $..properties.owner\n    update: {x-name: User}",
        &["searches the whole document", "name the paths to search"],
    ),
    (
        "- target: $.paths..properties.owner\n    update: {x-name: User}",
        &["searches the whole document"],
    ),
    (
        "- target: $\n    update: {openapi: 3.1.0}",
        &["`/openapi` of the resolved spec is not \"3.0.3\""],
    ),
    (
        "- target: $.info\n    update: {x-documentation: theirs}",
        &["`/info/x-documentation` of the resolved spec is not \"own\""],
    ),
];

#[test]
fn a_key_whose_sentence_was_deleted_is_missing_a_sentence() {
    let workspace = Workspace::new();
    let overlay = workspace.read("overlay.yaml");
    for line in [
        "          description: Title of the session.\n",
        "      description: The task with its sessions.\n",
        "        custom: None of the other reasons; the message explains it.\n",
    ] {
        assert!(overlay.contains(line), "{line}");
        workspace.write("overlay.yaml", overlay.replacen(line, "", 1));
        let outcome = workspace.import(&[]);
        outcome.failed_with(&["is undocumented", "at /paths/", "  - target: "]);
        workspace.append(&outcome);
        workspace.import(&[]).succeeded();
    }
}

#[test]
fn an_overlay_that_says_something_else_than_it_means_is_refused() {
    let workspace = Workspace::new();
    let overlay = workspace.read("overlay.yaml");
    for (action, said) in ACTIONS {
        workspace.write("overlay.yaml", format!("{overlay}  {action}\n"));
        let outcome = workspace.import(&[]);
        println!("--- {action}\n{}", outcome.stderr);
        outcome.failed_with(said);
    }
}

#[test]
fn an_overlay_of_another_form_is_refused() {
    let workspace = Workspace::new();
    let overlay = workspace.read("overlay.yaml");
    for (text, said) in [
        (
            overlay.replace("overlay: 1.0.0", "overlay: 1.1.0"),
            "it says `overlay: 1.1.0`; only Overlay 1.0",
        ),
        (
            overlay.replace("overlay: 1.0.0", "overlay: 1.0.0\nextends: a.json"),
            "extends",
        ),
        (overlay.replace("\nactions:", "\nactionz:"), "actionz"),
        (String::new(), "not an Overlay 1.0 document"),
        ("- a\n- b\n".to_owned(), "not an Overlay 1.0 document"),
        (
            format!("{overlay}overlay: 1.0.0\n"),
            "not an Overlay 1.0 document",
        ),
    ] {
        workspace.write("overlay.yaml", text);
        workspace.import(&[]).failed_with(&["overlay.yaml", said]);
    }
}

#[test]
fn a_selection_of_another_form_is_refused() {
    let workspace = Workspace::new();
    for (text, said) in [
        ("include: [/agents/]\nexcludes: []\n", "not a selection"),
        ("include: [agents]\n", "does not start with \"/\""),
        ("", "not a selection"),
        ("include: []\n", "lacks the operations"),
        (
            "include: [/agents/]\nexclude: [/agents/]\n",
            "lacks the operations",
        ),
    ] {
        workspace.write("selection.yaml", text);
        workspace.import(&[]).failed_with(&[said]);
    }
}

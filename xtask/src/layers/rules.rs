//! The rules: imports go down, nobody imports through the root, no files import each other in a circle.
use std::collections::BTreeMap;
use std::path::Path;

use super::circles::{Edges, circles};
use super::resolve::{Target, resolve};
use super::source::{Module, Reference};
use super::table::Table;

/// By the text of the exception that would allow it, each place with the rule it breaks.
pub(super) type Violations = BTreeMap<String, Vec<String>>;

/// Checks the modules of the crate `name`, whose files are shown relative to `root`.
pub(super) fn violations(name: &str, root: &Path, modules: &[Module], table: &Table) -> Violations {
    let mut found = Violations::new();
    let mut add = |(key, place): (String, String)| found.entry(key).or_default().push(place);
    unknown(name, modules, table).for_each(&mut add);

    let shown = |file: &Path| file.strip_prefix(root).unwrap_or(file).display().to_string();
    let mut edges = Edges::new();
    for (module, reference, target) in imports(modules) {
        let there = &modules[target.module];
        if !target.is_module && there.file != module.file && !(module.generated && there.generated) {
            let to = edges.entry(shown(&module.file)).or_default();
            to.entry(shown(&there.file)).or_insert(reference.line);
        }
        if module.file == modules[0].file {
            continue;
        }
        let (file, path) = (shown(&module.file), reference.segments.join("::"));
        let at = format!("{file}:{}: {path}", reference.line);
        if target.through_root {
            add((
                format!("{file} -> {path}"),
                format!(
                    "{at}: imports through the root of the crate; import from the module that defines it"
                ),
            ));
        }
        let layers = (table.layer(name, &module.name), table.layer(name, &there.name));
        if let (Some((upper, from)), Some((lower, to))) = layers
            && from != to
            && upper <= lower
        {
            let place = if upper == lower {
                "of the same layer"
            } else {
                "above it"
            };
            add((
                format!("{file} -> {to}"),
                format!("{at}: {from} imports {to}, which is {place}; import only from layers below"),
            ));
        }
    }
    for circle in circles(&edges) {
        let files: Vec<&str> = circle.iter().map(String::as_str).collect();
        let arrows: Vec<String> = circle
            .iter()
            .flat_map(|from| {
                let inside = edges[from].iter().filter(|(to, _)| circle.contains(*to));
                inside.map(move |(to, line)| format!("\n  {from}:{line}: imports {to}"))
            })
            .collect();
        add((
            format!("circle: {}", files.join(" ")),
            format!(
                "{}: {} files import each other in a circle; move what they share below them{}",
                files[0],
                files.len(),
                arrows.concat()
            ),
        ));
    }
    found
}

/// Every path of the crate that leads to a module of it.
fn imports(modules: &[Module]) -> impl Iterator<Item = (&Module, &Reference, Target)> {
    modules.iter().enumerate().flat_map(move |(index, module)| {
        let paths = module.paths.iter();
        paths.filter_map(move |path| Some((module, path, resolve(modules, index, &path.segments)?)))
    })
}

/// Every module has a layer, and every name in a layer is a module.
fn unknown(name: &str, modules: &[Module], table: &Table) -> impl Iterator<Item = (String, String)> {
    let root = &modules[0];
    let missing = root.children.values().map(|child| &modules[*child]);
    let missing =
        missing.filter(|module| module.file != root.file && table.layer(name, &module.name).is_none());
    let missing = missing.map(|Module { name: module, .. }| {
        let place = format!("xtask/layers.toml: the module {module} of {name} is in no layer; add it to one");
        (format!("{module} is in no layer"), place)
    });
    let listed = table.layers.get(name).into_iter().flatten().flatten();
    let gone = listed.filter(|listed| modules.iter().all(|module| module.name != **listed));
    let gone = gone.map(|module| {
        let place = format!("xtask/layers.toml: {name} has no module {module}; remove it from its layer");
        (format!("{module} does not exist"), place)
    });
    missing.chain(gone).collect::<Vec<_>>().into_iter()
}

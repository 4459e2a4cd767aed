//! Where a path leads: the module that defines what it names, through every re-export on the way.
use super::source::Module;

/// Re-exports of re-exports are followed this far, so that a circle of them ends.
const MAX_DEPTH: usize = 16;

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    /// The module that defines the named item, or the named module itself.
    pub module: usize,
    /// Whether the path names the module and no item of it.
    pub is_module: bool,
    /// Whether it is an item that the path takes from the crate's root.
    pub through_root: bool,
}

/// Resolves a path that is written in the module `from`; `None` when it leads out of the crate.
pub(super) fn resolve(modules: &[Module], from: usize, path: &[String]) -> Option<Target> {
    let target = walk(modules, from, path, MAX_DEPTH)?;
    // A name that an import brought here was judged where it is imported.
    let through_root = target.through_root && matches!(path[0].as_str(), "crate" | "super");
    Some(Target {
        through_root,
        ..target
    })
}

fn walk(modules: &[Module], from: usize, path: &[String], depth: usize) -> Option<Target> {
    let depth = depth.checked_sub(1)?;
    let (first, mut rest) = path.split_first()?;
    let mut module = match first.as_str() {
        "crate" => 0,
        "self" => from,
        "super" => modules[from].parent?,
        name => {
            let child = modules[from].children.get(name).copied();
            match child {
                Some(child) => child,
                // A name of an outer crate that is imported under its own name leads to itself.
                None => return follow(modules, from, name, rest, depth),
            }
        }
    };
    while let Some((name, after)) = rest.split_first() {
        let here = &modules[module];
        if name == "super" {
            module = here.parent?;
        } else if name == "self" {
            // `use a::{self}` names `a`.
        } else if name == "*" {
            break;
        } else if let Some(child) = here.children.get(name) {
            module = *child;
        } else {
            let own = Target {
                module,
                is_module: false,
                through_root: false,
            };
            let target = follow(modules, module, name, after, depth).unwrap_or(own);
            return Some(Target {
                through_root: module == 0,
                ..target
            });
        }
        rest = after;
    }
    Some(Target {
        module,
        is_module: rest.is_empty(),
        through_root: false,
    })
}

/// Follows the import by which `module` knows `name`.
fn follow(modules: &[Module], module: usize, name: &str, rest: &[String], depth: usize) -> Option<Target> {
    let here = &modules[module];
    if let Some(path) = here.imported.get(name) {
        if path.first().is_some_and(|first| first == name) {
            return None;
        }
        let path: Vec<String> = path.iter().chain(rest).cloned().collect();
        return walk(modules, module, &path, depth);
    }
    here.globs.iter().find_map(|glob| {
        let found = walk(modules, module, glob, depth)?;
        let there = &modules[found.module];
        let path: Vec<String> = std::iter::once(name.to_owned())
            .chain(rest.iter().cloned())
            .collect();
        let known = found.is_module
            && (there.children.contains_key(name)
                || there.imported.contains_key(name)
                || there.defined.contains(name));
        known.then(|| {
            walk(
                modules,
                found.module,
                &[vec!["self".to_owned()], path].concat(),
                depth,
            )
        })?
    })
}

//! Sets of files that import each other in a circle.
use std::collections::{BTreeMap, BTreeSet};

/// By file, the files it imports from, each with the first line that does.
pub(super) type Edges = BTreeMap<String, BTreeMap<String, usize>>;

/// The largest sets of files in which each reaches every other.
pub(super) fn circles(edges: &Edges) -> BTreeSet<BTreeSet<String>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = edges
        .keys()
        .map(|from| (from.as_str(), reachable(edges, from)))
        .collect();
    let circle = |from: &str| -> BTreeSet<String> {
        let back = |to: &&&str| reached.get(**to).is_some_and(|reached| reached.contains(from));
        reached[from]
            .iter()
            .filter(back)
            .map(|to| (*to).to_owned())
            .collect()
    };
    let circles = edges.keys().map(|from| circle(from));
    circles.filter(|circle| !circle.is_empty()).collect()
}

fn reachable<'a>(edges: &'a Edges, from: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for to in edges.get(file).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(to.as_str()) {
                open.push(to);
            }
        }
    }
    reached
}

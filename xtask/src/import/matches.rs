//! What the overlay's actions matched, so that an import can say which old action matched a new place.
//!
//! An action written for one thing may take in another that GitHub adds later: it must mean that one too, and only a
//! person can tell.
use std::collections::{BTreeMap, BTreeSet};

/// Places are kept as targets, which survive an insertion before them.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// By action, the places it matched.
    actions: BTreeMap<String, BTreeSet<String>>,
    /// By component, the places that bear its name.
    names: BTreeMap<String, BTreeSet<String>>,
    /// Those of them whose shape merely equals one that the overlay names.
    equal: BTreeMap<String, BTreeSet<String>>,
}

/// At most this many places of one action or name are listed.
const PLACES_SHOWN: usize = 3;

impl Matches {
    /// Notes that `action` matched `place`.
    pub(super) fn matched(&mut self, action: &str, place: String) {
        self.actions.entry(action.to_owned()).or_default().insert(place);
    }

    /// Notes that `place` has a name, which the overlay gave to it or to an equal shape.
    pub(super) fn named(&mut self, name: &str, place: String, by_overlay: bool) {
        if !by_overlay {
            self.equal
                .entry(name.to_owned())
                .or_default()
                .insert(place.clone());
        }
        self.names.entry(name.to_owned()).or_default().insert(place);
    }

    /// What to say about places that are new since `before`; empty when there are none.
    pub(super) fn since(&self, before: &Self) -> String {
        let said = [
            (
                "Old overlay actions matched new places; check that each means them too, or narrow its target:",
                new(&self.actions, &before.actions),
            ),
            (
                "New places took the name of an equal shape; if one is another thing, name it with x-name:",
                new(&self.equal, &before.names),
            ),
        ];
        let said = said.into_iter().filter(|(_, list)| !list.is_empty());
        said.map(|(line, list)| [line, "\n", &list].concat()).collect()
    }
}

/// The new places of what had places before.
fn new(now: &BTreeMap<String, BTreeSet<String>>, before: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut text = String::new();
    for (what, places) in now {
        let Some(old) = before.get(what) else { continue };
        let new: Vec<&String> = places.difference(old).collect();
        if new.is_empty() {
            continue;
        }
        text.push_str(&format!("- {what}\n"));
        text.extend(
            new.iter()
                .take(PLACES_SHOWN)
                .map(|place| format!("    {place}\n")),
        );
        if new.len() > PLACES_SHOWN {
            text.push_str(&format!("    and {} more\n", new.len() - PLACES_SHOWN));
        }
    }
    text
}

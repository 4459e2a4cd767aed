//! Where each place of a derived document came from in the input.
use std::collections::BTreeMap;

use crate::description::pointer;

/// Places of a derived document, each with the places of the input it was made of. What is not listed stands where
/// its nearest listed ancestor says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins(BTreeMap<String, Vec<String>>);

impl Origins {
    /// Says that `place` was made of `sources`.
    pub(crate) fn set(&mut self, place: &str, mut sources: Vec<String>) {
        sources.sort();
        sources.dedup();
        self.0.insert(place.to_owned(), sources);
    }

    /// The places of the input that `place` was made of; `place` itself when nothing is known about it.
    pub(crate) fn of(&self, place: &str) -> Vec<String> {
        let mut known = place;
        loop {
            if let Some(sources) = self.0.get(known) {
                return sources
                    .iter()
                    .map(|source| format!("{source}{}", &place[known.len()..]))
                    .collect();
            }
            match known.rfind('/') {
                Some(cut) => known = &known[..cut],
                None => return vec![place.to_owned()],
            }
        }
    }

    /// The first of the places `place` was made of.
    pub(crate) fn first(&self, place: &str) -> String {
        self.of(place)
            .into_iter()
            .next()
            .unwrap_or_else(|| place.to_owned())
    }

    /// Says that what is at `to` was made of the same as what is at `from`, and so on for all that is below.
    pub(crate) fn copy_below(&mut self, from: &str, to: &str) {
        let below = format!("{from}/");
        let copied: Vec<_> = self
            .0
            .iter()
            .filter(|(place, _)| place.starts_with(&below))
            .map(|(place, sources)| (format!("{to}{}", &place[from.len()..]), sources.clone()))
            .collect();
        let sources = self.of(from);
        self.0.insert(to.to_owned(), sources);
        self.0.extend(copied);
    }

    /// Follows the removal of an element of the list `list`: what came after it moves up.
    pub(crate) fn element_removed(&mut self, list: &str, index: usize, length: usize) {
        // Elements that nothing is known about are still where they were in the input, so say so before they move.
        for position in index + 1..length {
            let sources = self.of(&pointer::join(list, &position.to_string()));
            self.0
                .entry(pointer::join(list, &position.to_string()))
                .or_insert(sources);
        }
        let prefix = format!("{list}/");
        let moved: Vec<String> = self
            .0
            .keys()
            .filter(|key| key.starts_with(&prefix))
            .cloned()
            .collect();
        for key in moved {
            let rest = &key[prefix.len()..];
            let (number, below) = rest
                .split_once('/')
                .map_or((rest, None), |(number, below)| (number, Some(below)));
            let Ok(position) = number.parse::<usize>() else {
                continue;
            };
            if position < index {
                continue;
            }
            let Some(sources) = self.0.remove(&key) else {
                continue;
            };
            if position > index {
                let below = below.map(|below| format!("/{below}")).unwrap_or_default();
                self.0.insert(format!("{prefix}{}{below}", position - 1), sources);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Origins;

    #[test]
    fn the_nearest_known_ancestor_answers() {
        let mut origins = Origins::default();
        origins.set("/a/b", vec!["/x".into(), "/y".into()]);
        assert_eq!(origins.of("/a/b/c"), ["/x/c", "/y/c"]);
        assert_eq!(origins.of("/a/bc"), ["/a/bc"]);
    }

    #[test]
    fn elements_after_a_removed_one_keep_their_origin() {
        let mut origins = Origins::default();
        origins.set("/list/2/schema", vec!["/x".into()]);
        origins.element_removed("/list", 0, 4);
        assert_eq!(origins.of("/list/0/name"), ["/list/1/name"]);
        assert_eq!(origins.of("/list/1/schema/type"), ["/x/type"]);
        assert_eq!(origins.of("/list/2"), ["/list/3"]);
    }
}

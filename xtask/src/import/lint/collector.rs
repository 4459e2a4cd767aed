//! Collects the problems of the resolved document, each with its places in the input and the action that cures it.
use serde_json::{Map, Value};

use super::super::origins::Origins;
use super::super::problem::Problem;
use super::super::stanza;
use crate::description::pointer;

/// A look at the resolved document that collects problems.
pub(crate) struct Lint<'a> {
    /// The resolved document.
    pub(crate) document: &'a Value,
    origins: &'a Origins,
    source: &'a Value,
    problems: &'a mut Vec<Problem>,
    /// Places that a printed action removes.
    removed: Vec<String>,
}

impl<'a> Lint<'a> {
    /// A look at `document`, whose parts came from `origins` in `source`.
    pub(crate) fn new(
        document: &'a Value,
        origins: &'a Origins,
        source: &'a Value,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self {
            document,
            origins,
            source,
            problems,
            removed: Vec::new(),
        }
    }

    /// The places of the input that a place was made of: those that exist there, unless none does because the overlay
    /// made it.
    fn sources(&self, place: &str) -> Vec<String> {
        let all = self.origins.of(place);
        let existing: Vec<String> = all
            .iter()
            .filter(|source| self.source.pointer(source).is_some())
            .cloned()
            .collect();
        if existing.is_empty() { all } else { existing }
    }

    /// Whether a place of the resolved document was made of something in the input.
    pub(crate) fn is_upstream(&self, place: &str) -> bool {
        self.origins
            .of(place)
            .iter()
            .any(|source| self.source.pointer(source).is_some())
    }

    /// Reports a problem at a place of the resolved document.
    pub(crate) fn report(&mut self, place: &str, message: impl Into<String>) {
        self.report_with(place, message, String::new());
    }

    /// Reports a problem and what to append to the overlay about it. Inside of what a printed action removes there is
    /// no problem, and an action about it would find nothing.
    pub(crate) fn report_with(&mut self, place: &str, message: impl Into<String>, stanza: String) {
        if pointer::split(place).is_some_and(|(parent, _)| self.is_removed(parent)) {
            return;
        }
        let problem = Problem::among(self.sources(place), message);
        self.problems.push(if stanza.is_empty() {
            problem
        } else {
            problem.cured_by(stanza)
        });
    }

    /// The action that removes a place.
    pub(crate) fn removal(&mut self, place: &str) -> String {
        self.removed.push(place.to_owned());
        stanza::remove(&pointer::target(self.document, place))
    }

    /// Whether a printed action removes this place, so that it need not be documented.
    pub(crate) fn is_removed(&self, place: &str) -> bool {
        self.removed.iter().any(|removed| {
            place
                .strip_prefix(removed.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Reports a keyword that must go, with the action that removes it.
    pub(crate) fn report_keyword(&mut self, place: &str, key: &str, message: impl Into<String>) {
        let place = pointer::join(place, key);
        let stanza = self.removal(&place);
        self.report_with(&place, message, stanza);
    }

    /// The thing a reference to a component refers to, with its name.
    pub(crate) fn component(&self, schema: &Value) -> Option<(String, &'a Value)> {
        let name = schema
            .get("$ref")?
            .as_str()?
            .strip_prefix("#/components/schemas/")?;
        Some((
            name.to_owned(),
            self.document.pointer("/components/schemas")?.get(name)?,
        ))
    }

    /// Reports the keywords of an object that are not in `allowed`.
    pub(crate) fn allow(&mut self, place: &str, value: &Value, what: &str, allowed: &[&str]) {
        for key in value.as_object().into_iter().flat_map(Map::keys) {
            if !allowed.contains(&key.as_str()) {
                self.report_keyword(
                    place,
                    key,
                    format!("the generator does not understand `{key}` in {what} and would ignore it; remove it, or say the same otherwise"),
                );
            }
        }
    }
}

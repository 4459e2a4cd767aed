//! Parameters and headers on both sides.
use std::collections::{BTreeMap, BTreeSet};

use super::super::error::Error;
use super::super::model::{Operation, Parameter};
use super::super::render::code;
use super::super::report::Class;
use super::super::schema::View;
use super::By;
use super::found::{Found, Side, Spot};
use super::keywords::deprecation;
use super::operation::Findings;
use super::walk::Walk;

impl<'a> Walk<'a> {
    pub(super) fn parameters(
        &mut self,
        title: &str,
        old: &Operation<'a>,
        new: &Operation<'a>,
        by: By,
        findings: Findings<'_>,
    ) -> Result<(), Error> {
        let (mut before, mut after) = (keyed(old, by), keyed(new, by));
        let keys: BTreeSet<(&str, String)> = before.keys().chain(after.keys()).cloned().collect();
        for key in keys {
            let (from, to) = (before.remove(&key), after.remove(&key));
            let Some(shown) = to.or(from) else { continue };
            let location = format!("{} parameter {}", shown.place, shown.name);
            let spot = Spot::new(title, location, Side::Request);
            match (from, to) {
                (Some(_), None) => {
                    findings.push(spot.finding(Class::Breaking, "parameter removed".to_owned(), ""));
                }
                (None, Some(to)) => {
                    let (class, need) = if to.required {
                        (Class::Breaking, "required")
                    } else {
                        (Class::Additive, "optional")
                    };
                    let kind = self.new.says(&self.new.view(&to.schema)?)?;
                    let message = format!("{need} parameter added ({kind})");
                    findings.push(spot.finding(class, message, ""));
                }
                (Some(from), Some(to)) => {
                    if from.name != to.name && from.place == "path" {
                        let message = format!("renamed from {}; the request stays the same", code(from.name));
                        findings.push(spot.finding(Class::Additive, message, ""));
                    }
                    self.parameter(&spot, from, to, findings)?;
                }
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// A parameter or a response header, on both sides.
    pub(super) fn parameter(
        &mut self,
        spot: &Spot<'_>,
        old: &Parameter<'a>,
        new: &Parameter<'a>,
        findings: Findings<'_>,
    ) -> Result<(), Error> {
        let side = spot.side();
        match (old.required, new.required) {
            (false, true) => findings.push(spot.finding(side.tightened(), "now required".to_owned(), "")),
            (true, false) => {
                findings.push(spot.finding(side.loosened(), "no longer required".to_owned(), ""));
            }
            _ => {}
        }
        let notices = deprecation(old.deprecated, new.deprecated);
        findings.extend(notices.map(|found| spot.finding(found.class, found.message, "")));
        self.say_prose(
            spot,
            "description",
            old.description.as_deref(),
            new.description.as_deref(),
            findings,
        );
        let (before, after) = (self.old.view(&old.schema)?, self.new.view(&new.schema)?);
        if let Some(items) = after
            .items
            .as_ref()
            .filter(|_| single(&before) && repeats(old) && repeats(new))
        {
            let message = "now a list; one element is sent as the single value was".to_owned();
            findings.push(spot.finding(Class::Additive, message, ""));
            return self.schema_at(spot, &old.schema, items, findings);
        }
        let single = single(&before) && single(&after);
        findings.extend(
            style(old, new, side, single)
                .iter()
                .map(|found| spot.below(found)),
        );
        self.schema_at(spot, &old.schema, &new.schema, findings)
    }
}

/// Parameters by what the server knows them by: of a path's placeholders, that is the position.
fn keyed<'o, 'a>(operation: &'o Operation<'a>, by: By) -> BTreeMap<(&'a str, String), &'o Parameter<'a>> {
    let placeholders = operation.placeholders();
    let key = |parameter: &Parameter<'_>| match parameter.place {
        "path" if by == By::Route => placeholders
            .iter()
            .position(|name| *name == parameter.name)
            .map_or_else(|| parameter.name.to_owned(), |index| format!("{index:03}/")),
        "header" => parameter.name.to_lowercase(),
        _ => parameter.name.to_owned(),
    };
    operation
        .parameters
        .iter()
        .map(|parameter| ((parameter.place, key(parameter)), parameter))
        .collect()
}

/// Whether the elements of a list would be written as the key and one element each.
fn repeats(parameter: &Parameter<'_>) -> bool {
    parameter.place == "query" && parameter.style.name == "form" && parameter.style.explode
}

/// Whether a value is written the same with and without `explode`.
fn single(view: &View<'_>) -> bool {
    view.unions.is_empty()
        && view
            .kind
            .as_deref()
            .is_some_and(|kind| !matches!(kind, "array" | "object"))
}

fn style(old: &Parameter<'_>, new: &Parameter<'_>, side: Side, single: bool) -> Vec<Found> {
    let mut found = Vec::new();
    let (from, to) = (&old.style, &new.style);
    if from.name != to.name {
        let message = format!("style changed from {} to {}", code(&from.name), code(&to.name));
        found.push(Found::new(Class::Breaking, message));
    } else if from.explode != to.explode {
        let class = if single { Class::Additive } else { Class::Breaking };
        found.push(Found::new(
            class,
            format!("`explode` changed from {} to {}", from.explode, to.explode),
        ));
    }
    if from.reserved != to.reserved {
        let message = format!(
            "`allowReserved` changed from {} to {}",
            from.reserved, to.reserved
        );
        found.push(Found::new(Class::Breaking, message));
    }
    if from.empty != to.empty {
        let class = if to.empty {
            side.loosened()
        } else {
            side.tightened()
        };
        found.push(Found::new(
            class,
            format!("`allowEmptyValue` changed from {} to {}", from.empty, to.empty),
        ));
    }
    found
}

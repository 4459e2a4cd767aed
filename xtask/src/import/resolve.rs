//! The steps from a selected description to the two documents, in their order.
use serde_json::{Value, json};

use super::matches::Matches;
use super::overlay::Overlay;
use super::problem::{Problem, Problems};
use super::{apply, dereference, docs, lift, lint, naming, shapes, strip, wellformed, wrap};
use crate::description::pointer;

/// The two documents an import makes.
#[derive(Debug)]
pub(super) struct Imported {
    /// GitHub's contract, without prose.
    pub(super) upstream: Value,
    /// The input of the generator.
    pub(super) resolved: Value,
}

/// Turns a selected description into the two documents.
pub(super) fn resolve(
    selected: &Value,
    overlay: &Overlay,
    matches: &mut Matches,
) -> Result<Imported, Problems> {
    if selected.pointer("/info/x-documentation") == Some(&json!("own")) {
        let message =
            "this is what the import writes, not what it reads; import upstream.json or GitHub's description";
        return Err(Problems::of(vec![Problem::at("/info/x-documentation", message)]));
    }
    let upstream = strip::prose(selected);
    let mut problems = Vec::new();
    wellformed::check(&upstream, &mut problems);
    Problems::check(problems)?;
    let dereference::Expanded {
        mut document,
        mut origins,
    } = dereference::expand(&upstream).map_err(Problems::of)?;
    let mut problems = Vec::new();
    apply::apply(
        &overlay.names,
        &mut document,
        &mut origins,
        matches,
        &mut problems,
    );
    let forest = shapes::Forest::of(&document, &origins, &mut problems);
    let names = naming::assign(&forest, &document, &mut problems);
    for (id, name) in &names.of {
        let shape = &forest.shapes[*id];
        let place = pointer::target(&document, &shape.place);
        matches.named(name, place, shape.name.is_some());
    }
    lift::lift(&mut document, &forest, &names, &mut origins, &mut problems);
    apply::apply(
        &overlay.edits,
        &mut document,
        &mut origins,
        matches,
        &mut problems,
    );
    wrap::references(&mut document);
    Problems::check(wellformed::after(&document, &origins))
        .map_err(|broken| broken.and(std::mem::take(&mut problems)))?;
    let mut lint = lint::Lint::new(&document, &origins, &upstream, &mut problems);
    lint::rules(&mut lint);
    docs::check(&mut lint);
    Problems::check(problems)?;
    Ok(Imported {
        upstream,
        resolved: document,
    })
}

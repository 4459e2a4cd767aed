//! The comparison proper: which operation is which, then what became of it.
//!
//! `operation` compares the parts of an operation, `walk` two schemas, `unions` two choices between schemas.
mod found;
mod keywords;
mod messages;
mod operation;
mod parameters;
mod unions;
mod walk;

use super::document::Document;
use super::error::Error;
use super::model::Operation;
use super::prose::Author;
use super::report::{Class, Finding, Report, collect};
pub(super) use found::Side;
use found::Spot;
use walk::Walk;

/// Compares two opened documents.
pub(super) fn documents(old: Document<'_>, new: Document<'_>) -> Result<Report, Error> {
    let (old_author, new_author) = (Author::of(&old), Author::of(&new));
    let comparable = old_author == new_author;
    let note = (!comparable && old_author != Author::Nobody && new_author != Author::Nobody).then(|| {
        "documentation and operation ids were not compared: one side carries this project's, the other GitHub's".to_owned()
    });
    let (before, after) = (old.operations()?, new.operations()?);
    let mut walk = Walk::new(old, new, comparable && old_author != Author::Nobody);
    let mut findings = Vec::new();
    for pair in pairs(&before, &after) {
        match pair {
            Pair::Both { old, new, by } => {
                let names = old_author != Author::Own && new_author != Author::Own || comparable;
                walk.operation(old, new, by, names, &mut findings)?;
            }
            Pair::Removed(operation) => findings.push(whole(operation, Class::Breaking, "operation removed")),
            Pair::Added(operation) => findings.push(whole(operation, Class::Additive, "operation added")),
        }
    }
    Ok(Report {
        changes: collect(findings),
        note,
    })
}

/// By what an old and a new operation were found to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Method and path; placeholders may have other names.
    Route,
    /// The operation id: method or path changed.
    Id,
}

enum Pair<'o, 'a> {
    Both {
        old: &'o Operation<'a>,
        new: &'o Operation<'a>,
        by: By,
    },
    Removed(&'o Operation<'a>),
    Added(&'o Operation<'a>),
}

fn pairs<'o, 'a>(old: &'o [Operation<'a>], new: &'o [Operation<'a>]) -> Vec<Pair<'o, 'a>> {
    let mut pairs = Vec::new();
    let mut left: Vec<&Operation<'_>> = old.iter().collect();
    let mut right: Vec<&Operation<'_>> = new.iter().collect();
    let mut take = |by: By, same: &dyn Fn(&Operation<'_>, &Operation<'_>) -> bool| {
        left.retain(|old| {
            let Some(index) = right.iter().position(|new| same(old, new)) else {
                return true;
            };
            pairs.push(Pair::Both {
                old,
                new: right.remove(index),
                by,
            });
            false
        });
    };
    take(By::Route, &|old, new| {
        old.method == new.method && old.path == new.path
    });
    take(By::Route, &|old, new| old.route() == new.route());
    take(By::Id, &|old, new| old.id.is_some() && old.id == new.id);
    pairs.extend(left.into_iter().map(Pair::Removed));
    pairs.extend(right.into_iter().map(Pair::Added));
    pairs
}

/// A finding about an operation as a whole, never put together with another operation's.
fn whole(operation: &Operation<'_>, class: Class, message: &str) -> Finding {
    let title = operation.title();
    Spot::new(&title, "operation", Side::Request).finding(class, message.to_owned(), &title)
}

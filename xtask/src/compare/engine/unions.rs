//! Choices between schemas: which variant is which, and what became of it.
use std::collections::{BTreeMap, BTreeSet};

use super::super::document::Document;
use super::super::error::Error;
use super::super::render::code;
use super::super::report::Class;
use super::super::schema::{Node, Union, View};
use super::found::{Found, Side};
use super::walk::Walk;

/// The discriminator's values by the schema they stand for.
type Tags<'a> = BTreeMap<usize, BTreeSet<&'a str>>;

/// Which old variant is which new one, by index, and what is left over on either side.
struct Matches {
    both: Vec<(usize, usize)>,
    old: Vec<usize>,
    new: Vec<usize>,
}

impl<'a> Walk<'a> {
    /// One side has a choice, the other has none.
    ///
    /// The generated type is another one, which breaks whoever reads it. A request survives if what was sent before is
    /// one of the variants.
    pub(super) fn choice_began_or_ended(
        &mut self,
        side: Side,
        old: (&Node<'a>, &View<'a>),
        new: (&Node<'a>, &View<'a>),
    ) -> Result<Found, Error> {
        let (from, to) = (self.old.says(old.1)?, self.new.says(new.1)?);
        let mut class = Class::Breaking;
        if let (Side::Request, [union]) = (side, new.1.unions.as_slice()) {
            for variant in &union.variants {
                if self
                    .schemas(side, old.0, variant)?
                    .iter()
                    .all(|inner| inner.class != Class::Breaking)
                {
                    class = Class::Additive;
                }
            }
        }
        Ok(Found::new(class, format!("type changed from {from} to {to}")))
    }

    /// Choices on both sides, or on neither.
    pub(super) fn unions(
        &mut self,
        side: Side,
        before: &View<'a>,
        after: &View<'a>,
        found: &mut Vec<Found>,
    ) -> Result<(), Error> {
        discriminators(before, after, found);
        let tags = (tags(&self.old, before)?, tags(&self.new, after)?);
        for (from, to) in before.unions.iter().zip(&after.unions) {
            self.union(side, (from, &tags.0), (to, &tags.1), found)?;
        }
        let (was, is) = (before.unions.len(), after.unions.len());
        if was != is {
            let class = if was < is {
                side.tightened()
            } else {
                side.loosened()
            };
            found.push(Found::new(
                class,
                format!("number of choices that hold together changed from {was} to {is}"),
            ));
        }
        Ok(())
    }

    fn union(
        &mut self,
        side: Side,
        (from, from_tags): (&Union<'a>, &Tags<'a>),
        (to, to_tags): (&Union<'a>, &Tags<'a>),
        found: &mut Vec<Found>,
    ) -> Result<(), Error> {
        if from.keyword != to.keyword {
            let message = format!("{} became {}", code(from.keyword), code(to.keyword));
            found.push(Found::new(Class::Breaking, message));
        }
        let matches = self.matches(side, (from, from_tags), (to, to_tags))?;
        for (i, j) in matches.both {
            if let (Some(from), Some(to)) = (from.variants.get(i), to.variants.get(j)) {
                found.extend(self.schemas(side, from, to)?.iter().cloned());
            }
        }
        for variant in matches.old.into_iter().filter_map(|i| from.variants.get(i)) {
            let message = format!(
                "variant removed ({})",
                shape(&self.old, &self.old.view(variant)?)?
            );
            found.push(Found::new(Class::Breaking, message).with_detail(self.old.sketch(variant, 0)?));
        }
        let objects = from.variants.iter().try_fold(true, |all, variant| {
            Ok(all
                && self
                    .old
                    .view(variant)?
                    .kind
                    .as_deref()
                    .is_none_or(|kind| kind == "object"))
        })?;
        for variant in matches.new.into_iter().filter_map(|j| to.variants.get(j)) {
            let view = self.new.view(variant)?;
            // The client's choices between objects end in one that keeps any object, so one more is only unknown.
            let kept = objects && view.kind.as_deref() == Some("object");
            let class = if side == Side::Request || kept {
                Class::Additive
            } else {
                Class::Breaking
            };
            let message = format!("variant added ({})", shape(&self.new, &view)?);
            found.push(Found::new(class, message).with_detail(self.new.sketch(variant, 0)?));
        }
        Ok(())
    }

    /// Finds the variants that are the same: by discriminator, else by equality, else by the fewest differences among
    /// those that have something in common.
    fn matches(
        &mut self,
        side: Side,
        (from, from_tags): (&Union<'a>, &Tags<'a>),
        (to, to_tags): (&Union<'a>, &Tags<'a>),
    ) -> Result<Matches, Error> {
        let mut candidates = Vec::new();
        for (i, old) in from.variants.iter().enumerate() {
            for (j, new) in to.variants.iter().enumerate() {
                let findings = self.schemas(side, old, new)?;
                let words = findings
                    .iter()
                    .filter(|found| found.class == Class::Documentation)
                    .count();
                let changes = findings.len() - words;
                let tag =
                    |document: &Document<'a>, node, tags: &Tags<'a>| -> Result<BTreeSet<&'a str>, Error> {
                        Ok(address(document, node)?
                            .and_then(|at| tags.get(&at))
                            .cloned()
                            .unwrap_or_default())
                    };
                let same_tag = !tag(&self.old, old, from_tags)?.is_disjoint(&tag(&self.new, new, to_tags)?);
                let rank = match (same_tag, changes) {
                    (true, _) => 0,
                    (false, 0) => 1,
                    _ if alike(&self.old.view(old)?, &self.new.view(new)?) => 2,
                    _ => continue,
                };
                candidates.push((rank, changes, words, i, j));
            }
        }
        candidates.sort_unstable();
        let mut matches = Matches {
            both: Vec::new(),
            old: (0..from.variants.len()).collect(),
            new: (0..to.variants.len()).collect(),
        };
        for (_, _, _, i, j) in candidates {
            if matches.old.contains(&i) && matches.new.contains(&j) {
                matches.old.retain(|left| *left != i);
                matches.new.retain(|left| *left != j);
                matches.both.push((i, j));
            }
        }
        Ok(matches)
    }
}

/// Whether two variants have enough in common to be one that changed, rather than one that went and one that came.
fn alike(old: &View<'_>, new: &View<'_>) -> bool {
    let fields = old.fields.is_empty() && new.fields.is_empty()
        || old.fields.keys().any(|name| new.fields.contains_key(name));
    old.kind == new.kind && old.unions.is_empty() == new.unions.is_empty() && fields
}

/// A variant in words, by its fields if it has any.
fn shape<'a>(document: &Document<'a>, view: &View<'a>) -> Result<String, Error> {
    let fields: Vec<String> = view.fields.keys().take(3).map(|name| code(name)).collect();
    let more = if view.fields.len() > fields.len() {
        ", …"
    } else {
        ""
    };
    let kind = document.says(view)?;
    Ok(if fields.is_empty() {
        kind
    } else {
        format!("{kind} with {}{more}", fields.join(", "))
    })
}

/// The client does not decode by discriminators, so one that appears changes nothing. One that goes or moves to another
/// field takes away what callers tell the variants apart by.
fn discriminators(before: &View<'_>, after: &View<'_>, found: &mut Vec<Found>) {
    match (&before.discriminator, &after.discriminator) {
        (None, None) => {}
        (None, Some(to)) => {
            found.push(Found::new(
                Class::Additive,
                format!("discriminator {} added", code(to.property)),
            ));
        }
        (Some(from), None) => {
            found.push(Found::new(
                Class::Breaking,
                format!("discriminator {} removed", code(from.property)),
            ));
        }
        (Some(from), Some(to)) => {
            if from.property != to.property {
                let (from, to) = (code(from.property), code(to.property));
                found.push(Found::new(
                    Class::Breaking,
                    format!("discriminator changed from {from} to {to}"),
                ));
            }
            for value in from
                .mapping
                .keys()
                .filter(|value| !to.mapping.contains_key(*value))
            {
                let message = format!("discriminator value {} removed", code(value));
                found.push(Found::new(Class::Breaking, message));
            }
            for value in to
                .mapping
                .keys()
                .filter(|value| !from.mapping.contains_key(*value))
            {
                let message = format!("discriminator value {} added", code(value));
                found.push(Found::new(Class::Additive, message));
            }
        }
    }
}

fn tags<'a>(document: &Document<'a>, view: &View<'a>) -> Result<Tags<'a>, Error> {
    let mut tags = Tags::new();
    for (value, target) in view
        .discriminator
        .iter()
        .flat_map(|discriminator| &discriminator.mapping)
    {
        let target = document.mapped(target).map(Node::of);
        if let Some(at) = target.map(|node| address(document, &node)).transpose()?.flatten() {
            tags.entry(at).or_default().insert(*value);
        }
    }
    Ok(tags)
}

/// Where the schema of a variant is, references followed.
fn address<'a>(document: &Document<'a>, node: &Node<'a>) -> Result<Option<usize>, Error> {
    let [schema] = node.schemas() else { return Ok(None) };
    Ok(Some(std::ptr::from_ref(document.resolve(schema)?).addr()))
}

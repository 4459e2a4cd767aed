//! Two schemas side by side, all the way down.
//!
//! The same pair of schemas is walked once and its findings repeated wherever it is met again; a pair met inside itself
//! has nothing to add to what is found around it. Both keep recursive and heavily shared schemas finite.
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::super::document::Document;
use super::super::error::Error;
use super::super::render::code;
use super::super::report::Class;
use super::super::schema::{Extra, Key, Node, View};
use super::found::{Found, Side, Step};
use super::keywords::{notices, values, words};

/// How many schemas may lie inside each other. Beyond it a description is generated nonsense, and the stack matters.
const DEPTH: usize = 100;

/// How many schemas and findings a comparison may touch: far more than a real one needs.
const WORK: usize = 1_000_000;

/// Findings of one pair of schemas, shared between the places it is met at.
pub(super) type Findings = Rc<[Found]>;

type Pair = (Side, Key, Key);

/// The state of one comparison.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) old: Document<'a>,
    pub(super) new: Document<'a>,
    /// Whether words are compared.
    pub(super) prose: bool,
    known: HashMap<Pair, Findings>,
    /// The pairs around the current one, by how far out they are.
    around: HashMap<Pair, usize>,
    /// The outermost pair that was met inside itself and that a finding so far may be missing something of.
    cut: usize,
    work: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(old: Document<'a>, new: Document<'a>, prose: bool) -> Self {
        let (known, around) = (HashMap::new(), HashMap::new());
        Self {
            old,
            new,
            prose,
            known,
            around,
            cut: usize::MAX,
            work: 0,
        }
    }

    /// What changed between two schemas.
    pub(super) fn schemas(&mut self, side: Side, old: &Node<'a>, new: &Node<'a>) -> Result<Findings, Error> {
        let pair = (side, old.key(), new.key());
        if let Some(findings) = self.known.get(&pair) {
            let findings = Rc::clone(findings);
            self.spend(findings.len(), new)?;
            return Ok(findings);
        }
        if let Some(level) = self.around.get(&pair) {
            self.cut = self.cut.min(*level);
            return Ok(Rc::from([]));
        }
        let level = self.around.len();
        if level >= DEPTH {
            return Err(self.refuse(new, &format!("nests more than {DEPTH} schemas deep")));
        }
        self.spend(1, new)?;
        let outside = std::mem::replace(&mut self.cut, usize::MAX);
        self.around.insert(pair.clone(), level);
        let findings: Findings = self.differences(side, old, new)?.into();
        self.around.remove(&pair);
        if self.cut >= level {
            // Complete in itself, wherever it is met again.
            self.known.insert(pair, Rc::clone(&findings));
            self.cut = outside;
        } else {
            self.cut = self.cut.min(outside);
        }
        Ok(findings)
    }

    fn spend(&mut self, amount: usize, at: &Node<'a>) -> Result<(), Error> {
        self.work = self.work.saturating_add(amount);
        if self.work > WORK {
            Err(self.refuse(at, "has schemas too entangled to compare"))
        } else {
            Ok(())
        }
    }

    fn refuse(&self, at: &Node<'a>, problem: &str) -> Error {
        match at.schemas().first() {
            Some(schema) => self.new.error(schema, problem),
            None => self.new.error(&serde_json::Value::Null, problem),
        }
    }

    fn differences(&mut self, side: Side, old: &Node<'a>, new: &Node<'a>) -> Result<Vec<Found>, Error> {
        let (before, after) = (self.old.view(old)?, self.new.view(new)?);
        let mut found = Vec::new();
        if self.prose {
            words(&before, &after, &mut found);
        }
        notices(side, &before, &after, &mut found);
        if before.unions.is_empty() != after.unions.is_empty() {
            found.push(self.choice_began_or_ended(side, (old, &before), (new, &after))?);
            return Ok(found);
        }
        if (&before.kind, &before.format) != (&after.kind, &after.format) {
            let (from, to) = (self.old.says(&before)?, self.new.says(&after)?);
            found.push(Found::new(
                Class::Breaking,
                format!("type changed from {from} to {to}"),
            ));
            if before.kind != after.kind {
                return Ok(found);
            }
        }
        values(side, &before, &after, &mut found);
        for (shift, message) in before.bounds.shifts(&after.bounds) {
            found.push(Found::new(side.class(shift), message));
        }
        self.fields(side, &before, &after, &mut found)?;
        if before.items.is_some() || after.items.is_some() {
            let (from, to) = (
                before.items.clone().unwrap_or_default(),
                after.items.clone().unwrap_or_default(),
            );
            self.descend(side, &from, &to, &Step::Items, &mut found)?;
        }
        self.extra(side, &before, &after, &mut found)?;
        self.unions(side, &before, &after, &mut found)?;
        self.excluded(side, &before, &after, &mut found)?;
        Ok(found)
    }

    fn descend(
        &mut self,
        side: Side,
        old: &Node<'a>,
        new: &Node<'a>,
        step: &Step,
        found: &mut Vec<Found>,
    ) -> Result<(), Error> {
        let inner = self.schemas(side, old, new)?;
        self.spend(inner.len(), new)?;
        found.extend(inner.iter().map(|inner| inner.under(step)));
        Ok(())
    }

    fn fields(
        &mut self,
        side: Side,
        before: &View<'a>,
        after: &View<'a>,
        found: &mut Vec<Found>,
    ) -> Result<(), Error> {
        let names: BTreeSet<&str> = before.fields.keys().chain(after.fields.keys()).copied().collect();
        for name in names {
            let from = self.old.travels(side, before.fields.get(name))?;
            let to = self.new.travels(side, after.fields.get(name))?;
            let step = Step::Field(name.to_owned());
            let (was, is) = (before.required.contains(name), after.required.contains(name));
            match (from, to) {
                (None, None) => {}
                (Some(from), None) => {
                    let message = format!("field {} removed", code(name));
                    let detail = self.old.sketch(from, 0)?;
                    found.push(
                        Found::new(Class::Breaking, message)
                            .with_detail(detail)
                            .under(&step),
                    );
                }
                (None, Some(to)) => {
                    let class = if side == Side::Request && is {
                        Class::Breaking
                    } else {
                        Class::Additive
                    };
                    let kind = self.new.says(&self.new.view(to)?)?;
                    let need = if is { "required" } else { "optional" };
                    let message = format!("{need} field {} added ({kind})", code(name));
                    let detail = self.new.sketch(to, 0)?;
                    found.push(Found::new(class, message).with_detail(detail).under(&step));
                }
                (Some(from), Some(to)) => {
                    if was != is {
                        let class = if is { side.tightened() } else { side.loosened() };
                        let message = if is { "now required" } else { "no longer required" };
                        found.push(Found::new(class, message).under(&step));
                    }
                    self.descend(side, from, to, &step, found)?;
                }
            }
        }
        Ok(())
    }

    /// The client tolerates fields it does not know, so what an answer may hold besides matters only as a map.
    fn extra(
        &mut self,
        side: Side,
        before: &View<'a>,
        after: &View<'a>,
        found: &mut Vec<Found>,
    ) -> Result<(), Error> {
        let has_fields = !before.fields.is_empty() && !after.fields.is_empty();
        match (&before.extra, &after.extra) {
            (Extra::Any, Extra::Any) | (Extra::None, Extra::None) => {}
            (Extra::Any, Extra::None) => {
                found.push(Found::new(
                    side.tightened(),
                    "fields not listed are no longer allowed",
                ));
            }
            (Extra::None, Extra::Any) => {
                found.push(Found::new(Class::Additive, "fields not listed are now allowed"));
            }
            (Extra::None, Extra::Typed(to)) => {
                let kind = self.new.says(&self.new.view(to)?)?;
                found.push(Found::new(
                    Class::Additive,
                    format!("fields not listed are now allowed ({kind})"),
                ));
            }
            (Extra::Typed(_), Extra::None) => {
                found.push(Found::new(
                    Class::Breaking,
                    "fields not listed are no longer allowed",
                ));
            }
            // Beside listed fields the rest is what the client does not know and does not look at.
            (Extra::Any, Extra::Typed(to)) if has_fields => {
                let kind = self.new.says(&self.new.view(to)?)?;
                found.push(Found::new(
                    side.tightened(),
                    format!("fields not listed are limited to {kind}"),
                ));
            }
            (Extra::Typed(_), Extra::Any) if has_fields => {
                found.push(Found::new(
                    Class::Additive,
                    "fields not listed are no longer limited",
                ));
            }
            (from, to) => {
                let node = |extra: &Extra<'a>| match extra {
                    Extra::Typed(node) => node.clone(),
                    _ => Node::default(),
                };
                self.descend(side, &node(from), &node(to), &Step::Values, found)?;
            }
        }
        Ok(())
    }

    fn excluded(
        &mut self,
        side: Side,
        before: &View<'a>,
        after: &View<'a>,
        found: &mut Vec<Found>,
    ) -> Result<(), Error> {
        let mut same = before.excluded.len() == after.excluded.len();
        for (from, to) in before.excluded.iter().zip(&after.excluded) {
            same = same
                && self
                    .schemas(side, from, to)?
                    .iter()
                    .all(|inner| inner.class == Class::Documentation);
        }
        if !same {
            found.push(Found::new(Class::Breaking, "excluded values (`not`) changed"));
        }
        Ok(())
    }
}

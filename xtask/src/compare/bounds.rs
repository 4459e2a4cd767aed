//! Limits on values: numbers, lengths, counts, patterns.
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Number, Value};

use super::document::Document;
use super::error::Error;

/// Limits that hold together; of several the narrowest counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds<'a> {
    least: BTreeMap<&'static str, Limit<'a>>,
    most: BTreeMap<&'static str, Limit<'a>>,
    patterns: BTreeSet<&'a str>,
    steps: BTreeSet<String>,
    unique: bool,
}

#[derive(Debug, Clone, Copy)]
struct Limit<'a> {
    number: &'a Number,
    /// The limit itself is not allowed.
    exclusive: bool,
}

/// How the set of allowed values changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shift {
    /// Fewer values than before.
    Tightened,
    /// More values than before.
    Loosened,
    /// Other values than before.
    Moved,
}

impl<'a> Bounds<'a> {
    /// Adds the limits of `schema`.
    pub(super) fn add(&mut self, document: &Document<'a>, schema: &'a Value) -> Result<(), Error> {
        for key in ["minimum", "minLength", "minItems", "minProperties"] {
            let exclusive = key == "minimum" && document.flag(schema, "exclusiveMinimum")?.unwrap_or(false);
            // A length or count is never under 0.
            let says = |number: &&Number| key == "minimum" || number.as_u64() != Some(0);
            if let Some(number) = number(document, schema, key)?.filter(says) {
                narrow(
                    &mut self.least,
                    key,
                    Limit { number, exclusive },
                    Ordering::Greater,
                );
            }
        }
        for key in ["maximum", "maxLength", "maxItems", "maxProperties"] {
            let exclusive = key == "maximum" && document.flag(schema, "exclusiveMaximum")?.unwrap_or(false);
            if let Some(number) = number(document, schema, key)? {
                narrow(&mut self.most, key, Limit { number, exclusive }, Ordering::Less);
            }
        }
        self.patterns.extend(document.text(schema, "pattern")?);
        self.steps
            .extend(number(document, schema, "multipleOf")?.map(Number::to_string));
        self.unique |= document.flag(schema, "uniqueItems")?.unwrap_or(false);
        Ok(())
    }

    /// What changed from `self` to `new`, in words.
    pub(super) fn shifts(&self, new: &Self) -> Vec<(Shift, String)> {
        let mut shifts = Vec::new();
        limits(&self.least, &new.least, Ordering::Greater, &mut shifts);
        limits(&self.most, &new.most, Ordering::Less, &mut shifts);
        let owned = |set: &BTreeSet<&str>| set.iter().map(|text| super::render::code(text)).collect();
        sets(
            "pattern",
            &owned(&self.patterns),
            &owned(&new.patterns),
            &mut shifts,
        );
        sets("multipleOf", &self.steps, &new.steps, &mut shifts);
        match (self.unique, new.unique) {
            (false, true) => shifts.push((Shift::Tightened, "`uniqueItems` set".to_owned())),
            (true, false) => shifts.push((Shift::Loosened, "`uniqueItems` removed".to_owned())),
            _ => {}
        }
        shifts
    }
}

fn number<'a>(document: &Document<'a>, schema: &'a Value, key: &str) -> Result<Option<&'a Number>, Error> {
    match schema.get(key) {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(Some(number)),
        Some(other) => Err(document.error(other, format!("is not a number, as `{key}` has to be"))),
    }
}

type Limits<'a> = BTreeMap<&'static str, Limit<'a>>;

fn narrow<'a>(limits: &mut Limits<'a>, key: &'static str, limit: Limit<'a>, narrower: Ordering) {
    let slot = limits.entry(key).or_insert(limit);
    if position(limit, *slot, narrower) == narrower {
        *slot = limit;
    }
}

/// How `a` lies to `b`; of equal numbers the exclusive one lies on the `narrower` side.
fn position(a: Limit<'_>, b: Limit<'_>, narrower: Ordering) -> Ordering {
    order(a.number, b.number).then(match (a.exclusive, b.exclusive) {
        (true, false) => narrower,
        (false, true) => narrower.reverse(),
        _ => Ordering::Equal,
    })
}

fn limits(old: &Limits<'_>, new: &Limits<'_>, narrower: Ordering, shifts: &mut Vec<(Shift, String)>) {
    let keys: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    for key in keys {
        match (old.get(key), new.get(key)) {
            (None, Some(to)) => shifts.push((Shift::Tightened, format!("`{key}` set to {}", say(*to)))),
            (Some(from), None) => shifts.push((Shift::Loosened, format!("`{key}` {} removed", say(*from)))),
            (Some(from), Some(to)) => {
                let moved = position(*to, *from, narrower);
                if moved != Ordering::Equal {
                    let shift = if moved == narrower {
                        Shift::Tightened
                    } else {
                        Shift::Loosened
                    };
                    shifts.push((
                        shift,
                        format!("`{key}` changed from {} to {}", say(*from), say(*to)),
                    ));
                }
            }
            (None, None) => {}
        }
    }
}

fn sets(key: &str, old: &BTreeSet<String>, new: &BTreeSet<String>, shifts: &mut Vec<(Shift, String)>) {
    if old == new {
        return;
    }
    let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" and ");
    // Which of two patterns allows more cannot be told; one more pattern always allows less.
    shifts.push(if old.is_empty() {
        (Shift::Tightened, format!("`{key}` set to {}", list(new)))
    } else if new.is_empty() {
        (Shift::Loosened, format!("`{key}` {} removed", list(old)))
    } else {
        (
            Shift::Moved,
            format!("`{key}` changed from {} to {}", list(old), list(new)),
        )
    });
}

fn say(limit: Limit<'_>) -> String {
    format!(
        "{}{}",
        limit.number,
        if limit.exclusive { " (exclusive)" } else { "" }
    )
}

/// Whole numbers are compared as such: GitHub's ids exceed what a float holds exactly.
fn order(a: &Number, b: &Number) -> Ordering {
    let whole = |number: &Number| {
        number
            .as_i64()
            .map(i128::from)
            .or(number.as_u64().map(i128::from))
    };
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a
            .as_f64()
            .unwrap_or_default()
            .total_cmp(&b.as_f64().unwrap_or_default()),
    }
}

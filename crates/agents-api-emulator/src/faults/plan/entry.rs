//! One fault of a file: a flat table, of which each effect takes the parameters it knows.

use std::time::Duration;

use http::{HeaderValue, StatusCode, Uri};
use serde::Deserialize;

use crate::faults::{Effect, Fault, Target, When};
use crate::limits::{Refused, RetryAfter};
use crate::operation::Operation;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    on: String,
    r#do: String,
    nth: Option<Nth>,
    every: Option<u64>,
    chance: Option<f64>,
    times: Option<u64>,
    #[serde(default)]
    after_applied: bool,
    ms: Option<u64>,
    after: Option<usize>,
    status: Option<u16>,
    retry_after: Option<u32>,
    retry_after_date: Option<u32>,
    value: Option<String>,
    field: Option<String>,
    count: Option<u32>,
    to: Option<String>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "`nth` takes a number from 1 on, or a list of such numbers"
)]
enum Nth {
    One(u64),
    Several(Vec<u64>),
}

impl Entry {
    pub(super) fn fault(mut self) -> Result<Fault, String> {
        let target = target(&self.on)?;
        let when = when(&mut self)?;
        let effect = effect(&mut self)?;
        if let Some(left) = left_over(&self) {
            return Err(format!("`{left}` means nothing to the effect {:?}", self.r#do));
        }
        if !is_felt(&effect, target) {
            return Err(format!(
                "`on`: the effect {:?} would change nothing on {:?}; use `any`, `lists`, or an operation that answers tasks",
                self.r#do, self.on
            ));
        }
        if self.after_applied && !effect.replaces_the_answer() {
            return Err(format!(
                "`after_applied`: the effect {:?} shapes the answer of a request that is always applied",
                self.r#do
            ));
        }
        if self.times == Some(0) {
            return Err("`times`: 0 would never strike".to_owned());
        }
        Ok(Fault {
            target,
            when,
            times: self.times,
            after_applied: self.after_applied,
            effect,
        })
    }
}

/// Whether an effect ever does something on its target: what shapes tasks or lists of them needs some.
fn is_felt(effect: &Effect, target: Target) -> bool {
    let concerns: fn(Operation) -> bool = match effect {
        Effect::MoveItems(_) | Effect::EmptyPage | Effect::NextToSelf | Effect::NextToHost(_) => {
            Operation::is_task_list
        }
        Effect::State(_) | Effect::ArtifactType(_) => Operation::is_about_tasks,
        _ => return true,
    };
    Operation::ALL
        .iter()
        .any(|operation| target.covers(Some(*operation)) && concerns(*operation))
}

fn target(word: &str) -> Result<Target, String> {
    let named = match word {
        "any" => Some(Target::Any),
        "lists" => Some(Target::Lists),
        "gets" => Some(Target::Gets),
        _ => Operation::ALL
            .iter()
            .copied()
            .find(|operation| operation.as_str() == word)
            .map(Target::Only),
    };
    named.ok_or_else(|| {
        let known: Vec<_> = Operation::ALL
            .iter()
            .map(|operation| operation.as_str())
            .collect();
        let known = known.join(", ");
        format!("`on`: no operation is called {word:?}; use any, lists, gets, or one of: {known}")
    })
}

fn when(entry: &mut Entry) -> Result<When, String> {
    match (entry.nth.take(), entry.every.take(), entry.chance.take()) {
        (None, None, None) => Ok(When::Always),
        (Some(nth), None, None) => {
            let list = match nth {
                Nth::One(n) => vec![n],
                Nth::Several(list) => list,
            };
            let counts = !list.is_empty() && list.iter().all(|n| *n > 0);
            if counts {
                Ok(When::Nth(list))
            } else {
                Err("`nth`: requests are counted from 1".to_owned())
            }
        }
        (None, Some(n), None) if n > 0 => Ok(When::Every(n)),
        (None, Some(_), None) => Err("`every`: must be 1 or more".to_owned()),
        (None, None, Some(p)) if (0.0..=1.0).contains(&p) => Ok(When::Chance(p)),
        (None, None, Some(p)) => Err(format!("`chance`: {p} is no probability from 0 to 1")),
        _ => Err("give at most one of `nth`, `every` and `chance`".to_owned()),
    }
}

fn effect(entry: &mut Entry) -> Result<Effect, String> {
    Ok(match entry.r#do.as_str() {
        "latency" => Effect::Latency(Duration::from_millis(needed("ms", entry.ms.take())?)),
        "reset" => Effect::Reset,
        "close" => Effect::Close,
        "hang" => Effect::Hang,
        "truncate" => Effect::Truncate(entry.after.take()),
        "cut-chunks" => Effect::CutChunks(entry.after.take()),
        "html" => Effect::Html(status(entry, 502, 200..=599)?),
        "empty-body" => Effect::EmptyBody,
        "broken-json" => Effect::BrokenJson,
        "content-type" => Effect::ContentType(header_value(entry)?),
        "status" => Effect::Status(status(entry, 500, 400..=599)?),
        "primary-limit" => Effect::PrimaryLimit(refused(entry)?),
        "secondary-limit" => Effect::SecondaryLimit(refused(entry)?),
        "state" => Effect::State(needed("value", entry.value.take())?),
        "artifact-type" => Effect::ArtifactType(needed("value", entry.value.take())?),
        "drop-field" => Effect::DropField(needed("field", entry.field.take())?),
        "null-field" => Effect::NullField(needed("field", entry.field.take())?),
        "move-items" => Effect::MoveItems(count(entry)?),
        "empty-page" => Effect::EmptyPage,
        "next-to-self" => Effect::NextToSelf,
        "next-to-host" => Effect::NextToHost(url(entry)?),
        "redirect" => Effect::Redirect(status(entry, 307, 300..=399)?, place(entry)?),
        other => {
            let known = EFFECTS.join(", ");
            return Err(format!(
                "`do`: no effect is called {other:?}; use one of: {known}"
            ));
        }
    })
}

/// Every effect a file can name.
pub(super) const EFFECTS: [&str; 22] = [
    "latency",
    "reset",
    "close",
    "hang",
    "truncate",
    "cut-chunks",
    "html",
    "empty-body",
    "broken-json",
    "content-type",
    "status",
    "primary-limit",
    "secondary-limit",
    "state",
    "artifact-type",
    "drop-field",
    "null-field",
    "move-items",
    "empty-page",
    "next-to-self",
    "next-to-host",
    "redirect",
];

fn needed<T>(name: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("`{name}` is missing"))
}

/// A place to send a client to, which must survive being written into a header.
fn url(entry: &mut Entry) -> Result<String, String> {
    let to = needed("to", entry.to.take())?;
    let has_scheme = to.starts_with("http://") || to.starts_with("https://");
    if has_scheme && to.parse::<Uri>().is_ok() {
        Ok(to)
    } else {
        Err(format!("`to`: {to:?} is no URL like http://127.0.0.1:9"))
    }
}

/// Where a redirect leads: also another path of the same origin.
fn place(entry: &mut Entry) -> Result<String, String> {
    let is_path = |to: &String| to.starts_with('/') && to.parse::<Uri>().is_ok();
    match entry.to.take_if(|to| is_path(to)) {
        Some(path) => Ok(path),
        None => url(entry),
    }
}

fn header_value(entry: &mut Entry) -> Result<String, String> {
    let value = needed("value", entry.value.take())?;
    match HeaderValue::from_str(&value) {
        Ok(_) => Ok(value),
        Err(_) => Err(format!("`value`: {value:?} cannot stand in a header")),
    }
}

fn count(entry: &mut Entry) -> Result<u32, String> {
    match entry.count.take() {
        Some(0) => Err("`count`: 0 would move nothing".to_owned()),
        count => Ok(count.unwrap_or(1)),
    }
}

fn status(entry: &mut Entry, default: u16, allowed: std::ops::RangeInclusive<u16>) -> Result<u16, String> {
    let status = entry.status.take().unwrap_or(default);
    if allowed.contains(&status) {
        return Ok(status);
    }
    Err(format!(
        "`status`: {status} is not between {} and {}",
        allowed.start(),
        allowed.end()
    ))
}

fn refused(entry: &mut Entry) -> Result<Refused, String> {
    let status = match entry.status.take() {
        None | Some(403) => StatusCode::FORBIDDEN,
        Some(429) => StatusCode::TOO_MANY_REQUESTS,
        Some(other) => return Err(format!("`status`: {other} is not 403 or 429")),
    };
    let retry_after = match (entry.retry_after.take(), entry.retry_after_date.take()) {
        (None, None) => RetryAfter::Absent,
        (Some(seconds), None) => RetryAfter::Seconds(seconds),
        (None, Some(seconds)) => RetryAfter::HttpDate(seconds),
        _ => return Err("give at most one of `retry_after` and `retry_after_date`".to_owned()),
    };
    Ok(Refused { status, retry_after })
}

/// A parameter no effect has taken.
fn left_over(entry: &Entry) -> Option<&'static str> {
    let left = [
        ("ms", entry.ms.is_some()),
        ("after", entry.after.is_some()),
        ("status", entry.status.is_some()),
        ("retry_after", entry.retry_after.is_some()),
        ("retry_after_date", entry.retry_after_date.is_some()),
        ("value", entry.value.is_some()),
        ("field", entry.field.is_some()),
        ("count", entry.count.is_some()),
        ("to", entry.to.is_some()),
    ];
    left.into_iter()
        .find_map(|(name, is_left)| is_left.then_some(name))
}

//! Fault files: a seed and a list of faults, in TOML.
//!
//! The file is read into a flat table a fault, then each effect takes the parameters it knows. What is left over, out
//! of range or missing is an error that says where and what is allowed: a fault that silently never strikes would be
//! worse than none.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use toml::Spanned;

use super::{Effect, Fault, Target, When};
use crate::limits::{Refused, RetryAfter};
use crate::operation::Operation;

/// A set of faults with a seed, read from a fault file. The crate's README describes the format.
///
/// ```
/// use agents_api_emulator::FaultPlan;
///
/// let plan: FaultPlan = r#"
///     seed = 7
///
///     [[fault]]
///     on = "start-task"
///     nth = 2
///     do = "reset"
///     after_applied = true
/// "#
/// .parse()?;
/// assert_eq!(plan.faults().len(), 1);
///
/// let error = "[[fault]]\non = \"start-task\"\ndo = \"explode\"".parse::<FaultPlan>().unwrap_err();
/// assert!(error.to_string().starts_with("line 1: fault 1: `do`: no effect is called \"explode\""));
/// # Ok::<(), agents_api_emulator::PlanError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use]
pub struct FaultPlan {
    pub(crate) seed: Option<u64>,
    pub(crate) faults: Vec<Fault>,
}

impl FaultPlan {
    /// The seed that faults with a probability are drawn from; without one the emulator's own serves.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// The faults, in the order of the file.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl FromStr for FaultPlan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let line = |offset: usize| text.get(..offset).map(|before| before.matches('\n').count() + 1);
        let file: File = toml::from_str(text).map_err(|error| PlanError {
            line: error.span().and_then(|span| line(span.start)),
            message: error.message().to_owned(),
        })?;
        let faults = file.fault.into_iter().enumerate().map(|(position, entry)| {
            let at = line(entry.span().start);
            let fault = fault(entry.into_inner());
            fault.map_err(|message| PlanError {
                line: at,
                message: format!("fault {}: {message}", position + 1),
            })
        });
        Ok(Self {
            seed: file.seed,
            faults: faults.collect::<Result<_, _>>()?,
        })
    }
}

/// What is wrong with a fault file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    line: Option<usize>,
    message: String,
}

impl PlanError {
    /// The line, counted from 1, where it is known.
    pub fn line(&self) -> Option<usize> {
        self.line
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for PlanError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    seed: Option<u64>,
    #[serde(default)]
    fault: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
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
#[serde(untagged)]
enum Nth {
    One(u64),
    Several(Vec<u64>),
}

fn fault(mut entry: Entry) -> Result<Fault, String> {
    let target = target(&entry.on)?;
    let when = when(&mut entry)?;
    let effect = effect(&mut entry)?;
    if let Some(left) = left_over(&entry) {
        return Err(format!("`{left}` means nothing to the effect {:?}", entry.r#do));
    }
    if entry.after_applied && !effect.replaces_the_answer() {
        return Err(format!(
            "`after_applied`: the effect {:?} shapes the answer of a request that is always applied",
            entry.r#do
        ));
    }
    if entry.times == Some(0) {
        return Err("`times`: 0 would never strike".to_owned());
    }
    Ok(Fault {
        target,
        when,
        times: entry.times,
        after_applied: entry.after_applied,
        effect,
    })
}

fn target(word: &str) -> Result<Target, String> {
    let named = match word {
        "any" => Some(Target::Any),
        "lists" => Some(Target::Lists),
        "gets" => Some(Target::Gets),
        _ => Operation::ALL
            .into_iter()
            .find(|operation| operation.as_str() == word)
            .map(Target::Only),
    };
    named.ok_or_else(|| {
        let known = Operation::ALL.map(Operation::as_str).join(", ");
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
        "content-type" => Effect::ContentType(needed("value", entry.value.take())?),
        "status" => Effect::Status(status(entry, 500, 400..=599)?),
        "primary-limit" => Effect::PrimaryLimit(refused(entry)?),
        "secondary-limit" => Effect::SecondaryLimit(refused(entry)?),
        "state" => Effect::State(needed("value", entry.value.take())?),
        "artifact-type" => Effect::ArtifactType(needed("value", entry.value.take())?),
        "drop-field" => Effect::DropField(needed("field", entry.field.take())?),
        "null-field" => Effect::NullField(needed("field", entry.field.take())?),
        "move-items" => Effect::MoveItems(entry.count.take().unwrap_or(1)),
        "empty-page" => Effect::EmptyPage,
        "next-to-self" => Effect::NextToSelf,
        "next-to-host" => Effect::NextToHost(needed("to", entry.to.take())?),
        "redirect" => Effect::Redirect(status(entry, 307, 300..=399)?, needed("to", entry.to.take())?),
        other => {
            let known = EFFECTS.join(", ");
            return Err(format!(
                "`do`: no effect is called {other:?}; use one of: {known}"
            ));
        }
    })
}

/// Every effect a file can name.
const EFFECTS: [&str; 22] = [
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

#[cfg(test)]
mod tests {
    use super::*;

    fn one(body: &str) -> Result<Fault, String> {
        let plan: Result<FaultPlan, _> = format!("[[fault]]\n{body}").parse();
        plan.map(|plan| plan.faults[0].clone())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_effect_can_be_named() {
        let parameters = "ms = 1\nvalue = \"x\"\nfield = \"x\"\nto = \"http://127.0.0.1:9\"\n";
        for name in EFFECTS {
            let lines = parameters.lines().collect::<Vec<_>>();
            // Of all parameters, the subset that the effect takes.
            let fits = (0..1 << lines.len()).find_map(|mask: usize| {
                let chosen = lines.iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0);
                let chosen = chosen.map(|(_, line)| *line).collect::<Vec<_>>().join("\n");
                one(&format!("on = \"any\"\ndo = \"{name}\"\n{chosen}")).ok()
            });
            assert_eq!(fits.map(|fault| fault.effect.name()), Some(name));
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_the_remedy() {
        for (body, said) in [
            ("on = \"any\"", "line 1: missing field `do`"),
            (
                "on = \"any\"\ndo = 1",
                "line 3: invalid type: integer `1`, expected a string",
            ),
            (
                "on = \"starts\"\ndo = \"reset\"",
                "line 1: fault 1: `on`: no operation is called \"starts\"; use any,",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nwhen = 2",
                "line 4: unknown field `when`, expected one of `on`,",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nms = 2",
                "line 1: fault 1: `ms` means nothing to the effect \"reset\"",
            ),
            (
                "on = \"any\"\ndo = \"latency\"",
                "line 1: fault 1: `ms` is missing",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nnth = 0",
                "line 1: fault 1: `nth`: requests are counted from 1",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nnth = 1\nevery = 2",
                "line 1: fault 1: give at most one of",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nchance = 1.5",
                "line 1: fault 1: `chance`: 1.5 is no probability",
            ),
            (
                "on = \"any\"\ndo = \"html\"\nstatus = 99",
                "line 1: fault 1: `status`: 99 is not between 200 and 599",
            ),
            (
                "on = \"any\"\ndo = \"truncate\"\nafter_applied = true",
                "line 1: fault 1: `after_applied`: the effect",
            ),
            ("on = \"any\"\ndo = ", "line 3: "),
        ] {
            let error = one(body).expect_err(body);
            assert!(error.starts_with(said), "{body}\n{error}");
        }
    }

    #[test]
    fn the_sample_file_is_a_plan() {
        let plan: FaultPlan = include_str!("../../examples/faults.toml")
            .parse()
            .expect("the sample");
        assert_eq!(plan.seed(), Some(7));
        assert!(plan.faults().len() > 5);
    }
}

//! Fault files: a seed and a list of faults, in TOML.
//!
//! The file is read into a flat table a fault, then each effect takes the parameters it knows. What is left over, out
//! of range or missing is an error that says where and what is allowed: a fault that silently never strikes would be
//! worse than none.

mod entry;

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use toml::Spanned;

use super::Fault;
use entry::Entry;

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
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().and_then(|span| line(span.start));
            // The words of the line name the field, which the parser's message does not always do.
            let words = line.and_then(|line| text.lines().nth(line - 1)).map(str::trim);
            let words = words.filter(|words| !words.is_empty());
            PlanError {
                line,
                message: match words {
                    Some(words) => format!("`{words}`: {}", error.message()),
                    None => error.message().to_owned(),
                },
            }
        })?;
        let faults = file.fault.into_iter().enumerate().map(|(position, entry)| {
            let at = line(entry.span().start);
            let fault = entry.into_inner().fault();
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::entry::EFFECTS;
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
            ("on = \"any\"", "line 1: `[[fault]]`: missing field `do`"),
            (
                "on = \"any\"\ndo = 1",
                "line 3: `do = 1`: invalid type: integer `1`, expected a string",
            ),
            (
                "on = \"starts\"\ndo = \"reset\"",
                "line 1: fault 1: `on`: no operation is called \"starts\"; use any,",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nwhen = 2",
                "line 4: `when = 2`: unknown field `when`, expected one of `on`,",
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
            (
                "on = \"any\"\ndo = \"reset\"\nnth = \"two\"",
                "line 4: `nth = \"two\"`: `nth` takes a number from 1 on, or a list",
            ),
            (
                "on = \"start-task\"\ndo = \"empty-page\"",
                "line 1: fault 1: `on`: the effect \"empty-page\" would change nothing on \"start-task\"",
            ),
            (
                "on = \"graphql\"\ndo = \"state\"\nvalue = \"x\"",
                "line 1: fault 1: `on`: the effect \"state\" would change nothing on \"graphql\"",
            ),
            (
                "on = \"any\"\ndo = \"redirect\"\nto = \"elsewhere\"",
                "line 1: fault 1: `to`: \"elsewhere\" is no URL",
            ),
            (
                "on = \"any\"\ndo = \"next-to-host\"\nto = \"http://a b\"",
                "line 1: fault 1: `to`: \"http://a b\" is no URL",
            ),
            (
                "on = \"any\"\ndo = \"content-type\"\nvalue = \"a\\nb\"",
                "line 1: fault 1: `value`: \"a\\nb\" cannot stand in a header",
            ),
            (
                "on = \"any\"\ndo = \"move-items\"\ncount = 0",
                "line 1: fault 1: `count`: 0 would move nothing",
            ),
            ("on = \"any\"\ndo = ", "line 3: "),
        ] {
            let error = one(body).expect_err(body);
            assert!(error.starts_with(said), "{body}\n{error}");
        }
    }

    #[test]
    fn a_redirect_may_stay_on_its_origin() {
        let fault = one("on = \"any\"\ndo = \"redirect\"\nto = \"/agents/tasks?page=2\"").expect("a fault");
        assert_eq!(
            fault.effect,
            crate::faults::Effect::Redirect(307, "/agents/tasks?page=2".into())
        );
    }

    #[test]
    fn the_sample_file_is_a_plan() {
        let plan: FaultPlan = include_str!("../../../examples/faults.toml")
            .parse()
            .expect("the sample");
        assert_eq!(plan.seed(), Some(7));
        assert!(plan.faults().len() > 5);
    }

    proptest! {
        #[test]
        fn no_file_is_more_than_refused(text in "(\\[\\[fault\\]\\]\n|(on|do|nth|chance|ms|seed) = (\"[a-z-]{0,8}\"|-?[0-9.]{1,4})\n|\\PC\n?){0,12}") {
            if let Err(error) = text.parse::<FaultPlan>() {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}

//! Fault files: a seed and a list of faults, in TOML.
//!
//! A fault that can never trigger, an unknown field or a value out of range is an error that says where it is and what is
//! allowed.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::Fault;

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
/// assert!(error.to_string().starts_with("line 1: fault 1: `do`: the effect \"explode\": unknown variant"));
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
        let file: File = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map(|before| before.matches('\n').count() + 1);
            let words = line.and_then(|line| text.lines().nth(line - 1)).map(str::trim);
            let message = match words {
                // The error concerns the whole table: its number says which.
                Some(words @ "[[fault]]") => {
                    let number = before.unwrap_or_default().matches(words).count() + 1;
                    format!("fault {number}: {}", error.message())
                }
                // The text of the line names the field, which the parser's message does not always do.
                Some(words) if !words.is_empty() => format!("`{words}`: {}", error.message()),
                _ => error.message().to_owned(),
            };
            PlanError { line, message }
        })?;
        Ok(Self {
            seed: file.seed,
            faults: file.fault,
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
    fault: Vec<Fault>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(body: &str) -> Result<Fault, String> {
        let plan: Result<FaultPlan, _> = format!("[[fault]]\n{body}").parse();
        plan.map(|plan| plan.faults[0].clone())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_effect_is_data() {
        for effect in [
            "do = 'latency'\nms = 250",
            "do = 'reset'",
            "do = 'close'",
            "do = 'hang'",
            "do = 'truncate'",
            "do = 'truncate'\nafter = 3",
            "do = 'cut-chunks'\nafter = 3",
            "do = 'html'\nstatus = 503",
            "do = 'empty-body'",
            "do = 'broken-json'",
            "do = 'content-type'\nvalue = 'text/plain'",
            "do = 'status'\nstatus = 503",
            "do = 'primary-limit'\nstatus = 429\nretry_after = 3",
            "do = 'secondary-limit'\nstatus = 403\nretry_after_date = 3",
            "do = 'state'\nvalue = 'x'",
            "do = 'artifact-type'\nvalue = 'x'",
            "do = 'drop-field'\nfield = 'x'",
            "do = 'null-field'\nfield = 'x'",
            "do = 'move-items'\ncount = 2",
            "do = 'empty-page'",
            "do = 'next-to-self'",
            "do = 'next-to-host'\nto = 'http://127.0.0.1:9'",
            "do = 'redirect'\nto = '/x'\nstatus = 301",
        ] {
            let body = format!("on = 'any'\n{effect}");
            let fault = one(&body).expect(effect);
            let json = serde_json::to_value(&fault).expect("JSON");
            let table: serde_json::Value = toml::from_str(&body).expect("TOML");
            assert_eq!(json, table, "the data of a fault is what it was read from");
            assert_eq!(json["do"], fault.effect.name());
            let unknown = one(&format!("{body}\nsurprise = 1")).expect_err("an unknown field");
            assert!(unknown.contains("surprise"), "{unknown}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_the_remedy() {
        for (body, said) in [
            ("on = \"any\"", "line 1: fault 1: missing field `do`"),
            (
                "on = \"any\"\ndo = 1",
                "line 3: `do = 1`: invalid type: integer `1`, expected a string",
            ),
            (
                "on = \"starts\"\ndo = \"reset\"",
                "line 1: fault 1: `on`: no operation is called \"starts\"; use one of: any,",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nwhen = 2",
                "line 1: fault 1: `when`: unknown to the effect \"reset\"; remove it",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nms = 2",
                "line 1: fault 1: `ms`: unknown to the effect \"reset\"; remove it",
            ),
            (
                "on = \"any\"\ndo = \"latency\"",
                "line 1: fault 1: `do`: the effect \"latency\": missing field `ms`",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nnth = 0",
                "line 1: fault 1: `nth`: requests are counted from 1",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nnth = 1\nevery = 2",
                "line 1: fault 1: `nth`, `every`, `chance`: they exclude each other",
            ),
            (
                "on = \"any\"\ndo = \"reset\"\nchance = 1.5",
                "line 1: fault 1: `chance`: 1.5 is not a probability",
            ),
            (
                "on = \"any\"\ndo = \"html\"\nstatus = 99",
                "line 1: fault 1: `status`: 99 is out of range; use 200 to 599",
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
                "line 1: fault 1: `on`: the effect \"empty-page\" would change nothing on start-task;",
            ),
            (
                "on = \"graphql\"\ndo = \"state\"\nvalue = \"x\"",
                "line 1: fault 1: `on`: the effect \"state\" would change nothing on graphql;",
            ),
            (
                "on = \"any\"\ndo = \"redirect\"\nto = \"elsewhere\"",
                "line 1: fault 1: `to`: \"elsewhere\" is not a URL",
            ),
            (
                "on = \"any\"\ndo = \"next-to-host\"\nto = \"http://a b\"",
                "line 1: fault 1: `to`: \"http://a b\" is not a URL",
            ),
            (
                "on = \"any\"\ndo = \"content-type\"\nvalue = \"a\\nb\"",
                "line 1: fault 1: `value`: \"a\\nb\" is not a header value",
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
            crate::faults::Effect::Redirect {
                status: 307,
                to: "/agents/tasks?page=2".into()
            }
        );
    }

    #[test]
    fn the_sample_file_is_a_plan() {
        let plan: FaultPlan = include_str!("../../examples/faults.toml")
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

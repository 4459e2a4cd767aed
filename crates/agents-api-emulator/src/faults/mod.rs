//! Everything that can go wrong between a client and GitHub, on request.
//!
//! A [`Fault`] says on which requests something happens, how often, and what. Faults are counted and drawn per fault and
//! operation, so the same seed and the same sequence of requests always trigger the same faults.

pub(crate) mod effect;
pub(crate) mod engine;
pub(crate) mod plan;
pub(crate) mod shape;
pub(crate) mod write_fault;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use crate::operation::Operation;
use effect::Effect;

/// The requests that a fault concerns. As data: `any`, `lists`, `gets`, or the name of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// Every request, also those to unknown paths.
    Any,
    /// Both lists of tasks.
    Lists,
    /// Both ways to get a task.
    Gets,
    /// One operation.
    Only(Operation),
}

impl From<Operation> for Target {
    fn from(operation: Operation) -> Self {
        Self::Only(operation)
    }
}

impl Target {
    pub(crate) fn covers(self, operation: Option<Operation>) -> bool {
        match (self, operation) {
            (Self::Any, _) => true,
            (Self::Lists, Some(operation)) => operation.is_task_list(),
            (Self::Gets, Some(operation)) => matches!(operation, Operation::GetTask | Operation::GetRepoTask),
            (Self::Only(only), Some(operation)) => only == operation,
            (_, None) => false,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::Lists => "lists",
            Self::Gets => "gets",
            Self::Only(operation) => operation.as_str(),
        })
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let targets = [Self::Any, Self::Lists, Self::Gets].into_iter();
        let targets = targets.chain(Operation::ALL.iter().copied().map(Self::Only));
        let mut known = targets.clone();
        known.find(|target| target.to_string() == name).ok_or_else(|| {
            let names: Vec<String> = targets.map(|target| target.to_string()).collect();
            format!(
                "`on`: no operation is called {name:?}; use one of: {}",
                names.join(", ")
            )
        })
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Target {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Target".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let operations = Operation::ALL.iter().map(|operation| operation.as_str());
        let names: Vec<&str> = ["any", "lists", "gets"].into_iter().chain(operations).collect();
        schemars::json_schema!({
            "type": "string",
            "description": "The requests that a fault concerns: any, both lists of tasks, both ways to get a task, or one operation.",
            "enum": names
        })
    }
}

/// A fault: which requests, which of them, and what happens.
///
/// ```
/// use agents_api_emulator::{Effect, Fault, Operation, Target};
///
/// // The second start is applied, and its response is lost with the connection.
/// let lost_response = Fault::on(Operation::StartTask, Effect::Reset).nth(2).after_applied();
/// // One list in ten comes from a proxy that cannot reach GitHub.
/// let bad_gateway = Fault::on(Target::Lists, Effect::Html { status: 502 }).chance(0.1);
/// # let _ = (lost_response, bad_gateway);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[must_use]
pub struct Fault {
    /// The requests it concerns.
    #[serde(rename = "on")]
    pub(crate) target: Target,
    /// Triggers on these requests of the target only, counted from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<OneOrSeveral>"))]
    pub(crate) nth: Vec<u64>,
    /// Triggers on every n-th request of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) every: Option<u64>,
    /// Triggers with this probability, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) chance: Option<f64>,
    /// Triggers on requests alone whose body contains this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_contains: Option<String>,
    /// Triggers on requests alone whose path begins so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_prefix: Option<String>,
    /// Triggers at most this often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u64>,
    /// Whether the request takes effect before its response is replaced.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub(crate) after_applied: bool,
    /// What happens.
    #[serde(flatten)]
    pub(crate) effect: Effect,
}

/// One number, or a list of numbers.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "`nth` takes a number from 1 on, or a list of such numbers"
)]
enum OneOrSeveral {
    One(u64),
    Several(Vec<u64>),
}

/// The fields of a fault as they are read; what belongs to the effect is left to the effect.
#[derive(Deserialize)]
struct Fields {
    on: String,
    #[serde(rename = "do")]
    effect: String,
    nth: Option<OneOrSeveral>,
    every: Option<u64>,
    chance: Option<f64>,
    body_contains: Option<String>,
    path_prefix: Option<String>,
    times: Option<u64>,
    #[serde(default)]
    after_applied: bool,
    #[serde(flatten)]
    parameters: Map<String, Value>,
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer)?
            .fault()
            .map_err(de::Error::custom)
    }
}

impl Fields {
    fn fault(mut self) -> Result<Fault, String> {
        let mut parameters = self.parameters.keys();
        let first = parameters.next().cloned();
        self.parameters
            .insert("do".to_owned(), self.effect.clone().into());
        let name = self.effect;
        let effect: Effect = serde_json::from_value(self.parameters.into())
            .map_err(|error| format!("`do`: the effect {name:?}: {error}"))?;
        if let Some(parameter) = first.filter(|_| effect.is_bare()) {
            return Err(format!(
                "`{parameter}`: unknown to the effect {name:?}; remove it"
            ));
        }
        let fault = Fault {
            target: self.on.parse()?,
            nth: match self.nth {
                None => Vec::new(),
                Some(OneOrSeveral::One(n)) => vec![n],
                Some(OneOrSeveral::Several(list)) if list.is_empty() => {
                    return Err("`nth`: an empty list would never trigger; remove it".to_owned());
                }
                Some(OneOrSeveral::Several(list)) => list,
            },
            every: self.every,
            chance: self.chance,
            body_contains: self.body_contains,
            path_prefix: self.path_prefix,
            times: self.times,
            after_applied: self.after_applied,
            effect,
        };
        fault.check().map(|()| fault)
    }
}

impl Fault {
    /// A fault that triggers on every request of the target.
    pub fn on(target: impl Into<Target>, effect: Effect) -> Self {
        Self {
            target: target.into(),
            nth: Vec::new(),
            every: None,
            chance: None,
            body_contains: None,
            path_prefix: None,
            times: None,
            after_applied: false,
            effect,
        }
    }

    /// Triggers on the n-th request of the target only, counted from 1 since the fault was added. Called again, on further
    /// ones too.
    pub fn nth(mut self, n: u64) -> Self {
        self.nth.push(n);
        self
    }

    /// Triggers on every n-th request of the target.
    pub fn every(mut self, n: u64) -> Self {
        self.every = Some(n);
        self
    }

    /// Triggers with this probability, from 0 to 1, drawn from the seed.
    pub fn chance(mut self, probability: f64) -> Self {
        self.chance = Some(probability);
        self
    }

    /// Triggers on requests alone whose body contains this text; other requests are not counted.
    pub fn body_contains(mut self, text: impl Into<String>) -> Self {
        self.body_contains = Some(text.into());
        self
    }

    /// Triggers on requests alone whose path begins so; other requests are not counted.
    pub fn path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.path_prefix = Some(prefix.into());
        self
    }

    /// Triggers at most this often. Default: no limit.
    pub fn times(mut self, most: u64) -> Self {
        self.times = Some(most);
        self
    }

    /// Lets the request take effect first. By default a fault that replaces the response keeps the request from being
    /// applied; other faults always shape the response to an applied request.
    pub fn after_applied(mut self) -> Self {
        self.after_applied = true;
        self
    }

    /// Checks that the fault can trigger, and that it then has an effect.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.effect.check()?;
        let (name, on) = (self.effect.name(), self.target);
        let choices = [!self.nth.is_empty(), self.every.is_some(), self.chance.is_some()];
        if choices.into_iter().filter(|is_given| *is_given).count() > 1 {
            return Err("`nth`, `every`, `chance`: they exclude each other; use one of them".to_owned());
        }
        if self.nth.contains(&0) {
            return Err("`nth`: requests are counted from 1; use 1 or more".to_owned());
        }
        if self.every == Some(0) {
            return Err("`every`: 0 would never trigger; use 1 or more".to_owned());
        }
        if self.times == Some(0) {
            return Err("`times`: 0 would never trigger; use 1 or more".to_owned());
        }
        if let Some(p) = self.chance.filter(|p| !(0.0..=1.0).contains(p)) {
            return Err(format!(
                "`chance`: {p} is not a probability; use a number from 0 to 1"
            ));
        }
        let mut operations = Operation::ALL.iter();
        if !operations.any(|operation| on.covers(Some(*operation)) && self.effect.concerns(*operation)) {
            return Err(format!(
                "`on`: the effect {name:?} would change nothing on {on}; use `any`, `lists`, or an operation on tasks"
            ));
        }
        if self.after_applied && !self.effect.replaces_response() {
            return Err(format!(
                "`after_applied`: the effect {name:?} shapes the response to a request that is always applied; remove it"
            ));
        }
        Ok(())
    }
}

//! The campaign file: what to do, where, and within which limits.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::error::Error;

/// Variables of a prompt template: a name and any value.
pub type Variables = BTreeMap<String, Value>;

/// A campaign as its file describes it.
///
/// ```
/// let definition = agents_api_campaigns::Definition::from_yaml(
///     "name: bump-checkout
/// prompt: Update actions/checkout to {{ version }}.
/// variables: {version: v5}
/// repositories: [octocat/hello-world, octocat/spoon-knife]
/// waves: {sizes: [1, all], continue: automatically}
/// ",
/// )?;
/// assert_eq!(definition.name, "bump-checkout");
/// # Ok::<(), agents_api_campaigns::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Definition {
    /// The campaign's name: 1 to 64 ASCII letters, digits, `-`, `_` and `.`. State is kept under it.
    pub name: String,
    /// The prompt, a template in MiniJinja's syntax (that of Jinja2). Besides the variables it sees `repository`, `owner` and
    /// `name`. An unknown variable is an error.
    pub prompt: String,
    /// The repositories, in the order in which their tasks start.
    #[serde(default)]
    pub repositories: Vec<Target>,
    /// A file with further repositories, relative to this one; `-` is standard input. Each line is `owner/name`, optionally followed by
    /// the repository's variables as a JSON object. Lines that begin with `#` are comments.
    #[serde(default)]
    pub repositories_file: Option<String>,
    /// Variables of every repository that does not set them itself.
    #[serde(default)]
    pub variables: Variables,
    /// The model; GitHub's choice by default.
    #[serde(default)]
    pub model: Option<String>,
    /// Models to try in turn when GitHub refuses the one before.
    #[serde(default)]
    pub fallback_models: Vec<String>,
    /// The custom agent: the name of its file below `.github/agents/`, without `.agent.md`.
    #[serde(default)]
    pub custom_agent: Option<String>,
    /// The branch to start from; the repository's default branch by default.
    #[serde(default)]
    pub base_ref: Option<String>,
    /// An existing branch to commit to.
    #[serde(default)]
    pub head_ref: Option<String>,
    /// Whether the agent opens a pull request; true by default.
    #[serde(default = "yes")]
    pub create_pull_request: bool,
    /// How many of the campaign's tasks may run at once; 10 by default.
    #[serde(default = "default_concurrency")]
    #[schemars(range(min = 1))]
    pub concurrency: u32,
    /// In which groups tasks start.
    #[serde(default)]
    pub waves: Waves,
    /// When to stop.
    #[serde(default)]
    pub limits: Limits,
    /// When an item is done.
    #[serde(default)]
    pub until: Until,
    /// What to do when a task waits for a person.
    #[serde(default)]
    pub needs_user: NeedsUser,
    /// Whom to notify of changes.
    #[serde(default)]
    pub notices: Notices,
}

/// A repository of a campaign: its full name alone, or with variables.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Target {
    /// `owner/name`.
    Name(String),
    /// With variables.
    With {
        /// `owner/name`.
        repository: String,
        /// Variables of this repository's prompt.
        variables: Variables,
    },
}

impl Target {
    /// `owner/name`.
    pub fn repository(&self) -> &str {
        match self {
            Self::Name(repository) | Self::With { repository, .. } => repository,
        }
    }

    /// The variables of this repository alone.
    pub fn variables(&self) -> Option<&Variables> {
        match self {
            Self::Name(_) => None,
            Self::With { variables, .. } => Some(variables),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct With {
            repository: String,
            #[serde(default)]
            variables: Variables,
        }

        // By hand, since an untagged enum would lose what is wrong and where.
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Target;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("owner/name, or a map with `repository` and `variables`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Target, E> {
                Ok(Target::Name(text.to_owned()))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Target, A::Error> {
                let With {
                    repository,
                    variables,
                } = With::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Target::With {
                    repository,
                    variables,
                })
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// In which groups tasks start. A wave opens when every item of the one before is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Waves {
    /// How many items each wave has; `all` takes what is left. Items beyond the last wave join it.
    pub sizes: Vec<WaveSize>,
    /// Whether the next wave opens by itself.
    #[serde(rename = "continue")]
    pub proceed: Continue,
    /// The share of a wave's items that must have succeeded for the next one to open, from 0 to 1; below it the campaign
    /// pauses. 1 by default.
    #[schemars(range(min = 0, max = 1))]
    pub success_rate: f64,
}

impl Default for Waves {
    fn default() -> Self {
        Self {
            sizes: vec![WaveSize::Rest(All::All)],
            proceed: Continue::Automatically,
            success_rate: 1.0,
        }
    }
}

/// How many items a wave has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum WaveSize {
    /// This many.
    Count(u32),
    /// What is left.
    Rest(All),
}

/// The word `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum All {
    /// `all`
    All,
}

/// Whether the next wave opens by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Continue {
    /// As soon as the wave before is done and succeeded often enough.
    #[default]
    Automatically,
    /// The campaign pauses after each wave; resuming it opens the next.
    ByHand,
}

/// When to stop. Without a limit there is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Limits {
    /// AI credits. No task starts once the campaign's tasks have used this many, by GitHub's figures; what runs then goes on.
    pub credits: Option<f64>,
    /// US dollars, at GitHub's price of 0.01 a credit.
    pub dollars: Option<f64>,
    /// Items that failed or were refused.
    pub failures: Option<u32>,
    /// How long the campaign may start tasks, such as `8h` or `90m`, counted from its first start.
    pub duration: Option<String>,
}

/// When an item is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Until {
    /// When its task has ended. Only `completed` is success.
    #[default]
    Ended,
    /// When its task has ended or pauses for a person or a follow-up; a pause is no failure.
    Settled,
    /// When its task has a pull request. A task that ends without one has failed.
    PullRequest,
}

/// What to do when a task waits for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NeedsUser {
    /// Follow it until it goes on; it counts among those that run. The default.
    #[default]
    Wait,
    /// Count it as failed, and start the next. The task itself goes on waiting.
    Fail,
    /// Pause the campaign.
    Pause,
}

/// Whom to notify of changes: of each start, end, refusal, and of the campaign's own pauses and stops.
///
/// Every event is kept in the database ([`Store::undelivered`](crate::Store::undelivered)). The program `agents` does not deliver them yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Notices {
    /// A command that gets each event as JSON on its standard input.
    pub exec: Option<String>,
    /// An address that gets each event as JSON by POST.
    pub post: Option<String>,
    /// The environment variable that holds the secret by which a POST is signed, as GitHub signs its webhooks.
    pub secret_env: Option<String>,
}

fn yes() -> bool {
    true
}

fn default_concurrency() -> u32 {
    10
}

impl Definition {
    /// Reads a campaign file. Besides its form only what stands in it alone is checked; [`Plan`](crate::Plan) checks the rest.
    ///
    /// # Errors
    /// [`ErrorKind::Definition`](crate::ErrorKind::Definition), with the line and the column.
    pub fn from_yaml(text: &str) -> Result<Self, Error> {
        let definition: Self = serde_saphyr::from_str(text).map_err(|error| {
            let place = error.location().map_or_else(String::new, |at| {
                format!("line {}, column {}: ", at.line(), at.column())
            });
            let problem = error.without_snippet().to_string();
            let problem = first_line(&problem);
            // Said once, at the beginning.
            let problem = problem
                .rsplit_once(" at line ")
                .map_or(problem, |(problem, _)| problem);
            Error::definition(format!("{place}{problem}"))
        })?;
        if let Err((field, problem)) = definition.check() {
            let place = place_of(text, field).map_or_else(String::new, |(line, column)| {
                format!("line {line}, column {column}: ")
            });
            return Err(Error::definition(format!("{place}{field}: {problem}")));
        }
        let names = definition.repositories.iter().map(Target::repository);
        if let Err((index, problem)) = check_names(names) {
            let place = place_of_repository(text, index).map_or_else(String::new, |(line, column)| {
                format!("line {line}, column {column}: ")
            });
            return Err(Error::definition(format!("{place}repositories: {problem}")));
        }
        Ok(definition)
    }

    /// The JSON Schema of campaign files, for editors.
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }

    /// What is wrong with a field, by its name.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(fits) {
            return Err((
                "name",
                format!(
                    "{:?} cannot be a campaign's name; use 1 to 64 ASCII letters, digits, -, _ and .",
                    self.name
                ),
            ));
        }
        if self.prompt.trim().is_empty() {
            return Err(("prompt", "it is empty; write what the agent is to do".to_owned()));
        }
        if self.concurrency == 0 {
            return Err(("concurrency", "must be at least 1".to_owned()));
        }
        if self.waves.sizes.is_empty() || self.waves.sizes.contains(&WaveSize::Count(0)) {
            return Err(("waves", "sizes must name at least one wave, and each must hold at least 1 item; write `sizes: [3, 30, all]`".to_owned()));
        }
        if !(0.0..=1.0).contains(&self.waves.success_rate) {
            return Err((
                "waves",
                format!(
                    "success_rate must be from 0 to 1, not {}",
                    self.waves.success_rate
                ),
            ));
        }
        for (name, limit) in [("credits", self.limits.credits), ("dollars", self.limits.dollars)] {
            if limit.is_some_and(|limit| !limit.is_finite() || limit <= 0.0) {
                return Err((
                    "limits",
                    format!("{name} must be more than 0; leave it out for no limit"),
                ));
            }
        }
        if let Some(text) = &self.limits.duration
            && let Err(error) = humantime::parse_duration(text)
        {
            return Err((
                "limits",
                format!("duration {text:?}: {error}; write a time such as 90m, 8h or 2days"),
            ));
        }
        Ok(())
    }
}

/// Where a top-level field stands, by line and column from 1.
fn place_of(text: &str, field: &str) -> Option<(u64, u64)> {
    let fields: BTreeMap<String, Spanned<serde::de::IgnoredAny>> = serde_saphyr::from_str(text).ok()?;
    let place = fields.get(field)?.referenced;
    Some((place.line() as u64, place.column() as u64))
}

/// Where an entry of `repositories` stands.
fn place_of_repository(text: &str, index: usize) -> Option<(u64, u64)> {
    #[derive(Deserialize)]
    struct Repositories {
        repositories: Vec<Spanned<serde::de::IgnoredAny>>,
    }
    let list: Repositories = serde_saphyr::from_str(text).ok()?;
    let place = list.repositories.get(index)?.referenced;
    Some((place.line() as u64, place.column() as u64))
}

/// Whether each is `owner/name`, and none is there twice; else the index of the first that is not, and why. GitHub's names
/// are case-insensitive.
pub(crate) fn check_names<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<(), (usize, String)> {
    let mut seen = std::collections::HashSet::new();
    for (index, name) in names.into_iter().enumerate() {
        let is_full = name
            .split_once('/')
            .is_some_and(|(owner, name)| is_segment(owner) && is_segment(name));
        if !is_full {
            return Err((index, format!("{name:?} is not a repository; write owner/name")));
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err((
                index,
                format!("{name} is there twice; each repository has one task in a campaign"),
            ));
        }
    }
    Ok(())
}

fn is_segment(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !text.is_empty() && text.chars().all(fits) && text.chars().any(|c| c != '.')
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_line_and_column() {
        for (text, expected) in [
            (
                "name: c\nprompt: p\npromt: x",
                "line 3, column 1: unknown field `promt`",
            ),
            ("name: c\nprompt: p\nconcurrency: many", "line 3, column 14: "),
            (
                "name: a b\nprompt: p",
                "line 1, column 7: name: \"a b\" cannot be a campaign's name",
            ),
            ("name: c\nprompt: ' '", "line 2, column 9: prompt: it is empty"),
            (
                "name: c\nprompt: p\nconcurrency: 0",
                "line 3, column 14: concurrency: must be at least 1",
            ),
            (
                "name: c\nprompt: p\nlimits: {credits: -1}",
                "line 3, column 9: limits: credits must be more than 0",
            ),
            (
                "name: c\nprompt: p\nlimits: {duration: soon}",
                "line 3, column 9: limits: duration \"soon\": ",
            ),
            (
                "name: c\nprompt: p\nwaves: {sizes: [0]}",
                "line 3, column 8: waves: sizes ",
            ),
            (
                "name: c\nprompt: p\nrepositories:\n- o/a\n- O/A",
                "line 5, column 3: repositories: O/A is there twice",
            ),
            (
                "name: c\nprompt: p\nrepositories: [a]",
                "line 3, column 16: repositories: \"a\" is not a repository",
            ),
            ("name: [", "line 1, column "),
        ] {
            let error = Definition::from_yaml(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_definition_survives_the_database() {
        let text = "name: c\nprompt: p\nrepositories: [o/a, {repository: o/b, variables: {x: [1, two]}}]\n\
                    waves: {sizes: [3, all], continue: by_hand, success_rate: 0.5}\nuntil: pull_request\nneeds_user: pause";
        let definition = Definition::from_yaml(text).unwrap();
        let stored = serde_json::to_string(&definition).unwrap();
        assert_eq!(serde_json::from_str::<Definition>(&stored).unwrap(), definition);
    }

    #[test]
    fn the_schema_names_every_field() {
        let schema = Definition::json_schema();
        let fields = serde_json::to_value(Definition::from_yaml("name: c\nprompt: p").unwrap()).unwrap();
        for field in fields.as_object().unwrap().keys() {
            assert!(schema["properties"].get(field).is_some(), "{field}");
        }
    }
}

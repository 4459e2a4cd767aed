//! What a campaign would start, in which order: pure, and complete before anything is sent.
use minijinja::{Environment, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::definition::{Definition, Target, Variables, WaveSize, check_names};
use crate::error::Error;

/// A campaign with its prompts rendered and its items in waves.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// What was planned; `repositories` holds all of them.
    pub definition: Definition,
    /// An item a repository, in the order in which they start.
    pub items: Vec<PlannedItem>,
}

/// A task that a campaign would start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedItem {
    /// `owner/name`.
    pub repository: String,
    /// The prompt, rendered.
    pub prompt: String,
    /// The wave, from 0.
    pub wave: u32,
}

impl Plan {
    /// Renders the prompts and puts the items into waves. `further` are the repositories of `repositories_file`.
    ///
    /// # Errors
    /// [`ErrorKind::Definition`](crate::ErrorKind::Definition): a variable that a repository does not have, a repository that is there
    /// twice, or none at all.
    pub fn new(mut definition: Definition, further: Vec<Target>) -> Result<Self, Error> {
        definition.repositories.extend(further);
        if definition.repositories.is_empty() {
            return Err(Error::definition(
                "repositories: there is none; list them in the campaign file or name a repositories_file",
            ));
        }
        check_names(definition.repositories.iter().map(Target::repository))
            .map_err(|(_, problem)| Error::definition(format!("repositories: {problem}")))?;
        let template = Template::new(&definition.prompt)?;
        let waves = waves(&definition.waves.sizes, definition.repositories.len());
        let items = definition
            .repositories
            .iter()
            .zip(waves)
            .map(|(target, wave)| {
                Ok(PlannedItem {
                    repository: target.repository().to_owned(),
                    prompt: template.render(target, &definition.variables)?,
                    wave,
                })
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self { definition, items })
    }

    /// How many waves there are.
    pub fn waves(&self) -> u32 {
        self.items.last().map_or(0, |item| item.wave + 1)
    }
}

/// Reads the lines of a `repositories_file`. `source` is its name, for messages.
///
/// # Errors
/// [`ErrorKind::Definition`](crate::ErrorKind::Definition), with the line.
pub fn parse_targets(source: &str, text: &str) -> Result<Vec<Target>, Error> {
    let mut targets = Vec::new();
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (repository, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let repository = repository.to_owned();
        targets.push(if rest.trim().is_empty() {
            Target::Name(repository)
        } else {
            let variables = serde_json::from_str(rest.trim()).map_err(|error| {
                Error::definition(format!(
                    "{source}, line {}: the variables of {repository} are not a JSON object: {error}",
                    index + 1
                ))
            })?;
            Target::With {
                repository,
                variables,
            }
        });
        lines.push(index + 1);
    }
    check_names(targets.iter().map(Target::repository)).map_err(|(index, problem)| {
        Error::definition(format!("{source}, line {}: {problem}", lines[index]))
    })?;
    Ok(targets)
}

/// The wave of each of `count` items.
fn waves(sizes: &[WaveSize], count: usize) -> impl Iterator<Item = u32> {
    let last = sizes.len().saturating_sub(1);
    let of_wave = sizes.iter().enumerate().flat_map(move |(wave, size)| {
        let length = match size {
            WaveSize::Count(size) if wave < last => *size as usize,
            // What is left joins the last wave, whatever its size.
            WaveSize::Count(_) | WaveSize::Rest(_) => count,
        };
        std::iter::repeat_n(u32::try_from(wave).unwrap_or(u32::MAX), length)
    });
    of_wave.take(count).collect::<Vec<_>>().into_iter()
}

/// The prompt's template, compiled once.
struct Template<'t>(Environment<'t>);

const NAME: &str = "prompt";

impl<'t> Template<'t> {
    fn new(source: &'t str) -> Result<Self, Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment
            .add_template(NAME, source)
            .map_err(|error| template_error(&error, None))?;
        Ok(Self(environment))
    }

    fn render(&self, target: &Target, defaults: &Variables) -> Result<String, Error> {
        let repository = target.repository();
        let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
        let mut variables = defaults.clone();
        variables.extend(target.variables().cloned().unwrap_or_default());
        for (key, value) in [("repository", repository), ("owner", owner), ("name", name)] {
            variables
                .entry(key.to_owned())
                .or_insert_with(|| Value::from(value));
        }
        let template = self
            .0
            .get_template(NAME)
            .map_err(|error| template_error(&error, Some((repository, &[]))))?;
        let prompt = template
            .render(minijinja::value::Serde(&variables))
            .map_err(|error| {
                let mut missing: Vec<_> = template
                    .undeclared_variables(false)
                    .into_iter()
                    .filter(|name| !variables.contains_key(name))
                    .collect();
                missing.sort();
                template_error(&error, Some((repository, &missing)))
            })?;
        if prompt.trim().is_empty() {
            return Err(Error::definition(format!(
                "prompt: it is empty for {repository}; check its template"
            )));
        }
        Ok(prompt)
    }
}

/// What is wrong with the template, for which repository, and which of its variables are not set there.
fn template_error(error: &minijinja::Error, place: Option<(&str, &[String])>) -> Error {
    let line = error
        .line()
        .map_or_else(String::new, |line| format!(", line {line} of the template"));
    let repository = place.map_or_else(String::new, |(repository, _)| format!(" for {repository}"));
    let missing = place.map_or(&[][..], |(_, missing)| missing);
    let problem = match error.kind() {
        minijinja::ErrorKind::UndefinedError if !missing.is_empty() => format!(
            "unknown variable {}; set it for every repository, or in `variables`",
            missing.join(", ")
        ),
        kind => format!("{kind}: {}", error.detail().unwrap_or("check the template")),
    };
    Error::definition(format!("prompt{repository}{line}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(text: &str) -> Definition {
        Definition::from_yaml(&format!("name: c\n{text}")).unwrap()
    }

    #[test]
    fn variables_of_a_repository_come_before_those_of_the_campaign() {
        let definition = definition(
            "prompt: 'Update {{ owner }}/{{ name }} to {{ version }}'
variables: {version: 1}
repositories: [o/a, {repository: o/b, variables: {version: 2}}]",
        );
        let plan = Plan::new(definition, Vec::new()).unwrap();
        let prompts: Vec<_> = plan.items.iter().map(|item| item.prompt.as_str()).collect();
        assert_eq!(prompts, ["Update o/a to 1", "Update o/b to 2"]);
    }

    #[test]
    fn items_beyond_the_last_wave_join_it() {
        for (sizes, expected) in [
            ("[all]", vec![0, 0, 0, 0, 0]),
            ("[1, 2, all]", vec![0, 1, 1, 2, 2]),
            ("[1, 2]", vec![0, 1, 1, 1, 1]),
            ("[9, all]", vec![0, 0, 0, 0, 0]),
        ] {
            let definition = definition(&format!(
                "prompt: p\nwaves: {{sizes: {sizes}}}\nrepositories: [o/a, o/b, o/c, o/d, o/e]"
            ));
            let plan = Plan::new(definition, Vec::new()).unwrap();
            let waves: Vec<_> = plan.items.iter().map(|item| item.wave).collect();
            assert_eq!(waves, expected, "{sizes}");
        }
    }

    #[test]
    fn an_unknown_variable_names_the_repository_and_the_line() {
        let definition = definition("prompt: |\n  Fix it.\n  Use {{ tool }}.\nrepositories: [o/a]");
        let error = Plan::new(definition, Vec::new()).unwrap_err().to_string();
        assert!(
            error.starts_with("prompt for o/a, line 2 of the template: unknown variable tool; "),
            "{error}"
        );
    }

    #[test]
    fn a_file_of_repositories_is_read_line_by_line() {
        let text = "# all of them\no/a\n\n  o/b {\"tool\": \"x\"}\n";
        let targets = parse_targets("repos.txt", text).unwrap();
        assert_eq!(targets.len(), 2);
        assert_eq!(targets[1].variables().unwrap()["tool"], "x");
        for (text, expected) in [
            (
                "o/a\nnot-a-repository",
                "repos.txt, line 2: \"not-a-repository\" is not a repository",
            ),
            ("#\no/a\nO/A", "repos.txt, line 3: O/A is there twice"),
            (
                "o/a {",
                "repos.txt, line 1: the variables of o/a are not a JSON object",
            ),
        ] {
            let error = parse_targets("repos.txt", text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}

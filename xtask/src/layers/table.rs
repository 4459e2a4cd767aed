//! `xtask/layers.toml`: the layers of each crate, and the violations that are not mended yet.
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// By crate folder, the layers from the lowest to the highest.
    pub layers: BTreeMap<String, Vec<Vec<String>>>,
    /// By crate folder, the violations that stand.
    #[serde(default)]
    pub exceptions: BTreeMap<String, BTreeSet<String>>,
}

impl Table {
    /// The entry for `module` or for the nearest module around it, with the number of its layer from the lowest up.
    pub(super) fn layer<'a>(&self, krate: &str, mut module: &'a str) -> Option<(usize, &'a str)> {
        let layers = self.layers.get(krate)?;
        loop {
            if let Some(layer) = layers
                .iter()
                .position(|layer| layer.iter().any(|name| name == module))
            {
                return Some((layer, module));
            }
            module = module.rsplit_once("::")?.0;
        }
    }
}

/// The file with its exceptions replaced by what was found; everything above them stays as it is written.
pub(super) fn with_exceptions(text: &str, found: &BTreeMap<String, BTreeMap<String, Vec<String>>>) -> String {
    let kept = text.split("\n[exceptions]").next().unwrap_or(text).trim_end();
    let mut text = format!("{kept}\n\n[exceptions]\n");
    for (krate, violations) in found.iter().filter(|(_, violations)| !violations.is_empty()) {
        let lines: Vec<String> = violations.keys().map(|key| format!("  {key:?},\n")).collect();
        text.push_str(&format!("{krate} = [\n{}]\n", lines.concat()));
    }
    text
}

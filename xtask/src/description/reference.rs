//! Follows references within a document.
use serde_json::Value;

use super::pointer;

/// References that refer to references: more than this many in a row is taken for a mistake.
const MAX_CHAIN: usize = 32;

/// Follows a reference to the thing that is not a reference itself.
///
/// # Errors
/// Says what is wrong with the reference.
pub fn follow<'a>(document: &'a Value, reference: &Value) -> Result<(String, &'a Value), String> {
    let mut seen = Vec::new();
    let mut reference = reference;
    loop {
        let text = reference
            .as_str()
            .ok_or_else(|| format!("a $ref must be a text, not {reference}"))?;
        let target = pointer::from_reference(text)?;
        let value = document.pointer(&target).ok_or_else(|| {
            format!("the reference {text:?} leads nowhere: the input has nothing at {target}")
        })?;
        if seen.contains(&target) || seen.len() >= MAX_CHAIN {
            return Err(format!(
                "the reference {text:?} leads in a circle of references: {}",
                seen.join(" → ")
            ));
        }
        seen.push(target.clone());
        match value.get("$ref") {
            Some(next) => reference = next,
            None if value.is_object() => return Ok((target, value)),
            None => {
                return Err(format!(
                    "the reference {text:?} leads to something that is not an object"
                ));
            }
        }
    }
}

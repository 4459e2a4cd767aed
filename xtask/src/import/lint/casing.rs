//! Names that become Rust names: what may be one, and which collide once they are.
use std::collections::BTreeMap;

use heck::{ToSnakeCase, ToUpperCamelCase};

/// Types of the standard prelude: generated code says `Option` and means it.
const PRELUDE: [&str; 14] = [
    "Box", "Default", "Err", "From", "Into", "None", "Ok", "Option", "Result", "Self", "Some", "String",
    "ToString", "Vec",
];

/// Whether `name` can be the name of a component and of the Rust type made of it.
///
/// # Errors
/// Says why not.
pub(crate) fn check_component(name: &str) -> Result<(), String> {
    let letters = name.chars().all(|letter| letter.is_ascii_alphanumeric());
    if !letters || !name.starts_with(|first: char| first.is_ascii_uppercase()) {
        return Err(format!("the name {name:?} is not PascalCase (like `TaskList`)"));
    }
    if name.to_upper_camel_case() != name {
        return Err(format!(
            "the name {name:?} would become {:?} in Rust; write it so",
            name.to_upper_camel_case()
        ));
    }
    if PRELUDE.contains(&name) {
        return Err(format!("the name {name:?} hides the one of Rust's prelude"));
    }
    Ok(())
}

/// Whether `name` can be the name of a Rust function as it stands.
pub(crate) fn is_snake_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.to_snake_case() == name
        && name.is_ascii()
}

/// The names that become one Rust name, in groups.
pub(crate) fn collisions<'a>(
    names: impl Iterator<Item = &'a str>,
    rust: impl Fn(&str) -> String,
) -> Vec<Vec<&'a str>> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in names {
        groups.entry(rust(name)).or_default().push(name);
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

/// The Rust name of a type.
pub(crate) fn component(name: &str) -> String {
    name.to_upper_camel_case()
}

/// The Rust name of an enum's variant. `Unknown` is the one for values that are not documented.
pub(crate) fn variant(name: &str) -> String {
    match name.to_upper_camel_case() {
        name if name == "Unknown" => "UnknownValue".to_owned(),
        name => name,
    }
}

/// The Rust name of a field or an argument.
pub(crate) fn field(name: &str) -> String {
    name.to_snake_case()
}

//! JSON pointers: how places are named, how references are read, how a place is written as a `JSONPath` target.
use serde_json::Value;

/// The pointer one level deeper.
pub fn join(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", escaped(token))
}

/// A token as it stands in a pointer.
pub fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// The tokens of a pointer, unescaped.
pub fn tokens(pointer: &str) -> Vec<String> {
    pointer
        .split('/')
        .skip(1)
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// The pointer made of these tokens.
pub fn from_tokens<T: AsRef<str>>(tokens: &[T]) -> String {
    tokens
        .iter()
        .fold(String::new(), |pointer, token| join(&pointer, token.as_ref()))
}

/// The pointer one level up, and the last token.
pub fn split(pointer: &str) -> Option<(&str, String)> {
    let (parent, token) = pointer.rsplit_once('/')?;
    Some((parent, token.replace("~1", "/").replace("~0", "~")))
}

/// Reads the text of a `$ref` as a pointer into the same document.
///
/// # Errors
/// Says what is wrong with the text when it is not such a pointer.
pub fn from_reference(reference: &str) -> Result<String, String> {
    let Some(fragment) = reference.strip_prefix('#') else {
        return Err(format!(
            "the reference {reference:?} leads out of the document; bundle the description into one file first"
        ));
    };
    let decoded = percent_decoded(fragment)
        .ok_or_else(|| format!("the reference {reference:?} has a broken % escape"))?;
    let bad_tilde = decoded
        .split('~')
        .skip(1)
        .any(|rest| !rest.starts_with(['0', '1']));
    if !decoded.starts_with('/') || bad_tilde {
        return Err(format!(
            "the reference {reference:?} is not a JSON pointer; it must look like \"#/components/schemas/name\", with ~1 for / and ~0 for ~"
        ));
    }
    Ok(decoded)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The `JSONPath` that selects exactly the place `pointer` of `document`, for use as an overlay target.
///
/// A parameter is selected by its name and a value of an enum by itself, not by the index, so that a target survives
/// the insertion or removal of another.
pub fn target(document: &Value, pointer: &str) -> String {
    let mut path = String::from("$");
    let mut at = Some(document);
    for token in tokens(pointer) {
        let list = at.and_then(Value::as_array);
        let next = at.and_then(|value| child(value, &token));
        match list {
            Some(items) => path.push_str(&element(items, next, &token)),
            None if is_plain(&token) => {
                path.push('.');
                path.push_str(&token);
            }
            None => path.push_str(&format!("[{}]", quoted(&token))),
        }
        at = next;
    }
    path
}

fn element(items: &[Value], item: Option<&Value>, index: &str) -> String {
    if let Some(Value::String(text)) = item {
        return format!("[?@ == {}]", quoted(text));
    }
    let word = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let Some((name, place)) = item.and_then(|item| Some((word(item, "name")?, word(item, "in")?))) else {
        return format!("[{index}]");
    };
    if items
        .iter()
        .filter(|other| word(other, "name").as_ref() == Some(&name))
        .count()
        > 1
    {
        format!("[?@.name == {} && @.in == {}]", quoted(&name), quoted(&place))
    } else {
        format!("[?@.name == {}]", quoted(&name))
    }
}

fn is_plain(token: &str) -> bool {
    !token.starts_with(|first: char| first.is_ascii_digit())
        && !token.is_empty()
        && token
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn quoted(token: &str) -> String {
    let mut text = String::from("'");
    for letter in token.chars() {
        match letter {
            '\'' => text.push_str("\\'"),
            '\\' => text.push_str("\\\\"),
            control if control.is_control() => text.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => text.push(other),
        }
    }
    text.push('\'');
    text
}

/// The child of an object or a list under this token.
pub fn child<'a>(value: &'a Value, token: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(token),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json_path::JsonPath;

    use super::{from_reference, join, target, tokens};

    #[test]
    fn references_are_unescaped() {
        assert_eq!(
            from_reference("#/paths/~1a~1%7Bb%7D/get"),
            Ok("/paths/~1a~1{b}/get".to_owned())
        );
        assert_eq!(tokens("/paths/~1a~1{b}/x~0y"), ["paths", "/a/{b}", "x~y"]);
        assert_eq!(join("", "/a~b"), "/~1a~0b");
    }

    #[test]
    fn unusable_references_say_why() {
        for (reference, part) in [
            ("other.yaml#/a", "leads out"),
            ("https://example.com/a.json", "leads out"),
            ("#components/schemas/a", "not a JSON pointer"),
            ("#", "not a JSON pointer"),
            ("#/a~2", "not a JSON pointer"),
            ("#/a%zz", "broken % escape"),
            ("#/a%", "broken % escape"),
        ] {
            let error = from_reference(reference).expect_err(reference);
            assert!(error.contains(part), "{reference}: {error}");
        }
    }

    #[test]
    fn a_target_selects_the_place_it_was_made_for() {
        let document = json!({"paths": {"/a/{it's}": {"get": {"parameters": [
            {"name": "a", "in": "path"}, {"name": "b", "in": "query"}, {"name": "b", "in": "path", "schema": 1}
        ], "list": [1, 2]}}}});
        for pointer in [
            "/paths/~1a~1{it's}/get/parameters/0",
            "/paths/~1a~1{it's}/get/parameters/2/schema",
            "/paths/~1a~1{it's}/get/list/1",
        ] {
            let path = target(&document, pointer);
            let found = JsonPath::parse(&path).expect("the target parses");
            let places: Vec<_> = found
                .query_located(&document)
                .locations()
                .map(serde_json_path::NormalizedPath::to_json_pointer)
                .collect();
            assert_eq!(places, [pointer], "{path}");
        }
    }
}

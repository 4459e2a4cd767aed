//! Decodes the JSON of a response: UTF-8 is checked once, memory is bounded, and errors quote nothing of it.
use serde::de::{DeserializeOwned, Error};

use super::sanitize::sanitize_for_display;

/// The number of values (nested ones included) that a body may contain. A page of 100 tasks has about 4,000, a page of 100
/// pull requests about 40,000. A value may take some hundred bytes of memory (`[{"":0},{"":0},…]`), whatever its length.
const MAX_VALUES: usize = 250_000;

/// Decodes a whole body.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    // Each value takes two bytes at least, so smaller bodies need not be counted.
    if body.len() > 2 * MAX_VALUES && count_values(body) > MAX_VALUES {
        return Err(Error::custom(format_args!(
            "the body holds more than {MAX_VALUES} values"
        )));
    }
    let parsed = match std::str::from_utf8(body) {
        // Known to be UTF-8, so the parser does not check every string again.
        Ok(text) => serde_json::from_str(text).or_else(|error| match quote_huge_numbers(text) {
            Some(text) => serde_json::from_str(&text),
            None => Err(error),
        }),
        Err(_) => serde_json::from_slice(body), // says where
    };
    parsed.map_err(without_values)
}

/// How many values a body holds, keys not counted: every container, and what stands before every comma.
fn count_values(body: &[u8]) -> usize {
    let mut count = 1;
    outside_strings(body, |_, byte| {
        count += usize::from(matches!(byte, b'{' | b'[' | b','));
    });
    count
}

/// The text with every number that no `f64` can hold turned into a string, if there is one: `serde_json` refuses the
/// whole body for a number of 400 digits in a field that nobody reads.
fn quote_huge_numbers(text: &str) -> Option<String> {
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    let (mut out, mut copied, mut number_end) = (String::new(), 0, 0);
    outside_strings(text.as_bytes(), |at, byte| {
        if at < number_end || !(byte.is_ascii_digit() || byte == b'-') {
            return;
        }
        number_end = text.as_bytes()[at..]
            .iter()
            .position(|byte| !is_part(*byte))
            .map_or(text.len(), |len| at + len);
        let number = &text[at..number_end];
        if number.parse::<f64>().is_ok_and(f64::is_infinite) {
            out.extend([&text[copied..at], "\"", number, "\""]);
            copied = number_end;
        }
    });
    (copied > 0).then(|| out + &text[copied..])
}

/// Calls `visit` with each byte that is in no string, and with its position.
fn outside_strings(body: &[u8], mut visit: impl FnMut(usize, u8)) {
    let (mut in_string, mut escaped) = (false, false);
    for (at, &byte) in body.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if !in_string => visit(at, byte),
            _ => {}
        }
    }
}

/// The error without the strings that it quotes from the body, which may be a prompt, or a token that was echoed.
fn without_values(error: serde_json::Error) -> serde_json::Error {
    if !error.is_data() {
        return error; // about the grammar, in fixed words
    }
    let text = error.to_string();
    let kept = match (text.find('"'), text.rfind('"')) {
        (Some(first), Some(last)) if first < last => format!("{}\"…\"{}", &text[..first], &text[last + 1..]),
        _ => text,
    };
    // Reads line and column off the end again.
    Error::custom(sanitize_for_display(&kept))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_number_that_is_too_large_becomes_a_string() {
        let huge = "9".repeat(400);
        for (text, value) in [
            (
                format!(r#"{{"a":{huge},"b":[-1e999 , 2],"c":"1e999"}}"#),
                json!({"a": huge, "b": ["-1e999", 2], "c": "1e999"}),
            ),
            (huge.clone(), json!(huge)),
            (
                format!(r#"{{"\"{huge}":1,"x\\":{huge}}}"#),
                json!({ format!("\"{huge}"): 1, "x\\": huge }),
            ),
        ] {
            assert_eq!(parse::<Value>(text.as_bytes()).unwrap(), value);
        }
        assert!(parse::<f64>(huge.as_bytes()).unwrap_err().is_data());
        assert!(
            parse::<Value>(format!("[{huge},]").as_bytes())
                .unwrap_err()
                .is_syntax()
        );
    }

    #[test]
    fn a_body_of_too_many_values_is_refused() {
        let many = |item: &str, count: usize| format!("[{}{item}]", format!("{item},").repeat(count - 1));
        for item in ["0", "[]", r#"{"":0}"#, r#""""#] {
            let error = parse::<Value>(many(item, MAX_VALUES).as_bytes()).unwrap_err();
            assert!(error.is_data() && error.to_string().contains("250000"), "{error}");
        }
        let text = format!(r#"["{}"]"#, "[,".repeat(MAX_VALUES));
        assert!(parse::<Value>(text.as_bytes()).is_ok());
        assert!(parse::<Value>(many("0", MAX_VALUES - 1).as_bytes()).is_ok());
    }

    #[test]
    fn only_a_body_that_ends_early_is_an_early_end() {
        let deep = "[".repeat(200);
        for (body, early) in [
            (&b""[..], true),
            (br#"{"a":"#, true),
            (b"[\"\xc3", true),
            (b"\xef\xbb\xbf{}", false),
            (br#"{"a":NaN}"#, false),
            (b"[\"\xc3\x28\"]", false),
            (deep.as_bytes(), false),
            (b"{} {}", false),
        ] {
            let error = parse::<Value>(body).unwrap_err();
            assert_eq!(error.is_eof(), early, "{error}");
        }
    }
}

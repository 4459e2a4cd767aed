//! The message in an error's body.
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::json;

/// The largest body to parse. GitHub's error bodies have a few hundred bytes.
const MAX_LEN: usize = 1024 * 1024;

/// The part of an error's body meant for people. Real ones lack documented fields and have `errors` of any form (observed).
#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub(super) message: String,
    #[serde(default)]
    errors: Value,
}

impl ErrorBody {
    /// Parses a body, if it is one of GitHub's.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        (body.len() <= MAX_LEN).then(|| json::parse(body).ok()).flatten()
    }
}

impl fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let errors = self.errors.as_array().into_iter().flatten();
        // The one error of a GraphQL response repeats the message.
        let errors =
            errors.filter(|error| error.get("message").and_then(Value::as_str) != Some(&self.message));
        for (index, error) in errors.take(3).enumerate() {
            f.write_str(if index == 0 { ": " } else { "; " })?;
            let part = |name| error.get(name).and_then(Value::as_str);
            match (part("message"), part("field"), part("code")) {
                (Some(message), _, _) => f.write_str(message)?,
                (None, Some(field), Some(code)) => write!(f, "{field} is {code}")?,
                (None, _, Some(code)) => f.write_str(code)?,
                _ => f.write_str(error.as_str().unwrap_or("(no text)"))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorBody;

    #[test]
    fn the_first_errors_are_shown_in_any_form() {
        for (body, text) in [
            (r#"{"message":"Not Found"}"#, "Not Found"),
            (
                r#"{"message":"Invalid","errors":["prompt is empty"]}"#,
                "Invalid: prompt is empty",
            ),
            (
                r#"{"message":"Invalid","errors":[{"code":"custom","message":"no such model"}]}"#,
                "Invalid: no such model",
            ),
            (
                r#"{"message":"Invalid","errors":[{"code":"missing_field","field":"prompt"},{"code":"invalid"}]}"#,
                "Invalid: prompt is missing_field; invalid",
            ),
            (
                r#"{"message":"Invalid","errors":[1,2,3,4]}"#,
                "Invalid: (no text); (no text); (no text)",
            ),
            (r#"{"message":"Invalid","errors":"all"}"#, "Invalid"),
            (r#"{"message":"Slow","errors":[{"message":"Slow"}]}"#, "Slow"),
            (r#"{"message":"Invalid","errors":null}"#, "Invalid"),
        ] {
            assert_eq!(ErrorBody::parse(body.as_bytes()).unwrap().to_string(), text);
        }
        for body in ["", "[]", "{}", r#"{"message":1}"#, "<html>"] {
            assert!(ErrorBody::parse(body.as_bytes()).is_none(), "{body}");
        }
    }
}

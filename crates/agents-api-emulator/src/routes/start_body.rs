//! The body of a start.

use serde_json::{Map, Value};

use crate::response::{FieldError, Refusal};
use crate::world::start::Start;

/// Reads the body of a start, or says what is wrong with every field. Fields it does not know are ignored, and so is
/// the content type, as on GitHub.
pub(crate) fn start(body: &[u8], models: &[String], pulls_by_default: bool) -> Result<Start, Refusal> {
    let fields = if body.iter().all(u8::is_ascii_whitespace) {
        Map::new()
    } else {
        object(body)?
    };
    let mut check = Check {
        fields,
        errors: Vec::new(),
    };
    let prompt = check.text("prompt");
    let prompt_is_wrong = !check.errors.is_empty();
    let start = Start {
        model: check.text("model"),
        custom_agent: check.text("custom_agent"),
        create_pull_request: check.boolean("create_pull_request").unwrap_or(pulls_by_default),
        base_ref: check.text("base_ref"),
        head_ref: check.text("head_ref"),
        prompt: prompt.unwrap_or_default(),
    };
    if start.prompt.trim().is_empty() && !prompt_is_wrong {
        check.errors.insert(0, FieldError::missing("prompt"));
    }
    if let Some(model) = start.model.as_ref().filter(|model| !models.contains(model)) {
        let message = format!(
            "model {model:?} is not supported; use one of: {}",
            models.join(", ")
        );
        check.errors.push(FieldError::custom("model", message));
    }
    if check.errors.is_empty() {
        Ok(start)
    } else {
        Err(Refusal::invalid(check.errors))
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refusal::bad_request("Body should be a JSON object")),
        Err(_) => Err(Refusal::bad_request("Problems parsing JSON")),
    }
}

struct Check {
    fields: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Check {
    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.fields.remove(name)? {
            Value::String(text) => Some(text),
            _ => self.wrong(name),
        }
    }

    fn boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.fields.remove(name)? {
            Value::Bool(value) => Some(value),
            _ => self.wrong(name),
        }
    }

    fn wrong<T>(&mut self, name: &'static str) -> Option<T> {
        self.errors.push(FieldError::invalid(name));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Start, Refusal> {
        start(body.as_bytes(), &["gpt-5.4".to_owned()], false)
    }

    #[test]
    fn what_is_no_json_object_is_a_bad_request() {
        for body in ["{", "[]", "null", "\"prompt\"", "{\"prompt\":\"\\ud800\"}"] {
            assert_eq!(read(body).expect_err(body).status, 400, "{body}");
        }
        assert_eq!(read(&"[".repeat(5000)).expect_err("deep").status, 400);
        assert_eq!(
            start(b"{\"prompt\":\"\xFF\"}", &[], false)
                .expect_err("bytes")
                .status,
            400
        );
    }

    #[test]
    fn what_is_wrong_with_a_field_is_named() {
        for (body, field, code) in [
            ("", "prompt", "missing_field"),
            ("{}", "prompt", "missing_field"),
            (r#"{"prompt":" \n"}"#, "prompt", "missing_field"),
            (r#"{"prompt":null}"#, "prompt", "invalid"),
            (r#"{"prompt":7}"#, "prompt", "invalid"),
            (r#"{"prompt":"x","model":"gpt-1"}"#, "model", "custom"),
            (r#"{"prompt":"x","model":null}"#, "model", "invalid"),
            (
                r#"{"prompt":"x","create_pull_request":"yes"}"#,
                "create_pull_request",
                "invalid",
            ),
            (r#"{"prompt":"x","base_ref":{}}"#, "base_ref", "invalid"),
            (r#"{"prompt":"x","head_ref":[]}"#, "head_ref", "invalid"),
            (r#"{"prompt":"x","custom_agent":1}"#, "custom_agent", "invalid"),
        ] {
            let refusal = read(body).expect_err(body);
            assert_eq!(refusal.status, 422, "{body}");
            assert_eq!(refusal.errors.len(), 1, "{body}");
            let error = serde_json::to_value(&refusal.errors[0]).expect("JSON");
            assert_eq!(
                (&error["field"], &error["code"]),
                (&field.into(), &code.into()),
                "{body}"
            );
        }
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let start = read(r#"{"prompt":"x","model":"gpt-5.4","surprise":{"a":[1e300]}}"#).expect("valid");
        assert_eq!(
            (start.prompt.as_str(), start.model.as_deref()),
            ("x", Some("gpt-5.4"))
        );
        assert!(!start.create_pull_request);
    }
}

//! What is tried instead when GitHub refuses a model or a custom agent by name.
//!
//! A refusal started nothing, so another start after it cannot be a second one.
use std::collections::VecDeque;

use super::request::StartRequest;
use crate::error::{Error, FieldError};

/// What a start did without because GitHub refused it; in [`Started::fallbacks`](super::Started::fallbacks).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fallback {
    /// Another model was asked for.
    #[non_exhaustive]
    Model {
        /// The model that was refused; `None` if GitHub refused the one it had chosen itself.
        refused: Option<String>,
        /// The one asked for instead.
        instead: String,
        /// What GitHub said.
        reason: String,
    },
    /// No custom agent was asked for.
    #[non_exhaustive]
    WithoutCustomAgent {
        /// The agent that was refused.
        refused: String,
        /// What GitHub said.
        reason: String,
    },
}

/// What may still be tried.
#[derive(Clone, Debug, Default)]
pub(super) struct Fallbacks {
    pub(super) models: VecDeque<String>,
    pub(super) without_custom_agent: bool,
}

impl Fallbacks {
    /// Takes what was refused out of the request and says what was changed; `None` if something was refused for which
    /// there is nothing left to try. Ends: each change uses something up.
    pub(super) fn next(&mut self, request: &mut StartRequest, error: &Error) -> Option<Vec<Fallback>> {
        let refused = Refused::of(error)?;
        let reason = || error.to_string();
        let model = match (refused.model, self.models.front()) {
            (true, None) => return None,
            (true, Some(instead)) => Some(Fallback::Model {
                refused: request.model.clone(),
                instead: instead.clone(),
                reason: reason(),
            }),
            (false, _) => None,
        };
        let agent = match (refused.custom_agent, &request.custom_agent) {
            (true, Some(agent)) if self.without_custom_agent => Some(Fallback::WithoutCustomAgent {
                refused: agent.clone(),
                reason: reason(),
            }),
            (true, _) => return None,
            (false, _) => None,
        };
        if model.is_some() {
            request.model = self.models.pop_front();
        }
        if agent.is_some() {
            request.custom_agent = None;
        }
        Some(model.into_iter().chain(agent).collect())
    }
}

/// Which fields a 422 names, and no others.
#[derive(Debug, PartialEq)]
struct Refused {
    model: bool,
    custom_agent: bool,
}

impl Refused {
    fn of(error: &Error) -> Option<Self> {
        if !error.is_validation() {
            return None;
        }
        let mut refused = Self {
            model: false,
            custom_agent: false,
        };
        for error in &error.field_errors() {
            match field(error)? {
                "model" => refused.model = true,
                "custom_agent" => refused.custom_agent = true,
                // Another field is wrong as well: no fallback helps.
                _ => return None,
            }
        }
        (refused.model || refused.custom_agent).then_some(refused)
    }
}

/// The field an error is about. GitHub's description of the error has none, only its answers do; without one the
/// message has to begin with it.
fn field(error: &FieldError) -> Option<&str> {
    let message = error.message.as_deref();
    error
        .field
        .as_deref()
        .or_else(|| message?.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents_api_raw as raw;

    fn refusal(status: u16, body: &str) -> Error {
        let status = reqwest::StatusCode::from_u16(status).unwrap();
        let answer = raw::RawResponse::new(
            status,
            reqwest::header::HeaderMap::new(),
            body.to_owned().into_bytes().into(),
        );
        raw::Error::Status(Box::new(answer)).into()
    }

    fn request() -> StartRequest {
        let mut request = StartRequest::new("p".into());
        request.model = Some("a".into());
        request.custom_agent = Some("reviewer".into());
        request
    }

    const MODEL: &str = r#"{"errors":[{"field":"model","code":"custom","message":"no"}]}"#;
    const BOTH: &str = r#"{"errors":[{"field":"model"},{"field":"custom_agent"}]}"#;

    #[test]
    fn only_a_422_that_names_the_field_and_no_other_is_answered() {
        for (status, body, model, custom_agent) in [
            (422, MODEL, true, false),
            (
                422,
                r#"{"errors":[{"field":"custom_agent","code":"invalid"}]}"#,
                false,
                true,
            ),
            (422, BOTH, true, true),
            (
                422,
                r#"{"errors":[{"code":"custom","message":"model \"a\" is not supported"}]}"#,
                true,
                false,
            ),
            (
                422,
                r#"{"errors":[{"field":"model"},{"field":"prompt"}]}"#,
                false,
                false,
            ),
            (
                422,
                r#"{"errors":[{"code":"custom","message":"the prompt is too long for the model"}]}"#,
                false,
                false,
            ),
            (422, r#"{"errors":["model a is not supported"]}"#, true, false),
            (422, r#"{"message":"model"}"#, false, false),
            (422, "<html>model", false, false),
            (400, MODEL, false, false),
            (500, MODEL, false, false),
        ] {
            let named = (model || custom_agent).then_some(Refused { model, custom_agent });
            assert_eq!(Refused::of(&refusal(status, body)), named, "{status} {body}");
        }
    }

    #[test]
    fn models_are_tried_in_order_until_none_is_left() {
        let mut request = request();
        let mut left = Fallbacks::default();
        left.models.extend(["b".to_owned(), "c".to_owned()]);
        for (before, after) in [("a", "b"), ("b", "c")] {
            let changes = left.next(&mut request, &refusal(422, MODEL)).unwrap();
            assert!(
                matches!(&changes[..], [Fallback::Model { refused: Some(refused), instead, .. }]
                    if refused == before && instead == after),
                "{changes:?}"
            );
            assert_eq!(request.model.as_deref(), Some(after));
        }
        assert_eq!(left.next(&mut request, &refusal(422, MODEL)), None);
    }

    #[test]
    fn nothing_is_changed_unless_all_that_was_refused_can_be() {
        let mut request = request();
        let mut left = Fallbacks::default();
        left.models.push_back("b".to_owned());
        assert_eq!(left.next(&mut request, &refusal(422, BOTH)), None);
        assert_eq!((request.model.as_deref(), left.models.len()), (Some("a"), 1));
        left.without_custom_agent = true;
        assert_eq!(left.next(&mut request, &refusal(422, BOTH)).unwrap().len(), 2);
        assert_eq!(
            (request.model.as_deref(), request.custom_agent),
            (Some("b"), None)
        );
    }
}

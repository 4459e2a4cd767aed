//! Fields of requests that may be absent, `null`, or have a value: `null` clears what is set, absence leaves it.
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value to set, or `null` to clear it. Values, `Option`s and `&str` convert into it.
///
/// ```
/// use agents_api_raw::Nullable;
///
/// assert_eq!(Nullable::from("text"), Nullable::Value("text".to_owned()));
/// assert_eq!(Nullable::<i64>::from(None), Nullable::Null);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nullable<T> {
    /// Clears the field.
    Null,
    /// Sets the field.
    Value(T),
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> From<Option<T>> for Nullable<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl From<&str> for Nullable<String> {
    fn from(text: &str) -> Self {
        Self::Value(text.to_owned())
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Value(value) => serializer.serialize_some(value),
        }
    }
}

/// Reads a field that is present, `null` included; `default` makes an absent one `None`.
// Called from generated code, where a request has such a field.
#[allow(dead_code)]
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Nullable<T>>, D::Error> {
    Option::deserialize(deserializer).map(|value| Some(Nullable::from(value)))
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Nullable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Option::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_null_and_a_value_are_three_things() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Edit {
            #[serde(
                skip_serializing_if = "Option::is_none",
                default,
                deserialize_with = "present"
            )]
            prompt: Option<Nullable<String>>,
        }
        for (prompt, json) in [
            (None, "{}"),
            (Some(Nullable::Null), r#"{"prompt":null}"#),
            (Some("p".into()), r#"{"prompt":"p"}"#),
        ] {
            let edit = Edit { prompt };
            assert_eq!(serde_json::to_string(&edit).unwrap(), json);
            assert_eq!(serde_json::from_str::<Edit>(json).unwrap(), edit);
        }
    }
}

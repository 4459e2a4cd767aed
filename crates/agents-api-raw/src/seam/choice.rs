//! How a choice between objects is read: once, and then as the first alternative whose fields are there.
//!
//! What serde derives for untagged enums copies every text into a buffer, reads the buffer as one alternative after the
//! other, and makes an error for each that does not fit. In a list nearly every task has such choices. Here texts are
//! borrowed from the answer, and an alternative is tried only if the fields that it needs are there.
use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqAccessDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor, value,
};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::Value;

/// A value that may be one of several objects, or anything else.
pub(crate) enum Choice<'de> {
    /// The fields of an object.
    Object(Vec<(Name<'de>, Choice<'de>)>),
    Text(Cow<'de, str>),
    Other(Value),
}

/// The name of a field.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl Choice<'_> {
    /// The value as an object that needs these fields, if it is one.
    pub(crate) fn object<T: DeserializeOwned>(&self, needed: &[&str]) -> Option<T> {
        let Self::Object(fields) = self else {
            return None;
        };
        let has = |needed: &&str| fields.iter().any(|(name, _)| name.0 == *needed);
        if !needed.iter().all(has) {
            return None;
        }
        T::deserialize(self).ok()
    }

    /// The value, whatever it is.
    pub(crate) fn any(self) -> Value {
        match self {
            Self::Object(fields) => {
                let fields = fields.into_iter();
                Value::Object(
                    fields
                        .map(|(name, value)| (name.0.into_owned(), value.any()))
                        .collect(),
                )
            }
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Other(value) => value,
        }
    }
}

impl<'de> Deserialize<'de> for Choice<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader { apart: true })
    }
}

/// Reads a value; takes an object apart if it is the outermost.
struct Reader {
    apart: bool,
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Choice<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Choice<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        if !self.apart {
            return Value::deserialize(MapAccessDeserializer::new(map)).map(Choice::Other);
        }
        let mut fields = Vec::new();
        while let Some(name) = map.next_key()? {
            fields.push((name, map.next_value_seed(Self { apart: false })?));
        }
        Ok(Choice::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(items)).map(Choice::Other)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Choice::Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Choice::Text(text.to_owned().into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Choice::Text(text.into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Choice::Other(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Choice::Other(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Choice::Other(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Choice::Other(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Choice::Other(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Choice::Other(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Deserializer<'de> for &Choice<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Choice::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| (&*name.0, value));
                visitor.visit_map(MapDeserializer::new(fields))
            }
            Choice::Text(text) => visitor.visit_str(text),
            // By value, since what it lends would not live long enough; numbers and flags cost nothing to copy.
            Choice::Other(value) => value.clone().deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Choice::Other(Value::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self {
            Choice::Text(text) => {
                let text: value::StrDeserializer<'_, Self::Error> = (&**text).into_deserializer();
                text.deserialize_enum(name, variants, visitor)
            }
            Choice::Other(value) => value.clone().deserialize_enum(name, variants, visitor),
            Choice::Object(_) => Err(Error::custom("an object is none of the values")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, serde_json::Error> for &Choice<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Branch {
        name: String,
        commits: Option<i64>,
        #[serde(flatten)]
        extra: serde_json::Map<String, Value>,
    }

    fn branch(text: &str) -> Option<Branch> {
        serde_json::from_str::<Choice<'_>>(text)
            .unwrap()
            .object(&["name"])
    }

    #[test]
    fn an_object_is_read_as_the_alternative_it_fits() {
        let read = branch(r#"{"na\u006de": "ma\"in", "commits": 3, "more": {"a": [1, null]}}"#);
        let Value::Object(extra) = json!({ "more": { "a": [1, null] } }) else {
            unreachable!();
        };
        let fits = Branch {
            name: "ma\"in".to_owned(),
            commits: Some(3),
            extra,
        };
        assert_eq!(read, Some(fits));
        assert!(branch(r#"{"name": "main", "commits": null}"#).is_some());
    }

    #[test]
    fn what_does_not_fit_is_no_alternative() {
        for text in [
            "{}",
            r#"{"commits": 3}"#,
            r#"{"name": 3}"#,
            r#"{"name": null}"#,
            r#"{"name": "main", "commits": "3"}"#,
            r#"{"name": "main", "name": "main"}"#,
            "[]",
            "null",
            r#""name""#,
        ] {
            assert_eq!(branch(text), None, "{text}");
        }
    }

    #[test]
    fn anything_is_kept_as_it_came() {
        for text in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "0.5",
            r#""a\nb""#,
            "[1,[2]]",
            r#"{"a":{"b":[null,{"c":"d"}]},"e":"f"}"#,
        ] {
            let read: Choice<'_> = serde_json::from_str(text).unwrap();
            let read = read.any();
            assert_eq!(read.to_string(), text);
            let value: Value = serde_json::from_str(text).unwrap();
            let again = Choice::deserialize(value).unwrap();
            assert_eq!(again.any().to_string(), text);
        }
    }
}

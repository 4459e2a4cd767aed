//! Reads untagged enums: buffers the value once, then picks the first variant that its keys and constants fit.
//!
//! Serde's `untagged` tries every variant in turn and formats an error for each that fails; it also cannot tell apart
//! variants that differ in one documented value, because the enums of this crate accept any text. Nearly every task of a
//! list holds such a value. Here strings are borrowed from the response, and a variant is built only if its required keys
//! are present and its constants match.
use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::Value;

/// A buffered value, which several variants may be read from.
pub(crate) enum BorrowedValue<'de> {
    Text(Cow<'de, str>),
    /// The fields in their order, repeated ones included. Nested objects are `Other`.
    Object(Vec<(Key<'de>, BorrowedValue<'de>)>),
    Other(Value),
}

impl<'de> BorrowedValue<'de> {
    /// Buffers the value that comes next.
    pub(crate) fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader::<false>)
    }

    /// Reads the value as a variant, if it is an object with the `required` keys, each of the `constants` it holds has
    /// one of the listed values, and the rest fits `T`. Values other than objects have neither keys nor constants.
    pub(crate) fn variant<T: DeserializeOwned>(
        &self,
        required: &[&str],
        constants: &[(&str, &[&str])],
    ) -> Option<T> {
        let fits = match self {
            Self::Object(fields) => {
                let has = |key: &&str| fields.iter().any(|(name, _)| name.0 == *key);
                let agrees = |(key, values): &(&str, &[&str])| {
                    let mut same = fields.iter().filter(|(name, _)| name.0 == *key);
                    same.all(|(_, value)| matches!(value, Self::Text(text) if values.contains(&&**text)))
                };
                required.iter().all(has) && constants.iter().all(agrees)
            }
            _ => required.is_empty() && constants.is_empty(),
        };
        if fits { T::deserialize(self).ok() } else { None }
    }

    /// The value itself, if no variant fits.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Object(fields) => {
                let fields = fields.into_iter();
                Value::Object(
                    fields
                        .map(|(name, value)| (name.0.into_owned(), value.into_value()))
                        .collect(),
                )
            }
            Self::Other(value) => value,
        }
    }
}

/// A key, borrowed from the response where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for BorrowedValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader::<true>)
    }
}

/// Reads a value; `serde_json` itself reads the containers in it.
struct Reader<const NESTED: bool>;

impl<'de, const NESTED: bool> Visitor<'de> for Reader<NESTED> {
    type Value = BorrowedValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        if NESTED {
            return Value::deserialize(MapAccessDeserializer::new(map)).map(BorrowedValue::Other);
        }
        let mut fields = Vec::with_capacity(4);
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(BorrowedValue::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(items)).map(BorrowedValue::Other)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(BorrowedValue::Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(BorrowedValue::Text(text.to_owned().into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(BorrowedValue::Text(text.into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(BorrowedValue::Other(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(BorrowedValue::Other(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(BorrowedValue::Other(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(BorrowedValue::Other(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BorrowedValue::Other(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(BorrowedValue::Other(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The value is not of the variant's form. Nobody reads why, so nothing is formatted.
#[derive(Debug)]
pub(crate) struct Mismatch;

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value does not fit the variant")
    }
}

impl std::error::Error for Mismatch {}

impl Error for Mismatch {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'a> IntoDeserializer<'a, Mismatch> for &'a Key<'_> {
    type Deserializer = StrDeserializer<'a, Mismatch>;

    fn into_deserializer(self) -> Self::Deserializer {
        (&*self.0).into_deserializer()
    }
}

impl<'a> IntoDeserializer<'a, Mismatch> for &'a BorrowedValue<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de BorrowedValue<'_> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            BorrowedValue::Text(text) => visitor.visit_str(text),
            BorrowedValue::Object(fields) => visitor.visit_map(MapDeserializer::new(
                fields.iter().map(|(name, value)| (name, value)),
            )),
            BorrowedValue::Other(value) => value.deserialize_any(visitor).map_err(Mismatch::custom),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            BorrowedValue::Other(Value::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self {
            BorrowedValue::Text(text) => {
                let text: StrDeserializer<'_, Mismatch> = (&**text).into_deserializer();
                text.deserialize_enum(name, variants, visitor)
            }
            BorrowedValue::Object(_) => Err(Mismatch),
            BorrowedValue::Other(value) => value
                .deserialize_enum(name, variants, visitor)
                .map_err(Mismatch::custom),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Map, Value, json};

    use super::BorrowedValue;

    #[test]
    fn constants_and_required_keys_pick_the_variant() {
        let read = |value: &Value, required: &[&str], constants: &[(&str, &[&str])]| {
            let value = BorrowedValue::read(value).unwrap();
            value.variant::<Map<String, Value>>(required, constants).is_some()
        };
        let value = json!({ "type": "integer", "min": 1 });
        for (required, constants, fits) in [
            (&[][..], &[][..], true),
            (&["min"], &[], true),
            (&["max"], &[], false),
            (&[], &[("type", &["integer", "number"][..])], true),
            (&[], &[("type", &["string"])], false),
            (&[], &[("min", &["1"])], false),
            (&[], &[("max", &["1"])], true),
        ] {
            assert_eq!(
                read(&value, required, constants),
                fits,
                "{required:?} {constants:?}"
            );
        }
        assert!(!read(&json!([]), &[], &[]));
    }

    #[test]
    fn variants_need_not_be_objects() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Id(u64);
        for (value, number, text, list) in [
            (json!(1), Some(1), None, None),
            (json!("a"), None, Some("a"), None),
            (json!(["a"]), None, None, Some(vec!["a".to_owned()])),
            (json!(null), None, None, None),
        ] {
            let read = BorrowedValue::read(&value).unwrap();
            assert_eq!(read.variant(&[], &[]), number.map(Id));
            assert_eq!(read.variant(&[], &[]), text.map(str::to_owned));
            assert_eq!(read.variant(&[], &[]), list);
            assert_eq!(read.into_value(), value);
        }
    }
}

//! How a choice between objects is read: once, and then as the first alternative whose fields are there.
//!
//! What serde derives for untagged enums copies every text into a buffer, reads the buffer as one alternative after the
//! other, and makes an error for each that does not fit. In a list nearly every task has such choices. Here the fields
//! that any of the alternatives knows have a place each, from which the generated code builds the one that fits; the
//! texts in them are borrowed from the answer.
use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::borrowed_value::BorrowedValue;

/// The fields of an object: those that an alternative knows, and the rest. Each has the number of its place in the
/// object, since the order is kept by those who want it (`preserve_order` of `serde_json`).
pub(crate) struct Fields<'de, const N: usize> {
    names: &'static [&'static str; N],
    known: [Option<Field<'de>>; N],
    rest: Vec<(usize, String, Value)>,
}

struct Field<'de> {
    place: usize,
    value: BorrowedValue<'de>,
    /// No alternative takes a field that is there twice.
    twice: bool,
}

impl<'de, const N: usize> Fields<'de, N> {
    /// No fields yet; `names` are those of the fields that any of the alternatives knows.
    pub(crate) fn new(names: &'static [&'static str; N]) -> Self {
        Self {
            names,
            known: [const { None }; N],
            rest: Vec::new(),
        }
    }

    /// Reads the fields of a value, or the value itself if it is no object. `number` finds a name in the list of names;
    /// generated code does it without a loop.
    ///
    /// They are read in place: moving them costs as much as reading a field.
    pub(crate) fn read<D: Deserializer<'de>>(
        &mut self,
        deserializer: D,
        number: impl Fn(&str) -> Option<usize>,
    ) -> Result<Option<Value>, D::Error> {
        deserializer.deserialize_any(Reader { fields: self, number })
    }

    /// A field that has to be there, if it is, and is a `T`. Fields are told by their numbers in the list of names.
    pub(crate) fn required<T: DeserializeOwned>(&self, number: usize) -> Option<T> {
        match self.known.get(number)? {
            Some(field) if !field.twice => T::deserialize(&field.value).ok(),
            _ => None,
        }
    }

    /// A field that may be absent or null; `None` if it is there, but is no `T`.
    #[expect(clippy::option_option, reason = "it does not fit, or it is absent")]
    pub(crate) fn optional<T: DeserializeOwned>(&self, number: usize) -> Option<Option<T>> {
        match self.known.get(number)? {
            Some(_) => self.required(number),
            None => Some(None),
        }
    }

    /// The fields that an alternative with the fields of these numbers does not know.
    #[inline]
    pub(crate) fn unknown(&mut self, taken: &[usize]) -> Map<String, Value> {
        let mut known = self.known.iter().enumerate();
        let is_all =
            self.rest.is_empty() && known.all(|(number, field)| field.is_none() || taken.contains(&number));
        // Nearly always; collecting nothing would cost as much as reading a field.
        if is_all { Map::new() } else { self.collect(taken) }
    }

    fn collect(&mut self, taken: &[usize]) -> Map<String, Value> {
        let mut extra = std::mem::take(&mut self.rest);
        for (number, (field, name)) in self.known.iter_mut().zip(self.names).enumerate() {
            if !taken.contains(&number)
                && let Some(field) = field.take()
            {
                extra.push((field.place, (*name).to_owned(), field.value.into()));
            }
        }
        extra.sort_by_key(|(place, ..)| *place);
        extra.into_iter().map(|(_, name, value)| (name, value)).collect()
    }

    /// The object, when it is none of the alternatives.
    pub(crate) fn into_value(&mut self) -> Value {
        Value::Object(self.unknown(&[]))
    }
}

struct Reader<'f, 'de, F, const N: usize> {
    fields: &'f mut Fields<'de, N>,
    number: F,
}

impl<'de, F: Fn(&str) -> Option<usize>, const N: usize> Visitor<'de> for Reader<'_, 'de, F, N> {
    /// The value, if it is no object.
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let fields = self.fields;
        let mut place = 0;
        while let Some(name) = map.next_key_seed(NameReader(&self.number))? {
            match name {
                Name::Known(known) => {
                    let value = map.next_value()?;
                    let before = fields
                        .known
                        .get_mut(known)
                        .ok_or_else(|| A::Error::custom("no such field"))?;
                    match before {
                        Some(field) => (field.value, field.twice) = (value, true),
                        None => {
                            *before = Some(Field {
                                place,
                                value,
                                twice: false,
                            });
                        }
                    }
                }
                Name::Other(name) => fields.rest.push((place, name, map.next_value()?)),
            }
            place += 1;
        }
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(items)).map(Some)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Some(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The name of a field.
enum Name {
    /// One that has a place, by its number.
    Known(usize),
    Other(String),
}

struct NameReader<'f, F>(&'f F);

impl<'de, F: Fn(&str) -> Option<usize>> DeserializeSeed<'de> for NameReader<'_, F> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<F: Fn(&str) -> Option<usize>> Visitor<'_> for NameReader<'_, F> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Name, E> {
        Ok((self.0)(text).map_or_else(|| Name::Other(text.to_owned()), Name::Known))
    }

    fn visit_string<E>(self, text: String) -> Result<Name, E> {
        Ok((self.0)(&text).map_or(Name::Other(text), Name::Known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, PartialEq)]
    struct Branch {
        name: String,
        commits: Option<i64>,
        extra: Map<String, Value>,
    }

    const NAMES: &[&str; 3] = &["name", "commits", "id"];

    /// The fields, or the value that is no object.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fields<'de, 3>, Value>
    where
        D::Error: fmt::Debug,
    {
        let mut fields = Fields::new(NAMES);
        let number = |name: &str| NAMES.iter().position(|known| *known == name);
        fields.read(deserializer, number).unwrap().map_or(Ok(fields), Err)
    }

    fn branch(text: &str) -> Option<Branch> {
        let mut fields = read(&mut serde_json::Deserializer::from_str(text)).ok()?;
        let (name, commits) = (fields.required(0)?, fields.optional(1)?);
        let extra = fields.unknown(&[0, 1]);
        Some(Branch { name, commits, extra })
    }

    fn any(read: Result<Fields<'_, 3>, Value>) -> Value {
        read.map_or_else(|value| value, |mut fields| fields.into_value())
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
            let choice = any(read(&mut serde_json::Deserializer::from_str(text)));
            assert_eq!(choice.to_string(), text);
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(any(read(value)).to_string(), text);
        }
    }

    #[test]
    fn the_rest_of_an_alternative_has_the_fields_of_the_others() {
        let read = branch(r#"{"b": 1, "id": null, "name": "main", "a": 2, "b": 3, "id": 4}"#).unwrap();
        assert_eq!(Value::Object(read.extra), json!({ "a": 2, "b": 3, "id": 4 }));
    }

    #[test]
    fn the_last_of_several_fields_of_a_name_counts_where_anything_may_be() {
        let read = read(&mut serde_json::Deserializer::from_str(
            r#"{"name": 1, "x": 2, "name": 3, "x": 4}"#,
        ));
        assert_eq!(any(read), json!({ "name": 3, "x": 4 }));
    }
}

//! Reads open enums: a known value needs no allocation, an unknown one keeps its text.
use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads a string and maps it by `known`, or by `unknown` if that returns `None`.
pub(crate) fn open_enum<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    known: impl Fn(&str) -> Option<T>,
    unknown: impl Fn(String) -> T,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(OpenEnum {
        known,
        unknown,
        value: PhantomData,
    })
}

struct OpenEnum<K, U, T> {
    known: K,
    unknown: U,
    value: PhantomData<T>,
}

impl<K: Fn(&str) -> Option<T>, U: Fn(String) -> T, T> Visitor<'_> for OpenEnum<K, U, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok((self.known)(text).unwrap_or_else(|| (self.unknown)(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<T, E> {
        Ok((self.known)(&text).unwrap_or_else(|| (self.unknown)(text)))
    }
}

//! Query strings as they arrive: any bytes, any number of equal keys.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// A query string cut into decoded pairs, in the order of the request.
#[derive(Debug)]
pub(crate) struct Query<'a> {
    raw: &'a str,
    pairs: Vec<(String, Value)>,
}

/// A decoded value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    /// Bytes that are not UTF-8: never a valid value of anything.
    NotText,
}

/// A parameter that takes one value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum One<'q> {
    Absent,
    Text(&'q str),
    /// Given several times, or not text.
    Unusable,
}

impl<'a> Query<'a> {
    pub(crate) fn parse(raw: Option<&'a str>) -> Self {
        let raw = raw.unwrap_or_default();
        let pairs = pieces(raw).map(|(key, value)| {
            let value = match decoded(value) {
                Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(str::to_owned).ok(),
                Cow::Owned(bytes) => String::from_utf8(bytes).ok(),
            };
            (
                String::from_utf8_lossy(&decoded(key)).into_owned(),
                value.map_or(Value::NotText, Value::Text),
            )
        });
        Self {
            raw,
            pairs: pairs.collect(),
        }
    }

    pub(crate) fn one(&self, key: &str) -> One<'_> {
        let mut values = self
            .pairs
            .iter()
            .filter(|(name, _)| name == key)
            .map(|(_, value)| value);
        match (values.next(), values.next()) {
            (None, _) => One::Absent,
            (Some(Value::Text(text)), None) => One::Text(text),
            _ => One::Unusable,
        }
    }

    /// Every value of a list, under the bare key or the key with brackets. `None` when the list is not given.
    pub(crate) fn many(&self, key: &str) -> Option<Vec<&Value>> {
        let is_key = |name: &str| {
            name.strip_prefix(key)
                .is_some_and(|rest| matches!(rest, "" | "[]"))
        };
        let values: Vec<_> = self
            .pairs
            .iter()
            .filter(|(name, _)| is_key(name))
            .map(|(_, value)| value)
            .collect();
        (!values.is_empty()).then_some(values)
    }

    /// The same query with another page: every other pair stays as it was written.
    pub(crate) fn with_page(&self, page: u64) -> String {
        let mut kept: Vec<Cow<'_, str>> = Vec::new();
        for piece in self.raw.split('&').filter(|piece| !piece.is_empty()) {
            let key = piece.split('=').next().unwrap_or_default();
            if *decoded(key) != *b"page" {
                kept.push(piece.into());
            }
        }
        kept.push(format!("page={page}").into());
        kept.join("&")
    }
}

fn pieces(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    let pieces = raw.split('&').filter(|piece| !piece.is_empty());
    pieces.map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// Undoes percent-encoding; `+` is a space, as in HTML forms.
fn decoded(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        return Cow::Owned(percent_decode_str(&text.replace('+', " ")).collect());
    }
    percent_decode_str(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_repetition_is_seen() {
        let query = Query::parse(Some(
            "state=queued%2Cfailed&page=1&page=2&since=2026-01-01+00:00:00&x=%FF",
        ));
        assert_eq!(query.one("state"), One::Text("queued,failed"));
        assert_eq!(query.one("page"), One::Unusable);
        assert_eq!(query.one("since"), One::Text("2026-01-01 00:00:00"));
        assert_eq!(query.one("x"), One::Unusable);
        assert_eq!(query.one("y"), One::Absent);
    }

    #[test]
    fn a_list_is_found_in_every_spelling() {
        for raw in [
            "creator_id=1&creator_id=2",
            "creator_id[]=1&creator_id[]=2",
            "creator_id%5B%5D=1&creator_id=2",
        ] {
            assert_eq!(
                Query::parse(Some(raw))
                    .many("creator_id")
                    .map(|values| values.len()),
                Some(2),
                "{raw}"
            );
        }
        assert_eq!(Query::parse(None).many("creator_id"), None);
    }

    #[test]
    fn another_page_keeps_the_rest_as_written() {
        let query = Query::parse(Some("state=queued%2Cfailed&page=1&&creator_id[]=1"));
        assert_eq!(query.with_page(2), "state=queued%2Cfailed&creator_id[]=1&page=2");
        assert_eq!(Query::parse(None).with_page(2), "page=2");
    }
}

//! Reads times fast in the form that GitHub writes (`2026-03-10T12:34:56Z`), and as chrono does in any other.
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::{Error, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer};

/// For fields that must be present.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    deserializer.deserialize_str(Timestamp)
}

/// For fields that may be absent or null.
pub(crate) fn optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    deserializer.deserialize_option(OptionalTimestamp)
}

struct Timestamp;

impl Visitor<'_> for Timestamp {
    type Value = DateTime<Utc>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 formatted date and time string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match parse(text) {
            Some(time) => Ok(time),
            None => DateTime::deserialize(text.into_deserializer()),
        }
    }
}

struct OptionalTimestamp;

impl<'de> Visitor<'de> for OptionalTimestamp {
    type Value = Option<DateTime<Utc>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Timestamp.expecting(f)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        required(deserializer).map(Some)
    }
}

/// The time, if it has GitHub's form exactly and exists. Anything else, leap seconds included, is left to chrono.
fn parse(text: &str) -> Option<DateTime<Utc>> {
    let &[
        y0,
        y1,
        y2,
        y3,
        b'-',
        mo0,
        mo1,
        b'-',
        d0,
        d1,
        b'T',
        h0,
        h1,
        b':',
        mi0,
        mi1,
        b':',
        s0,
        s1,
        b'Z',
    ] = text.as_bytes()
    else {
        return None;
    };
    let digit = |byte: u8| Some(u32::from(byte.wrapping_sub(b'0'))).filter(|digit| *digit < 10);
    let two = |tens, ones| Some(digit(tens)? * 10 + digit(ones)?);
    let year = i32::try_from(two(y0, y1)? * 100 + two(y2, y3)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, two(mo0, mo1)?, two(d0, d1)?)?;
    Some(
        date.and_hms_opt(two(h0, h1)?, two(mi0, mi1)?, two(s0, s1)?)?
            .and_utc(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ours(json: &str) -> Result<DateTime<Utc>, String> {
        required(&mut serde_json::Deserializer::from_str(json)).map_err(|error| error.to_string())
    }

    fn chronos(json: &str) -> Result<DateTime<Utc>, String> {
        DateTime::deserialize(&mut serde_json::Deserializer::from_str(json))
            .map_err(|error| error.to_string())
    }

    proptest! {
        #[test]
        fn every_time_is_read_as_chrono_reads_it(
            text in r"[0-9]{4}-([01][0-9]|[0-9]{2})-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,10})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])?",
        ) {
            let json = format!("{text:?}");
            prop_assert_eq!(ours(&json), chronos(&json));
        }

        #[test]
        fn one_altered_byte_is_read_as_chrono_reads_it(at in 0_usize..20, byte in 0x20_u8..0x7f) {
            let mut text = *b"2026-03-10T12:34:56Z";
            text[at] = byte;
            let json = serde_json::to_string(std::str::from_utf8(&text).unwrap()).unwrap();
            prop_assert_eq!(ours(&json), chronos(&json));
        }
    }

    #[test]
    fn every_day_of_four_centuries_takes_the_fast_path() {
        let mut day = NaiveDate::from_ymd_opt(1800, 1, 1).unwrap();
        while day < NaiveDate::from_ymd_opt(2200, 1, 1).unwrap() {
            let time = day.and_hms_opt(23, 59, 59).unwrap().and_utc();
            assert_eq!(parse(&time.format("%Y-%m-%dT%H:%M:%SZ").to_string()), Some(time));
            day = day.succ_opt().unwrap();
        }
    }

    #[test]
    fn what_is_no_time_fails_as_with_chrono() {
        for json in [r#""""#, r#""yesterday""#, "1", "null", "true", "[]"] {
            assert_eq!(ours(json), chronos(json), "{json}");
        }
        for (json, time) in [
            ("null", None),
            (
                r#""2026-03-10T12:34:56Z""#,
                chronos(r#""2026-03-10T12:34:56Z""#).ok(),
            ),
        ] {
            assert_eq!(
                optional(&mut serde_json::Deserializer::from_str(json)).unwrap(),
                time
            );
        }
    }
}

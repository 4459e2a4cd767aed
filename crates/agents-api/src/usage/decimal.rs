//! Amounts as JSON has them, read without a loss: from their decimal text into integers.
//!
//! An `f64` cannot hold every count of nano units, and sums of fractions like 0.33 drift in it. The text of a number is
//! exact: `serde_json` keeps integers of 64 bits as they came, and writes a fraction as the shortest text that means it,
//! which is the text that was sent, up to 15 digits.
use std::fmt;

use serde_json::Number;

/// How far amounts are read: beyond, a sum of many might not fit. No account has a hundredth of it.
const MOST: i128 = u64::MAX as i128;

/// Up to here an `f64` holds every whole number.
const WHOLE_IN_F64: i128 = 1 << 53;

/// The number as a whole, if it is one and none of it was lost on the way here.
pub(super) fn whole(number: &Number) -> Option<i128> {
    let value = scaled(&number.to_string(), 0).filter(|value| value.exact)?.value;
    // A whole number that came as a fraction, or that is too large for 64 bits, has been an f64.
    let most = if number.is_f64() { WHOLE_IN_F64 } else { MOST };
    (value.abs() <= most).then_some(value)
}

/// The number in units of 10^-`scale`; what is smaller is rounded.
pub(super) fn fraction(number: &Number, scale: u32) -> Option<i128> {
    let value = scaled(&number.to_string(), scale)?.value;
    (value.abs() <= WHOLE_IN_F64.checked_mul(10_i128.checked_pow(scale)?)?).then_some(value)
}

/// A number in some unit, and whether that is all of it.
struct Scaled {
    value: i128,
    exact: bool,
}

/// Reads `-12.34e5` in units of 10^-`scale`, rounded half away from zero.
fn scaled(text: &str, scale: u32) -> Option<Scaled> {
    let (text, negative) = match text.strip_prefix('-') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{before}{after}");
    let digits = digits.trim_start_matches('0');
    // So many digits of the mantissa stand before the point of the result.
    let exponent = exponent.parse::<i64>().ok()?.checked_add(i64::from(scale))?;
    let shift = i64::try_from(digits.len()).ok()? - i64::try_from(after.len()).ok()?;
    let kept = exponent.saturating_add(shift);
    if digits.is_empty() || kept < 0 {
        return Some(Scaled {
            value: 0,
            exact: digits.is_empty(),
        });
    }
    let kept = usize::try_from(kept).ok().filter(|kept| *kept <= 38)?;
    let (integer, rest) = digits.split_at(kept.min(digits.len()));
    let mut value: i128 = if integer.is_empty() {
        0
    } else {
        integer.parse().ok()?
    };
    value = value.checked_mul(10_i128.checked_pow(u32::try_from(kept - integer.len()).ok()?)?)?;
    if rest.starts_with(|digit: char| digit >= '5') {
        value = value.checked_add(1)?;
    }
    Some(Scaled {
        value: if negative { -value } else { value },
        exact: rest.trim_end_matches('0').is_empty(),
    })
}

/// Writes `value`, which is in units of 10^-`scale`, with so many decimals, rounded half away from zero; without a
/// number of decimals as many as it takes.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    value: i128,
    scale: u32,
    decimals: Option<usize>,
) -> fmt::Result {
    let width = scale as usize;
    let kept = decimals.unwrap_or(width).min(width);
    let step = 10_u128.pow(u32::try_from(width - kept).unwrap_or_default());
    let rounded = value.unsigned_abs().saturating_add(step / 2) / step;
    let unit = 10_u128.pow(u32::try_from(kept).unwrap_or_default());
    let (before, after) = (rounded / unit, rounded % unit);
    let mut after = if kept == 0 {
        String::new()
    } else {
        format!("{after:0kept$}")
    };
    match decimals {
        None => after.truncate(after.trim_end_matches('0').len()),
        Some(decimals) => after.extend(std::iter::repeat_n('0', decimals - kept)),
    }
    let point = if after.is_empty() { "" } else { "." };
    // Zero has no sign, also when it is what rounding left.
    f.pad_integral(value >= 0 || rounded == 0, "", &format!("{before}{point}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_too_strange() {
        for text in [
            "",
            "-",
            ".",
            "e",
            "1e9223372036854775807",
            "1234567e9223372036854775807",
            "0.1e-9223372036854775808",
            "x",
            "1.x",
            "+1",
        ] {
            let _ = scaled(text, 12);
        }
        assert!(scaled("1e9223372036854775800", 0).is_none());
    }

    fn number(json: &str) -> Number {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn whole_numbers_are_read_where_nothing_was_lost() {
        for (json, read) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("1200000000", Some(1_200_000_000)),
            ("9007199254740993", Some(9_007_199_254_740_993)),
            ("18446744073709551615", Some(18_446_744_073_709_551_615)),
            ("-9223372036854775808", Some(-9_223_372_036_854_775_808)),
            ("1200000000.0", Some(1_200_000_000)),
            ("1.2e9", Some(1_200_000_000)),
            ("9007199254740992.0", Some(9_007_199_254_740_992)),
            // Beyond 64 bits, the reader has rounded it.
            ("18446744073709551616", None),
            ("1e19", None),
            ("1e300", None),
            ("0.5", None),
            ("1200000000.5", None),
            ("1e-300", None),
        ] {
            assert_eq!(whole(&number(json)), read, "{json}");
        }
    }

    #[test]
    fn fractions_are_read_as_they_are_written() {
        for (json, read) in [
            ("0.33", Some(330)),
            ("1", Some(1000)),
            ("2.5e1", Some(25_000)),
            ("0.0005", Some(1)),
            ("0.00049", Some(0)),
            ("-0.25", Some(-250)),
            ("1e-5", Some(0)),
            ("0.30000000000000004", Some(300)),
            ("9007199254740993", None),
            ("1e40", None),
        ] {
            assert_eq!(fraction(&number(json), 3), read, "{json}");
        }
    }

    #[test]
    fn what_is_written_is_rounded_half_away_from_zero() {
        struct Shown(i128, Option<usize>);
        impl fmt::Display for Shown {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(f, self.0, 3, self.1)
            }
        }
        for (value, decimals, text) in [
            (1249, Some(1), "1.2"),
            (1250, Some(1), "1.3"),
            (-1250, Some(1), "-1.3"),
            (-49, Some(1), "0.0"),
            (999, Some(0), "1"),
            (1, Some(5), "0.00100"),
            (0, None, "0"),
            (1000, None, "1"),
            (1050, None, "1.05"),
            (i128::MAX, Some(1), "170141183460469231731687303715884105.7"),
        ] {
            assert_eq!(Shown(value, decimals).to_string(), text, "{value} {decimals:?}");
        }
        assert_eq!(format!("[{:6}]", Shown(-1250, Some(1))), "[  -1.3]");
    }
}

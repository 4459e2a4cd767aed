//! Seeded numbers and identifiers.
//!
//! Everything random in the emulator is a pure function of the seed and a counter, never of time or of thread
//! scheduling: the same seed and the same requests give the same ids, lives and faults on every machine.

use std::fmt;

/// One well-mixed number from a seed and a position (the finaliser of `SplitMix64`).
pub(crate) const fn mixed(seed: u64, position: u64) -> u64 {
    let mut z = seed.wrapping_add(position.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A short stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Rng {
    seed: u64,
    position: u64,
}

impl Rng {
    /// The stream number `stream` of a seed: streams do not overlap in practice.
    pub(crate) const fn new(seed: u64, stream: u64) -> Self {
        Self {
            seed: mixed(seed ^ 0xA6E7_7A5C, stream),
            position: 0,
        }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.position += 1;
        mixed(self.seed, self.position)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high.saturating_sub(low) + 1)
    }

    /// True with the given probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        unit(self.next()) < probability
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let length = u64::try_from(from.len()).ok().filter(|length| *length > 0)?;
        from.get(usize::try_from(self.next() % length).ok()?)
    }
}

/// Maps 64 random bits onto `[0, 1)` by their upper 53, the width of a double's mantissa.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// A task or session id: sixteen bytes, written as a version 4 UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(u128);

impl Id {
    /// The id number `n` of a family (tasks and sessions must not share ids).
    pub(crate) const fn seeded(seed: u64, family: u64, n: u64) -> Self {
        let high = mixed(seed ^ family, n.wrapping_mul(2)) as u128;
        let low = mixed(seed ^ family, n.wrapping_mul(2).wrapping_add(1)) as u128;
        let bits = (high << 64) | low;
        // RFC 9562: version nibble 4, variant bits 10.
        let bits = bits & !(0xF << 76) | (0x4 << 76);
        Self(bits & !(0b11 << 62) | (0b10 << 62))
    }

    /// Reads the hyphenated form; anything else is simply no id of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 36 {
            return None;
        }
        let mut bits = 0_u128;
        for (position, byte) in bytes.iter().enumerate() {
            if matches!(position, 8 | 13 | 18 | 23) {
                if *byte != b'-' {
                    return None;
                }
                continue;
            }
            bits = (bits << 4) | u128::from(char::from(*byte).to_digit(16)?);
        }
        Some(Self(bits))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |shift: u32, mask: u128| (self.0 >> shift) & mask;
        write!(f, "{:08x}-{:04x}-", group(96, 0xFFFF_FFFF), group(80, 0xFFFF))?;
        write!(
            f,
            "{:04x}-{:04x}-{:012x}",
            group(64, 0xFFFF),
            group(48, 0xFFFF),
            group(0, 0xFFFF_FFFF_FFFF)
        )
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_being_written_and_read() {
        for n in 0..100 {
            let id = Id::seeded(7, 1, n);
            let text = id.to_string();
            assert_eq!(Id::parse(&text), Some(id));
            assert_eq!(text.as_bytes()[14], b'4', "{text}");
            assert!(matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{text}");
        }
    }

    #[test]
    fn what_is_not_an_id_is_refused_without_panic() {
        for text in [
            "",
            "..",
            "a1b2c3d4-e5f6-7890-abcd-ef123456789",
            "é1b2c3d4-e5f6-7890-abcd-ef12345678",
            "null",
        ] {
            assert_eq!(Id::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        let draw = |seed| {
            let mut rng = Rng::new(seed, 3);
            (0..8).map(|_| rng.between(0, 1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}

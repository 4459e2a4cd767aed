//! Derives numbers and identifiers from a seed.
//!
//! Everything random in the emulator is a pure function of the seed and a counter, never of time or thread scheduling:
//! the same seed and the same requests give the same ids, lives and faults on every machine.

use uuid::Uuid;

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
    /// The stream number `stream` of a seed. Streams do not overlap in practice.
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

/// The id number `n` of a family as a version 4 UUID. Tasks and sessions are families of their own, so that they share
/// no ids.
pub(crate) fn seeded_id(seed: u64, family: u64, n: u64) -> Uuid {
    let high = mixed(seed ^ family, n.wrapping_mul(2)).to_be_bytes();
    let low = mixed(seed ^ family, n.wrapping_mul(2).wrapping_add(1)).to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&high);
    bytes[8..].copy_from_slice(&low);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Reads the hyphenated form, which is the only one that GitHub's ids have.
pub(crate) fn parse_id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_4_uuids_in_the_hyphenated_form() {
        for n in 0..100 {
            let id = seeded_id(7, 1, n);
            assert_eq!(parse_id(&id.to_string()), Some(id));
            assert_eq!(
                (id.get_version_num(), id.get_variant()),
                (4, uuid::Variant::RFC4122)
            );
            assert_eq!(parse_id(&id.simple().to_string()), None);
        }
        for text in [
            "",
            "..",
            "a1b2c3d4-e5f6-7890-abcd-ef123456789",
            "null",
            "{a1b2c3d4-e5f6-7890-abcd-ef1234567890}",
        ] {
            assert_eq!(parse_id(text), None, "{text}");
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

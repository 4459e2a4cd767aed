//! The ids that a stream has yielded, 16 bytes each.
use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// A set of ids, of which it keeps 128-bit fingerprints.
///
/// The fingerprint is two `SipHash`es with random keys, so that nobody can choose ids that collide. With a million ids a
/// collision, which would drop a task as a duplicate, has a probability of about 10^-27.
#[derive(Debug, Default)]
pub(super) struct SeenIds {
    keys: [RandomState; 2],
    fingerprints: HashSet<u128, BuildHasherDefault<LowBits>>,
}

impl SeenIds {
    /// Adds an id; whether it is new.
    pub(super) fn insert(&mut self, id: &str) -> bool {
        let [high, low] = self.keys.each_ref().map(|key| u128::from(key.hash_one(id)));
        self.fingerprints.insert(high << 64 | low)
    }

    pub(super) fn len(&self) -> usize {
        self.fingerprints.len()
    }
}

/// Takes a fingerprint for its own hash: it is one already.
#[derive(Default)]
struct LowBits(u64);

impl Hasher for LowBits {
    fn write_u128(&mut self, fingerprint: u128) {
        #[expect(clippy::cast_possible_truncation, reason = "the low half is a hash by itself")]
        let low = fingerprint as u64;
        self.0 = low;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once() {
        let mut seen = SeenIds::default();
        let ids: Vec<_> = (0..20_000).map(|id| format!("id-{id}")).collect();
        assert!(ids.iter().all(|id| seen.insert(id)));
        assert!(!ids.iter().any(|id| seen.insert(id)));
        assert_eq!(seen.len(), ids.len());
    }

    #[test]
    fn an_id_takes_at_most_40_bytes_whatever_its_length() {
        let mut seen = SeenIds::default();
        for id in 0..20_000 {
            seen.insert(&format!("{id:0200}"));
            // A slot is the fingerprint and a byte of the table's; an eighth of the slots is always free.
            let slots = seen.fingerprints.capacity() * 8 / 7 + 1;
            let bytes = slots * (size_of::<u128>() + 1);
            assert!(
                seen.len() < 100 || bytes <= 40 * seen.len(),
                "{bytes} for {}",
                seen.len()
            );
        }
    }
}

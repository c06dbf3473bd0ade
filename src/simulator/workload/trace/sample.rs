//! Which keys of a trace are read, where it is only a sample of them.

use crate::random::splitmix64;

/// A share of all keys, by their hashes: all requests of a key are in the sample, or none. The same keys on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySample {
    /// The first hash that is not in it; the greatest number: all are.
    below: u64,
}

impl Default for KeySample {
    fn default() -> KeySample {
        KeySample::ALL
    }
}

impl KeySample {
    /// All keys.
    pub const ALL: KeySample = KeySample { below: u64::MAX };

    /// This share of the keys, from 0 to 1.
    pub fn of(rate: f64) -> KeySample {
        // As a float that is 2⁶⁴; as large a product becomes the greatest number again.
        KeySample { below: (rate * u64::MAX as f64) as u64 }
    }

    /// Whether it is all keys.
    pub fn is_all(self) -> bool {
        self == KeySample::ALL
    }

    /// Whether a key that is a number is in it.
    #[inline]
    pub fn has_number(self, key: u64) -> bool {
        self.has_hash(KeySample::hash(key))
    }

    /// Whether a key is in it whose number has this [hash](KeySample::hash).
    #[inline]
    pub fn has_hash(self, hash: u64) -> bool {
        self.is_all() || hash < self.below
    }

    /// What decides of a key that is a number.
    #[inline]
    pub fn hash(key: u64) -> u64 {
        // Not the hash of any table here: who is in the sample says nothing of where it lies in them.
        splitmix64(&mut (key ^ 0x5851_F42D_4C95_7F2D))
    }

    /// Whether a key that is a text is in it.
    #[inline]
    pub fn has_text(self, key: &[u8]) -> bool {
        self.is_all() || self.has_number(super::ids::number_of(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_its_share_of_the_keys_and_a_smaller_one_is_part_of_it() {
        for rate in [0.0, 0.001, 0.1, 0.5, 1.0] {
            let (sample, less) = (KeySample::of(rate), KeySample::of(rate / 2.0));
            let mut counts = [0, 0];
            for key in 0..100_000u64 {
                counts[0] += u32::from(sample.has_number(key));
                counts[1] += u32::from(sample.has_text(format!("user:{key}").as_bytes()));
                assert!(sample.has_number(key) || !less.has_number(key));
            }
            let expected = rate * 100_000.0;
            for count in counts {
                let off = (f64::from(count) - expected).abs();
                assert!(off <= 5.0 * (expected * (1.0 - rate)).sqrt(), "{count} at {rate}");
            }
        }
    }
}

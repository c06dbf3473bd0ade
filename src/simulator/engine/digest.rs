//! A rolling digest over everything that happened.

use std::fmt;

/// Sixty-four bits that depend on every number mixed in, and on their order.
///
/// Not cryptographic: it tells runs apart that differ by accident, not by malice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Digest {
        Digest(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// Mixes one number in: multiply as FNV-1a does, but a word at a time, and fold the high bits down.
    #[inline]
    pub fn mix(&mut self, word: u64) {
        let product = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 29);
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[u64]) -> Digest {
        let mut digest = Digest::default();
        words.iter().for_each(|&word| digest.mix(word));
        digest
    }

    #[test]
    fn the_digest_sees_every_word_and_their_order() {
        assert_eq!(of(&[1, 2, 3]), of(&[1, 2, 3]));
        assert_ne!(of(&[1, 2, 3]), of(&[1, 3, 2]));
        assert_ne!(of(&[1, 2, 3]), of(&[1, 2, 3, 0]));
        assert_ne!(of(&[0]), of(&[]));
    }
}

//! How large values are.
//!
//! A value's size follows from which value it is: the n-th write of a run brings a value of the same size in every lane,
//! whatever happened before, and what a key has at first has a size by its key. So nothing needs to be remembered, and
//! nobody else's draws are shifted.

use crate::ledger::{Key, WriteId};
use crate::random::{Sampler, Streams};
use crate::scenario::Sizes;

/// Sizes of values.
#[derive(Clone, Debug)]
pub struct ValueSizes {
    sizes: Sampler,
    streams: Streams,
    /// The size of all, where it is one.
    constant: Option<u32>,
}

impl ValueSizes {
    /// Sizes by this distribution.
    pub fn new(sizes: &Sizes, streams: &Streams) -> ValueSizes {
        let constant = match sizes {
            Sizes::Constant(size) => Some(u32::try_from(size.0).unwrap_or(u32::MAX)),
            _ => None,
        };
        ValueSizes { sizes: sizes.sampler(), streams: *streams, constant }
    }

    /// The size of the value that `write` put under `key`, bytes.
    #[inline]
    pub fn of(&self, key: Key, write: WriteId) -> u32 {
        self.constant.unwrap_or_else(|| self.drawn(key, write))
    }

    fn drawn(&self, key: Key, write: WriteId) -> u32 {
        let (name, number) =
            if write == WriteId::INITIAL { ("value size at first", key) } else { ("value size", write.0) };
        let size = self.sizes.sample(&mut self.streams.numbered(name, number));
        u32::try_from(size.0).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Bytes;

    fn sizes(sizes: Sizes, seed: u64) -> ValueSizes {
        ValueSizes::new(&sizes, &Streams::new(seed))
    }

    #[test]
    fn a_value_has_one_size_however_often_it_is_asked_for_and_others_have_others() {
        let sizes = sizes(Sizes::Exponential(Bytes(1_000)), 7);
        assert_eq!(sizes.of(3, WriteId(5)), sizes.of(3, WriteId(5)));
        assert_ne!(sizes.of(3, WriteId(5)), sizes.of(3, WriteId(6)));
        assert_ne!(sizes.of(3, WriteId::INITIAL), sizes.of(4, WriteId::INITIAL));
    }

    #[test]
    fn sizes_follow_their_distribution() {
        let mean = |how: Sizes| {
            let sizes = sizes(how, 1);
            (1..=40_000).map(|write| f64::from(sizes.of(0, WriteId(write)))).sum::<f64>() / 40_000.0
        };
        assert!((mean(Sizes::Exponential(Bytes(1_000))) / 1_000.0 - 1.0).abs() < 0.02);
        assert!((mean(Sizes::Uniform { min: Bytes(100), max: Bytes(300) }) / 200.0 - 1.0).abs() < 0.02);
        assert_eq!(mean(Sizes::Constant(Bytes(77))), 77.0);
    }
}

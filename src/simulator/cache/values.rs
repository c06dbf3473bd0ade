//! How large values are, and how long a trace lets them live.
//!
//! A value that says "no such row" has no bytes: a delete, or what a reader finds of a row that is not there, carries nothing.
//!
//! A value's size follows from which value it is: the n-th write of a run brings a value of the same size in every lane,
//! whatever happened before, and what a key has at first has a size by its key. So nothing needs to be remembered, and
//! nobody else's draws are shifted.
//!
//! A trace may know better. What it says of a key holds forevery value of that key from then on, until it says
//! something else; before it says the first thing, that holds already. Some writes keep the end of the copy that they
//! replace, as `INCR` does.

use std::cell::RefCell;
use std::rc::Rc;

use crate::model::{Key, WriteId};
use crate::random::{Sampler, Streams};
use crate::scenario::Sizes;
use crate::time::Nanos;
use crate::workload::rows::Rows;

/// Sizes and TTLs of values.
#[derive(Debug)]
pub struct Values {
    rows: Rc<Rows>,
    sizes: Sampler,
    /// A write's size is the write's, whatever luck does.
    streams: Streams,
    /// The size of all, where it is one.
    constant: Option<u32>,
    traced_sizes: RefCell<Vec<Option<u32>>>,
    traced_ttls: RefCell<Vec<Option<Nanos>>>,
    /// Those of the second class of traffic, where there is one.
    second: Option<Box<Second>>,
    /// By write, 64 in a word: whether it keeps the end of the copy it replaces.
    keeping: RefCell<Vec<u64>>,
}

/// Values of the keys from `first` on.
#[derive(Debug)]
struct Second {
    first: Key,
    sizes: Sampler,
    ttl: Nanos,
}

impl Values {
    /// Values with sizes by this distribution, as far as they are rows.
    pub fn new(sizes: &Sizes, streams: &Streams, rows: Rc<Rows>) -> Values {
        let constant = match sizes {
            Sizes::Constant(size) => Some(u32::try_from(size.0).unwrap_or(u32::MAX)),
            Sizes::Exponential(_) | Sizes::Uniform { .. } | Sizes::Lognormal { .. } => None,
        };
        let (traced_sizes, traced_ttls, keeping) = Default::default();
        let (sizes, streams) = (sizes.sampler(), streams.steady());
        Values { rows, sizes, streams, constant, traced_sizes, traced_ttls, second: None, keeping }
    }

    /// The same, in which those of the keys from `first` on have sizes and a TTL of their own.
    #[must_use]
    pub fn with_second(self, first: Key, sizes: &Sizes, ttl: Option<Nanos>) -> Values {
        let second = Second { first, sizes: sizes.sampler(), ttl: ttl.unwrap_or(Nanos::MAX) };
        Values { second: Some(Box::new(second)), ..self }
    }

    fn of_second(&self, key: Key) -> Option<&Second> {
        self.second.as_deref().filter(|second| key >= second.first)
    }

    /// Whether `value` is an older version of its row than `other`, both of which carry it.
    pub fn is_older(&self, value: WriteId, other: WriteId) -> bool {
        self.rows.is_older(value, other)
    }

    /// A trace says that the values of `key` have this size from now on, in bytes, and this TTL; the greatest time is
    /// forever.
    pub fn set_traced(&self, key: Key, size: Option<u32>, ttl: Option<Nanos>) {
        set(&self.traced_sizes, key, size);
        set(&self.traced_ttls, key, ttl);
    }

    /// The size of the value that `write` put under `key`, bytes; 0 where it says that there is no row.
    #[inline]
    pub fn size(&self, key: Key, write: WriteId) -> u32 {
        if !self.rows.is_row(key, write) {
            return 0;
        }
        if self.of_second(key).is_some() {
            return self.drawn(key, write);
        }
        traced(&self.traced_sizes, key).or(self.constant).unwrap_or_else(|| self.drawn(key, write))
    }

    /// How long a value of `key` lives from its setting on, if a trace says so, or its class of traffic.
    #[inline]
    pub fn ttl(&self, key: Key) -> Option<Nanos> {
        self.of_second(key).map(|second| second.ttl).or_else(|| traced(&self.traced_ttls, key))
    }

    /// A trace says that the value of `write` ends when the one before it would have.
    pub fn keep_end(&self, write: WriteId) {
        let (word, bit) = (write.0 as usize / 64, write.0 % 64);
        let mut keeping = self.keeping.borrow_mut();
        if keeping.len() <= word {
            keeping.resize(word + 1, 0);
        }
        keeping[word] |= 1 << bit;
    }

    /// Whether a copy of what `write` brought ends when the copy before it would have.
    #[inline]
    pub fn keeps_end(&self, write: WriteId) -> bool {
        let keeping = self.keeping.borrow();
        keeping.get(write.0 as usize / 64).is_some_and(|word| word >> (write.0 % 64) & 1 == 1)
    }

    fn drawn(&self, key: Key, write: WriteId) -> u32 {
        let (name, number) =
            if write == WriteId::INITIAL { ("value size at first", key) } else { ("value size", write.0) };
        let sizes = self.of_second(key).map_or(&self.sizes, |second| &second.sizes);
        let size = sizes.sample(&mut self.streams.numbered(name, number));
        u32::try_from(size.0).unwrap_or(u32::MAX)
    }
}

fn traced<T: Copy>(table: &RefCell<Vec<Option<T>>>, key: Key) -> Option<T> {
    table.borrow().get(key as usize).copied().flatten()
}

fn set<T: Copy>(table: &RefCell<Vec<Option<T>>>, key: Key, what: Option<T>) {
    if what.is_some() {
        let mut table = table.borrow_mut();
        crate::table::reach(&mut table, key as usize, None);
        table[key as usize] = what;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Bytes;

    fn sizes(sizes: Sizes, seed: u64) -> Values {
        Values::new(&sizes, &Streams::new(seed), Rc::new(Rows::new(0.0, None)))
    }

    #[test]
    fn a_value_keeps_its_size_when_luck_turns() {
        let luck = crate::random::Luck::default();
        let sizes = Sizes::Lognormal { median: Bytes(100), p99: Bytes(1_000) };
        let values = Values::new(&sizes, &Streams::new(1).following(&luck), Rc::new(Rows::new(0.0, None)));
        let before: Vec<u32> = (1..20).map(|write| values.size(3, WriteId(write))).collect();
        luck.turn(1);
        assert_eq!((1..20).map(|write| values.size(3, WriteId(write))).collect::<Vec<_>>(), before);
    }

    #[test]
    fn a_value_has_one_size_however_often_it_is_asked_for_and_others_have_others() {
        let sizes = sizes(Sizes::Exponential(Bytes(1_000)), 7);
        assert_eq!(sizes.size(3, WriteId(5)), sizes.size(3, WriteId(5)));
        assert_ne!(sizes.size(3, WriteId(5)), sizes.size(3, WriteId(6)));
        assert_ne!(sizes.size(3, WriteId::INITIAL), sizes.size(4, WriteId::INITIAL));
    }

    #[test]
    fn sizes_follow_their_distribution() {
        let mean = |how: Sizes| {
            let sizes = sizes(how, 1);
            (1..=40_000).map(|write| f64::from(sizes.size(0, WriteId(write)))).sum::<f64>() / 40_000.0
        };
        assert!((mean(Sizes::Exponential(Bytes(1_000))) / 1_000.0 - 1.0).abs() < 0.02);
        assert!((mean(Sizes::Uniform { min: Bytes(100), max: Bytes(300) }) / 200.0 - 1.0).abs() < 0.02);
        assert_eq!(mean(Sizes::Constant(Bytes(77))), 77.0);
    }

    #[test]
    fn what_a_trace_says_holds_for_its_key_until_it_says_something_else() {
        let values = sizes(Sizes::Constant(Bytes(77)), 1);
        assert_eq!((values.size(3, WriteId(1)), values.ttl(3)), (77, None));
        values.set_traced(3, Some(5), Some(Nanos(9)));
        values.set_traced(3, None, Some(Nanos(10)));
        assert_eq!((values.size(3, WriteId(1)), values.ttl(3)), (5, Some(Nanos(10))));
        assert_eq!((values.size(2, WriteId(1)), values.ttl(4)), (77, None));
    }
    #[test]
    fn only_the_writes_that_say_so_keep_the_end() {
        let values = sizes(Sizes::Constant(Bytes(77)), 1);
        [3, 64, 200].into_iter().for_each(|write| values.keep_end(WriteId(write)));
        let keeping: Vec<u32> = (0..300).filter(|&write| values.keeps_end(WriteId(write))).collect();
        assert_eq!(keeping, [3, 64, 200]);
    }
}

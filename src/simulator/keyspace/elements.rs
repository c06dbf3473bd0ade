//! What commands say of elements and values remember: their names, the ends of a list, scores and ranges.

use std::sync::Arc;

/// Elements up to this length are kept whole.
const WHOLE_BYTES_MAX: usize = 64;
/// Of longer ones, so much of the beginning.
const BEGINNING_BYTES: usize = 48;
/// The overhead of an element in bytes, about.
const ELEMENT_OVERHEAD_BYTES: u64 = 64;

/// The name of an element: equal for equal ones, and in their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member(Arc<[u8]>);

impl Member {
    /// The element of these bytes.
    pub fn new(bytes: &[u8]) -> Member {
        if bytes.len() <= WHOLE_BYTES_MAX {
            return Member(bytes.into());
        }
        let prints =
            [0xCBF2_9CE4_8422_2325, 0x6C62_272E_07BB_0142].map(|basis| fingerprint(bytes, basis).to_be_bytes());
        Member([&bytes[..BEGINNING_BYTES], &prints[0], &prints[1]].concat().into())
    }

    /// Its bytes, or what is kept of them.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What it takes in memory, about.
    pub(super) fn weight(&self) -> u64 {
        self.0.len() as u64 + ELEMENT_OVERHEAD_BYTES
    }
}

/// FNV-1a, from this beginning.
fn fingerprint(bytes: &[u8], basis: u64) -> u64 {
    bytes.iter().fold(basis, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
}

/// What is known of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Text {
    /// It is neither of these.
    #[default]
    Plain,
    /// It has no bytes.
    Empty,
    /// It is a HyperLogLog, as Redis writes one down.
    Sketch,
}

impl Text {
    /// The text of these bytes. `hyperloglog.c`, `isHLLObjectOrReply`.
    pub fn of(bytes: &[u8]) -> Text {
        const HEADER: usize = 16;
        const DENSE_BYTES: usize = HEADER + 16_384 * 6 / 8;
        match bytes {
            [] => Text::Empty,
            [b'H', b'Y', b'L', b'L', 1, ..] if bytes.len() >= HEADER => Text::Sketch,
            [b'H', b'Y', b'L', b'L', 0, ..] if bytes.len() == DENSE_BYTES => Text::Sketch,
            _ => Text::Plain,
        }
    }

    /// The text of what `DUMP` gave; `None` where it is of another kind. `rdb.c`: a kind, a length, and bytes, maybe packed.
    pub fn of_dump(dump: &[u8]) -> Option<Text> {
        let (&kind, text) = dump.split_first()?;
        let is_sketch = text.iter().take(16).copied().collect::<Vec<u8>>().windows(4).any(|bytes| bytes == b"HYLL");
        (kind == 0).then_some(match text.first() {
            Some(0) => Text::Empty,
            _ if is_sketch => Text::Sketch,
            _ => Text::Plain,
        })
    }
}

/// One end of a list, or of a sorted set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Left; the least.
    First,
    /// Right; the greatest.
    Last,
}

/// A score that a sorted set's member is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scoring {
    /// This one.
    Is(f64),
    /// So much more than it has.
    More(f64),
    /// One that is not known here (a place on earth).
    Unknown,
}

/// Which members of a sorted set get the scores that they are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScoresHow {
    /// Only members that are new (`NX`).
    pub only_new: bool,
    /// Only members that are there (`XX`).
    pub only_old: bool,
    /// A member that is there: only if its score grows (`GT`).
    pub only_greater: bool,
    /// Only if it falls (`LT`).
    pub only_less: bool,
}

/// A part of a sorted set.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// From one place to another, both included; negative ones count from the end.
    Ranks {
        /// The first place.
        start: i64,
        /// The last place.
        stop: i64,
    },
    /// By score.
    Scores {
        /// The lowest.
        min: Limit<f64>,
        /// The highest.
        max: Limit<f64>,
    },
    /// By name, among members with equal scores.
    Names {
        /// The first name.
        min: Limit<Member>,
        /// The last name.
        max: Limit<Member>,
    },
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit<T> {
    /// Before everything.
    Least,
    /// After everything.
    Greatest,
    /// Here, and it belongs to the range.
    With(T),
    /// Here, and it does not.
    Without(T),
}

//! What clients asked and were answered, request by request, as other tools read it.
//!
//! | tool | format | function |
//! |---|---|---|
//! | Perfetto, Chrome's `about:tracing` | trace events in JSON | [`perfetto()`] |
//! | HdrHistogram's plotter | `.hgrm` | [`hgrm()`] |
//! | Elle, Jepsen | a history of operations in EDN, model `rw-register` | [`jepsen()`] |

mod hgrm;
mod jepsen;
mod perfetto;

pub use self::hgrm::hgrm;
pub use self::jepsen::jepsen;
pub use self::perfetto::{Broken, perfetto};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::model::{CallError, ClientId, Key, WriteId};
use crate::time::Nanos;

/// A request that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Who asked.
    pub client: ClientId,
    /// The key.
    pub key: Key,
    /// When it was sent.
    pub issued: Nanos,
    /// When the answer came.
    pub at: Nanos,
    /// Whether its write was to be made from the value that is there (read-modify-write).
    pub modifies: bool,
    /// The number of the request by which its client asked for other keys with it.
    pub part_of: Option<u64>,
    /// The write it asked for; none of a read.
    pub write: Option<WriteId>,
    /// The write whose value that one was made from, if it was.
    pub base: Option<WriteId>,
    /// The write whose value was read or made, or why it failed.
    pub outcome: Result<WriteId, CallError>,
    /// Whether it was a read that was answered with a copy, without a load.
    pub from_cache: bool,
    /// Whether it was a read of a value that was no longer the newest.
    pub is_stale: bool,
}

/// Gives each span of time the first row in which nothing else is under way: none overlaps another of its row.
#[derive(Default)]
struct Rows {
    count: usize,
    free: BTreeSet<usize>,
    /// Those that are taken, by when they will be free.
    taken: BinaryHeap<Reverse<(Nanos, usize)>>,
}

impl Rows {
    /// The row of what begins then and ends then. Spans come in the order of their beginnings.
    fn place(&mut self, begins: Nanos, ends: Nanos) -> usize {
        while let Some(Reverse((_, row))) = self.taken.peek().copied().filter(|Reverse((from, _))| *from <= begins) {
            self.taken.pop();
            self.free.insert(row);
        }
        let row = self.free.pop_first().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        });
        self.taken.push(Reverse((ends, row)));
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(client: u32, write: Option<u32>, (issued, at): (u64, u64), outcome: Result<u32, CallError>) -> Answered {
        let (issued, at) = (Nanos::from_millis(issued), Nanos::from_millis(at));
        let (write, outcome) = (write.map(WriteId), outcome.map(WriteId));
        let (modifies, part_of, from_cache, is_stale) = (false, None, false, false);
        Answered { client, key: 5, issued, at, modifies, part_of, write, base: None, outcome, from_cache, is_stale }
    }

    #[test]
    fn a_row_is_used_again_when_it_is_free_and_not_before() {
        let mut rows = Rows::default();
        let spans = [(0, 10), (1, 3), (2, 4), (3, 5), (10, 11)];
        let placed = spans.map(|(from, to)| rows.place(Nanos(from), Nanos(to)));
        assert_eq!((placed, rows.count), ([0, 1, 2, 1, 0], 3));
    }

    #[test]
    fn a_history_has_what_jepsen_wants() {
        let all = [
            one(1, Some(3), (0, 4), Ok(3)),
            one(1, None, (2, 6), Ok(0)),
            one(2, None, (5, 6), Err(CallError::Down)),
            one(1, Some(4), (6, 9), Err(CallError::TimedOut)),
            one(1, None, (10, 10), Ok(3)),
        ];
        let text = jepsen(&all);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "{:index 0, :type :invoke, :process 0, :time 0, :f :txn, :value [[:w 5 3]]}");
        let of = |what: &str| lines.iter().copied().filter(|line| line.contains(what)).collect::<Vec<_>>();
        assert_eq!(
            of(":type :ok")[1],
            "{:index 4, :type :ok, :process 1, :time 6000000, :f :txn, :value [[:r 5 nil]]}"
        );
        assert!(of(":type :fail")[0].contains(":value [[:r 5 nil]], :error :down}"), "{text}");
        assert!(of(":type :info")[0].contains(":process 0") && of(":type :info")[0].contains("[:w 5 4]"), "{text}");
        // What took no time began before it ended, and what nobody knows the end of is never gone on with.
        assert!(
            lines[8].contains(":invoke, :process 1") && lines[9].contains(":ok, :process 1, :time 10000000"),
            "{text}"
        );
    }

    #[test]
    fn what_was_read_to_be_changed_and_what_was_asked_for_together_is_one_transaction() {
        let modify = |base: u32, one: Answered| Answered { modifies: true, base: Some(WriteId(base)), ..one };
        let part = |key: u32, of: u64, one: Answered| Answered { part_of: Some(of), key, ..one };
        let all = [
            modify(0, one(1, Some(1), (0, 4), Ok(1))),
            // It has not seen the one before: that is lost.
            modify(0, one(2, Some(2), (1, 5), Ok(2))),
            modify(2, one(1, Some(3), (6, 9), Err(CallError::TimedOut))),
            part(7, 1, one(3, None, (10, 12), Ok(0))),
            part(8, 1, one(3, None, (10, 12), Err(CallError::Down))),
            part(5, 1, one(3, None, (10, 12), Ok(2))),
            part(5, 2, one(4, None, (10, 12), Ok(2))),
            // Two of one client at the same moments, and two errors of one.
            part(1, 3, one(6, None, (20, 20), Err(CallError::Down))),
            part(2, 4, one(6, None, (20, 20), Err(CallError::TimedOut))),
            part(3, 4, one(6, None, (20, 20), Err(CallError::Down))),
        ];
        let text = jepsen(&all);
        let of = |kind: &str| -> Vec<&str> {
            let lines = text.lines().filter(|line| line.contains(kind));
            lines.map(|line| line.split_once(":value ").map_or("", |(_, value)| value)).collect()
        };
        assert_eq!(
            of(":type :invoke")[..4],
            ["[[:r 5 nil] [:w 5 1]]}", "[[:r 5 nil] [:w 5 2]]}", "[[:r 5 nil] [:w 5 3]]}", "[[:r 7 nil] [:r 5 nil]]}"]
        );
        assert_eq!(
            of(":type :ok"),
            ["[[:r 5 nil] [:w 5 1]]}", "[[:r 5 nil] [:w 5 2]]}", "[[:r 7 nil] [:r 5 2]]}", "[[:r 5 2]]}"]
        );
        assert_eq!(of(":type :info"), ["[[:r 5 nil] [:w 5 3]], :error :timed-out}"], "who knows what it has read");
        let failed = |key: u32, error: &str| format!("[[:r {key} nil]], :error :{error}}}");
        let all = [failed(8, "down"), failed(1, "down"), failed(2, "timed-out"), failed(3, "down")];
        assert_eq!(of(":type :fail"), all);
    }

    #[test]
    fn a_trace_has_a_slice_for_each_request_and_fault() {
        let stale = Answered { is_stale: true, from_cache: true, ..one(1, None, (2, 6), Ok(7)) };
        let broken = [Broken { what: "cache.crash".into(), from: Nanos(0), until: Nanos::from_millis(9) }];
        let text = perfetto("Write-back", &[stale, one(1, Some(3), (0, 4), Ok(3))], &broken);
        let trace: serde_json::Value = serde_json::from_str(&text).unwrap();
        let slices: Vec<_> =
            trace["traceEvents"].as_array().unwrap().iter().filter(|event| event["ph"] == "X").collect();
        let told: Vec<_> =
            slices.iter().map(|slice| (slice["name"].as_str().unwrap(), slice["tid"].as_u64().unwrap())).collect();
        assert_eq!(told, [("cache.crash", 0), ("write 5", 1), ("read 5 (stale)", 2)]);
        assert_eq!((&slices[2]["ts"], &slices[2]["dur"]), (&2_000.0.into(), &4_000.0.into()));
    }

    #[test]
    fn of_nothing_there_is_a_distribution_of_nothing() {
        assert!(hgrm(std::iter::empty()).contains("Total count    =            0]"));
    }
}

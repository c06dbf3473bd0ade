//! The requests of a run, in the order in which they are sent.

use std::rc::Rc;
use std::sync::Arc;

use super::trace::Trace;
use crate::ledger::{Client, Key};
use crate::random::{Ids, Stream, Streams};
use crate::scenario::{Arrivals, Clients, Keys, SCAN_MAX};
use crate::time::Nanos;

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number, from 0, in the order of sending.
    pub number: u64,
    /// Which key it names.
    pub key: Key,
    /// What it wants done with it.
    pub operation: Operation,
    /// How many reads of the keys after this one follow it: more than none in scans only.
    pub more: u32,
    /// Who asks, where a trace says it.
    pub client: Option<Client>,
}

/// What a request wants done with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Read the value.
    Read,
    /// Put a value there, whatever stands there now; also of a key that is new.
    Write,
    /// Read the value and put another there that was made from it (read-modify-write).
    Modify,
    /// Take the value away.
    Delete,
}

impl Operation {
    /// Whether the database is another one afterwards: everything but reads.
    #[inline]
    pub fn writes(self) -> bool {
        self != Operation::Read
    }
}

/// Where keys come from. Shared between lanes: a table of a million keys need not stand five times.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// Drawn.
    Drawn(Rc<Ids>),
    /// Read off a trace.
    Trace {
        /// The trace.
        trace: Arc<Trace>,
        /// Whether values live as long as it says.
        ttls: bool,
        /// Whether they are as large as it says.
        sizes: bool,
    },
}

impl KeySource {
    /// The source of the keys of `clients`; `trace` is the content of the file it may name.
    ///
    /// # Errors
    /// When a trace is named and none is given, or one that does not say what is asked of it, or the numbers make no
    /// distribution.
    pub fn new(clients: &Clients, trace: Option<Arc<Trace>>) -> Result<KeySource, String> {
        let ids = match clients.keys {
            Keys::Uniform { count } | Keys::Scan { count } => Ids::uniform(count),
            Keys::Zipf { count, alpha } | Keys::Latest { count, alpha } => Ids::zipf(count, alpha),
            Keys::ZipfSample { count, of, alpha } => Ids::zipf_sample(count, of, alpha),
            Keys::HotSet { count, hot, traffic, .. } => Ids::hot_set(count, hot, traffic),
            Keys::Trace { ref file, ttls, sizes } => {
                let trace = trace.ok_or_else(|| format!("clients.keys.file: the trace {file:?} has not been read"))?;
                if matches!(clients.arrivals, Arrivals::Trace { .. }) && !trace.has_times() {
                    return Err(format!(
                        "clients.arrivals: the trace {file:?} does not say when its requests came; choose other arrivals"
                    ));
                }
                return Ok(KeySource::Trace { trace, ttls, sizes });
            }
        };
        ids.map(|ids| KeySource::Drawn(Rc::new(ids))).map_err(|bad| format!("clients.keys: {bad}"))
    }

    /// The size, in bytes, and the life of the value of request `number`, as far as a trace says them; `None` where there
    /// is no trace.
    #[inline]
    fn said(&self, number: u64) -> Option<(Option<u32>, Option<Nanos>)> {
        match self {
            KeySource::Drawn(_) => None,
            KeySource::Trace { trace, ttls, sizes } => {
                let number = number as usize;
                Some((sizes.then(|| trace.size(number)).flatten(), ttls.then(|| trace.ttl(number)).flatten()))
            }
        }
    }

    /// Gives `each` what a trace says first of every key, as the last word on that key.
    pub fn for_each_said_first(&self, mut each: impl FnMut(Key, Option<u32>, Option<Nanos>)) {
        if let KeySource::Trace { trace, .. } = self {
            for (number, &key) in trace.keys().iter().enumerate().rev() {
                let (size, life) = self.said(number as u64).unwrap_or_default();
                each(key, size, life);
            }
        }
    }
}

/// What becomes of an id that was drawn.
#[derive(Clone, Copy, Debug)]
enum Pattern {
    /// It is the key.
    Plain,
    /// The keys turn by `step` after every `every` requests.
    Turning { count: u32, step: u32, every: u64 },
    /// It says how far back from the newest key.
    Latest,
    /// It does not matter: one key after the other.
    Round { count: u32 },
}

impl Pattern {
    fn of(keys: &Keys) -> Pattern {
        match *keys {
            Keys::HotSet { count, hot, moves_every: Some(every), .. } => {
                Pattern::Turning { count, step: Ids::hot_count(count, hot), every }
            }
            Keys::Latest { .. } => Pattern::Latest,
            Keys::Scan { count } => Pattern::Round { count },
            _ => Pattern::Plain,
        }
    }
}

/// Makes the requests of one lane.
///
/// Every operation draws one key and one kind, whether it needs them or not, each from a stream of its own; scans draw
/// their lengths from a third. So request `n` is the same whatever became of those before it.
pub struct Requests {
    source: KeySource,
    pattern: Pattern,
    keys: Stream,
    operations: Stream,
    scans: Stream,
    /// Sums of shares: a draw below the first writes, below the second modifies, then deletes, inserts, scans.
    bounds: [f64; 5],
    /// How many keys there are, the inserted among them.
    known: u32,
    made: u64,
    /// Operations that were no inserts.
    drawn: u64,
}

impl Requests {
    /// The requests that `clients` send.
    pub fn new(clients: &Clients, source: KeySource, streams: &Streams) -> Requests {
        let shares = clients.shares();
        let mut sum = 0.0;
        let bounds = [shares.write, shares.modify, shares.delete, shares.insert, shares.scan].map(|share| {
            sum += share;
            sum
        });
        Requests {
            source,
            pattern: Pattern::of(&clients.keys),
            keys: streams.named("keys"),
            operations: streams.named("operations"),
            scans: streams.named("scan lengths"),
            bounds,
            known: clients.keys.count().unwrap_or(0),
            made: 0,
            drawn: 0,
        }
    }

    /// The next request, or `None` when a trace has ended. A scan is one request and the number of those that follow it.
    #[inline]
    pub fn make(&mut self) -> Option<Request> {
        let number = self.made;
        let key = match &self.source {
            KeySource::Drawn(ids) => ids.sample(&mut self.keys),
            KeySource::Trace { trace, .. } => {
                let key = *trace.keys().get(number as usize)?;
                if let Some(operation) = trace.operation(number as usize) {
                    self.made += 1;
                    let client = trace.client(number as usize);
                    return Some(Request { number, key, operation, more: 0, client });
                }
                key
            }
        };
        let kind = self.operations.unit();
        let key = if kind >= self.bounds[2] && kind < self.bounds[3] { self.insert() } else { self.place(key) };
        let operation = match kind {
            kind if kind < self.bounds[0] => Operation::Write,
            kind if kind >= self.bounds[3] => Operation::Read,
            kind if kind < self.bounds[1] => Operation::Modify,
            kind if kind < self.bounds[2] => Operation::Delete,
            _ => Operation::Write,
        };
        let mut more = 0;
        if kind >= self.bounds[3] && kind < self.bounds[4] {
            more = self.scans.below(SCAN_MAX).min(self.known - 1 - key);
        }
        let client = match &self.source {
            KeySource::Trace { trace, .. } => trace.client(number as usize),
            KeySource::Drawn(_) => None,
        };
        self.made += 1 + u64::from(more);
        Some(Request { number, key, operation, more, client })
    }

    fn insert(&mut self) -> Key {
        let key = self.known;
        self.known = self.known.saturating_add(1);
        key
    }

    /// The key that a drawn id means.
    #[inline]
    fn place(&mut self, id: u32) -> Key {
        self.drawn += 1;
        match self.pattern {
            Pattern::Plain => id,
            Pattern::Turning { count, step, every } => {
                let count = u64::from(count);
                let turned = (self.made / every) % count * u64::from(step);
                ((u64::from(id) + turned) % count) as u32
            }
            Pattern::Latest => self.known - 1 - id,
            Pattern::Round { count } => ((self.drawn - 1) % u64::from(count)) as u32,
        }
    }

    /// The size, in bytes, and the life of the value of request `number`, as far as a trace says them; `None` where there
    /// is no trace.
    #[inline]
    pub fn said(&self, number: u64) -> Option<(Option<u32>, Option<Nanos>)> {
        self.source.said(number)
    }

    /// How many requests have been made.
    pub fn made(&self) -> u64 {
        self.made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Mix;

    fn requests(clients: &Clients) -> Requests {
        let source = KeySource::new(clients, None).expect("no trace is needed");
        Requests::new(clients, source, &Streams::new(5))
    }

    fn first(clients: &Clients, count: usize) -> Vec<Request> {
        let mut requests = requests(clients);
        (0..count).map(|_| requests.make().expect("drawn requests do not end")).collect()
    }

    fn keyed(keys: Keys) -> Clients {
        Clients { keys, write_ratio: 0.0, ..Clients::default() }
    }

    #[track_caller]
    fn share(of: usize, n: usize, p: f64) {
        let off = (of as f64 - p * n as f64).abs() / (n as f64 * p * (1.0 - p)).sqrt().max(1e-9);
        assert!(off < 3.0 || of as f64 == p * n as f64, "{of} of {n} is not {p}: off by {off:.1} standard deviations");
    }

    #[test]
    fn operations_come_in_the_shares_of_their_ratios() {
        let clients = Clients {
            write_ratio: 0.1,
            modify_ratio: 0.2,
            delete_ratio: 0.05,
            insert_ratio: 0.15,
            scan_ratio: 0.1,
            ..Clients::default()
        };
        let made = first(&clients, 100_000);
        let count = |operation| made.iter().filter(|request| request.operation == operation).count();
        let inserts = made.iter().filter(|request| request.key >= 1000).count();
        share(count(Operation::Write) - inserts, made.len(), 0.1);
        share(count(Operation::Modify), made.len(), 0.2);
        share(count(Operation::Delete), made.len(), 0.05);
        share(inserts, made.len(), 0.15);
        let scans = made.iter().filter(|request| request.more > 0).count();
        // One scan in a hundred is one read long, and some begin at the last key.
        assert!(scans > 9_500 && scans < 10_100, "{scans}");
    }

    #[test]
    fn the_core_workloads_are_ycsbs() {
        for (mix, shares) in [
            (Mix::YcsbA, [0.5, 0.5, 0.0, 0.0, 0.0]),
            (Mix::YcsbB, [0.95, 0.05, 0.0, 0.0, 0.0]),
            (Mix::YcsbC, [1.0, 0.0, 0.0, 0.0, 0.0]),
            (Mix::YcsbD, [0.95, 0.0, 0.0, 0.05, 0.0]),
            (Mix::YcsbE, [0.0, 0.0, 0.0, 0.05, 0.95]),
            (Mix::YcsbF, [0.5, 0.0, 0.5, 0.0, 0.0]),
        ] {
            let clients = Clients { mix, keys: Keys::Uniform { count: 100_000 }, ..Clients::default() };
            let made = first(&clients, 20_000);
            let count = |like: &dyn Fn(&Request) -> bool| made.iter().filter(|request| like(request)).count();
            let inserts = count(&|r| r.key >= 100_000);
            share(count(&|r| r.operation == Operation::Write) - inserts, made.len(), shares[1]);
            share(count(&|r| r.operation == Operation::Modify), made.len(), shares[2]);
            share(inserts, made.len(), shares[3]);
            // A scan of length 1 looks like a read.
            share(count(&|r| r.more > 0), made.len(), shares[4] * 0.99);
            let reads = count(&|r| r.operation == Operation::Read && r.more == 0);
            share(reads, made.len(), shares[0] + shares[4] * 0.01);
        }
    }

    #[test]
    fn scans_are_1_to_100_long_each_length_alike_and_end_at_the_last_key() {
        let clients = Clients { scan_ratio: 1.0, ..keyed(Keys::Uniform { count: 1_000_000 }) };
        let mut lengths = [0; 100];
        for request in first(&clients, 100_000) {
            assert!(request.key + request.more < 1_000_000);
            lengths[request.more as usize] += 1;
        }
        for count in lengths {
            share(count, 100_000, 0.01);
        }
        let clients = Clients { scan_ratio: 1.0, ..keyed(Keys::Uniform { count: 3 }) };
        assert!(first(&clients, 1_000).iter().all(|request| request.key + request.more < 3));
    }

    #[test]
    fn a_scans_reads_have_the_numbers_after_its_own() {
        let clients = Clients { scan_ratio: 1.0, ..keyed(Keys::Uniform { count: 1_000 }) };
        for pair in first(&clients, 1_000).windows(2) {
            assert_eq!(pair[1].number, pair[0].number + u64::from(pair[0].more) + 1);
        }
    }

    #[test]
    fn inserts_write_new_keys_in_order() {
        let clients = Clients { insert_ratio: 0.3, ..keyed(Keys::Zipf { count: 50, alpha: 1.0 }) };
        let made = first(&clients, 1_000);
        let inserted: Vec<Key> = made.iter().map(|request| request.key).filter(|&key| key >= 50).collect();
        assert_eq!(inserted, (50..50 + inserted.len() as u32).collect::<Vec<_>>());
        assert!(made.iter().all(|request| (request.operation == Operation::Write) == (request.key >= 50)));
    }

    #[test]
    fn the_key_of_an_operation_does_not_depend_on_what_others_do() {
        let plain = first(&Clients { write_ratio: 0.1, ..keyed(Keys::Zipf { count: 100, alpha: 1.0 }) }, 2_000);
        let busy = Clients { write_ratio: 0.1, insert_ratio: 0.2, delete_ratio: 0.2, ..Clients::default() };
        let busy = first(&Clients { keys: Keys::Zipf { count: 100, alpha: 1.0 }, ..busy }, 2_000);
        for (plain, busy) in plain.iter().zip(&busy).filter(|(_, busy)| busy.key < 100) {
            assert_eq!((plain.number, plain.key), (busy.number, busy.key));
            assert!(plain.operation == busy.operation || plain.operation == Operation::Read);
        }
    }

    #[test]
    fn the_newest_keys_are_the_most_popular_and_move_on_with_inserts() {
        let clients = Clients { insert_ratio: 0.1, ..keyed(Keys::Latest { count: 1_000, alpha: 1.0 }) };
        let mut newest = 999;
        let mut ranks = vec![0usize; 1_000];
        let mut reads = 0;
        for request in first(&clients, 100_000) {
            if request.operation == Operation::Write {
                newest += 1;
                assert_eq!(request.key, newest);
            } else {
                ranks[(newest - request.key) as usize] += 1;
                reads += 1;
            }
        }
        let sum: f64 = (1..=1_000).map(|rank| 1.0 / f64::from(rank)).sum();
        for rank in [1, 2, 10] {
            share(ranks[rank - 1], reads, 1.0 / rank as f64 / sum);
        }
    }

    #[test]
    fn a_hot_set_moves_on_by_its_own_size_and_comes_round() {
        let hot = Keys::HotSet { count: 100, hot: 0.1, traffic: 1.0, moves_every: Some(50) };
        for request in first(&keyed(hot), 2_000) {
            assert_eq!(u64::from(request.key / 10), request.number / 50 % 10, "{request:?}");
        }
    }

    #[test]
    fn a_hot_set_that_stays_draws_what_it_always_drew() {
        let stays = Keys::HotSet { count: 100, hot: 0.1, traffic: 0.9, moves_every: None };
        let late = Keys::HotSet { count: 100, hot: 0.1, traffic: 0.9, moves_every: Some(1_000) };
        assert_eq!(first(&keyed(stays), 1_000), first(&keyed(late), 1_000));
    }

    #[test]
    fn a_round_names_one_key_after_the_other() {
        let keys: Vec<Key> = first(&keyed(Keys::Scan { count: 3 }), 7).iter().map(|request| request.key).collect();
        assert_eq!(keys, [0, 1, 2, 0, 1, 2, 0]);
    }
}

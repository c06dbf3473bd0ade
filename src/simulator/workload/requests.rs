//! The requests of a run, in the order in which they are sent.

use std::fmt;
use std::sync::Arc;

use super::operation::Operation;
use super::trace::{Detail, Trace};
use crate::model::{ClientId, Key};
use crate::phrase::{Phrase, phrase};
use crate::random::{BadWeights, Ids, Stream, Streams};
use crate::scenario::{Arrivals, Clients, Keys, SCAN_MAX, Scenario};
use crate::time::Nanos;
use crate::work;

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number, from 0, in the order of sending.
    pub number: u64,
    /// Which key it names.
    pub key: Key,
    /// What it wants done with it.
    pub operation: Operation,
    /// How many reads of the keys after this one follow it: more than none in scans only. Of a multi-get, how many
    /// [others](Requests::others) are asked for with it.
    pub more: u32,
    /// Who asks, where a trace says it.
    pub client: Option<ClientId>,
}

/// Where keys come from. Shared between lanes: a table of a million keys need not stand five times.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// Drawn.
    Drawn {
        /// By popularity.
        ids: Arc<Ids>,
        /// Which key an id means, where popular keys lie anywhere.
        places: Option<Arc<[Key]>>,
    },
    /// Read off a trace.
    Trace {
        /// The trace.
        trace: Arc<Trace>,
        /// Whether it says how long values live, and they do.
        ttls: bool,
        /// Whether it says how large they are, and they are.
        sizes: bool,
    },
}

impl KeySource {
    /// The source of the keys of `scenario`; `trace` is the content of the file it may name.
    ///
    /// # Errors
    /// When a trace is named and none is given, or one that does not say what is asked of it or names fewer keys than a
    /// lane warms up with, or the numbers make no distribution.
    pub fn new(scenario: &Scenario, trace: Option<Arc<Trace>>) -> Result<KeySource, KeysError> {
        let clients = &scenario.clients;
        let ids = match clients.keys {
            Keys::Uniform { count } | Keys::Scan { count } => Ids::uniform(count),
            Keys::Zipf { count, alpha, .. } | Keys::Latest { count, alpha } => Ids::zipf(count, alpha),
            Keys::ZipfSample { count, of, alpha } => Ids::zipf_sample(count, of, alpha),
            Keys::HotSet { count, hot, traffic, .. } => Ids::hot_set(count, hot, traffic),
            Keys::Trace { ref file, ttls, sizes } => {
                let trace = trace.ok_or_else(|| KeysError::NotRead { file: file.clone() })?;
                if matches!(clients.arrivals, Arrivals::Trace { .. }) && !trace.has_times() {
                    return Err(KeysError::NoTimes { file: file.clone() });
                }
                check_warm_up(scenario, file, &trace)?;
                let says = |what| trace.says().any(|said| said == what);
                let (ttls, sizes) = (ttls && says(Detail::Ttls), sizes && says(Detail::Sizes));
                return Ok(KeySource::Trace { trace, ttls, sizes });
            }
        };
        let places = match clients.keys {
            Keys::Zipf { count, scrambled: true, .. } => {
                Some(Streams::new(scenario.seed).named("scrambled keys").permutation(count).into())
            }
            _ => None,
        };
        let drawn = |ids| KeySource::Drawn { ids: Arc::new(ids), places };
        ids.map(drawn).map_err(KeysError::Distribution)
    }

    /// The `count` keys that are asked for most at the start, in falling order. Those of a trace are the ones it asks for
    /// most; of keys alike, those that come first. There are fewer where there are not as many keys.
    pub fn most_popular(&self, keys: &Keys, count: u32) -> Box<[Key]> {
        match self {
            KeySource::Trace { trace, .. } => {
                // A trace numbers its keys in the order in which they first appear.
                let mut asked: Vec<(std::cmp::Reverse<u64>, Key)> =
                    (0..trace.distinct()).map(|key| (std::cmp::Reverse(0), key)).collect();
                trace.keys().iter().for_each(|&key| asked[key as usize].0.0 += 1);
                asked.sort_unstable();
                asked.into_iter().take(count as usize).map(|(_, key)| key).collect()
            }
            KeySource::Drawn { ids, places } => {
                let (known, pattern) = (ids.count(), Pattern::of(keys, places.clone()));
                (0..count.min(known)).map(|rank| pattern.place(rank, 0, u64::from(rank), known)).collect()
            }
        }
    }

    /// The size, in bytes, and the TTL of the value of request `number`, as far as a trace says them; `None` where none
    /// says either.
    #[inline]
    fn said(&self, number: u64) -> Option<(Option<u32>, Option<Nanos>)> {
        match *self {
            KeySource::Drawn { .. } | KeySource::Trace { ttls: false, sizes: false, .. } => None,
            KeySource::Trace { ref trace, ttls, sizes } => {
                let number = number as usize;
                Some((sizes.then(|| trace.size(number)).flatten(), ttls.then(|| trace.ttl(number)).flatten()))
            }
        }
    }

    /// Whether the value that request `number` writes keeps the end of the copy it replaces, if a trace says so.
    #[inline]
    fn keeps_end(&self, number: u64) -> bool {
        match self {
            KeySource::Trace { trace, ttls: true, .. } => trace.keeps_end(number as usize),
            KeySource::Trace { .. } | KeySource::Drawn { .. } => false,
        }
    }

    /// Gives `each` what a trace says first of every key, as the last word on that key.
    pub fn for_each_said_first(&self, mut each: impl FnMut(Key, Option<u32>, Option<Nanos>)) {
        let KeySource::Trace { trace, .. } = self else { return };
        for (number, &key) in trace.keys().iter().enumerate().rev() {
            let Some((size, ttl)) = self.said(number as u64) else { return };
            each(key, size, ttl);
        }
    }
}

/// No lane may warm up with more keys than the trace names: how many those are, no scenario can say.
fn check_warm_up(scenario: &Scenario, file: &str, trace: &Trace) -> Result<(), KeysError> {
    let keys = trace.distinct();
    let asked = scenario.lanes.iter().map(|lane| lane.read.warm_up());
    match asked.enumerate().find(|(_, asked)| *asked > keys) {
        None => Ok(()),
        Some((lane, asked)) => Err(KeysError::WarmUp { lane, asked, file: file.to_owned(), keys }),
    }
}

/// Why there is no source of keys for a scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum KeysError {
    /// The scenario names a trace, and none was given.
    NotRead {
        /// The trace's file.
        file: String,
    },
    /// Arrivals are those of a trace that has no times.
    NoTimes {
        /// The trace's file.
        file: String,
    },
    /// A lane warms up with more keys than its trace names.
    WarmUp {
        /// The lane's number.
        lane: usize,
        /// How many keys it asks for.
        asked: u32,
        /// The trace's file.
        file: String,
        /// How many keys the trace names.
        keys: u32,
    },
    /// The numbers make no distribution.
    Distribution(BadWeights),
}

impl KeysError {
    /// Why, in each language.
    pub fn phrase(&self) -> Phrase {
        match self {
            KeysError::NotRead { file } => phrase!(
                "clients.keys.file: the trace {file:?} has not been read",
                "clients.keys.file: 트레이스 {file:?}를 아직 읽지 않았습니다"
            ),
            KeysError::NoTimes { file } => phrase!(
                "clients.arrivals: the trace {file:?} does not say when its requests came; choose other arrivals",
                "clients.arrivals: 트레이스 {file:?}에 요청 시각이 없습니다. 다른 도착 방식을 고르세요"
            ),
            KeysError::WarmUp { lane, asked, file, keys } => phrase!(
                "lane.{lane}.read.warm_up = {asked}: is not allowed; the trace {file:?} names {keys} keys: give a whole \
                 number from 0 to {keys}",
                "lane.{lane}.read.warm_up = {asked}: 사용할 수 없는 값입니다. 트레이스 {file:?}의 키는 {keys}개입니다. 허용되는 값: \
                 0부터 {keys}까지의 정수"
            ),
            // The check of the scenario refuses them first.
            KeysError::Distribution(bad) => format!("clients.keys: {bad}").into(),
        }
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phrase().fmt(f)
    }
}

impl std::error::Error for KeysError {}

/// What becomes of an id that was drawn.
#[derive(Clone, Debug)]
enum Pattern {
    /// It is the key.
    Plain,
    /// It is the key's place in this list.
    Scrambled(Arc<[Key]>),
    /// The keys turn by `step` after every `every` requests.
    Turning { count: u32, step: u32, every: u64 },
    /// It says how far back from the newest key.
    Latest,
    /// It does not matter: one key after the other.
    Round { count: u32 },
}

impl Pattern {
    fn of(keys: &Keys, places: Option<Arc<[Key]>>) -> Pattern {
        if let Some(places) = places {
            return Pattern::Scrambled(places);
        }
        match *keys {
            Keys::HotSet { count, hot, moves_every: Some(every), .. } => {
                Pattern::Turning { count, step: Ids::hot_count(count, hot), every }
            }
            Keys::Latest { .. } => Pattern::Latest,
            Keys::Scan { count } => Pattern::Round { count },
            _ => Pattern::Plain,
        }
    }

    /// The key that `id` means after so many requests were `made` and so many ids `drawn`, when so many keys are `known`.
    #[inline]
    fn place(&self, id: u32, made: u64, drawn: u64, known: u32) -> Key {
        match *self {
            Pattern::Plain => id,
            Pattern::Scrambled(ref places) => places[id as usize],
            Pattern::Turning { count, step, every } => {
                let count = u64::from(count);
                let turned = (made / every) % count * u64::from(step);
                ((u64::from(id) + turned) % count) as u32
            }
            Pattern::Latest => known - 1 - id,
            Pattern::Round { count } => (drawn % u64::from(count)) as u32,
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
    keys: KeyDraws,
    operations: Stream,
    scans: Stream,
    /// Sums of shares: a draw below the first writes, below the second modifies, then deletes, inserts, scans, asks for several.
    bounds: [f64; 6],
    multi_gets: Box<MultiGets>,
    /// How many keys there are, the inserted among them.
    known: u32,
    made: u64,
    /// Operations that were no inserts.
    drawn: u64,
    /// How fast a trace's own times run, where requests come by them.
    speed: Option<f64>,
}

/// How many ids are drawn at once.
const AHEAD: usize = 16;

/// The ids that are drawn next. Each is looked up somewhere in a table that may be larger than what the processor has at hand:
/// several at once wait together.
struct KeyDraws {
    stream: Stream,
    ahead: [u32; AHEAD],
    /// How many of those have been used.
    used: usize,
}

impl KeyDraws {
    fn new(stream: Stream) -> KeyDraws {
        KeyDraws { stream, ahead: [0; AHEAD], used: AHEAD }
    }

    #[inline]
    fn next(&mut self, ids: &Ids) -> u32 {
        if self.used == AHEAD {
            self.ahead = std::array::from_fn(|_| ids.sample(&mut self.stream));
            self.used = 0;
        }
        self.used += 1;
        self.ahead[self.used - 1]
    }
}

/// The keys of multi-gets.
struct MultiGets {
    draws: Stream,
    /// How many are drawn, the first among them.
    count: u32,
    /// Of the one made last: those beside the first, each once.
    others: Vec<Key>,
}

impl Requests {
    /// The requests that `clients` send.
    pub fn new(clients: &Clients, source: KeySource, streams: &Streams) -> Requests {
        let shares = clients.shares();
        let mut sum = 0.0;
        let bounds =
            [shares.write, shares.modify, shares.delete, shares.insert, shares.scan, shares.multi_get].map(|share| {
                sum += share;
                sum
            });
        let places = match &source {
            KeySource::Drawn { places, .. } => places.clone(),
            KeySource::Trace { .. } => None,
        };
        Requests {
            source,
            pattern: Pattern::of(&clients.keys, places),
            // No luck turns what clients ask for, so what is drawn ahead stays good.
            keys: KeyDraws::new(streams.steady().named("keys")),
            operations: streams.named("operations"),
            scans: streams.named("scan lengths"),
            bounds,
            multi_gets: Box::new(MultiGets {
                draws: streams.named("multi-get keys"),
                count: clients.multi_get_keys,
                others: Vec::new(),
            }),
            known: clients.keys.count().unwrap_or(0),
            made: 0,
            drawn: 0,
            speed: match clients.arrivals {
                Arrivals::Trace { speed } => Some(speed),
                _ => None,
            },
        }
    }

    /// The next request, or `None` when a trace has ended. A scan is one request and the number of those that follow it, a
    /// multi-get one and the number of those that go with it.
    #[inline]
    pub fn make(&mut self) -> Option<Request> {
        let number = self.made;
        let key = match &self.source {
            KeySource::Drawn { ids, .. } => self.keys.next(ids),
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
        if kind >= self.bounds[3] && kind < self.bounds[5] {
            if kind >= self.bounds[4] {
                return Some(self.make_multi_get(number, key));
            }
            more = self.scans.below(SCAN_MAX).min(self.known - 1 - key);
        }
        let client = match &self.source {
            KeySource::Trace { trace, .. } => trace.client(number as usize),
            KeySource::Drawn { .. } => None,
        };
        self.made += 1 + u64::from(more);
        Some(Request { number, key, operation, more, client })
    }

    /// A request for several keys: this one, and [others](Requests::others).
    #[cold]
    fn make_multi_get(&mut self, number: u64, key: Key) -> Request {
        let KeySource::Drawn { ids, .. } = &self.source else { unreachable!("a checked trace has no multi-gets") };
        let ids = ids.clone();
        let mut others = std::mem::take(&mut self.multi_gets.others);
        others.clear();
        for _ in 1..self.multi_gets.count {
            let id = ids.sample(&mut self.multi_gets.draws);
            others.push(self.place(id));
        }
        work::count(others.len());
        others.sort_unstable();
        others.dedup();
        others.retain(|&other| other != key);
        let more = others.len() as u32;
        self.multi_gets.others = others;
        self.made += 1 + u64::from(more);
        Request { number, key, operation: Operation::MultiGet, more, client: None }
    }

    /// The keys beside the first of the multi-get made last, each once.
    pub fn others(&self) -> &[Key] {
        &self.multi_gets.others
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
        self.pattern.place(id, self.made, self.drawn - 1, self.known)
    }

    /// The size, in bytes, and the TTL of the value of request `number`, as far as a trace says them; `None` where none
    /// says either.
    #[inline]
    pub fn said(&self, number: u64) -> Option<(Option<u32>, Option<Nanos>)> {
        self.source.said(number)
    }

    /// Whether the value that request `number` writes keeps the end of the copy it replaces.
    #[inline]
    pub fn keeps_end(&self, number: u64) -> bool {
        self.source.keeps_end(number)
    }

    /// Gives `each` the TTLs that a trace gives to values, by no request, before request `number`: key, how long ago that
    /// is when the request is sent, and how long they live from then on; the greatest time is for ever.
    #[inline]
    pub fn for_each_renewal(&self, number: u64, mut each: impl FnMut(Key, Nanos, Nanos)) {
        let KeySource::Trace { trace, ttls: true, .. } = &self.source else { return };
        for renewal in trace.renewals(number as usize) {
            let ago = match (self.speed, trace.recorded_at(number as usize)) {
                (Some(speed), Some(at)) => Nanos::from_secs_f64(at.saturating_sub(renewal.at).as_secs_f64() / speed),
                _ => Nanos::ZERO,
            };
            each(renewal.key, ago, renewal.ttl);
        }
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
        Requests::new(clients, source(clients, None), &Streams::new(5))
    }

    fn source(clients: &Clients, trace: Option<Arc<Trace>>) -> KeySource {
        let scenario = Scenario { clients: clients.clone(), ..Scenario::default() };
        KeySource::new(&scenario, trace).expect("a source")
    }

    fn first(clients: &Clients, count: usize) -> Vec<Request> {
        let mut requests = requests(clients);
        (0..count).map(|_| requests.make().expect("drawn requests do not end")).collect()
    }

    fn keyed(keys: Keys) -> Clients {
        Clients { keys, write_ratio: 0.0, ..Clients::default() }
    }

    #[test]
    fn keys_drawn_ahead_are_the_same_as_one_by_one() {
        let (ids, streams) = (Ids::zipf(100, 1.0).expect("a law"), Streams::new(3));
        let (mut ahead, mut alone) = (KeyDraws::new(streams.named("keys")), streams.named("keys"));
        assert!((0..5 * AHEAD).all(|_| ahead.next(&ids) == ids.sample(&mut alone)));
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
        let clients = Clients { insert_ratio: 0.3, ..keyed(Keys::zipf(50, 1.0)) };
        let made = first(&clients, 1_000);
        let inserted: Vec<Key> = made.iter().map(|request| request.key).filter(|&key| key >= 50).collect();
        assert_eq!(inserted, (50..50 + inserted.len() as u32).collect::<Vec<_>>());
        assert!(made.iter().all(|request| (request.operation == Operation::Write) == (request.key >= 50)));
    }

    #[test]
    fn the_key_of_an_operation_does_not_depend_on_what_others_do() {
        let plain = first(&Clients { write_ratio: 0.1, ..keyed(Keys::zipf(100, 1.0)) }, 2_000);
        let busy = Clients { write_ratio: 0.1, insert_ratio: 0.2, delete_ratio: 0.2, ..Clients::default() };
        let busy = first(&Clients { keys: Keys::zipf(100, 1.0), ..busy }, 2_000);
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

    fn scrambled(count: u32, alpha: f64) -> Keys {
        Keys::Zipf { count, alpha, scrambled: true }
    }

    #[test]
    fn scrambled_keys_keep_the_shares_of_their_ranks_and_change_nobody_elses_draws() {
        let mixed = |keys| Clients { write_ratio: 0.2, scan_ratio: 0.1, ..keyed(keys) };
        let plain = first(&mixed(Keys::zipf(100, 1.0)), 20_000);
        let other = first(&mixed(scrambled(100, 1.0)), 20_000);
        // The same rank has the same key each time, and no two ranks have one key.
        let mut of_rank = [None; 100];
        for (plain, other) in plain.iter().zip(&other) {
            assert_eq!(plain.operation, other.operation);
            assert_eq!(*of_rank[plain.key as usize].get_or_insert(other.key), other.key);
        }
        let mut keys: Vec<Key> = of_rank.into_iter().flatten().collect();
        assert!(keys.windows(2).filter(|pair| pair[1] == pair[0] + 1).count() < 10, "{keys:?}");
        keys.sort_unstable();
        assert_eq!(keys, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_scan_from_a_popular_key_reads_popular_keys_unless_they_are_scrambled() {
        // What share of the keys that scans from the ten most popular keys read are among the hundred most popular.
        let popular = |keys: Keys| {
            let clients = Clients { scan_ratio: 1.0, ..keyed(keys) };
            let ranked = source(&clients, None).most_popular(&clients.keys, 100);
            let scans = first(&clients, 20_000).into_iter().filter(|scan| ranked[..10].contains(&scan.key));
            let read: Vec<Key> = scans.flat_map(|scan| scan.key + 1..=scan.key + scan.more).collect();
            read.iter().filter(|key| ranked.contains(key)).count() as f64 / read.len() as f64
        };
        let (plain, scrambled) = (popular(Keys::zipf(10_000, 1.0)), popular(scrambled(10_000, 1.0)));
        assert!(plain > 0.9 && scrambled < 0.1, "{plain:.3} and {scrambled:.3}");
    }

    #[test]
    fn the_most_popular_keys_are_those_that_are_asked_for_most() {
        let most = |keys: Keys| source(&keyed(keys.clone()), None).most_popular(&keys, 3);
        assert_eq!(*most(Keys::zipf(9, 1.0)), [0, 1, 2]);
        assert_eq!(*most(Keys::ZipfSample { count: 9, of: 900, alpha: 1.0 }), [0, 1, 2]);
        assert_eq!(*most(Keys::Latest { count: 9, alpha: 0.99 }), [8, 7, 6]);
        assert_eq!(*most(Keys::Scan { count: 9 }), [0, 1, 2]);
        assert_eq!(*most(Keys::Uniform { count: 2 }), [0, 1], "no more than there are");
        let hot = |moves_every| Keys::HotSet { count: 9, hot: 0.3, traffic: 0.9, moves_every };
        assert_eq!((*most(hot(None))).len(), 3);
        assert_eq!(*most(hot(Some(10))), [0, 1, 2], "the hot ones at the start");
        for keys in [scrambled(50, 1.0), Keys::Latest { count: 50, alpha: 1.0 }] {
            let mut asked = [0; 50];
            first(&keyed(keys.clone()), 100_000).iter().for_each(|request| asked[request.key as usize] += 1);
            let most = most(keys);
            assert!(asked.iter().all(|&count| count <= asked[most[0] as usize]));
            assert!(most.windows(2).all(|pair| asked[pair[0] as usize] > asked[pair[1] as usize]), "{most:?}");
        }
    }

    #[test]
    fn a_traces_most_popular_keys_are_those_it_asks_for_most_and_of_alike_ones_the_first() {
        let trace = Arc::new(Trace::read("keys.txt", "a\nb\nc\nd\nc\nb\nc\n".as_bytes(), None).unwrap());
        let clients = keyed(Keys::of_trace("keys.txt".to_owned()));
        let source = source(&clients, Some(trace));
        assert_eq!(*source.most_popular(&clients.keys, 9), [2, 1, 0, 3]);
        assert_eq!(*source.most_popular(&clients.keys, 3), [2, 1, 0]);
    }

    #[test]
    fn a_warm_up_with_more_keys_than_a_trace_names_is_refused() {
        let trace = || Some(Arc::new(Trace::read("keys.txt", "a\nb\n".as_bytes(), None).unwrap()));
        let mut scenario = Scenario { clients: keyed(Keys::of_trace("keys.txt".to_owned())), ..Scenario::default() };
        let warm =
            |warm_up| crate::scenario::Reading::LookAside(crate::scenario::LookAside { warm_up, ..Default::default() });
        scenario.lanes[0].read = warm(2);
        assert!(KeySource::new(&scenario, trace()).is_ok());
        scenario.lanes[0].read = warm(3);
        let told = KeySource::new(&scenario, trace()).unwrap_err().to_string();
        assert!(
            told.starts_with("lane.0.read.warm_up = 3: is not allowed; ") && told.ends_with("from 0 to 2"),
            "{told}"
        );
    }
}

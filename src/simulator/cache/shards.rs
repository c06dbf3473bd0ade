//! The cache as its callers see it: one node, or several that share the keys between them.
//!
//! A key belongs to a node by its *hash slot*, as in Redis Cluster: CRC16 of the key's name (here its decimal number)
//! modulo 16,384; node `i` of `n` has the slots from `i·16384/n` on, in equal ranges. Nobody moves a slot during a run.
//!
//! ```text
//!   key 42 ─▶ "42" ─▶ CRC16 ─▶ slot 8000 of 16,384 ─▶ with 3 nodes: node 1 (slots 5461 to 10922)
//! ```
//!
//! All keys of one node share its thread, its memory and its fate; a crash of one node leaves the others' keys alone.
//! More nodes help a load that is spread over keys. They do not help one hot key: it lives on one of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::command::{Answer, Command};
use super::common::{Common, NodeEvents, Shard};
use super::counts::NodeCounts;
use super::eviction::opt::Upcoming;
use super::gutter::Gutter;
use super::keys::Numbers;
use super::multi_gets::{Awaited, MultiGets};
use super::node::{CacheNode, NodeReading};
use super::values::Values;
use crate::engine::{Call, CallId, Calls, Event, Kernel};
use crate::jobs::Jobs;
use crate::ledger::{Ledger, Mended};
use crate::model::{CallError, Key, WriteId};
use crate::pile::Pile;
use crate::random::Streams;
use crate::report::AppReport;
use crate::scenario::{self, Eviction, WriteBack};
use crate::sort;
use crate::time::Nanos;
use crate::{table, work};

/// How many hash slots there are.
pub const SLOTS: u32 = 16_384;

/// See the module.
pub struct Shards {
    common: Rc<Common>,
    nodes: Vec<CacheNode>,
    /// What stands in for a node that gives no answer, where there is such.
    gutter: Option<Box<Gutter>>,
    /// How often each key was asked for; counted only where there are several nodes.
    popularity: RefCell<Popularity>,
}

/// What a cache shares with the rest of its world: the clock, the ledger, and the jobs asked for.
pub type Shared = ((Rc<Kernel>, Rc<RefCell<Ledger>>), Rc<Jobs>);

/// The most keys that [`Shards::hottest`] tells.
pub const HOTTEST_MAX: usize = 8;

/// How often each key was asked for.
#[derive(Debug, Default)]
struct Popularity {
    /// By key.
    counts: Vec<u32>,
    total: u64,
    /// The keys asked for most, in no order. Counts only grow, so a key comes among them when its own does.
    hottest: Vec<Key>,
    /// The least count among them, once they are as many as are told.
    least: u32,
}

impl Popularity {
    fn note(&mut self, key: Key) {
        table::reach(&mut self.counts, key as usize, 0);
        let count = self.counts[key as usize].saturating_add(1);
        self.counts[key as usize] = count;
        self.total += 1;
        if count >= self.least {
            self.admit(key);
        }
    }

    /// Equally hot ones by their numbers, so that every run tells the same.
    fn coldness(&self, key: Key) -> (std::cmp::Reverse<u32>, Key) {
        (std::cmp::Reverse(self.counts[key as usize]), key)
    }

    fn admit(&mut self, key: Key) {
        // few: HOTTEST_MAX
        if !self.hottest.contains(&key) {
            self.hottest.push(key);
        }
        if self.hottest.len() > HOTTEST_MAX {
            let coldest = (0..self.hottest.len()).max_by_key(|&place| self.coldness(self.hottest[place]));
            self.hottest.swap_remove(coldest.expect("there are some"));
        }
        if self.hottest.len() == HOTTEST_MAX {
            self.least = self.hottest.iter().map(|&key| self.counts[key as usize]).min().unwrap_or(0);
        }
    }
}

impl Shards {
    /// As many empty nodes as the settings say. `write_back` says how their buffers work, in a lane that has them.
    pub fn new(
        settings: &scenario::Cache,
        write_back: Option<&WriteBack>,
        reading: NodeReading,
        ((kernel, ledger), jobs): Shared,
        streams: &Streams,
        events: NodeEvents,
        values: Values,
    ) -> Shards {
        let calls = Calls::default();
        let (draining, withheld, changed) = (Cell::new(false), RefCell::default(), Pile::default());
        let upcoming = (settings.eviction == Eviction::Opt).then(Rc::default);
        let multi_gets = MultiGets::default();
        let common =
            Common { kernel, ledger, events, calls, jobs, changed, draining, withheld, multi_gets, values, upcoming };
        let common = Rc::new(common);
        let node = |node| CacheNode::new(node, settings, write_back, reading, common.clone(), streams);
        let nodes = (0..).zip(Numbers::of_nodes(settings.shards)).map(node).collect();
        Shards { common, nodes, gutter: None, popularity: RefCell::default() }
    }

    /// The same with a gutter beside the nodes, where `how` says so.
    pub fn with_gutter(
        mut self,
        how: Option<&scenario::Gutter>,
        settings: &scenario::Cache,
        streams: &Streams,
    ) -> Shards {
        self.gutter = how.map(|how| Box::new(Gutter::new(how, settings, self.common.clone(), streams)));
        self
    }

    /// What the gutter counts, up to this moment.
    pub fn gutter_counts(&self) -> AppReport {
        self.gutter.as_ref().map(|gutter| gutter.counts()).unwrap_or_default()
    }

    /// Whether a key was written of which nobody has been told.
    #[inline]
    pub fn has_changed(&self) -> bool {
        !self.common.changed.is_empty()
    }

    /// The next key that was written, or `None` for all of them, and from when on that is known.
    #[inline]
    pub fn next_changed(&self) -> Option<(Option<Key>, Nanos)> {
        self.common.changed.pop()
    }

    /// How large values are, and how long a trace lets them live.
    pub fn values(&self) -> &Values {
        &self.common.values
    }

    /// Where the nodes look for what will be asked for, if they want to know.
    #[inline]
    pub fn upcoming(&self) -> Option<&Upcoming> {
        self.common.upcoming.as_deref()
    }

    /// How many nodes there are.
    #[inline]
    pub fn count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// The number of the node that has `key`.
    #[inline]
    pub fn shard_of(&self, key: Key) -> Shard {
        match self.nodes.len() as u32 {
            1 => 0,
            count => slot_of(key) * count / SLOTS,
        }
    }

    /// The node that has `key`.
    #[inline]
    pub fn of(&self, key: Key) -> &CacheNode {
        self.node(self.shard_of(key))
    }

    /// Node number `shard`.
    #[inline]
    pub fn node(&self, shard: Shard) -> &CacheNode {
        &self.nodes[shard as usize]
    }

    /// All nodes.
    pub fn nodes(&self) -> &[CacheNode] {
        &self.nodes
    }

    // ---- Calls ----

    /// Begins a command, which travels to the node of its key.
    #[inline]
    pub fn command(&self, command: Command) -> Call<'_, Command, Answer> {
        if self.nodes.len() > 1 {
            self.popularity.borrow_mut().note(command.key());
        }
        if !self.common.multi_gets.is_empty() {
            self.note_multi_get(command);
        }
        if command.updates_copy() {
            self.common.ledger.borrow_mut().mending(command.key(), self.common.kernel.now());
        }
        self.common.calls.open(&self.common.kernel, command)
    }

    /// Begins to ask for several keys of one node.
    pub fn multi_get(&self, keys: Box<[Key]>) -> Awaited<'_> {
        self.common.multi_gets.begin(keys)
    }

    #[cold]
    fn note_multi_get(&self, command: Command) {
        let Command::MultiGet(first, number) = command else { return };
        self.common.multi_gets.called(number);
        if self.nodes.len() > 1 {
            let get = self.common.multi_gets.of(number);
            work::count(get.keys.len());
            let others = get.keys.iter().filter(|&&key| key != first);
            others.for_each(|&key| self.popularity.borrow_mut().note(key));
        }
    }

    /// How many bytes of values the answer to a call carries, if it is one for several keys; otherwise `of_one`.
    #[cold]
    pub fn carried_bytes(&self, call: CallId, of_one: u64) -> u64 {
        let Command::MultiGet(_, number) = self.calls().request(call) else { return of_one };
        let size =
            |(&key, value): (&Key, Option<WriteId>)| value.map_or(0, |value| self.values().size(key, value).into());
        let get = self.common.multi_gets.of(number);
        match self.calls().has_response_with(call, Result::is_ok) {
            true => get.keys.iter().zip(get.found()).map(size).sum(),
            false => 0,
        }
    }

    /// The commands for several keys.
    pub fn multi_gets(&self) -> &MultiGets {
        &self.common.multi_gets
    }

    /// The replica that the next read of `key` goes to, where replicas answer reads and one follows.
    #[inline]
    pub fn next_reader(&self, key: Key) -> Option<u32> {
        if self.nodes[0].has_readers() { self.of(key).next_reader() } else { None }
    }

    /// What was asked for before does not count among the hottest keys, nor what was held before among the most.
    pub fn begin_to_count(&self) {
        *self.popularity.borrow_mut() = Popularity::default();
        self.nodes.iter().for_each(CacheNode::restart_maxima);
    }

    /// The `most` keys asked for most, hottest first, each with its share of all commands; none where there is one node.
    /// [`HOTTEST_MAX`] at most.
    pub fn hottest(&self, most: usize) -> Vec<(Key, f64)> {
        let popularity = self.popularity.borrow();
        let mut keys = popularity.hottest.clone();
        sort::by_key(&mut keys, |&key| popularity.coldness(key));
        keys.truncate(most.min(HOTTEST_MAX));
        keys.into_iter()
            .map(|key| (key, f64::from(popularity.counts[key as usize]) / popularity.total as f64))
            .collect()
    }

    /// The calls to all nodes.
    #[inline]
    pub fn calls(&self) -> &Calls<Command, Answer> {
        &self.common.calls
    }

    /// A command has reached its node.
    #[inline]
    pub fn arrive(&self, call: CallId) {
        if let Some(gutter) = &self.gutter
            && self.common.calls.request(call).asks_the_gutter()
        {
            return gutter.arrive(call);
        }
        let node = match self.nodes.as_slice() {
            [only] => only,
            _ => self.of(self.common.calls.request(call).key()),
        };
        node.arrive(call);
    }

    /// The answer of a call reaches its caller, unless a freeze caught it before it had left.
    #[inline]
    pub fn deliver(&self, call: CallId) {
        if self.common.withheld.borrow().is_empty() || !self.is_late(call) {
            let command = self.calls().request(call);
            if command.updates_copy() {
                self.tell_outcome(call, command.key());
            }
            if self.common.multi_gets.is_empty() {
                return self.calls().deliver(call, &self.common.kernel);
            }
            self.calls().deliver(call, &self.common.kernel);
            if let Command::MultiGet(_, number) = command {
                self.common.multi_gets.answered(number);
            }
        }
    }

    /// The ledger hears whether the cached copy of `key` was seen to.
    fn tell_outcome(&self, call: CallId, key: Key) {
        let common = &*self.common;
        // Who finds another value than expected changes nothing and has nothing to see to.
        let failed = |answer: &Answer| answer.is_err_and(|failure| failure != CallError::Conflict);
        let how = if self.calls().has_response_with(call, failed) { Mended::InVain } else { Mended::Done };
        common.ledger.borrow_mut().mended(key, how, common.kernel.now());
    }

    #[cold]
    fn is_late(&self, call: CallId) -> bool {
        let common = &*self.common;
        let mut withheld = common.withheld.borrow_mut();
        let Some(answer) = withheld.get_mut(call) else { return false };
        if answer.frozen {
            answer.came = Some(common.kernel.now());
            return true;
        }
        let answer = withheld.swap_out(call).expect("it was there");
        let at = common.kernel.now().saturating_add(answer.delay);
        common.kernel.schedule(at, Event::new(common.events.answer, call));
        true
    }

    /// From now on, every node flushes whatever is dirty without waiting.
    pub fn drain(&self) {
        self.common.draining.set(true);
        self.nodes.iter().for_each(CacheNode::drain);
    }

    // ---- What they show ----

    /// Totals of all nodes up to this moment.
    pub fn counts(&self) -> NodeCounts {
        let mut sum = NodeCounts::default();
        self.nodes.iter().for_each(|node| sum += node.counts());
        sum
    }

    /// Entries held by all nodes.
    pub fn entries(&self) -> u64 {
        self.nodes.iter().map(|node| u64::from(node.entries())).sum()
    }

    /// Bytes held, now and at most, each node's most added up.
    pub fn bytes(&self) -> (u64, u64) {
        self.nodes.iter().map(CacheNode::bytes).fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    }

    /// Rows not yet in the database: now, and the sum of the most that each node ever had.
    pub fn dirty(&self) -> (u32, u32) {
        self.nodes.iter().map(CacheNode::dirty).fold((0, 0), |sum, (now, most)| (sum.0 + now, sum.1 + most))
    }

    /// The value held for `key`, expired or not, for tests.
    pub fn peek(&self, key: Key) -> Option<WriteId> {
        self.of(key).peek(key)
    }

    /// Panics if the inner rules do not hold; for tests.
    pub fn validate(&self) {
        self.gutter.iter().for_each(|gutter| gutter.validate());
        for (shard, node) in self.nodes.iter().enumerate() {
            node.validate();
            let foreign = node.held().into_iter().find(|entry| self.shard_of(entry.key) != shard as Shard);
            assert_eq!(foreign, None, "node {shard} holds only keys of its slots");
        }
    }
}

/// The hash slot of a key: CRC16 of its decimal number, modulo 16,384.
///
/// ```
/// // Redis' CLUSTER KEYSLOT says the same of "0", "42" and "123456789".
/// use cachelane::cache::shards::slot_of;
/// assert_eq!([0, 42, 123_456_789].map(slot_of), [13_907, 8_000, 12_739]);
/// ```
pub fn slot_of(key: Key) -> u32 {
    let mut digits = [0u8; 10];
    let (mut first, mut rest) = (digits.len(), key);
    loop {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    u32::from(crc16(&digits[first..])) % SLOTS
}

/// CRC16 as Redis Cluster has it (CCITT's polynomial 0x1021, from 0, "XMODEM").
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| (crc << 8) ^ CRC_TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

const CRC_TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = ((byte as u16) << 8, 0);
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_published_one() {
        assert_eq!(crc16(b"123456789"), 0x31C3); // the Redis Cluster specification, appendix A
    }

    #[test]
    fn slots_are_shared_evenly() {
        for nodes in [2u32, 3, 7, 64] {
            let mut keys = vec![0u32; nodes as usize];
            (0..100_000).for_each(|key| keys[(slot_of(key) * nodes / SLOTS) as usize] += 1);
            let even = 100_000 / nodes;
            assert!(keys.iter().all(|&count| count.abs_diff(even) < even / 10), "{keys:?}");
        }
    }
}

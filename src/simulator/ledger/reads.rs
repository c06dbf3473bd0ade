//! Sessions: what each client wrote and saw of each key, in a table of bounded size.

use crate::model::{ClientId, Key};
use crate::time::Nanos;
use crate::work;

/// How many (client, key) pairs are followed at most. Each takes 24 bytes, in a table at most three quarters full.
pub const SESSIONS_MAX: usize = 3 << 18;

/// One client's view of one key. All zero: an empty slot of the table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Session {
    pair: u64,
    /// The client's newest acknowledged write, or 0.
    pub own: u32,
    /// The newest write the client saw, or 0.
    pub seen: u32,
    /// When it was first answered with that one.
    pub seen_at: Nanos,
}

/// An open-addressing table with linear probing and a fixed hash: the same on every machine, never iterated.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    slots: Vec<Session>,
    len: usize,
    max: usize,
}

fn hash(pair: u64) -> u64 {
    // Two rounds of multiply and shift, after splitmix64 (Steele, Lea, Flood 2014).
    let mixed = (pair ^ (pair >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 16
}

impl Sessions {
    pub fn new(max: usize) -> Sessions {
        Sessions { slots: vec![Session::default(); 64], len: 0, max }
    }

    fn place(&self, pair: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = hash(pair) as usize & mask;
        loop {
            let slot = &self.slots[place];
            if slot.pair == pair || (slot.own == 0 && slot.seen == 0) {
                return place;
            }
            place = (place + 1) & mask;
        }
    }

    /// What `client` wrote and saw of `key`; all zero when nothing is known.
    pub fn get(&self, client: ClientId, key: Key) -> Session {
        let slot = self.slots[self.place(pair(client, key))];
        if slot.own == 0 && slot.seen == 0 { Session::default() } else { slot }
    }

    /// Where to note what `client` wrote or saw of `key` (not zero); `None` when the table may not grow any more.
    pub fn entry(&mut self, client: ClientId, key: Key) -> Option<&mut Session> {
        let pair = pair(client, key);
        let mut place = self.place(pair);
        if self.slots[place].own == 0 && self.slots[place].seen == 0 {
            if self.len >= self.max {
                return None;
            }
            self.len += 1;
            if self.len * 4 > self.slots.len() * 3 {
                self.grow();
                place = self.place(pair);
            }
            self.slots[place].pair = pair;
        }
        Some(&mut self.slots[place])
    }

    fn grow(&mut self) {
        let doubled = vec![Session::default(); self.slots.len() * 2];
        work::count(self.slots.len());
        for slot in std::mem::replace(&mut self.slots, doubled) {
            if slot.own != 0 || slot.seen != 0 {
                let place = self.place(slot.pair);
                self.slots[place] = slot;
            }
        }
    }
}

fn pair(client: ClientId, key: Key) -> u64 {
    u64::from(client) << 32 | u64::from(key)
}

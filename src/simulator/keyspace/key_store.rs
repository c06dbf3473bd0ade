//! Where a server's keys are: a bounded cache in a replay, a record of everything for a simulation.

use super::value::Value;
use crate::time::Nanos;

/// Who asks for what, and when.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask {
    /// The key.
    pub key: u32,
    /// What stands for the key that the request names, whatever its id; 0: nothing.
    pub name: u32,
    /// The moment.
    pub now: Nanos,
    /// The client; clients that are not told apart wait for nothing.
    pub client: Option<u32>,
    /// The size of the value, in bytes, as far as it is known.
    pub size: Option<u32>,
    /// The number of the transaction or script that the command is part of; 0: none.
    pub transaction: u32,
    /// How long a value lives that a miss fetches, where misses fetch.
    pub fill_ttl: Option<Nanos>,
}

/// A value, and what is known of it, on its way to a key store.
#[derive(Clone, Debug)]
pub struct Put {
    /// The value.
    pub value: Value,
    /// The last moment at which it is good; the greatest: forever.
    pub end: Nanos,
    /// The end is that of the value that stood there before.
    pub keeps_end: bool,
    /// In bytes, as far as it is known.
    pub size: Option<u32>,
    /// It was made from what stood there before, or from nothing, by a command that would have changed it.
    pub made: bool,
}

/// Where a server's keys stand. A key that is *there* has a value whose end is not past.
pub trait KeyStore {
    /// Looks a key up for a client; whether it was there.
    fn read(&mut self, ask: &Ask, touches: bool) -> bool;
    /// The end of the value of `key`, if it is there; if only its end is past, it goes.
    fn find(&mut self, key: u32, now: Nanos) -> Option<Nanos>;
    /// A key that is there is used, for those who evict.
    fn touch(&mut self, key: u32, now: Nanos);
    /// Puts a value under a key, whatever stood there.
    fn put(&mut self, key: u32, put: Put, now: Nanos);
    /// The value of a key that is there has been changed in place.
    fn changed(&mut self, key: u32, size: Option<u32>, now: Nanos);
    /// The value of a key that is there has another end.
    fn set_end(&mut self, key: u32, end: Nanos, now: Nanos);
    /// Takes a key away, if it is there; whether it was.
    fn remove(&mut self, key: u32, now: Nanos) -> bool;
    /// Takes all keys away.
    fn clear(&mut self, now: Nanos);
    /// A command that would have changed a key had nothing to do.
    fn nothing(&mut self, key: u32, now: Nanos);
    /// The value of a key that is there.
    fn value(&self, key: u32) -> &Value;
    /// Takes the value of a key that is there in hand; it is given back by [`set_value`](KeyStore::set_value).
    fn take_value(&mut self, key: u32) -> Value;
    /// Puts the value in hand back, or another in its place.
    fn set_value(&mut self, key: u32, value: Value);
    /// The size of the value of a key that is there, as far as it is known.
    fn size(&self, key: u32) -> Option<u32>;
    /// What the elements of all values take in memory.
    fn element_bytes(&self) -> u64;
    /// The end of a value that is stored now and has none of its own.
    fn endless(&self, now: Nanos) -> Nanos;
}

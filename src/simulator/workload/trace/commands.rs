//! Commands that a server was given, as records: databases, transactions and scripts around what [`redis`]
//! knows of each command.
//!
//! Keys of different databases are different keys. `SWAPDB` lets two databases change places, `FLUSHDB` empties one.
//! Commands between `MULTI` and `EXEC`, and those of a script, belong together: whoever waits for an element is served only
//! after them, and a script sees one moment throughout. A client that waits for an element goes on waiting in the database of
//! the same number, whatever `SWAPDB` puts there.

use std::collections::{BTreeMap, VecDeque};

use super::left_out::{LeftOut, Reason};
use super::redis::{self, Not, Sink};
use super::{Problem, Record, Table};
use crate::keyspace::{Command, Flush, Waiters};
use crate::time::Nanos;

/// The greatest number of a database.
pub const DATABASE_MAX: u64 = 1 << 20;
/// The greatest number of a server that nobody told otherwise: Redis has 16 databases.
const USUAL_MAX: u64 = 15;

/// What stands before the words of a command.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// When.
    pub at: Nanos,
    /// In which database.
    pub database: u64,
    /// Who, as a dense id, if it is known.
    pub client: Option<u32>,
    /// It is a script's.
    pub of_script: bool,
}

/// Turns commands into records. See the [module](self).
#[derive(Debug, Default)]
pub struct Commands {
    waiting: VecDeque<Record>,
    left_out: LeftOut,
    databases: Databases,
    together: Together,
    waits: Waits,
}

impl Commands {
    /// Takes a command: its name, in any case, and its words.
    pub fn take(&mut self, mut line: Line, words: &mut [Vec<u8>], keys: &mut Table) -> Result<(), Problem> {
        let Some(name) = words.first_mut() else { return Ok(()) };
        name.make_ascii_lowercase();
        let transaction = self.together.number(&mut line, &words[0]);
        self.databases.see(line.database);
        let first = self.waiting.len();
        line.client.into_iter().for_each(|client| self.waits.end(client));
        let mut taking = Taking { line, transaction, keys, name: &words[0], named: Vec::new(), commands: self };
        let translated = redis::translate(words, &mut taking);
        let named = taking.named;
        match translated {
            Ok(()) => {
                if let (Some(client), 0, false) = (line.client, transaction, named.is_empty()) {
                    self.waits.begin(client, line.database, named);
                }
                Ok(())
            }
            Err(Not::LeftOut(reason)) => {
                // What it said before it was found to be refused, it does not do.
                self.waiting.truncate(first);
                self.left_out.count(reason, &words[0]);
                Ok(())
            }
            Err(Not::Wrong(problem)) => Err(problem),
        }
    }

    /// The next record.
    #[inline]
    pub fn next(&mut self) -> Option<Record> {
        self.waiting.pop_front()
    }

    /// What was left out, and why.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// Forgets keys; those in records that wait stay. Gives back what is to be kept.
    pub fn forget(&mut self, keep: impl Fn(u32) -> bool, keys: &mut Table) {
        let mut waiting: Vec<u32> = Vec::new();
        for record in &self.waiting {
            waiting.push(record.key);
            record.command.iter().for_each(|command| command.for_each_other_key(|key| waiting.push(key)));
        }
        waiting.sort_unstable();
        let keep = |key| waiting.binary_search(&key).is_ok() || keep(key);
        self.databases.retain(keep);
        keys.retain(keep);
    }
}

/// One command on its way.
struct Taking<'a> {
    line: Line,
    transaction: u32,
    keys: &'a mut Table,
    name: &'a [u8],
    /// The names of its keys, if it may wait for elements of them.
    named: Vec<Vec<u8>>,
    commands: &'a mut Commands,
}

impl Sink for Taking<'_> {
    fn key(&mut self, name: &[u8]) -> Result<u32, Problem> {
        if may_wait(self.name) {
            self.named.push(name.to_vec());
        }
        self.commands.databases.key(self.line.database, name, self.keys)
    }

    fn key_of(&mut self, database: &[u8], name: &[u8]) -> Result<Option<u32>, Problem> {
        let Some(database) = self.commands.databases.number(database) else { return Ok(None) };
        self.commands.databases.key(database, name, self.keys).map(Some)
    }

    fn swap(&mut self, one: &[u8], other: &[u8]) -> Result<bool, Problem> {
        let Commands { databases, waits, .. } = &mut *self.commands;
        let (Some(one), Some(other)) = (databases.number(one), databases.number(other)) else { return Ok(false) };
        let mut moved = Vec::new();
        for (from, to) in [(one, other), (other, one)] {
            for name in waits.names_in(from) {
                moved.push((databases.key(from, name, self.keys)?, databases.key(to, name, self.keys)?));
            }
        }
        databases.swap(one, other);
        let lost = waits.lost;
        if !moved.is_empty() {
            self.put(super::NO_KEY, Command::Waiting(Waiters::Moved(moved.into())), None);
        }
        if lost {
            self.put(super::NO_KEY, Command::Waiting(Waiters::Doubtful), None);
        }
        Ok(true)
    }

    fn flushed(&mut self) -> Flush {
        self.commands.databases.flushed(self.line.database)
    }

    fn flushed_all(&mut self) {
        self.commands.databases.flushed_all();
    }

    fn put(&mut self, key: u32, command: Command, size: Option<usize>) {
        let &mut Taking { line, transaction, .. } = self;
        let (at, client, command) = (Some(line.at), line.client, Some(command));
        let size = size.map(|bytes| u32::try_from(bytes).unwrap_or(u32::MAX));
        self.commands.waiting.push_back(Record { key, at, command, size, client, transaction, ..Record::default() });
    }

    fn in_part(&mut self, reason: Reason) {
        self.commands.left_out.count(reason, self.name);
    }

    fn now(&self) -> Nanos {
        self.line.at
    }
}

/// Which keys belong to which database. What a database holds is a *space*: it goes along when databases are swapped.
#[derive(Debug, Default)]
struct Databases {
    /// Those that are not the database's own.
    spaces: BTreeMap<u64, u64>,
    /// By space: its keys that were named since it was emptied.
    named: BTreeMap<u64, Named>,
    /// By key: when it was put on its list; 0: it is on none.
    listed: Vec<u32>,
    /// How often something was emptied, and one more.
    round: u32,
    /// The greatest number in which anybody worked.
    seen: u64,
}

#[derive(Debug, Default)]
struct Named {
    keys: Vec<u32>,
    round: u32,
}

impl Databases {
    /// Somebody works in this database: there are so many.
    fn see(&mut self, database: u64) {
        self.seen = self.seen.max(database);
    }

    /// The number of a database that there is.
    fn number(&self, word: &[u8]) -> Option<u64> {
        let number = redis::integer(word).and_then(|number| u64::try_from(number).ok());
        number.filter(|&number| number <= self.seen.max(USUAL_MAX))
    }

    fn space(&self, database: u64) -> u64 {
        self.spaces.get(&database).copied().unwrap_or(database)
    }

    /// The id of a key; keys of spaces other than 0 have the number before them.
    fn key(&mut self, database: u64, name: &[u8], keys: &mut Table) -> Result<u32, Problem> {
        let space = self.space(database);
        let key = match space {
            0 => keys.bytes(name)?,
            _ => keys.bytes(&[format!("\0{space}\0").as_bytes(), name].concat())?,
        };
        let round = self.round + 1;
        let named = self.named.entry(space).or_insert_with(|| Named { keys: Vec::new(), round });
        if self.listed.len() <= key as usize {
            self.listed.resize(key as usize + 1, 0);
        }
        if self.listed[key as usize] != named.round {
            self.listed[key as usize] = named.round;
            named.keys.push(key);
        }
        Ok(key)
    }

    fn swap(&mut self, one: u64, other: u64) {
        let (space, otherspace) = (self.space(one), self.space(other));
        self.spaces.insert(one, otherspace);
        self.spaces.insert(other, space);
    }

    /// A database is emptied: the keys that may have been there.
    fn flushed(&mut self, database: u64) -> Flush {
        let named = self.named.remove(&self.space(database)).unwrap_or_default();
        self.round += 1;
        Flush::Keys(named.keys.into())
    }

    fn flushed_all(&mut self) {
        self.named.clear();
        self.round += 1;
    }

    fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        for named in self.named.values_mut() {
            named.keys.retain(|&key| {
                let kept = keep(key);
                if !kept {
                    self.listed[key as usize] = 0;
                }
                kept
            });
        }
    }
}

/// Whether a command may wait for elements of its keys.
fn may_wait(name: &[u8]) -> bool {
    matches!(name, b"blpop" | b"brpop" | b"blmove" | b"brpoplpush" | b"blmpop" | b"bzpopmin" | b"bzpopmax" | b"bzmpop")
}

/// The most bytes of names that are kept of what clients wait for.
const WAITED_BYTES_MAX: usize = 16 << 20;

/// Clients whose last command may wait, in which database, and for which keys.
#[derive(Debug, Default)]
struct Waits {
    clients: BTreeMap<u32, (u64, Vec<Vec<u8>>)>,
    bytes: usize,
    /// Some were not kept for want of memory.
    lost: bool,
}

impl Waits {
    fn begin(&mut self, client: u32, database: u64, names: Vec<Vec<u8>>) {
        let bytes = bytes_of(&names);
        if self.bytes + bytes > WAITED_BYTES_MAX {
            self.lost = true;
            return;
        }
        self.bytes += bytes;
        self.clients.insert(client, (database, names));
    }

    fn end(&mut self, client: u32) {
        self.bytes -= self.clients.remove(&client).map_or(0, |(_, names)| bytes_of(&names));
    }

    fn names_in(&self, database: u64) -> impl Iterator<Item = &[u8]> {
        let there = self.clients.values().filter(move |(number, _)| *number == database);
        there.flat_map(|(_, names)| names).map(Vec::as_slice)
    }
}

/// What names take in memory, about.
fn bytes_of(names: &[Vec<u8>]) -> usize {
    names.iter().map(|name| name.len() + size_of::<Vec<u8>>()).sum()
}

/// Which commands belong together.
#[derive(Debug, Default)]
struct Together {
    last: u32,
    /// Clients that have begun a transaction, and its number.
    open: BTreeMap<u32, u32>,
    /// The script that runs: its number, and when it began, if that is in the trace.
    script: Option<(u32, Option<Nanos>)>,
}

impl Together {
    /// The number of the transaction or script that a command is part of; 0: none.
    fn number(&mut self, line: &mut Line, name: &[u8]) -> u32 {
        if line.of_script {
            let (number, began) = self.script.unwrap_or_else(|| (self.new_number(), None));
            self.script = Some((number, began));
            line.at = began.unwrap_or(line.at);
            return number;
        }
        self.script = None;
        match name {
            b"eval" | b"evalsha" | b"eval_ro" | b"evalsha_ro" | b"fcall" | b"fcall_ro" => {
                self.script = Some((self.new_number(), Some(line.at)));
                0
            }
            b"multi" => {
                let number = self.new_number();
                if let Some(client) = line.client {
                    self.open.insert(client, number);
                }
                0
            }
            b"exec" | b"discard" => {
                if let Some(client) = line.client {
                    self.open.remove(&client);
                }
                0
            }
            _ => line.client.and_then(|client| self.open.get(&client).copied()).unwrap_or(0),
        }
    }

    fn new_number(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1).max(1);
        self.last
    }
}

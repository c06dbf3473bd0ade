//! Commands of a trace that did not become requests, or not wholly, and why.

use std::collections::BTreeMap;
use std::fmt;

/// The most different names that are counted one by one, per reason.
const NAMES_MAX: usize = 200;
/// The longest name that is shown, in characters.
const NAME_CHARS_MAX: usize = 40;

/// Why a command is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It concerns connections, transactions, messages or the server.
    NoKey,
    /// It runs a script; what the script does stands in the trace by itself.
    Script,
    /// The server refused it.
    Refused,
    /// It looks up keys that it does not name.
    Unnamed,
    /// It brings keys, or takes them away, that it does not name (`REPLICAOF`, `DEBUG POPULATE`).
    Others,
    /// What it does depends on what is not kept here.
    NotKept,
    /// It is not known here.
    Unknown,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 7] = [
        Reason::NoKey,
        Reason::Script,
        Reason::Refused,
        Reason::Unnamed,
        Reason::Others,
        Reason::NotKept,
        Reason::Unknown,
    ];

    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::NoKey => "no_key",
            Reason::Script => "script",
            Reason::Refused => "refused",
            Reason::Unnamed => "unnamed_keys",
            Reason::Others => "other_keys",
            Reason::NotKept => "depends_on_values",
            Reason::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::NoKey => "they neither read nor change a key",
            Reason::Script => "scripts: the commands they run stand in the trace themselves",
            Reason::Refused => "the server refused them, so they changed nothing",
            Reason::Unnamed => "they read keys that they do not name, and those reads are not counted",
            Reason::Others => {
                "they bring or replace keys that the trace does not show: from there on, counts may differ"
            }
            Reason::NotKept => "what they do depends on values or field TTLs, which are not kept",
            Reason::Unknown => "they are not known here",
        })
    }
}

/// Counts by reason and name of the command. However many names there are, memory stays bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut(BTreeMap<Reason, BTreeMap<String, u64>>);

impl LeftOut {
    /// Counts one.
    pub fn count(&mut self, reason: Reason, command: &[u8]) {
        let counts = self.0.entry(reason).or_default();
        let name: String = String::from_utf8_lossy(command).chars().take(NAME_CHARS_MAX).collect();
        let full = counts.len() >= NAMES_MAX && !counts.contains_key(&name);
        *counts.entry(if full { "others".to_owned() } else { name }).or_default() += 1;
    }

    /// By reason: the names and how often each came.
    pub fn by_reason(&self) -> impl Iterator<Item = (Reason, &BTreeMap<String, u64>)> {
        self.0.iter().map(|(reason, counts)| (*reason, counts))
    }

    /// By name, whatever the reason.
    pub fn by_name(&self) -> BTreeMap<String, u64> {
        let mut sum: BTreeMap<String, u64> = BTreeMap::new();
        for (name, count) in self.0.values().flatten() {
            *sum.entry(name.clone()).or_default() += count;
        }
        sum
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

//! Commands of a trace that did not become requests, or not wholly, and why.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::phrase::Phrase;

/// The most different names that are counted one by one, per reason.
const NAMES_MAX: usize = 200;
/// The longest name that is shown, in characters.
const NAME_CHARS_MAX: usize = 40;

/// Why a command is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

impl Reason {
    /// Why, in words.
    pub const fn phrase(self) -> Phrase {
        match self {
            Reason::NoKey => Phrase::fixed("they neither read nor change a key", "키를 읽거나 바꾸지 않음"),
            Reason::Script => Phrase::fixed(
                "scripts: the commands they run stand in the trace themselves",
                "스크립트: 실행한 명령은 트레이스에 따로 기록됨",
            ),
            Reason::Refused => {
                Phrase::fixed("the server refused them, so they changed nothing", "서버가 거절해 바뀐 것이 없음")
            }
            Reason::Unnamed => Phrase::fixed(
                "they read keys that they do not name, and those reads are not counted",
                "이름을 밝히지 않은 키를 읽으며, 그 읽기는 세지 않음",
            ),
            Reason::Others => Phrase::fixed(
                "they bring or replace keys that the trace does not show: from there on, counts may differ",
                "트레이스에 나오지 않는 키를 들여오거나 바꾸므로, 그 뒤의 수치는 다를 수 있음",
            ),
            Reason::NotKept => Phrase::fixed(
                "what they do depends on values or field TTLs, which are not kept",
                "보관하지 않는 값이나 필드 TTL에 따라 동작이 달라짐",
            ),
            Reason::Unknown => Phrase::fixed("they are not known here", "알 수 없는 명령"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phrase().fmt(f)
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

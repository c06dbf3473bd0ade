//! What is heard of one key: every fact that the ledger is told about it, and every message, in order.
//!
//! Runs are deterministic, so nothing of this is kept in an ordinary one. Whoever wants to know how a [case](super::cases)
//! came about runs its lane once more and [listens](Ledger::listen) to the case's key. What is heard changes nothing.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Holder, Ledger, Origin, Place, Release};
use crate::model::{CallError, ClientId, Key, WriteId};
use crate::time::Nanos;

/// The most that is kept of one key; of more, the latest.
const HEARD_MAX: usize = 1 << 16;

/// Who takes part, in the order in which a diagram shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A client.
    Client(ClientId),
    /// An application server.
    Server(u32),
    /// Who warms the cache up.
    Loader,
    /// The outbox's relay.
    Relay,
    /// A cache node.
    Node(u32),
    /// What stands in for a node that gives no answer.
    Gutter,
    /// What takes a node's dirty rows to the database.
    Flusher(u32),
    /// The database.
    Database,
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// A client's request: a read, or this write.
    Request(Option<WriteId>),
    /// Give me the value.
    Get,
    /// Keep this value.
    Put(WriteId),
    /// Keep it, and write it to the database later.
    PutBehind(WriteId),
    /// Forget the key.
    Delete,
    /// Commit this value.
    Update(WriteId),
    /// Here is the value.
    Value(WriteId),
    /// There is none here.
    Miss,
    /// It is done.
    Done,
    /// It is not.
    Failed(CallError),
}

/// A message that has reached its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// For which piece of work: a request, a flush, a load, each with a number of its own; 0 where nobody waits any more.
    pub errand: u32,
    /// Who sent it.
    pub from: Part,
    /// Who has it.
    pub to: Part,
    /// What it says.
    pub message: Message,
}

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the ledger's facts")]
pub enum Fact {
    Held {
        write: WriteId,
        holder: Holder,
        /// When the next flush is due, unless one is under way.
        due: Nanos,
    },
    Released {
        write: WriteId,
        holder: Holder,
        why: Release,
        /// When the next flush was due.
        due: Nanos,
    },
    Committed(WriteId),
    Acknowledged(WriteId),
    Refused(WriteId),
    Unanswered(WriteId),
    Read {
        client: ClientId,
        issued: Nanos,
        saw: WriteId,
        stale: bool,
    },
    Copied {
        place: Place,
        value: WriteId,
        origin: Origin,
    },
    Dropped(Place),
    Passed(Passed),
}

/// Something about the key, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Since the run began.
    pub at: Nanos,
    /// What.
    pub fact: Fact,
}

/// What is heard of one key.
#[derive(Clone, Debug)]
pub(super) struct Listening {
    key: Key,
    heard: VecDeque<Heard>,
}

impl Ledger {
    /// Keeps what is told of `key` from now on.
    pub fn listen(&mut self, key: Key) {
        self.listening = Some(Box::new(Listening { key, heard: VecDeque::new() }));
    }

    /// The key that is listened to.
    pub fn listens_to(&self) -> Option<Key> {
        self.listening.as_ref().map(|listening| listening.key)
    }

    /// What was heard of it, in order.
    pub fn heard(&self) -> Vec<Heard> {
        self.listening.iter().flat_map(|listening| &listening.heard).copied().collect()
    }

    /// A message about `key` has reached its receiver.
    pub fn passed(&mut self, key: Key, passed: Passed, now: Nanos) {
        self.hear(key, now, Fact::Passed(passed));
    }

    /// The copies of `key` at the moment `at`, each with its value; for stories.
    pub fn copies_of(&self, key: Key, at: Nanos) -> Vec<(Place, WriteId)> {
        // Once a story.
        self.copies(at).filter(|(other, ..)| *other == key).map(|(_, place, value)| (place, value)).collect()
    }

    /// Those of them that diverge, as the gauge of diverging copies counts them.
    pub fn diverging_copies_of(&self, key: Key, at: Nanos) -> Vec<(Place, WriteId)> {
        // Once a story.
        self.diverging_copies(at).filter(|(other, ..)| *other == key).map(|(_, place, value)| (place, value)).collect()
    }

    /// Whether something can still bring a write to the database.
    pub fn is_held(&self, write: WriteId) -> bool {
        self.writes[write.index()].holds > 0
    }

    #[inline]
    pub(super) fn hear_of(&mut self, w: WriteId, fact: Fact) {
        if self.listening.is_some() {
            let key = self.keys[self.writes[w.index()].slot as usize].key;
            self.hear(key, self.now, fact);
        }
    }

    #[inline]
    pub(super) fn hear(&mut self, key: Key, at: Nanos, fact: Fact) {
        if let Some(listening) = &mut self.listening
            && listening.key == key
        {
            if listening.heard.len() == HEARD_MAX {
                listening.heard.pop_front();
            }
            listening.heard.push_back(Heard { at, fact });
        }
    }
}

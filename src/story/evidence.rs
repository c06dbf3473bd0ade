//! From what was heard to lines: who did it, what it says, and which piece of work it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use super::words;
use crate::ledger::{Case, Fact, Heard, Holder, Message, Origin, Part, Passed, Place, Release};
use crate::model::{ClientId, WriteId};
use crate::phrase::Phrase;
use crate::report::FaultReport;
use crate::scenario::FaultKind;
use crate::time::Nanos;

/// What is known of a case after the run in which its key was listened to.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The case.
    pub case: &'a Case,
    /// All that was heard of its key, in order.
    pub heard: &'a [Heard],
    /// When the run ends.
    pub end: Nanos,
    /// What broke.
    pub faults: &'a [FaultReport],
    /// The cache node that has the key.
    pub node: u32,
    /// What the database had when it had come about.
    pub current: WriteId,
    /// The copies that there were then.
    pub copies: &'a [(Place, WriteId)],
}

/// Something that may become a line.
#[derive(Clone, Debug)]
pub(super) struct Clue {
    pub at: Nanos,
    pub from: Part,
    pub to: Part,
    pub text: Phrase,
    /// The piece of work it belongs to; 0 for none.
    pub errand: u32,
    /// The fact behind it; none for a fault.
    pub fact: Option<Fact>,
}

impl Clue {
    /// The message, where it is one.
    pub fn message(&self) -> Option<Message> {
        match self.fact {
            Some(Fact::Passed(passed)) => Some(passed.message),
            _ => None,
        }
    }

    /// The write that it is about, by name.
    pub fn write(&self) -> Option<WriteId> {
        match self.fact? {
            Fact::Held { write, .. } | Fact::Released { write, .. } => Some(write),
            Fact::Committed(write) | Fact::Acknowledged(write) | Fact::Refused(write) | Fact::Unanswered(write) => {
                Some(write)
            }
            Fact::Passed(Passed { message, .. }) => match message {
                Message::Request(write) => write,
                Message::Put(write) | Message::PutBehind(write) | Message::Update(write) => Some(write),
                _ => None,
            },
            Fact::Read { .. } | Fact::Copied { .. } | Fact::Dropped(_) => None,
        }
    }
}

/// Who asked for what, as far as has been heard.
#[derive(Default)]
struct Known {
    /// The client, its server and the piece of work of each write.
    writes: BTreeMap<WriteId, (Part, Part, u32)>,
    /// The server and the piece of work of each client's last read.
    reads: BTreeMap<ClientId, (Part, u32)>,
    /// What is in the write-behind buffer.
    buffered: BTreeSet<WriteId>,
}

/// Everything heard up to the case, and every fault, as clues in order of time.
pub(super) fn clues(evidence: &Evidence<'_>) -> Vec<Clue> {
    let mut known = Known::default();
    let until = evidence.case.at;
    let heard = evidence.heard.iter().take_while(|heard| heard.at <= until);
    let mut clues: Vec<Clue> = heard.filter_map(|heard| known.clue(heard, evidence.node)).collect();
    for fault in evidence.faults {
        let at = Nanos::from_secs_f64(fault.at_s);
        if at <= until
            && let Some(clue) = struck(fault, at, evidence.node)
        {
            // Before what it does at the same moment; a flusher may have taken something then, and lost it.
            let lost = clues.iter().position(|other| other.at == at && loses_taken_out(other));
            let place = lost.unwrap_or_else(|| clues.partition_point(|other| other.at < at));
            clues.insert(place, clue);
        }
    }
    clues
}

fn loses_taken_out(clue: &Clue) -> bool {
    matches!(clue.fact, Some(Fact::Released { why: Release::FlusherCrash, .. }))
}

/// A fault that may have to do with the key.
fn struck(fault: &FaultReport, at: Nanos, node: u32) -> Option<Clue> {
    let kind = FaultKind::ALL.iter().copied().find(|kind| kind.name() == fault.what)?;
    let which = fault.which.as_ref().and_then(|which| which.parse::<u32>().ok());
    let part = match fault.what.split('.').next().unwrap_or_default() {
        "cache" if which.is_none_or(|which| which == node) => Part::Node(node),
        "app" => Part::Server(which.unwrap_or(0)),
        "database" => Part::Database,
        "worker" => Part::Flusher(node),
        _ => return None,
    };
    Some(Clue { at, from: part, to: part, text: kind.title(), errand: 0, fact: None })
}

impl Known {
    fn clue(&mut self, heard: &Heard, node: u32) -> Option<Clue> {
        let (from, to, errand, text) = match heard.fact {
            Fact::Passed(passed) => self.message(passed),
            Fact::Held { write, holder, due } => {
                let (from, to, text) = self.held((write, holder), due, heard.at, node)?;
                (from, to, 0, text)
            }
            Fact::Released { write, holder, why, .. } => {
                let (from, to, text) = self.released((write, holder), why, node)?;
                (from, to, 0, text)
            }
            Fact::Committed(write) => (Part::Database, Part::Database, 0, words::committed(write)),
            Fact::Acknowledged(write) => {
                let (client, server, errand) = self.owner(write)?;
                (server, client, errand, words::acknowledged(write))
            }
            Fact::Refused(write) => {
                let (client, server, errand) = self.owner(write)?;
                (server, client, errand, words::refused(write))
            }
            Fact::Unanswered(write) => {
                let (client, _, errand) = self.owner(write)?;
                (client, client, errand, words::unanswered(write))
            }
            Fact::Read { client, saw, stale, .. } => {
                let (server, errand) = self.reads.get(&client).copied()?;
                (server, Part::Client(client), errand, words::read(saw, stale))
            }
            Fact::Copied { place, value, origin } => {
                let part = if let Place::Near(server) = place { Part::Server(server) } else { Part::Node(node) };
                let text = match origin {
                    Origin::Restored => words::restored(value),
                    Origin::Update | Origin::Fill => words::holds(value, place != Place::Cache),
                };
                (part, part, 0, text)
            }
            Fact::Dropped(_) => return None,
        };
        Some(Clue { at: heard.at, from, to, text, errand, fact: Some(heard.fact) })
    }

    fn owner(&self, write: WriteId) -> Option<(Part, Part, u32)> {
        self.writes.get(&write).copied()
    }

    fn message(&mut self, passed: Passed) -> (Part, Part, u32, Phrase) {
        let Passed { errand, from, to, message } = passed;
        match (message, from) {
            (Message::Request(Some(write)), _) => _ = self.writes.insert(write, (from, to, errand)),
            (Message::Request(None), Part::Client(client)) => _ = self.reads.insert(client, (to, errand)),
            _ => {}
        }
        (from, to, errand, words::message(message, from, to))
    }

    /// Something has got a write: the buffer, or a flush from there. What else is under way shows by its messages.
    fn held(
        &mut self,
        (write, holder): (WriteId, Holder),
        due: Nanos,
        at: Nanos,
        node: u32,
    ) -> Option<(Part, Part, Phrase)> {
        let (cache, flusher) = (Part::Node(node), Part::Flusher(node));
        match holder {
            Holder::Buffer => {
                self.buffered.insert(write);
                Some((cache, cache, words::dirty(write, due, at)))
            }
            Holder::Flight if self.buffered.contains(&write) => Some((cache, flusher, words::taken(write))),
            Holder::Flusher => Some((cache, flusher, words::taken_out(write))),
            Holder::Queue => {
                let (_, server, _) = self.owner(write)?;
                Some((server, server, words::queued(write, due, at)))
            }
            Holder::Flight | Holder::Application => None,
        }
    }

    fn released(
        &mut self,
        (write, holder): (WriteId, Holder),
        why: Release,
        node: u32,
    ) -> Option<(Part, Part, Phrase)> {
        if holder == Holder::Buffer {
            self.buffered.remove(&write);
        }
        let text = words::released(write, holder, why)?;
        let (cache, flusher) = (Part::Node(node), Part::Flusher(node));
        let (from, to) = match (holder, why) {
            (Holder::Buffer, Release::Delivered | Release::FlushMarkLost) => (flusher, cache),
            (Holder::Buffer, Release::DroppedAfterRetries) => (flusher, flusher),
            (Holder::Buffer, _) => (cache, cache),
            (Holder::Flusher, _) => (flusher, flusher),
            (Holder::Flight, _) => (Part::Database, Part::Database),
            (Holder::Application | Holder::Queue, _) => {
                let server = self.owner(write).map_or(Part::Server(0), |(_, server, _)| server);
                (server, server)
            }
        };
        Some((from, to, text))
    }
}

//! Which of all the clues make the story: who matters, what caused it, and what is left out.

use std::collections::BTreeSet;

use super::evidence::{Clue, Evidence, clues};
use super::{Actor, LINES_MAX, Line, Role, Story, words};
use crate::ledger::{Case, CaseKind, Cause, Divergence, Fact, Holder, Message, Origin, Part, Place, Release};
use crate::model::{ClientId, WriteId};
use crate::phrase::{Language, Phrase};
use crate::time::Nanos;

/// Who matters in a story.
#[derive(Default)]
struct Cast {
    /// Pieces of work: all that they do is part of it.
    errands: BTreeSet<u32>,
    /// Writes: all that becomes of them is.
    writes: BTreeSet<WriteId>,
    /// Single clues.
    clues: BTreeSet<usize>,
    /// The clue that caused it.
    cause: Option<usize>,
    /// The clue that it came to, where it is one.
    outcome: Option<usize>,
    /// The newer write that a stale read missed.
    newer: Option<WriteId>,
}

/// Tells how the case came about.
pub fn tell(evidence: &Evidence<'_>) -> Story {
    let case = evidence.case;
    let mut clues = clues(evidence);
    let mut cast = Detective { clues: &clues, case }.cast(evidence.current);
    if cast.outcome.is_none() {
        cast.outcome = Some(clues.len());
        clues.push(outcome(evidence));
    }
    if let Some(due) = flush_due(&clues, case).filter(|due| due.at <= evidence.end) {
        cast.clues.insert(clues.len());
        clues.push(due);
    }
    let acknowledged = clues.iter().find(|clue| clue.fact == Some(Fact::Acknowledged(case.write))).map(|clue| clue.at);
    let cause_at = cast.cause.map_or(case.at, |cause| clues[cause].at);
    let places: Vec<Place> =
        evidence.copies.iter().filter(|(_, value)| *value == case.write).map(|(place, _)| *place).collect();
    let is_fill = |clue: &Clue| clue.to == Part::Gutter && clue.message() == Some(Message::Put(case.write));
    let left = match places.is_empty() && clues.iter().any(is_fill) {
        true => words::left_in_gutter(case.write, evidence.current),
        false => words::left(case.write, &places, evidence.current),
    };
    let asked_by = asked_by(&clues, &cast, case.write);
    let (actors, lines) = lines(&clues, &cast);
    let mut story = Story {
        case: *case,
        sentence: words::sentence(case, evidence.current, acknowledged, cast.newer),
        left,
        cause_at,
        asked_by,
        actors,
        lines,
    };
    if let Some(cause) = cast.cause {
        let Clue { at, fact, from, to, ref text, .. } = clues[cause];
        let caused = words::caused(fact, from, to, text);
        let say = |language: Language, cause: &str| {
            let (sentence, at) = (story.sentence.say(language), words::stamp(at));
            format!("{sentence} {cause} {}, {}.", at.say(language), caused.say(language))
        };
        story.sentence = Phrase::new(say(Language::English, "The cause: at"), say(Language::Korean, "원인:"));
    }
    story
}

/// Whose request the cause was part of; where it was part of none, whose brought the value.
fn asked_by(clues: &[Clue], cast: &Cast, write: WriteId) -> Option<ClientId> {
    let errand = cast.cause.map(|cause| clues[cause].errand).filter(|errand| *errand != 0);
    let client = |such: &dyn Fn(&Clue, Option<WriteId>) -> bool| {
        clues.iter().find_map(|clue| match (clue.message(), clue.from) {
            (Some(Message::Request(brings)), Part::Client(client)) if such(clue, brings) => Some(client),
            _ => None,
        })
    };
    client(&|clue, _| Some(clue.errand) == errand).or_else(|| client(&|_, brings| brings == Some(write)))
}

/// What it came to, said where that can be seen.
fn outcome(evidence: &Evidence<'_>) -> Clue {
    let Evidence { case, node, current, .. } = *evidence;
    let (part, text) = match case.kind {
        CaseKind::Lost { .. } => (Part::Database, words::lost(case.write, current)),
        CaseKind::Vanished | CaseKind::Stale { .. } => (Part::Database, words::vanished(case.write, current)),
        CaseKind::Phantom => (Part::Database, words::phantom(case.write)),
        CaseKind::Diverging { place, .. } => {
            let part = if let Place::Near(server) = place { Part::Server(server) } else { Part::Node(node) };
            (part, words::differs(case.write, current))
        }
    };
    Clue { at: case.at, from: part, to: part, text, errand: 0, fact: None }
}

/// The flush that would have saved a lost write, where it was still to come.
fn flush_due(clues: &[Clue], case: &Case) -> Option<Clue> {
    use Cause::{CacheCrash, FailoverLag, FlushAll, QueueLost};
    let CaseKind::Lost { cause: CacheCrash | FailoverLag | FlushAll | QueueLost } = case.kind else { return None };
    let released = clues.iter().rev().find_map(|clue| match clue.fact {
        Some(Fact::Released { write, holder: Holder::Buffer | Holder::Queue, due, .. })
            if write == case.write && due > case.at =>
        {
            Some((clue.from, due))
        }
        _ => None,
    });
    let (part, at) = match released? {
        (Part::Node(node), at) => (Part::Flusher(node), at),
        (part, at) => (part, at),
    };
    Some(Clue { at, from: part, to: part, text: words::flush_due(case.write), errand: 0, fact: None })
}

// ---- Who matters ----

struct Detective<'a> {
    clues: &'a [Clue],
    case: &'a Case,
}

impl Detective<'_> {
    fn cast(&self, current: WriteId) -> Cast {
        let mut cast = Cast::default();
        let case = self.case;
        match case.kind {
            CaseKind::Lost { cause } => {
                self.follow(&mut cast, case.write);
                self.who_lost(&mut cast, cause);
            }
            CaseKind::Vanished | CaseKind::Phantom => {
                self.follow(&mut cast, case.write);
                cast.cause = self.last_release(case.write);
                if case.kind == CaseKind::Phantom {
                    cast.cause = self.last(|clue| clue.fact == Some(Fact::Committed(case.write)));
                }
                self.readers(&mut cast, case.write);
                cast.clues.extend(self.last(|clue| clue.fact.is_none() && clue.at == case.at));
            }
            CaseKind::Stale { since } => self.stale(&mut cast, since),
            CaseKind::Diverging { place, divergence } => {
                self.follow(&mut cast, current);
                self.diverging(&mut cast, (place, divergence), current);
            }
        }
        cast
    }

    fn last(&self, such: impl Fn(&Clue) -> bool) -> Option<usize> {
        self.clues.iter().rposition(such)
    }

    fn last_before(&self, at: Nanos, such: impl Fn(&Clue) -> bool) -> Option<usize> {
        self.last(|clue| clue.at <= at && such(clue))
    }

    /// A write, and the request that brought it.
    fn follow(&self, cast: &mut Cast, write: WriteId) {
        cast.writes.insert(write);
        let brought = |clue: &&Clue| clue.message() == Some(Message::Request(Some(write)));
        cast.errands.extend(self.clues.iter().filter(brought).map(|clue| clue.errand));
    }

    /// The last time that something gave a write up.
    fn last_release(&self, write: WriteId) -> Option<usize> {
        self.last(|clue| match clue.fact {
            Some(Fact::Released { write: other, why, .. }) => {
                other == write && (why.cause().is_some() || why == Release::GaveUp)
            }
            _ => false,
        })
    }

    /// The write that stands in a write's place in the buffer at last.
    fn successor(&self, cast: &mut Cast, mut write: WriteId) -> WriteId {
        let next = |write| {
            self.clues.iter().find_map(|clue| match clue.fact {
                Some(Fact::Released { write: other, why: Release::Coalesced { into }, .. }) if other == write => {
                    Some(into)
                }
                _ => None,
            })
        };
        while let Some(into) = next(write)
            && cast.writes.insert(into)
        {
            write = into;
        }
        write
    }

    fn who_lost(&self, cast: &mut Cast, cause: Cause) {
        let case = self.case;
        let last = self.successor(cast, case.write);
        cast.cause = match cause {
            Cause::OverwrittenByOlder => {
                let by = self.last(|clue| {
                    matches!(clue.fact, Some(Fact::Committed(by)) if by != case.write && !cast.writes.contains(&by))
                });
                if let Some(write) = by.and_then(|by| self.clues[by].write()) {
                    self.follow(cast, write);
                }
                by
            }
            Cause::NeverDelivered => self.last(|clue| clue.fact == Some(Fact::Acknowledged(case.write))),
            _ => self.last_release(last).or_else(|| self.last_release(case.write)),
        };
        let Some(at) = cast.cause.map(|cause| self.clues[cause].at) else { return };
        match cause {
            Cause::FlushMarkLost => self.flush_before(cast, at),
            Cause::CacheCrash
            | Cause::FailoverLag
            | Cause::PersistenceWindow
            | Cause::DualWriteHalfDone
            | Cause::QueueLost => {
                self.fault_before(cast, at);
            }
            Cause::FlusherCrash => cast.clues.extend(self.last_before(at, |clue| clue.fact.is_none())),
            _ => {}
        }
    }

    /// The flush whose set a lost mark was in: what it took, and what came of that.
    fn flush_before(&self, cast: &mut Cast, at: Nanos) {
        let taken = self.last_before(at, |clue| {
            matches!(clue.fact, Some(Fact::Held { holder: Holder::Flight, .. })) && matches!(clue.to, Part::Flusher(_))
        });
        let Some(taken) = taken else { return };
        let write = self.clues[taken].write();
        let its = (taken..self.clues.len()).filter(|&i| self.clues[i].at <= at && self.clues[i].write() == write);
        cast.clues.extend(its);
    }

    /// The fault that took something: the last that began by then.
    fn fault_before(&self, cast: &mut Cast, at: Nanos) {
        cast.clues.extend(self.last_before(at, strikes_machines));
    }

    /// Who read a value while it was there.
    fn readers(&self, cast: &mut Cast, write: WriteId) {
        let read = self.last(|clue| matches!(clue.fact, Some(Fact::Read { saw, .. }) if saw == write));
        cast.errands.extend(read.map(|read| self.clues[read].errand));
    }

    fn stale(&self, cast: &mut Cast, since: Nanos) {
        let case = self.case;
        cast.outcome = self.last(|clue| match clue.fact {
            Some(Fact::Read { client, issued, saw, .. }) => {
                (client, issued, saw, clue.at) == (case.client, case.issued, case.write, case.at)
            }
            _ => false,
        });
        let reader = cast.outcome.map(|read| self.clues[read].errand);
        cast.errands.extend(reader);
        let known = self.last(|clue| {
            let newer = matches!(clue.fact, Some(Fact::Acknowledged(w) | Fact::Committed(w)) if w != case.write);
            clue.at == since && newer
        });
        let newer = known.and_then(|known| self.clues[known].write());
        if let Some(newer) = newer {
            cast.newer = Some(newer);
            self.follow(cast, newer);
        }
        // Who had the old value to give.
        let given = self.last(|clue| {
            Some(clue.errand) == reader && clue.message() == Some(Message::Value(case.write)) && clue.at <= case.at
        });
        let vanished = newer.and_then(|newer| self.vanished(cast, newer));
        cast.cause = match given.map(|given| (given, self.clues[given].from)) {
            Some((given, Part::Database)) => {
                vanished.or_else(|| self.gone_back(cast, self.clues[given].at, newer)).or(Some(given))
            }
            Some((given, Part::Gutter)) => vanished.or_else(|| self.gutter_fill(cast, self.clues[given].at)),
            Some((given, _)) => vanished.or_else(|| self.old_copy(cast, Place::Cache, self.clues[given].at, newer)),
            None => {
                let server = reader.and_then(|reader| {
                    self.clues.iter().find(|clue| clue.errand == reader && matches!(clue.to, Part::Server(_)))
                });
                let place = match server.map(|clue| clue.to) {
                    Some(Part::Server(server)) => Place::Near(server),
                    _ => Place::Cache,
                };
                vanished.or_else(|| self.old_copy(cast, place, case.at, newer))
            }
        };
    }

    /// How a write that was known came to be lost: itself, or what stood in its place when it was.
    fn vanished(&self, cast: &mut Cast, write: WriteId) -> Option<usize> {
        let its_own = self.last_release(write);
        if its_own.is_some() || self.committed(write).is_some() {
            return its_own;
        }
        let last = self.successor(cast, write);
        self.last_release(last)
    }

    fn committed(&self, write: WriteId) -> Option<usize> {
        self.clues.iter().position(|clue| clue.fact == Some(Fact::Committed(write)))
    }

    /// The commit by which the database went back to the value from a newer one.
    fn gone_back(&self, cast: &mut Cast, at: Nanos, newer: Option<WriteId>) -> Option<usize> {
        let forth = self.committed(newer?)?;
        let back = self.last_before(at, |clue| clue.fact == Some(Fact::Committed(self.case.write)));
        let back = back.filter(|back| *back > forth)?;
        self.follow(cast, self.case.write);
        Some(back)
    }

    /// Who put the value into the gutter, which no write is told.
    fn gutter_fill(&self, cast: &mut Cast, at: Nanos) -> Option<usize> {
        let filled = self
            .last_before(at, |clue| clue.to == Part::Gutter && clue.message() == Some(Message::Put(self.case.write)));
        cast.errands.extend(filled.map(|filled| self.clues[filled].errand));
        filled
    }

    /// Why there was an old copy: who put it in after the newer write, or else that nobody took it away.
    fn old_copy(&self, cast: &mut Cast, place: Place, at: Nanos, newer: Option<WriteId>) -> Option<usize> {
        let value = self.case.write;
        let copied = self.last_before(
            at,
            |clue| matches!(clue.fact, Some(Fact::Copied { place: there, value: v, .. }) if there == place && v == value),
        );
        let committed = newer.and_then(|newer| self.committed(newer));
        // What waits to be written is known before the database has it.
        let acknowledged =
            || newer.and_then(|newer| self.clues.iter().position(|clue| clue.fact == Some(Fact::Acknowledged(newer))));
        match (copied, committed.or_else(acknowledged)) {
            (Some(copied), Some(known)) if copied > known => Some(self.who_put(cast, copied)),
            (Some(copied), _) => {
                cast.clues.insert(copied);
                self.failed_invalidation(cast).or(committed)
            }
            (None, _) => committed,
        }
    }

    /// Who put a value in, and what he had read before: his command, where it was heard.
    fn who_put(&self, cast: &mut Cast, copied: usize) -> usize {
        let Some(Fact::Copied { value, origin, place }) = self.clues[copied].fact else { return copied };
        if origin == Origin::Restored {
            self.fault_before(cast, self.clues[copied].at);
            return copied;
        }
        let is_put = |clue: &Clue| match clue.message() {
            Some(Message::Put(put) | Message::PutBehind(put)) => put == value && place == Place::Cache,
            // A cache that loads by itself, and a near cache, keep what comes back.
            Some(Message::Value(came)) => came == value && clue.to == self.clues[copied].from,
            _ => false,
        };
        let put = self.last_before(self.clues[copied].at, is_put).unwrap_or(copied);
        cast.errands.insert(self.clues[put].errand);
        put
    }

    /// What was to see to the copies and could not.
    fn failed_invalidation(&self, cast: &Cast) -> Option<usize> {
        self.last(|clue| {
            cast.errands.contains(&clue.errand)
                && matches!(clue.message(), Some(Message::Failed(_)))
                && matches!(clue.from, Part::Node(_))
        })
    }

    fn diverging(&self, cast: &mut Cast, (place, divergence): (Place, Divergence), current: WriteId) {
        let copied = self.last(|clue| {
            matches!(clue.fact, Some(Fact::Copied { place: there, value, .. }) if there == place && value == self.case.write)
        });
        let put = copied.map(|copied| self.who_put(cast, copied));
        cast.clues.extend(put);
        let committed = self.last(|clue| clue.fact == Some(Fact::Committed(current)));
        cast.cause = match divergence {
            Divergence::OvertakenUpdate => {
                self.follow(cast, self.case.write);
                put.or(copied)
            }
            Divergence::StaleFill | Divergence::Restored => put.or(copied),
            Divergence::NeverCommitted => {
                self.follow(cast, self.case.write);
                self.last_release(self.case.write)
            }
            Divergence::CrashBetween => {
                let fault = self.last(strikes_machines);
                self.last_release(current).or(fault)
            }
            Divergence::LostInvalidation => self.failed_invalidation(cast),
            Divergence::CommitWithoutAnswer => self.last_release(current),
            Divergence::OverwrittenByOlder | Divergence::Left => None,
        };
        cast.cause = cast.cause.or(committed);
    }
}

/// Whether it is a fault that ends more than processes which work beside requests.
fn strikes_machines(clue: &Clue) -> bool {
    clue.fact.is_none() && !matches!(clue.from, Part::Flusher(_))
}

// ---- What is shown ----

/// How much a line is missed when it is left out: 0 most.
fn rank(clue: &Clue) -> u8 {
    match clue.fact {
        None => 1,
        Some(Fact::Acknowledged(_) | Fact::Committed(_) | Fact::Read { .. } | Fact::Released { .. }) => 1,
        Some(Fact::Refused(_) | Fact::Unanswered(_)) => 1,
        Some(Fact::Held { .. }) => 2,
        Some(Fact::Copied { origin: Origin::Restored, .. }) => 1,
        Some(Fact::Copied { .. } | Fact::Dropped(_)) => 3,
        Some(Fact::Passed(passed)) => match passed.message {
            Message::Put(_) | Message::PutBehind(_) | Message::Delete | Message::Failed(_) => 1,
            Message::Update(_) | Message::Value(_) | Message::Request(Some(_)) => 2,
            Message::Get | Message::Request(None) | Message::Miss => 3,
            Message::Done => 4,
        },
    }
}

/// Whether a line shows why: what the one who caused it had read in the database, and who asked for what it came to.
fn is_telling(clue: &Clue, [cause, outcome]: [Option<&Clue>; 2]) -> bool {
    let of = |other: Option<&Clue>| clue.errand != 0 && other.is_some_and(|other| other.errand == clue.errand);
    match clue.message() {
        Some(Message::Get) => clue.to == Part::Database && of(cause),
        Some(Message::Request(_)) => of(cause) || of(outcome),
        _ => false,
    }
}

/// The clues that belong to the story, the most important of them as lines, with those who take part.
fn lines(clues: &[Clue], cast: &Cast) -> (Vec<Actor>, Vec<Line>) {
    let key_ones = [cast.cause, cast.outcome];
    let belongs = |&i: &usize| {
        let clue = &clues[i];
        let of_write = clue.message().is_none() && clue.write().is_some_and(|write| cast.writes.contains(&write));
        let of_errand = clue.errand != 0 && cast.errands.contains(&clue.errand);
        key_ones.contains(&Some(i)) || cast.clues.contains(&i) || of_write || of_errand
    };
    let its: Vec<usize> = (0..clues.len()).filter(belongs).collect();
    let mut by_rank = its.clone();
    let ends = key_ones.map(|one| one.map(|i| &clues[i]));
    crate::sort::by_key(&mut by_rank, |&i| match &clues[i] {
        _ if key_ones.contains(&Some(i)) => 0,
        clue if is_telling(clue, ends) => 0,
        clue => rank(clue),
    });
    by_rank.truncate(LINES_MAX);
    let shown: BTreeSet<usize> = by_rank.into_iter().collect();
    let parts: BTreeSet<Part> = shown.iter().flat_map(|&i| [clues[i].from, clues[i].to]).collect();
    let actors: Vec<Actor> = parts.iter().map(|&part| Actor { part, name: words::part(part) }).collect();
    let number = |part| parts.iter().position(|other| *other == part).unwrap_or_default();
    let (mut lines, mut skipped) = (Vec::new(), 0);
    for i in its {
        if !shown.contains(&i) {
            skipped += 1;
            continue;
        }
        let Clue { at, from, to, text, .. } = &clues[i];
        let role = match Some(i) {
            this if this == cast.cause => Role::Cause,
            this if this == cast.outcome => Role::Outcome,
            _ => Role::Plain,
        };
        let skipped = std::mem::take(&mut skipped);
        lines.push(Line { at: *at, from: number(*from), to: number(*to), text: text.clone(), role, skipped });
    }
    (actors, lines)
}

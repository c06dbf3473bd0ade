//! Where else the memory of a node is: on disk, with replicas, or nowhere.
//!
//! ```text
//!            ┌───────────── crash ────────────┐
//!            ▼                                │
//!  down, with what can come back ── restart ──┼─▶ loading (refuses) ──▶ up, with what its disk had
//!            └──── detection time passes ─────┴─▶ up: a replica took over, with what it had acknowledged
//! ```
//! A primary that is frozen responds as little as one that has crashed, and is replaced as soon. What waited in it gets no
//! response but a broken connection; when it thaws, it is a replica and resyncs with its new primary.
//!
//! At a crash the memory goes back to the furthest state that anyone still has, and what came after it is lost at that
//! moment. Who comes first then, the node with its disk or a replica, may have less: the rest is lost then.
//!
//! Entries come back as they were, with their value and expiry, and so do the rows of write-behind: those flushed since
//! are flushed again, and may then overwrite what is newer.

use std::collections::VecDeque;

use crate::cache::command::Answer;
use crate::cache::entry::Entry;
use crate::cache::journal::{Journal, Position, Undone};
use crate::cache::keys::Numbers;
use crate::cache::persistence::Persistence;
use crate::cache::replicas::Replicas;
use crate::cache::store::Store;
use crate::engine::CallId;
use crate::fault::Crash;
use crate::ledger::Release;
use crate::model::{CallError, Key, WriteId};
use crate::random::Stream;
use crate::scenario::{self, ReadsFrom};
use crate::time::Nanos;
use crate::work;

/// See the module.
#[derive(Debug)]
pub(super) enum Durability {
    /// The memory is only in the node: a crash takes it.
    Volatile,
    /// It is on disk, with replicas, or both.
    Durable(Box<Durable>),
}

/// Disk and replicas of a node.
#[derive(Debug)]
pub(super) struct Durable {
    journal: Journal,
    persistence: Option<Persistence>,
    replicas: Option<Replicas>,
    /// How long loading takes after a restart, for each entry.
    loading_per_entry: Nanos,
    /// When the node will have loaded what its disk had.
    loaded_at: Option<Nanos>,
    /// When a replica takes over, unless the primary is back before.
    takeover_at: Option<Nanos>,
    /// A replica is to take over in order.
    handover: Option<HandOver>,
    /// Responses that wait for the disk or for replicas, when each leaves, and for which change, if it made one.
    waiting: VecDeque<(CallId, Nanos, Option<Position>)>,
    /// Memory for the commands of a round, used again.
    applied: Vec<Applied>,
    /// The last moment at which something changed, or was to.
    touched: Nanos,
    /// How many entries there were after the last command. Not how many there are: whoever looks at a node may let
    /// expired ones go, and looking must change nothing.
    entries: u32,
    /// Not while the node is down or loads: then its disk writes nothing, and its replicas hear nothing.
    at_work: bool,
}

/// A replica is to take over in order.
#[derive(Clone, Copy, Debug, Default)]
struct HandOver {
    /// If it has not by then, none does.
    until: Nanos,
    /// What it must have: all there was when the node began to serve nobody for it.
    target: Option<Position>,
    /// When it will have that.
    at: Option<Nanos>,
}

/// Commands that are served together: where one sync serves many, whatever is in line follows at once.
#[derive(Debug)]
pub(super) struct Round {
    before: Position,
    /// Whether the round goes on with whatever is in line.
    pub(super) in_groups: bool,
    applied: Vec<Applied>,
}

impl Round {
    /// A command has taken effect.
    pub(super) fn push(&mut self, applied: Applied) {
        self.applied.push(applied);
    }
}

/// A command that has taken effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Applied {
    pub(super) call: CallId,
    pub(super) answer: Answer,
    /// When it had been served, but for disk and replicas.
    pub(super) until: Nanos,
    pub(super) changed: bool,
    /// Whether it waits for replicas: a writer's change does, a reader's fill does not.
    pub(super) waits: bool,
}

/// When a change is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Confirmation {
    /// When it is on disk.
    synced: Nanos,
    /// When enough replicas have it, too; the response leaves then.
    pub(super) leaves: Nanos,
    /// Whether they have it in time.
    pub(super) confirmed: bool,
}

/// Something that kept the node from work is over, or was not what the event was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing.
    Nothing,
    /// The node has loaded what its disk had.
    Loaded,
    /// The primary has not responded for so long that a replica takes over.
    TakeOver,
    /// A replica has all that the primary has, and takes over in order.
    HandOver,
}

/// What a crash has broken.
#[derive(Debug, Default)]
pub(super) struct Broken {
    /// Whether the node was loading, and is not any more.
    pub(super) was_loading: bool,
    /// Responses that had not left, and never will.
    pub(super) calls: Vec<CallId>,
}

/// An earlier state of memory.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// What is different from now.
    pub(super) undone: Undone,
    /// The rows in the buffer then, oldest first.
    pub(super) rows: Vec<(Key, WriteId)>,
}

impl Durability {
    /// Disk and replicas of an empty node, where it has them.
    pub(super) fn new(settings: &scenario::Cache, numbers: &Numbers, stream: impl Fn(&str) -> Stream) -> Durability {
        let persistence = Persistence::new(&settings.persistence, stream("fsync"));
        // Replicas' draws are told apart by name, since streams are numbered by node.
        let replicas = Replicas::new(settings, |machine| stream(&format!("replica {machine}")));
        if persistence.is_none() && replicas.is_none() {
            return Durability::Volatile;
        }
        Durability::Durable(Box::new(Durable {
            journal: Journal::new(replicas.is_some(), settings.reads == ReadsFrom::Replicas, numbers),
            persistence,
            replicas,
            loading_per_entry: settings.loading,
            loaded_at: None,
            takeover_at: None,
            handover: None,
            waiting: VecDeque::new(),
            applied: Vec::new(),
            touched: Nanos::ZERO,
            entries: 0,
            at_work: true,
        }))
    }

    /// Whether anything outlives a crash.
    #[inline]
    pub(super) fn is_durable(&self) -> bool {
        matches!(self, Durability::Durable(_))
    }

    #[inline]
    fn durable(&mut self) -> Option<&mut Durable> {
        match self {
            Durability::Volatile => None,
            Durability::Durable(durable) => Some(durable),
        }
    }

    #[inline]
    fn get(&self) -> Option<&Durable> {
        match self {
            Durability::Volatile => None,
            Durability::Durable(durable) => Some(durable),
        }
    }

    fn replicas(&mut self) -> Option<&mut Replicas> {
        self.durable()?.replicas.as_mut()
    }

    // ---- Changes, told before they are made ----

    #[inline]
    fn journal(&mut self, now: Nanos) -> Option<&mut Journal> {
        self.durable().map(|durable| durable.journal(now))
    }

    /// The entry of `key` is about to be set, or deleted, by a command.
    #[inline]
    pub(super) fn will_set(&mut self, key: Key, store: &Store, now: Nanos) {
        if let Some(journal) = self.journal(now) {
            journal.entry_set(key, store.peek(key).copied());
        }
    }

    /// The entry of `key` is about to leave, or to be renewed.
    #[inline]
    pub(super) fn will_leave(&mut self, key: Key, store: &Store, now: Nanos) {
        if let Some(journal) = self.journal(now) {
            journal.entry_gone(key, store.peek(key).copied());
        }
    }

    /// The entry `victim` has made room for another.
    #[inline]
    pub(super) fn has_left(&mut self, victim: Entry, now: Nanos) {
        if let Some(journal) = self.journal(now) {
            journal.entry_gone(victim.key, Some(victim));
        }
    }

    /// A row has come into the buffer, in the place of `older`, if there was one.
    #[inline]
    pub(super) fn row_came(&mut self, key: Key, write: WriteId, older: Option<WriteId>, now: Nanos) {
        if let Some(journal) = self.journal(now) {
            older.into_iter().for_each(|older| journal.row_left(older));
            journal.row_came(key, write);
        }
    }

    /// A row has left the buffer.
    #[inline]
    pub(super) fn row_left(&mut self, write: WriteId, now: Nanos) {
        if let Some(journal) = self.journal(now) {
            journal.row_left(write);
        }
    }

    /// Nothing of what was can come back.
    pub(super) fn forget(&mut self) {
        if let Some(durable) = self.durable() {
            durable.journal.clear();
        }
    }

    /// How many changes there were: nobody needs to know where nothing outlives a crash.
    pub(super) fn position(&self) -> Position {
        self.get().map_or(0, |durable| durable.journal.position())
    }

    // ---- Commands ----

    /// Commands are about to be served.
    pub(super) fn begin_round(&mut self, now: Nanos) -> Round {
        let Some(durable) = self.durable() else { return Round { before: 0, in_groups: false, applied: Vec::new() } };
        durable.advance(now);
        Round {
            before: durable.journal.position(),
            in_groups: durable.persistence.as_ref().is_some_and(Persistence::commits_in_groups),
            applied: std::mem::take(&mut durable.applied),
        }
    }

    /// Whether so few replicas follow closely that writes are refused.
    pub(super) fn lacks_replicas(&mut self, now: Nanos) -> bool {
        self.replicas().is_some_and(|replicas| replicas.are_too_few(now))
    }

    /// A round is over: its last command, `last`, had been served at `until` but for the disk, and there are so many entries
    /// now. Each command is answered as soon as what it changed is safe, or at once where nothing was changed. Returns when
    /// all of it is synced: until then the node is busy with `last`, and a crash finds it being served.
    pub(super) fn finish_round(
        &mut self,
        mut round: Round,
        entries: u32,
        (last, until): (CallId, Nanos),
        now: Nanos,
        mut answer: impl FnMut(CallId, Answer, Nanos),
    ) -> Nanos {
        let Confirmation { synced, leaves, confirmed } = self.confirm(round.before, until, now);
        let position = self.position();
        self.let_go(now);
        for Applied { call, answer: outcome, until, changed, waits } in round.applied.drain(..) {
            let (outcome, leaves) = match changed {
                true if !waits => (outcome, synced),
                true if confirmed => (outcome, leaves),
                true => (Err(CallError::TimedOut), leaves),
                false if position != round.before => (outcome, synced),
                false => (outcome, until),
            };
            if leaves > synced || (call != last && leaves > now) {
                self.wait(call, leaves, changed.then_some(position));
            }
            answer(call, outcome, leaves);
        }
        if let Some(durable) = self.durable() {
            (durable.entries, durable.applied) = (entries, round.applied);
        }
        synced
    }

    /// When what changed since `before`, in commands that are done at `until`, is safe.
    pub(super) fn confirm(&mut self, before: Position, until: Nanos, now: Nanos) -> Confirmation {
        let mut confirmation = Confirmation { synced: until, leaves: until, confirmed: true };
        let Some(durable) = self.durable() else { return confirmation };
        let position = durable.journal.position();
        if position == before {
            return confirmation;
        }
        if let Some(persistence) = &mut durable.persistence {
            confirmation.synced = persistence.sync(before, now, until);
            confirmation.leaves = confirmation.synced;
        }
        if let Some(replicas) = &mut durable.replicas {
            replicas.send(position, now);
            (confirmation.leaves, confirmation.confirmed) = replicas.confirmed(position, confirmation.synced);
        }
        confirmation
    }

    /// The response to a change that was made beside the commands leaves at a later moment; a crash before that breaks its
    /// connection.
    pub(super) fn hold_back(&mut self, call: CallId, leaves: Nanos, now: Nanos) {
        let position = self.position();
        self.let_go(now);
        self.wait(call, leaves, Some(position));
    }

    fn wait(&mut self, call: CallId, leaves: Nanos, position: Option<Position>) {
        if let Some(durable) = self.durable() {
            durable.waiting.push_back((call, leaves, position));
        }
    }

    /// Forgets responses that have left. They leave nearly in their order: one that leaves before those in front of it is
    /// forgotten with them.
    fn let_go(&mut self, now: Nanos) {
        let Some(durable) = self.durable() else { return };
        while durable.waiting.pop_front_if(|(_, leaves, _)| *leaves <= now).is_some() {
            work::count(1);
        }
    }

    /// Responses that have been given and have not left yet, except that of the command being served.
    pub(super) fn answers_to_leave(&self, now: Nanos) -> impl Iterator<Item = CallId> {
        let waiting = self.get().into_iter().flat_map(|durable| &durable.waiting);
        waiting.filter(move |(_, leaves, _)| *leaves > now).map(|(call, ..)| *call)
    }

    // ---- Replicas that answer reads ----

    /// Whether machine `number` is the primary; a replica that has taken over is.
    pub(super) fn is_primary(&self, number: u32) -> bool {
        let replicas = self.get().and_then(|durable| durable.replicas.as_ref());
        replicas.is_none_or(|replicas| replicas.is_primary(number))
    }

    /// The replica that the next read goes to; `None`: the primary.
    pub(super) fn next_reader(&mut self, now: Nanos) -> Option<u32> {
        let durable = self.durable()?;
        durable.advance(now);
        durable.replicas.as_mut()?.next_reader()
    }

    /// The good entry of `key` on replica `number`, where the primary has `held`; an error where that replica does not
    /// follow.
    pub(super) fn entry_on(
        &mut self,
        number: u32,
        key: Key,
        held: Option<Entry>,
        now: Nanos,
    ) -> Result<Option<Entry>, CallError> {
        let durable = self.durable().ok_or(CallError::Down)?;
        durable.advance(now);
        let acked = durable.replicas.as_ref().and_then(|replicas| replicas.acked_by(number)).ok_or(CallError::Down)?;
        Ok(durable.journal.entry_at(acked, key, held).filter(|entry| !entry.is_expired(now)))
    }

    /// Replica `number` serves a read, for so long, behind those that came before; when its response leaves.
    pub(super) fn serve_on(&mut self, number: u32, call: CallId, takes: Nanos, now: Nanos) -> Nanos {
        let at_once = now.saturating_add(takes);
        self.replicas().map_or(at_once, |replicas| replicas.serve(number, call, takes, now))
    }

    // ---- Crashes and what follows ----

    /// The node crashes; nobody is connected any more.
    pub(super) fn crash(&mut self, crash: Crash, now: Nanos) -> Broken {
        let Some(durable) = self.durable() else { return Broken::default() };
        let was_loading = durable.loaded_at.take().is_some();
        durable.advance(now);
        (durable.at_work, durable.handover) = (false, None);
        if let Some(persistence) = &mut durable.persistence {
            persistence.crash(crash, &mut durable.journal);
        }
        let calls = durable.break_answers(now);
        if let Some(replicas) = &mut durable.replicas {
            replicas.primary_crashes();
        }
        Broken { was_loading, calls }
    }

    /// When the replicas will have all that has changed until now, if they do not have it yet.
    pub(super) fn caught_up_at(&mut self, now: Nanos) -> Option<Nanos> {
        let durable = self.durable()?;
        durable.advance(now);
        durable.replicas.as_mut().map(Replicas::caught_up_at).filter(|at| *at > now)
    }

    /// When the first of the replicas will have all that has changed until now; `None` where none follows.
    pub(super) fn first_to_catch_up(&mut self, now: Nanos) -> Option<Nanos> {
        let durable = self.durable()?;
        durable.advance(now);
        let position = durable.journal.position();
        durable.replicas.as_mut()?.first_to_have(position).map(|at| at.max(now))
    }

    /// A replica is to take over in order, before that moment.
    pub(super) fn ask_to_hand_over(&mut self, until: Nanos) {
        let Some(durable) = self.durable() else { return };
        let handover = durable.handover.get_or_insert_default();
        handover.until = handover.until.max(until);
    }

    /// Until when nobody is served for it, as far as that is known.
    pub(super) fn hands_over_at(&self) -> Option<Nanos> {
        self.get()?.handover.as_ref()?.at
    }

    /// Works out when the first of the replicas has what there was when it was first worked out; without one, nobody takes over.
    pub(super) fn plan_to_hand_over(&mut self, now: Nanos) -> Option<Nanos> {
        let durable = self.durable()?;
        durable.advance(now);
        let position = durable.journal.position();
        let handover = durable.handover.as_mut()?;
        let target = *handover.target.get_or_insert(position);
        let first = durable.replicas.as_mut().and_then(|replicas| replicas.first_to_have(target));
        handover.at = first.map(|at| at.max(now));
        let at = handover.at;
        if at.is_none() {
            durable.handover = None;
        }
        at
    }

    /// The time is over of one that was to be done before that moment; whether it was still to be done, and until when nobody
    /// was to be served for it.
    pub(super) fn give_up_to_hand_over(&mut self, until: Nanos) -> Option<Option<Nanos>> {
        let durable = self.durable()?;
        durable.handover.take_if(|handover| handover.until == until).map(|handover| handover.at)
    }

    /// The most advanced replica takes over from a primary that lives; returns whether there was one.
    pub(super) fn hand_over(&mut self, now: Nanos) -> bool {
        let Some(durable) = self.durable() else { return false };
        durable.advance(now);
        durable.handover = None;
        let position = durable.journal.position();
        durable.replicas.as_mut().is_some_and(|replicas| replicas.hand_over(position))
    }

    /// How long it takes to save so many entries while nobody is served; `None`: no time.
    pub(super) fn saving_time(&self, entries: u32) -> Option<Nanos> {
        let takes = self.get()?.persistence.as_ref()?.saving_time(entries);
        (takes > Nanos::ZERO).then_some(takes)
    }

    /// What there is has been saved.
    pub(super) fn save(&mut self, now: Nanos) {
        let Some(durable) = self.durable() else { return };
        durable.advance(now);
        if let Some(persistence) = &mut durable.persistence {
            persistence.save(&mut durable.journal);
        }
    }

    /// The primary does not respond from now on, crashed or frozen. If that lasts, a replica takes over: when, unless that is
    /// known already.
    pub(super) fn stop_responding(&mut self, now: Nanos) -> Option<Nanos> {
        let durable = self.durable()?;
        let detection = durable.replicas.as_ref().and_then(Replicas::detection)?;
        if durable.takeover_at.is_some() {
            return None;
        }
        durable.takeover_at = Some(now.saturating_add(detection));
        durable.takeover_at
    }

    /// The primary is not frozen any more. A crash may go on.
    pub(super) fn respond_again(&mut self) {
        let Some(durable) = self.durable() else { return };
        if durable.replicas.as_ref().is_some_and(Replicas::has_primary) {
            durable.takeover_at = None;
        }
    }

    /// The primary is back: nobody takes over.
    pub(super) fn cancel_takeover(&mut self) {
        if let Some(durable) = self.durable() {
            durable.takeover_at = None;
        }
    }

    /// The furthest state that can come back after a crash, and why what came after it is lost; `None`: nothing can.
    pub(super) fn recoverable(&self) -> Option<(Position, Release)> {
        let durable = self.get()?;
        let disk = durable.persistence.as_ref().map(|disk| (disk.durable(), Release::PersistenceWindow));
        let replica = durable.replicas.as_ref().and_then(Replicas::recoverable);
        let replica = replica.map(|acked| (acked, Release::FailoverLag));
        match (disk, replica) {
            (Some(disk), Some(replica)) => Some(if replica.0 > disk.0 { replica } else { disk }),
            (disk, replica) => disk.or(replica),
        }
    }

    /// The position that the node's own disk has; `None`: it has none.
    pub(super) fn on_disk(&self) -> Option<Position> {
        self.get()?.persistence.as_ref().map(Persistence::durable)
    }

    /// Goes back to an earlier position.
    pub(super) fn roll_back(&mut self, to: Position) -> Earlier {
        let Some(durable) = self.durable() else { return Earlier::default() };
        let undone = durable.journal.roll_back(to);
        Earlier { undone, rows: durable.journal.rows() }
    }

    /// A crash ends; whether it was one of the present primary, and not of a machine another has replaced.
    pub(super) fn crash_ends(&mut self) -> bool {
        self.replicas().is_none_or(Replicas::crash_ends)
    }

    /// The node reads what its disk has, so many entries. When that is done; `None`: at once.
    pub(super) fn load(&mut self, entries: u32, now: Nanos) -> Option<Nanos> {
        let durable = self.durable()?;
        let takes = Nanos(durable.loading_per_entry.0.saturating_mul(entries.into()));
        if durable.persistence.is_none() || takes == Nanos::ZERO {
            return None;
        }
        durable.loaded_at = Some(now.saturating_add(takes));
        durable.loaded_at
    }

    /// Memory is as it is, so many entries; disk and replicas follow it from here on.
    pub(super) fn resync(&mut self, entries: u32, now: Nanos) {
        let Some(durable) = self.durable() else { return };
        let position = durable.journal.mark();
        (durable.touched, durable.entries, durable.at_work) = (now, entries, true);
        if let Some(persistence) = &mut durable.persistence {
            persistence.resync(&durable.journal, position, now);
        }
        if let Some(replicas) = &mut durable.replicas {
            replicas.resync_all(position, entries, now);
        }
    }

    /// What it is time for.
    pub(super) fn due(&mut self, now: Nanos) -> Due {
        let Some(durable) = self.durable() else { return Due::Nothing };
        if durable.loaded_at == Some(now) {
            durable.loaded_at = None;
            Due::Loaded
        } else if durable.takeover_at == Some(now) {
            durable.takeover_at = None;
            Due::TakeOver
        } else if durable.handover.as_ref().is_some_and(|handover| handover.at == Some(now)) {
            Due::HandOver
        } else {
            Due::Nothing
        }
    }

    /// The most advanced replica takes over, if one lives: the number of the former primary, and what the new one has
    /// acknowledged.
    pub(super) fn fail_over(&mut self, now: Nanos) -> Option<(usize, Position)> {
        let durable = self.durable()?;
        durable.advance(now);
        durable.handover = None;
        durable.replicas.as_mut()?.take_over(now)
    }

    /// The former primary stays frozen until these moments; gives the responses that had not left it, and never will.
    pub(super) fn leave_frozen(&mut self, former: usize, freezes: Vec<Nanos>, now: Nanos) -> Vec<CallId> {
        let Some(durable) = self.durable() else { return Vec::new() };
        if let Some(replicas) = &mut durable.replicas {
            replicas.stays_frozen(former, freezes);
        }
        durable.break_answers(now)
    }

    /// The new primary is at work. Its disk is its own, and is taken to have what its memory had.
    pub(super) fn took_over(&mut self, now: Nanos) {
        let Some(durable) = self.durable() else { return };
        (durable.touched, durable.at_work, durable.loaded_at) = (now, true, None);
        if let Some(persistence) = &mut durable.persistence {
            let position = durable.journal.mark();
            persistence.resync(&durable.journal, position, now);
        }
    }

    /// The freeze that was to end at `until` ends; whether it was that of a former primary, which is a replica now.
    pub(super) fn former_thaws(&mut self, until: Nanos) -> bool {
        self.replicas().is_some_and(|replicas| replicas.freeze_ends(until))
    }

    /// Replicas that live and have nothing load everything from the primary, so many entries.
    pub(super) fn admit_replicas(&mut self, entries: u32, now: Nanos) {
        if let Some(Durable { journal, replicas: Some(replicas), .. }) = self.durable() {
            replicas.join(journal.position(), entries, now);
        }
    }

    /// A replica crashes: what it had acknowledged does not count any more. Gives the calls that are answered differently from
    /// before; `None` where there are no replicas.
    pub(super) fn replica_crashes(&mut self, number: u32, now: Nanos) -> Option<Vec<(CallId, CallError)>> {
        let durable = self.durable()?;
        durable.advance(now);
        let replicas = durable.replicas.as_mut()?;
        let unanswered = replicas.replica_crashes(number);
        work::count(unanswered.len());
        let lost = unanswered.into_iter().filter(|(_, leaves)| *leaves > now).map(|(call, _)| (call, CallError::Lost));
        let mut amended: Vec<(CallId, CallError)> = lost.collect();
        work::count(durable.waiting.len());
        for (call, leaves, position) in &durable.waiting {
            // Its acknowledgement may have been the one that counted. Nobody is told yes who cannot be sure.
            if *leaves > now && position.is_some_and(|position| !replicas.will_have(position, *leaves)) {
                amended.push((*call, CallError::TimedOut));
            }
        }
        Some(amended)
    }

    /// A replica is back, empty.
    pub(super) fn replica_returns(&mut self, number: u32) {
        if let Some(replicas) = self.replicas() {
            replicas.replica_returns(number);
        }
    }

    /// The rows in the buffer, oldest first, as far as they can come back.
    pub(super) fn rows(&self) -> Vec<(Key, WriteId)> {
        self.get().map(|durable| durable.journal.rows()).unwrap_or_default()
    }

    /// The rows that would be in the buffer again if the machine lost its power now and stayed away: those that its disk has, or
    /// the replica that would take over, whichever has more.
    pub(super) fn rows_that_survive(&self, now: Nanos) -> Vec<WriteId> {
        let Some(durable) = self.get() else { return Vec::new() };
        durable.kept_at(now).map(|position| durable.journal.rows_at(position)).unwrap_or_default()
    }

    /// How many snapshots or syncs had begun at the latest change, and how many times a replica has taken over.
    pub(super) fn saves_and_failovers(&self) -> (u64, u64) {
        let Some(durable) = self.get() else { return (0, 0) };
        let saves = durable.persistence.as_ref().map_or(0, Persistence::begun);
        (saves, durable.replicas.as_ref().map_or(0, Replicas::failovers))
    }
}

impl Durable {
    fn journal(&mut self, now: Nanos) -> &mut Journal {
        if now > self.touched {
            self.advance(now);
        }
        if let Some(persistence) = &mut self.persistence {
            persistence.changed(now);
        }
        &mut self.journal
    }

    /// Works out what disk and replicas have got until `now`; called before something changes.
    fn advance(&mut self, now: Nanos) {
        if !self.at_work {
            return;
        }
        let made = self.touched;
        if let Some(replicas) = &mut self.replicas {
            replicas.send(self.journal.position(), made);
            replicas.advance(now);
        }
        if let Some(persistence) = &mut self.persistence
            && persistence.advance(&self.journal, self.entries, now)
        {
            self.journal.mark();
        }
        self.journal.forget(self.oldest());
        self.touched = now;
    }

    /// The position that would be left if the machine lost its power now: that of its disk, or of the replica that would take
    /// over. Worked out on copies: whoever looks changes nothing, not even how far it has been worked out.
    fn kept_at(&self, now: Nanos) -> Option<Position> {
        let (mut replicas, mut persistence) = (self.replicas.clone(), self.persistence.clone());
        // At the moment of a change it has been worked out already, and what has just changed is nowhere else.
        if self.at_work && now > self.touched {
            if let Some(replicas) = &mut replicas {
                replicas.send(self.journal.position(), self.touched);
                replicas.advance(now);
            }
            if let Some(persistence) = &mut persistence {
                let _ = persistence.advance(&self.journal, self.entries, now); // a look needs no mark
            }
        }
        let successors = replicas.filter(|replicas| replicas.detection().is_some());
        persistence.map(|disk| disk.durable()).max(successors.and_then(|replicas| replicas.recoverable()))
    }

    /// The oldest position that anyone may go back to.
    fn oldest(&self) -> Position {
        let disk = self.persistence.as_ref().map(Persistence::durable);
        let replica = self.replicas.as_ref().and_then(Replicas::oldest);
        disk.into_iter().chain(replica).min().unwrap_or(self.journal.position())
    }

    /// Responses that have not left never will: those calls.
    fn break_answers(&mut self, now: Nanos) -> Vec<CallId> {
        work::count(self.waiting.len());
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().filter(|(_, leaves, _)| *leaves > now).map(|(call, ..)| call).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Streams;
    use crate::scenario::{Distribution, Fsync};

    const SECOND: u64 = 1_000_000_000;

    /// A node that syncs each second, which takes so long, and has a replica so far behind; without either where there is
    /// none.
    fn durability(sync: Option<Nanos>, lag: Option<Nanos>) -> Durability {
        let persistence = match sync {
            None => scenario::Persistence::None {},
            Some(time) => scenario::Persistence::AppendOnly {
                fsync: Fsync::EverySecond,
                fsync_time: Distribution::Constant(time),
            },
        };
        let settings = scenario::Cache {
            persistence,
            replicas: u32::from(lag.is_some()),
            lag: Distribution::Constant(lag.unwrap_or(Nanos::ZERO)),
            failover: Some(Nanos::from_secs(1)),
            ..scenario::Cache::default()
        };
        Durability::new(&settings, &Numbers::default(), |name| Streams::new(1).named(name))
    }

    /// How many of the changes made at these moments are on disk at `now`: those made before the last sync that has ended
    /// began. One begins each second, or when the one before has ended, if something has changed since.
    fn on_disk(changes: &[Nanos], sync: Nanos, now: Nanos) -> usize {
        let (mut begin, mut held) = (Nanos(SECOND), 0);
        while begin <= now {
            let made = changes.iter().filter(|&&at| at < begin).count();
            let (end, next) = (begin + sync, begin + Nanos(SECOND));
            begin = next;
            if made > held {
                if end > now {
                    break;
                }
                held = made;
                begin = next.max(end);
            }
        }
        held
    }

    fn parts() -> impl Strategy<Value = (Option<Nanos>, Option<Nanos>)> {
        let sync = prop::option::of((1..2_500u64).prop_map(Nanos::from_millis));
        let lag = prop::option::of((0..3_000u64).prop_map(Nanos::from_millis));
        (sync, lag)
    }

    proptest! {
        /// What comes back after a crash is what the disk or the replica had, whichever had more; without either, nothing.
        #[test]
        fn a_crash_loses_what_neither_disk_nor_replica_has(
            (sync, lag) in parts(),
            gaps in prop::collection::vec(1..900u64, 1..40),
            rest in 0..3_000u64,
            power_lost: bool,
        ) {
            let mut durability = durability(sync, lag);
            let (mut now, mut changes) = (Nanos::ZERO, Vec::new());
            for (write, gap) in (1..).zip(gaps) {
                now += Nanos::from_millis(gap);
                changes.push(now);
                durability.row_came(write, WriteId(write), None, now);
            }
            let crash = now + Nanos::from_millis(rest) + Nanos(1);
            durability.crash(Crash { power_lost, silent: false }, crash);
            let disk = sync.map(|sync| if power_lost { on_disk(&changes, sync, crash) } else { changes.len() });
            let replica = lag.map(|lag| changes.iter().filter(|&&at| at + lag <= crash).count());
            let survivors = disk.max(replica);
            prop_assert_eq!(durability.recoverable().is_some(), survivors.is_some());
            if let (Some((position, why)), Some(survivors)) = (durability.recoverable(), survivors) {
                let lost = durability.roll_back(position).undone.lost.len();
                prop_assert_eq!(durability.rows().len(), survivors);
                prop_assert_eq!(lost, changes.len() - survivors);
                let by_replica = replica > disk;
                prop_assert_eq!(why == Release::FailoverLag, by_replica, "{:?}", why);
            }
        }
    }

    #[test]
    fn where_nothing_is_durable_nobody_waits_and_nobody_takes_over() {
        let mut durability = durability(None, None);
        let now = Nanos(5);
        assert!(!durability.is_durable() && durability.is_primary(0) && !durability.lacks_replicas(now));
        durability.row_came(7, WriteId(1), None, now);
        let safe = durability.confirm(durability.position(), Nanos(9), now);
        assert_eq!(safe, Confirmation { synced: Nanos(9), leaves: Nanos(9), confirmed: true });
        durability.hold_back(3, Nanos(9), now);
        assert_eq!(durability.answers_to_leave(now).count(), 0);
        assert_eq!((durability.stop_responding(now), durability.load(100, now)), (None, None));
        assert_eq!((durability.due(now), durability.fail_over(now)), (Due::Nothing, None));
        assert_eq!(durability.entry_on(1, 7, None, now), Err(CallError::Down));
        assert!(durability.crash_ends() && durability.replica_crashes(0, now).is_none());
    }

    #[test]
    fn a_primary_that_responds_again_in_time_is_not_replaced_and_one_that_does_not_is() {
        let mut durability = durability(None, Some(Nanos(1)));
        let (second, third) = (Nanos::from_secs(1), Nanos::from_secs(3));
        durability.row_came(7, WriteId(1), None, Nanos(1));
        assert_eq!(durability.stop_responding(Nanos(10)), Some(Nanos(10) + second));
        assert_eq!(durability.stop_responding(Nanos(11)), None, "that is known already");
        durability.respond_again();
        assert_eq!(durability.due(Nanos(10) + second), Due::Nothing);
        assert_eq!(durability.stop_responding(second + second), Some(third));
        assert_eq!(durability.due(third), Due::TakeOver);
        assert_eq!(durability.fail_over(third), Some((0, durability.position())));
        assert!(durability.is_primary(1));
    }
}

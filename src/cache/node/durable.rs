//! A node whose memory is also elsewhere: on disk, with replicas, or both. All of it stands beside the plain node, which
//! pays nothing for it.
//!
//! ```text
//!            ┌───────────── crash ────────────┐
//!            ▼                                │
//!  down, with what can come back ── restart ──┼─▶ loading (refuses) ──▶ up, with what its disk had
//!            └──── detection time passes ─────┴─▶ up: a replica took over, with what it had heard of
//! ```
//! A master that is frozen is as silent as one that has crashed, and is replaced as soon. What waited in it gets no
//! answer but a broken connection; when it thaws, it is a replica and begins anew with what its new master has.
//!
//! At a crash the memory goes back to the furthest state that anyone still has, and what came after it is lost at that
//! moment. Who comes first then, the node with its disk or a replica, may have less: the rest is lost then.
//!
//! Entries come back as they were, with their value and expiry, and so do the rows of write-behind: those flushed since
//! are flushed again, and may then overwrite what is newer.

use std::collections::VecDeque;

use super::{Absence, Answer, CacheNode, State};
use crate::cache::journal::{Journal, Position};
use crate::cache::keys::Numbers;
use crate::cache::persistence::Persistence;
use crate::cache::replicas::Replicas;
use crate::engine::{CallId, Event};
use crate::fault::Crash;
use crate::ledger::{Holder, Ledger, Origin, Release};
use crate::model::{CallError, Key, WriteId};
use crate::random::Stream;
use crate::scenario::{self, ReadsFrom};
use crate::time::Nanos;
use crate::work;

/// Where a node's memory is besides in the node.
#[derive(Debug)]
pub(super) struct Durability {
    journal: Journal,
    persistence: Option<Persistence>,
    replicas: Option<Replicas>,
    /// How long loading takes after a restart, for each entry.
    loading_per_entry: Nanos,
    /// When the node will have loaded what its disk had.
    loaded_at: Option<Nanos>,
    /// When a replica takes over, unless the master is back before.
    takeover_at: Option<Nanos>,
    /// Answers that wait for the disk or for replicas, when each leaves, and for which change, if it made one.
    waiting: VecDeque<(CallId, Nanos, Option<Position>)>,
    /// Room for the commands of a round, used again.
    round: Vec<Obeyed>,
    /// The last moment at which something changed, or was to.
    touched: Nanos,
    /// How many entries there were after the last command. Not how many there are: whoever looks at a node may let
    /// expired ones go, and looking must change nothing.
    entries: u32,
    /// Not while the node is down or loads: then its disk writes nothing, and its replicas hear nothing.
    at_work: bool,
}

/// What a node has to say when something that kept it from work may have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing that others need to know.
    None,
    /// It has loaded what its disk had, and serves.
    Loaded,
    /// Another machine is the node from now on; tasks of the former one are over.
    Replaced,
}

/// A command that has taken effect.
#[derive(Debug)]
struct Obeyed {
    call: CallId,
    answer: Answer,
    /// When it had been served, but for disk and replicas.
    until: Nanos,
    changed: bool,
    /// Whether it waits for replicas: a writer's change does, a reader's fill does not.
    waits: bool,
}

impl Durability {
    /// Disk and replicas of an empty node; `None` when it has neither.
    pub(super) fn new(
        settings: &scenario::Cache,
        numbers: &Numbers,
        stream: impl Fn(&str) -> Stream,
    ) -> Option<Box<Durability>> {
        let persistence = Persistence::new(&settings.persistence, stream("fsync"));
        // Replicas' draws are told apart by name, since streams are numbered by node.
        let replicas = Replicas::new(settings, |machine| stream(&format!("replica {machine}")));
        (persistence.is_some() || replicas.is_some()).then(|| {
            Box::new(Durability {
                journal: Journal::new(replicas.is_some(), settings.reads == ReadsFrom::Replicas, numbers),
                persistence,
                replicas,
                loading_per_entry: settings.loading,
                loaded_at: None,
                takeover_at: None,
                waiting: VecDeque::new(),
                round: Vec::new(),
                touched: Nanos::ZERO,
                entries: 0,
                at_work: true,
            })
        })
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
        if let Some(persistence) = &mut self.persistence {
            persistence.advance(&mut self.journal, self.entries, now);
        }
        self.journal.forget(self.oldest());
        self.touched = now;
    }

    /// The oldest position that anyone may go back to.
    fn oldest(&self) -> Position {
        let disk = self.persistence.as_ref().map(Persistence::durable);
        let replica = self.replicas.as_ref().and_then(Replicas::oldest);
        disk.into_iter().chain(replica).min().unwrap_or(self.journal.position())
    }

    /// Forgets answers that have left. They leave nearly in their order: one that leaves before those in front of it is
    /// forgotten with them.
    fn let_go(&mut self, now: Nanos) {
        while self.waiting.pop_front_if(|(_, leaves, _)| *leaves <= now).is_some() {
            work::count(1);
        }
    }

    /// The furthest state that can come back after a crash, and why what came after it is lost.
    fn hope(&self) -> Option<(Position, Release)> {
        let disk = self.persistence.as_ref().map(|disk| (disk.durable(), Release::PersistenceWindow));
        let replica = self.replicas.as_ref().and_then(Replicas::hope).map(|heard| (heard, Release::FailoverLag));
        match (disk, replica) {
            (Some(disk), Some(replica)) => Some(if replica.0 > disk.0 { replica } else { disk }),
            (disk, replica) => disk.or(replica),
        }
    }
}

impl State {
    /// Whether machine `number` is the primary; a replica that has taken over is.
    pub(super) fn is_primary(&self, number: u32) -> bool {
        let replicas = self.durability.as_deref().and_then(|durability| durability.replicas.as_ref());
        replicas.is_none_or(|replicas| replicas.is_master(number))
    }
}

/// Changes, told before they are made.
impl State {
    fn journal(&mut self, now: Nanos) -> Option<&mut Journal> {
        let durability = self.durability.as_deref_mut()?;
        if now > durability.touched {
            durability.advance(now);
        }
        if let Some(persistence) = &mut durability.persistence {
            persistence.changed(now);
        }
        Some(&mut durability.journal)
    }

    /// The entry of `key` is about to be set, or deleted, by a command.
    #[inline]
    pub(super) fn will_set(&mut self, key: Key, now: Nanos) {
        if self.durability.is_some() {
            let before = self.store.peek(key).copied();
            self.journal(now).expect("it is there").entry_set(key, before);
        }
    }

    /// The entry of `key` is about to leave, or to be renewed.
    #[inline]
    pub(super) fn will_leave(&mut self, key: Key, now: Nanos) {
        if self.durability.is_some() {
            let before = self.store.peek(key).copied();
            self.journal(now).expect("it is there").entry_gone(key, before);
        }
    }

    /// The entry `victim` has made room for another.
    #[inline]
    pub(super) fn has_left(&mut self, victim: super::Entry, now: Nanos) {
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

    /// How many snapshots or syncs had begun at the latest change, and how many times a replica has taken over.
    pub(super) fn saves_and_failovers(&self) -> (u64, u64) {
        let Some(durability) = self.durability.as_deref() else { return (0, 0) };
        let saves = durability.persistence.as_ref().map_or(0, Persistence::begun);
        (saves, durability.replicas.as_ref().map_or(0, Replicas::failovers))
    }

    /// How many entries are good: what has expired is neither loaded nor sent to a replica.
    fn good_entries(&self, now: Nanos) -> u32 {
        work::count(self.store.len() as usize);
        self.store.iter().filter(|entry| !entry.is_expired(now)).count() as u32
    }

    /// Nothing of what was can come back.
    pub(super) fn forget_journal(&mut self) {
        if let Some(durability) = self.durability.as_deref_mut() {
            durability.journal.clear();
        }
    }

    /// A row has left the buffer.
    #[inline]
    pub(super) fn row_left(&mut self, write: WriteId, now: Nanos) {
        if let Some(journal) = self.journal(now) {
            journal.row_left(write);
        }
    }
}

/// Commands.
impl CacheNode {
    /// Lets a command take effect whose answer may have to wait for the disk or for replicas; until then the node is
    /// busy with it, or not. Where one sync serves many, whatever is in line follows at once: nobody can tell, since the
    /// answers of such a round leave together.
    #[cold]
    pub(super) fn serve_durably(&self, state: &mut State, mut call: CallId, mut until: Nanos) {
        let durability = state.durability.as_deref_mut().expect("a node that is durable");
        durability.advance(self.common.kernel.now());
        let in_groups = durability.persistence.as_ref().is_some_and(Persistence::commits_in_groups);
        let before = durability.journal.position();
        let mut round = std::mem::take(&mut durability.round);
        loop {
            let answered = self.obey(state, call, until);
            round.extend(answered);
            let Some(next) = in_groups.then(|| state.line.pop(&self.common.calls)).flatten() else { break };
            call = next;
            until = until.saturating_add(self.command_time(state, call));
            state.serving = Some((call, until));
        }
        if let Some(durability) = state.durability.as_deref_mut() {
            durability.entries = state.store.len();
        }
        self.answer_round(state, &mut round, before, until);
        state.durability.as_deref_mut().expect("it was there").round = round;
    }

    /// Lets a command take effect; no answer means that it waits for something else.
    fn obey(&self, state: &mut State, call: CallId, until: Nanos) -> Option<Obeyed> {
        let now = self.common.kernel.now();
        let durability = state.durability.as_deref_mut().expect("a node that is durable");
        let before = durability.journal.position();
        let too_few = durability.replicas.as_mut().is_some_and(|replicas| replicas.are_too_few(now));
        let answer = if too_few && self.common.calls.question(call).is_write() {
            state.counts.refused += 1;
            Some(Err(CallError::Down))
        } else {
            self.execute(state, call)
        };
        let changed = CacheNode::journal_position(state) != Some(before);
        let waits = changed && self.common.calls.question(call).sees_to_copies();
        answer.map(|answer| Obeyed { call, answer, until, changed, waits })
    }

    /// Answers what has been obeyed up to `until`: as soon as what was changed is safe, or at once where nothing was.
    fn answer_round(&self, state: &mut State, round: &mut Vec<Obeyed>, before: Position, until: Nanos) {
        let (synced, leaves, confirmed) = self.confirm(state, before, until);
        let (now, position) = (self.common.kernel.now(), CacheNode::journal_position(state));
        let Some((served, busy_until)) = &mut state.serving else { return };
        let last = *served;
        *busy_until = synced;
        state.counts.busy_ns += u128::from((synced - until).0);
        let durability = state.durability.as_deref_mut().expect("a node that is durable");
        durability.let_go(now);
        for obeyed in round.drain(..) {
            let (answer, leaves) = match obeyed.changed {
                true if !obeyed.waits => (obeyed.answer, synced),
                true if confirmed => (obeyed.answer, leaves),
                true => (Err(CallError::TimedOut), leaves),
                false if position != Some(before) => (obeyed.answer, synced),
                false => (obeyed.answer, obeyed.until),
            };
            // The last one is what the node is busy with until it is synced: a crash then finds it being served.
            if leaves > synced || (obeyed.call != last && leaves > now) {
                durability.waiting.push_back((obeyed.call, leaves, position.filter(|_| obeyed.changed)));
            }
            self.common.calls.answer(obeyed.call, answer, leaves);
        }
    }

    /// Answers that have been given and have not left yet, besides that of the command being served.
    pub(super) fn answers_to_leave(state: &State, now: Nanos) -> impl Iterator<Item = CallId> {
        let waiting = state.durability.as_deref().into_iter().flat_map(|durability| &durability.waiting);
        waiting.filter(move |(_, leaves, _)| *leaves > now).map(|(call, ..)| *call)
    }

    /// Answers a write that had waited for room, and that has just taken effect.
    pub(super) fn answer_admitted(&self, state: &mut State, call: CallId, answer: Answer, before: Position) {
        let (_, leaves, confirmed) = self.confirm(state, before, self.common.kernel.now());
        self.wait_with(state, call, leaves);
        self.common.calls.answer(call, if confirmed { answer } else { Err(CallError::TimedOut) }, leaves);
    }

    /// Where the journal stands, in a node that has one.
    pub(super) fn journal_position(state: &State) -> Option<Position> {
        state.durability.as_deref().map(|durability| durability.journal.position())
    }

    /// When what changed since `before`, in a command that is done at `until`, is on disk, when enough replicas have
    /// it, too, and whether they do in time.
    fn confirm(&self, state: &mut State, before: Position, until: Nanos) -> (Nanos, Nanos, bool) {
        let now = self.common.kernel.now();
        let durability = state.durability.as_deref_mut().expect("a node that is durable");
        let position = durability.journal.position();
        let (mut synced, mut leaves, mut confirmed) = (until, until, true);
        if position != before {
            if let Some(persistence) = &mut durability.persistence {
                synced = persistence.sync(before, now, until);
                leaves = synced;
            }
            if let Some(replicas) = &mut durability.replicas {
                replicas.send(position, now);
                (leaves, confirmed) = replicas.confirmed(position, synced);
            }
        }
        (synced, leaves, confirmed)
    }

    /// An answer leaves at a later moment; a crash before that breaks its connection.
    fn wait_with(&self, state: &mut State, call: CallId, leaves: Nanos) {
        let now = self.common.kernel.now();
        let durability = state.durability.as_deref_mut().expect("a node that is durable");
        let position = durability.journal.position();
        durability.let_go(now);
        durability.waiting.push_back((call, leaves, Some(position)));
    }
}

/// Replicas that answer reads.
impl CacheNode {
    /// Whether replicas answer reads.
    pub fn has_readers(&self) -> bool {
        self.has_readers
    }

    /// The replica that the next read of this node goes to; `None`: the primary.
    pub fn next_reader(&self) -> Option<u32> {
        let mut state = self.state.borrow_mut();
        let durability = state.durability.as_deref_mut()?;
        durability.advance(self.common.kernel.now());
        durability.replicas.as_mut()?.next_reader()
    }

    /// A read has reached a replica, which answers by what it has heard of when it comes, whatever waits in front of it.
    #[cold]
    pub(super) fn arrive_at_replica(&self, state: &mut State, call: CallId, key: Key, number: u32) {
        let now = self.common.kernel.now();
        let State { durability: Some(durability), store, commands, counts, absences, .. } = state else {
            unreachable!("only a node with replicas has readers there")
        };
        durability.advance(now);
        let replicas = durability.replicas.as_mut().expect("only a node with replicas has readers there");
        let Some(heard) = replicas.heard_by(number) else {
            counts.refused += 1;
            return self.common.calls.answer(call, Err(CallError::Down), now);
        };
        let held = store.peek(key).copied();
        let entry = durability.journal.entry_at(heard, key, held).filter(|entry| !entry.is_expired(now));
        let size = entry.map_or(0, |entry| entry.size);
        let takes = self.command.sample(commands).saturating_add(self.copying_time(size));
        counts.commands += 1;
        match entry {
            Some(_) => counts.hits += 1,
            None => counts.miss(absences.get(key)),
        }
        let leaves = replicas.serve(number, call, takes, now);
        self.common.calls.answer(call, Ok(entry.map(|entry| WriteId(entry.value)).into()), leaves);
    }
}

/// Crashes and what follows.
impl CacheNode {
    /// The node has crashed; nobody is connected any more. Returns whether its memory is not simply gone.
    pub(super) fn fall_back(&self, state: &mut State, crash: Crash) -> bool {
        let now = self.common.kernel.now();
        let Some(durability) = state.durability.as_deref_mut() else { return false };
        if durability.loaded_at.take().is_some() {
            state.down -= 1; // it was loading, and is not any more
        }
        durability.advance(now);
        durability.at_work = false;
        if let Some(persistence) = &mut durability.persistence {
            persistence.crash(crash, &mut durability.journal);
        }
        self.break_answers(durability);
        if let Some(replicas) = &mut durability.replicas {
            replicas.master_crashes();
        }
        self.fall_silent(state);
        self.keep_what_can_come_back(state);
        true
    }

    /// The master says nothing from now on, crashed or frozen: if that lasts, a replica takes over.
    pub(super) fn fall_silent(&self, state: &mut State) {
        let Some(durability) = state.durability.as_deref_mut() else { return };
        let detection = durability.replicas.as_ref().and_then(Replicas::detection);
        if let (Some(detection), None) = (detection, durability.takeover_at) {
            let at = self.common.kernel.now().saturating_add(detection);
            durability.takeover_at = Some(at);
            self.common.kernel.schedule(at, Event::new(self.events.turn, self.shard));
        }
    }

    /// The master stands still no more. A crash may go on.
    pub(super) fn speak_again(&self, state: &mut State) {
        let Some(durability) = state.durability.as_deref_mut() else { return };
        if durability.replicas.as_ref().is_some_and(Replicas::has_master) {
            durability.takeover_at = None;
        }
    }

    /// Answers that have not left never will.
    fn break_answers(&self, durability: &mut Durability) {
        let now = self.common.kernel.now();
        work::count(durability.waiting.len());
        for (call, leaves, _) in std::mem::take(&mut durability.waiting) {
            if leaves > now {
                self.common.calls.amend(call, Err(CallError::Lost));
            }
        }
    }

    fn keep_what_can_come_back(&self, state: &mut State) {
        let hope = state.durability.as_deref().and_then(Durability::hope);
        match hope {
            Some((position, why)) => self.go_back(state, position, why),
            None => self.lose_everything(state),
        }
    }

    /// The memory is again what it was at an earlier position.
    fn go_back(&self, state: &mut State, to: Position, why: Release) {
        let now = self.common.kernel.now();
        let durability = state.durability.as_deref_mut().expect("a node that is durable");
        let undone = durability.journal.go_back(to);
        let rows = durability.journal.rows();
        work::count(undone.entries.len() + undone.returned.len() + undone.lost.len() + rows.len());
        let tell = |writes: &[WriteId], fact: fn(&mut Ledger, WriteId, Release, Nanos)| {
            let mut ledger = self.common.ledger.borrow_mut();
            writes.iter().for_each(|write| fact(&mut ledger, *write, why, now));
        };
        // What is back is held before its entry is, and what is lost no longer when its entry is gone.
        tell(&undone.returned, |ledger, write, _, now| ledger.held(write, Holder::Buffer, now));
        state.store.comes_by(Origin::Restored);
        for (key, _) in &undone.entries {
            if state.store.remove(*key).is_some() {
                state.set_absence(*key, Absence::Crashed);
            }
        }
        for entry in undone.entries.into_iter().filter_map(|(_, before)| before) {
            // The state is one that was there, so there is room; a policy that will not have it again may say so.
            let _ = state.store.insert(entry, now);
            while state.store.next_evicted().is_some() {}
        }
        tell(&undone.lost, |ledger, write, why, now| ledger.released(write, Holder::Buffer, why, now));
        self.buffer_again(state, rows, now);
    }

    /// The buffer holds these rows, and all of them wait.
    fn buffer_again(&self, state: &mut State, rows: Vec<(Key, WriteId)>, now: Nanos) {
        state.buffer.clear();
        for (key, write) in rows {
            if let Some(older) = state.buffer.put(key, write, Nanos::ZERO) {
                // One of them was in a flush, and now they share a place.
                let why = Release::Coalesced { into: write };
                self.common.ledger.borrow_mut().released(older, Holder::Buffer, why, now);
                state.row_left(older, now);
            }
        }
    }

    /// A crash of the node ends. Returns whether it serves again.
    pub(super) fn come_back(&self, state: &mut State) -> bool {
        let Some(durability) = state.durability.as_deref_mut() else {
            assert!(state.down > 0, "only what is down can come up");
            state.down -= 1;
            return state.down == 0;
        };
        let of_master = durability.replicas.as_mut().is_none_or(Replicas::crash_ends);
        if !of_master {
            self.let_replicas_join(state); // it was master once; another took over
            return false;
        }
        state.down -= 1;
        if state.down > 0 {
            return false;
        }
        if !state.halt.is_frozen() {
            durability.takeover_at = None;
        }
        match durability.persistence.as_ref().map(Persistence::durable) {
            Some(durable) => self.go_back(state, durable, Release::PersistenceWindow),
            None => self.lose_everything(state),
        }
        self.load(state)
    }

    /// The node reads what its disk has. Returns whether that takes no time.
    fn load(&self, state: &mut State) -> bool {
        let now = self.common.kernel.now();
        let entries = state.good_entries(now);
        let durability = state.durability.as_deref_mut().expect("a node that is durable");
        let takes = Nanos(durability.loading_per_entry.0.saturating_mul(entries.into()));
        if durability.persistence.is_none() || takes == Nanos::ZERO {
            self.begin_anew(state);
            return true;
        }
        let at = now.saturating_add(takes);
        durability.loaded_at = Some(at);
        state.down += 1;
        self.common.kernel.schedule(at, Event::new(self.events.turn, self.shard));
        false
    }

    /// Memory is as it is, disk and replicas follow it from here on.
    fn begin_anew(&self, state: &mut State) {
        let now = self.common.kernel.now();
        let entries = state.good_entries(now);
        let durability = state.durability.as_deref_mut().expect("a node that is durable");
        let position = durability.journal.mark();
        (durability.touched, durability.entries, durability.at_work) = (now, entries, true);
        if let Some(persistence) = &mut durability.persistence {
            persistence.begin_anew(&durability.journal, position, now);
        }
        if let Some(replicas) = &mut durability.replicas {
            replicas.all_begin_anew(position, entries, now);
        }
        self.watch_all(state);
    }

    /// Something that keeps the node from work may have ended: a long command, loading, or waiting for the master.
    pub fn turn(&self) -> Turn {
        self.end_long_commands();
        let mut state = self.state.borrow_mut();
        let now = self.common.kernel.now();
        let Some(durability) = state.durability.as_deref_mut() else { return Turn::None };
        if durability.loaded_at == Some(now) {
            durability.loaded_at = None;
            state.down -= 1;
            self.begin_anew(&mut state);
            return if state.down == 0 { Turn::Loaded } else { Turn::None };
        }
        if durability.takeover_at == Some(now) {
            durability.takeover_at = None;
            return if self.take_over(&mut state) { Turn::Replaced } else { Turn::None };
        }
        Turn::None
    }

    /// The most advanced replica is the node from now on, if one lives.
    fn take_over(&self, state: &mut State) -> bool {
        let now = self.common.kernel.now();
        let Some(durability) = state.durability.as_deref_mut() else { return false };
        durability.advance(now);
        let Some(replicas) = &mut durability.replicas else { return false };
        let Some((former, heard)) = replicas.take_over(now) else { return false };
        if state.halt.is_frozen() {
            replicas.stays_frozen(former, state.halt.leave_freezes());
            self.break_answers(durability);
            self.flusher.set(None);
            // few: asked for at this very moment
            self.common.jobs.borrow_mut().retain(|(shard, _)| *shard != self.shard);
            self.break_connections(state);
        }
        if state.halt.is_silent() {
            // Clients learn of the new machine, and leave the old one.
            state.halt.end_silences();
            self.break_unheard(state);
        }
        self.go_back(state, heard, Release::FailoverLag);
        state.down = 0;
        let durability = state.durability.as_deref_mut().expect("a node that is durable");
        (durability.touched, durability.at_work, durability.loaded_at) = (now, true, None);
        if let Some(persistence) = &mut durability.persistence {
            // Its disk is its own, and is taken to have what its memory had.
            let position = durability.journal.mark();
            persistence.begin_anew(&durability.journal, position, now);
        }
        self.let_replicas_join(state);
        self.watch_all(state);
        true
    }

    /// The freeze that was to end at `until` ends; whether it was that of a former master, which is a replica from now on.
    pub(super) fn former_thaws(&self, state: &mut State, until: Nanos) -> bool {
        let replicas = state.durability.as_deref_mut().and_then(|durability| durability.replicas.as_mut());
        let former = replicas.is_some_and(|replicas| replicas.freeze_ends(until));
        if former {
            self.let_replicas_join(state);
        }
        former
    }

    fn let_replicas_join(&self, state: &mut State) {
        let (now, up) = (self.common.kernel.now(), state.down == 0);
        let entries = state.good_entries(now);
        let durability = state.durability.as_deref_mut();
        if let Some(Durability { journal, replicas: Some(replicas), .. }) = durability
            && up
        {
            replicas.join(journal.position(), entries, now);
        }
    }

    /// A replica crashes: what it had heard of does not count any more.
    pub fn replica_crash(&self, number: u32) {
        let mut state = self.state.borrow_mut();
        let now = self.common.kernel.now();
        let Some(durability) = state.durability.as_deref_mut() else { return };
        durability.advance(now);
        let Some(replicas) = &mut durability.replicas else { return };
        let unanswered = replicas.replica_crashes(number);
        work::count(unanswered.len());
        for (call, _) in unanswered.into_iter().filter(|(_, leaves)| *leaves > now) {
            self.common.calls.amend(call, Err(CallError::Lost));
        }
        work::count(durability.waiting.len());
        for (call, leaves, position) in &durability.waiting {
            // Its word may have been the one that counted. Nobody is told yes who cannot be sure.
            if *leaves > now && position.is_some_and(|position| !replicas.will_have(position, *leaves)) {
                self.common.calls.amend(*call, Err(CallError::TimedOut));
            }
        }
        if state.down > 0 {
            self.keep_what_can_come_back(&mut state);
        }
    }

    /// A replica is back, empty.
    pub fn replica_restart(&self, number: u32) {
        let mut state = self.state.borrow_mut();
        if let Some(replicas) = state.durability.as_deref_mut().and_then(|durability| durability.replicas.as_mut()) {
            replicas.replica_returns(number);
        }
        self.let_replicas_join(&mut state);
    }

    /// Dirty entries that came back have ends to be noticed.
    fn watch_all(&self, state: &mut State) {
        let rows = state.durability.as_deref().map(|durability| durability.journal.rows()).unwrap_or_default();
        work::count(rows.len());
        rows.into_iter().for_each(|(key, _)| self.watch_expiry(state, key));
    }
}

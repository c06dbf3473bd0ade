//! What commands do.

use super::durability::Applied;
use super::loads::Refreshing;
use super::memory::Keep;
use super::server::Arrival;
use super::state::{CacheNode, State};
use super::write_buffer::Ending;
use crate::cache::command::{Answer, Command, Copied, Fill, Found, Guard, LeaseAsked};
use crate::cache::counts::MissReason;
use crate::cache::entry::Entry;
use crate::cache::refresh::Standing;
use crate::cache::ttl::EntryTtl;
use crate::engine::CallId;
use crate::jobs::Job;
use crate::ledger::Origin;
use crate::model::{CallError, Key, WriteId};
use crate::time::Nanos;
use crate::work;

/// The command server.
impl CacheNode {
    /// A command has reached the node.
    pub fn arrive(&self, call: CallId) {
        let state = &mut *self.state();
        if self.has_readers
            && let Command::GetFromReplica(key, number) = self.common.calls.request(call)
            && !state.durability.is_primary(number)
        {
            return self.arrive_at_replica(state, call, key, number);
        }
        match state.server.arrive(&self.common.calls, call, self.now()) {
            Arrival::Served => self.serve(state, call),
            Arrival::Queued => self.call_back(state),
            Arrival::Held => {}
            Arrival::Refused => {
                state.counts.report.refused += 1;
                self.fail(call, CallError::Down);
            }
        }
    }

    fn serve(&self, state: &mut State, call: CallId) {
        let command = self.common.calls.request(call);
        let until = self.now().saturating_add(self.command_time(state, &command));
        state.server.begin(call, until);
        if state.durability.is_durable() {
            self.serve_durably(state, call, until);
        } else if let Some(answer) = self.execute(state, call, command) {
            self.common.calls.respond(call, answer, until);
        }
        // What it evicted may have been dropped dirty, which makes room.
        self.admit(state);
    }

    /// Lets a command take effect whose response may have to wait for the disk or for replicas; until then the node is
    /// busy with it, or not. Where one sync serves many, whatever is in line follows at once: nobody can tell, since the
    /// responses of such a round leave together.
    #[cold]
    fn serve_durably(&self, state: &mut State, mut call: CallId, mut until: Nanos) {
        let now = self.now();
        let mut round = state.durability.begin_round(now);
        loop {
            if let Some(applied) = self.apply(state, call, until) {
                round.push(applied);
            }
            let next = if round.in_groups { state.server.take_next(&self.common.calls) } else { None };
            let Some(next) = next else { break };
            call = next;
            until = until.saturating_add(self.command_time(state, &self.common.calls.request(call)));
            state.server.begin(call, until);
        }
        let entries = state.memory.len();
        let answer = |call, answer, leaves| self.common.calls.respond(call, answer, leaves);
        let synced = state.durability.finish_round(round, entries, (call, until), now, answer);
        state.server.extend(synced);
        state.counts.busy_ns += u128::from((synced - until).0);
    }

    /// Lets a command take effect; `None` means that it waits for something else.
    fn apply(&self, state: &mut State, call: CallId, until: Nanos) -> Option<Applied> {
        let before = state.durability.position();
        let lacks_replicas = state.durability.lacks_replicas(self.now());
        let command = self.common.calls.request(call);
        let answer = if lacks_replicas && command.is_write() {
            state.counts.report.refused += 1;
            Some(Err(CallError::Down))
        } else {
            self.execute(state, call, command)
        };
        let changed = state.durability.position() != before;
        let waits = changed && command.updates_copy();
        answer.map(|answer| Applied { call, answer, until, changed, waits })
    }

    /// How long the next command keeps the node busy.
    #[inline]
    fn command_time(&self, state: &mut State, command: &Command) -> Nanos {
        let mut time = state.server.draw_time();
        if state.server.copies_slowly() {
            time = time.saturating_add(state.server.copying_time(self.copied_bytes(state, command)));
        }
        if !self.common.multi_gets.is_empty() {
            time = time.saturating_add(self.further_keys_time(state, command));
        }
        if state.memory.has_maintenance() {
            time = time.saturating_add(self.maintain(state));
        }
        let time = state.server.availability.stretch(time);
        state.counts.busy_ns += u128::from(time.0);
        state.counts.report.commands += 1;
        time
    }

    /// How much longer a command takes for the keys after its first.
    #[cold]
    fn further_keys_time(&self, state: &State, command: &Command) -> Nanos {
        let Command::MultiGet(_, number) = command else { return Nanos::ZERO };
        state.server.further_keys_time(self.common.multi_gets.of(*number).keys.len())
    }

    /// The size of the value that a command brings, or that it is answered with at once. What a load brings in and hands on
    /// is not counted: it comes over the node's wire, which is no faster.
    #[inline]
    fn copied_bytes(&self, state: &State, command: &Command) -> u32 {
        match command.value() {
            Some((key, value)) => self.common.values.size(key, value),
            None if command.is_write() => 0,
            None if !self.common.multi_gets.is_empty() => self.held_bytes(state, *command),
            None => state.memory.good_entry(command.key(), self.now()).map_or(0, |entry| entry.size),
        }
    }

    /// The size of what is here of what a read asks for.
    #[cold]
    fn held_bytes(&self, state: &State, command: Command) -> u32 {
        let held = |key| state.memory.good_entry(key, self.now()).map_or(0, |entry| entry.size);
        let Command::MultiGet(_, number) = command else { return held(command.key()) };
        let get = self.common.multi_gets.of(number);
        work::count(get.keys.len());
        get.keys.iter().fold(0, |sum, &key| sum.saturating_add(held(key)))
    }

    /// Maintenance before a command; gives how much longer the command takes for it, and for what is not in RAM.
    fn maintain(&self, state: &mut State) -> Nanos {
        let took = state.memory.maintain(self.now());
        while let Some(key) = state.memory.next_expired() {
            if state.buffer.is_queued(key) {
                self.end_dirty(state, key, Ending::Expired);
            }
        }
        took.saturating_add(state.memory.page_fault())
    }

    /// The node is free again. An event that a crash has overtaken finds it busy, or nobody waiting.
    pub fn free(&self) {
        let state = &mut *self.state();
        if !state.server.is_free(self.now()) {
            return;
        }
        if let Some(next) = state.server.take_next(&self.common.calls) {
            self.serve(state, next);
        }
        self.call_back(state);
    }

    /// Lets a command take effect; `None` means that it waits for a load.
    fn execute(&self, state: &mut State, call: CallId, command: Command) -> Option<Answer> {
        match command {
            Command::Get(key) | Command::GetFromReplica(key, _) => return Some(Ok(self.get(state, key).into())),
            Command::MultiGet(_, number) => return Some(Ok(self.multi_get(state, number))),
            Command::GetCopy(key) => return Some(Ok(self.get_copy(state, key))),
            Command::GetFromGutter(_) => unreachable!("the gutter is asked, not a node"),
            Command::Lease(asked) => return Some(Ok(self.get_or_lease(state, asked))),
            Command::Fetch(key) | Command::FetchToChange(key) => return self.fetch(state, key, call).map(Ok),
            Command::Fill(fill) => self.fill(state, fill),
            // Asked for again, by somebody who has heard nothing of the first time.
            Command::WriteBehind(_, write, _) | Command::ChangeBehind(_, write, _) if state.buffer.has_taken(write) => {
            }
            Command::ChangeBehind(key, write, change) if !self.applies(state, key, write, change) => {
                return Some(Err(CallError::Conflict));
            }
            Command::Set(key, value)
            | Command::WriteBehind(key, value, EntryTtl::Usual)
            | Command::ChangeBehind(key, value, _)
                if state.memory.would_refuse(key, self.common.values.size(key, value)) =>
            {
                // A copy that a running load brings would be as unwelcome, and may be older than this value.
                state.loads.outdate(key);
                state.counts.report.refused_full += 1;
                return Some(Err(CallError::Full));
            }
            Command::Set(key, value) => {
                self.changes(state, key);
                // What is still to be written to the database is newer than anything that comes from there.
                if state.buffer.newest_write(key).is_none() && !self.has_newer(state, key, value) {
                    self.keep(state, Keep { key, value, ttl: EntryTtl::Usual, origin: Origin::Update });
                }
            }
            Command::Delete(key) => self.delete(state, key),
            Command::WriteBehind(key, ..) | Command::ChangeBehind(key, ..) if state.buffer.is_full_for(key) => {
                return self.reject(state, call);
            }
            Command::WriteBehind(key, write, ttl) => self.write_behind(state, key, write, ttl),
            Command::ChangeBehind(key, write, _) => self.write_behind(state, key, write, EntryTtl::Usual),
        }
        Some(Ok(Found::Nothing))
    }
}

/// Reads.
impl CacheNode {
    #[inline]
    fn look_up(&self, state: &mut State, key: Key) -> Result<WriteId, MissReason> {
        let found = state.memory.look_up(key, &self.common.values, &mut state.durability, self.now());
        // An entry that left before its flush is still in the buffer, and that is memory of this node, too.
        found.or_else(|reason| state.buffer.newest_write(key).ok_or(reason))
    }

    #[inline]
    fn get(&self, state: &mut State, key: Key) -> Option<WriteId> {
        match self.look_up(state, key) {
            Ok(value) => {
                if self.reading.grace.if_error > Nanos::ZERO && self.standing(state, key, value) == Standing::Spare {
                    state.counts.miss(MissReason::Expired);
                } else {
                    state.counts.hits += 1;
                }
                Some(value)
            }
            Err(reason) => {
                state.counts.miss(reason);
                None
            }
        }
    }

    /// What it has of several keys is noted with them; the answer says whether that is all of them.
    #[cold]
    fn multi_get(&self, state: &mut State, number: u32) -> Found {
        let get = self.common.multi_gets.of(number);
        work::count(get.keys.len());
        let found: Vec<Option<WriteId>> = get.keys.iter().map(|&key| self.get(state, key)).collect();
        let all = found.iter().copied().reduce(|all, one| all.and(one)).flatten();
        get.set_found(found);
        all.into()
    }

    fn get_copy(&self, state: &mut State, key: Key) -> Found {
        self.get(state, key).map_or(Found::Nothing, |value| Found::Copy(self.copied(state, key, value)))
    }

    /// What a reader is told of a copy. One that waits for its flush is newer than what a load would bring: it is served as it is.
    fn copied(&self, state: &State, key: Key, value: WriteId) -> Copied {
        let copied = state.memory.copied(key, value);
        let is_dirty = !self.reading.grace.is_none() && state.buffer.newest_write(key).is_some();
        if is_dirty { Copied { expires: Nanos::MAX, ..copied } } else { copied }
    }

    fn standing(&self, state: &State, key: Key, value: WriteId) -> Standing {
        self.reading.grace.standing(self.copied(state, key, value).expires, self.now())
    }

    fn get_or_lease(&self, state: &mut State, asked: LeaseAsked) -> Found {
        let LeaseAsked { key, stale, counts } = asked;
        let found = if counts { self.get(state, key) } else { self.look_up(state, key).ok() };
        if let Some(value) = found {
            return Found::Copy(self.copied(state, key, value));
        }
        let now = self.now();
        if let Some(token) = state.loads.lease(key, now) {
            return Found::Lease(token);
        }
        state.counts.delayed_hits += u64::from(counts);
        Found::Wait(if stale { state.loads.stale(key, now) } else { None })
    }

    fn fetch(&self, state: &mut State, key: Key, call: CallId) -> Option<Found> {
        match self.get(state, key) {
            Some(value) if self.reading.refresh.grace.is_none() => {
                (!self.refreshes(state, key, value, call)).then(|| self.good(state, key, value))
            }
            Some(value) => self.fetch_past_ttl(state, key, value, call),
            None => {
                self.wait_for_load(state, key, call);
                None
            }
        }
    }

    /// Serves a copy that may be past its TTL.
    fn fetch_past_ttl(&self, state: &mut State, key: Key, value: WriteId, call: CallId) -> Option<Found> {
        let standing = self.standing(state, key, value);
        if standing == Standing::Spare {
            self.wait_for_load(state, key, call);
            return None;
        }
        let waits = self.refreshes(state, key, value, call);
        let is_stale = standing == Standing::Stale;
        (!waits).then(|| if is_stale { Found::PastTtl(value) } else { self.good(state, key, value) })
    }

    /// What is served of a good copy: its value, and its end if that matters.
    fn good(&self, state: &State, key: Key, value: WriteId) -> Found {
        if self.reading.tells_ends { Found::Copy(self.copied(state, key, value)) } else { Found::Value(value) }
    }

    /// Whether the caller waits for a fresh value although there is a good one. Others are given that meanwhile.
    fn refreshes(&self, state: &mut State, key: Key, value: WriteId, call: CallId) -> bool {
        if state.loads.never_refreshes() || state.loads.is_loading(key) || state.buffer.newest_write(key).is_some() {
            return false;
        }
        let refreshing = state.loads.refreshing(state.memory.copied(key, value), self.now());
        if refreshing == Refreshing::No {
            return false;
        }
        state.counts.app.refreshes += 1;
        self.begin_load(state, key, state.server.busy_until());
        let waits = refreshing == Refreshing::Early;
        if let Some(load) = state.loads.running(key).filter(|_| waits) {
            load.join(&self.common.calls, call, false);
        }
        waits
    }

    fn wait_for_load(&self, state: &mut State, key: Key, call: CallId) {
        if state.loads.is_loading(key) {
            state.counts.delayed_hits += 1;
        } else {
            self.begin_load(state, key, state.server.busy_until());
        }
        let to_change = matches!(self.common.calls.request(call), Command::FetchToChange(_));
        if let Some(load) = state.loads.running(key) {
            load.join(&self.common.calls, call, to_change);
        }
    }

    fn begin_load(&self, state: &mut State, key: Key, at: Nanos) {
        self.common.jobs.push(Job::Load(self.shard, key, at));
        state.loads.begin(key, at);
    }

    /// Begins to load a key that nobody has asked for yet, unless it is here or on its way. Returns whether it begins.
    pub fn begin_warm_up(&self, key: Key) -> bool {
        let state = &mut *self.state();
        let up = !state.server.availability.is_down();
        let begins = up && state.memory.entry(key).is_none() && !state.loads.is_loading(key);
        if begins {
            state.loads.begin(key, self.now());
        }
        begins
    }

    /// A load has come back from the database: everyone who waited gets its outcome, and it is kept for `ttl`.
    pub fn loaded(&self, key: Key, outcome: Result<WriteId, CallError>, ttl: EntryTtl) {
        let state = &mut *self.state();
        let mut load = state.loads.finish(key);
        let now = self.now();
        if let (Ok(value), false) = (outcome, load.outdated) {
            if load.to_change && ttl == EntryTtl::None {
                state.loads.note_no_row(key, value);
            }
            self.keep(state, Keep { key, value, ttl, origin: Origin::Fill });
            if !state.loads.never_refreshes() {
                state.memory.note_load_time(key, now.saturating_sub(load.begun));
            }
        }
        self.admit(state);
        // A refresh that fails costs nobody an answer: the copy is still good.
        let copy = if state.loads.never_refreshes() { None } else { state.memory.good_entry(key, now) };
        let copy = copy.map(|copy| WriteId(copy.value));
        let is_good = |copy| self.standing(state, key, copy) == Standing::Good;
        let instead = |copy| if is_good(copy) { Found::Loaded(copy) } else { Found::PastTtl(copy) };
        let answer = outcome.map(Found::Loaded).or_else(|failure| copy.map(instead).ok_or(failure));
        work::count(load.waiting.len() as usize);
        while let Some(call) = load.waiting.pop(&self.common.calls) {
            self.common.calls.respond(call, answer, now);
        }
        if !load.late.is_empty() {
            self.common.jobs.push(Job::Load(self.shard, key, now));
            let next = state.loads.begin(key, now);
            (next.waiting, next.to_change) = (load.late, load.to_change);
        }
    }

    /// A read has reached a replica, which answers by what it has acknowledged when it comes, whatever waits in front of it.
    #[cold]
    fn arrive_at_replica(&self, state: &mut State, call: CallId, key: Key, number: u32) {
        let now = self.now();
        let held = state.memory.entry(key).copied();
        let entry = match state.durability.entry_on(number, key, held, now) {
            Ok(entry) => entry,
            Err(failure) => {
                state.counts.report.refused += 1;
                return self.fail(call, failure);
            }
        };
        let copying = state.server.copying_time(entry.map_or(0, |entry| entry.size));
        let takes = state.server.draw_time().saturating_add(copying);
        state.counts.report.commands += 1;
        match entry {
            Some(_) => state.counts.hits += 1,
            None => state.counts.miss(state.memory.miss_reason(key)),
        }
        let leaves = state.durability.serve_on(number, call, takes, now);
        self.common.calls.respond(call, Ok(entry.map(|entry| WriteId(entry.value)).into()), leaves);
    }

    /// Whether replicas answer reads.
    pub fn has_readers(&self) -> bool {
        self.has_readers
    }

    /// The replica that the next read of this node goes to; `None`: the primary.
    pub fn next_reader(&self) -> Option<u32> {
        self.state().durability.next_reader(self.now())
    }
}

/// Writes and fills.
impl CacheNode {
    /// Somebody writes or deletes `key`.
    pub(super) fn changes(&self, state: &mut State, key: Key) {
        state.loads.outdate(key);
        if self.reading.notifies {
            let at = state.server.busy_until().max(self.now());
            self.common.changed.push((Some(key), at));
        }
    }

    fn delete(&self, state: &mut State, key: Key) {
        self.changes(state, key);
        let now = self.now();
        let Some(entry) = state.memory.delete(key, &mut state.durability, now) else { return };
        if self.reading.keeps_stale && !entry.is_expired(now) {
            state.loads.leave_stale(key, WriteId(entry.value), now);
        }
    }

    /// Whether there is a copy of a newer version of the row, in a lane that compares them.
    fn has_newer(&self, state: &State, key: Key, value: WriteId) -> bool {
        let held = || state.memory.good_entry(key, self.now()).map(|entry| WriteId(entry.value));
        self.reading.compares && held().is_some_and(|held| self.common.values.is_older(value, held))
    }

    fn fill(&self, state: &mut State, fill: Fill) {
        let Fill { key, value, guard, ttl, load_time } = fill;
        let allowed = match guard {
            Guard::Open => true,
            Guard::Lease(token) => state.loads.redeem(key, token),
            Guard::CompareAndSet(old) => state.memory.holds(key, old),
            Guard::Gutter => false,
        };
        if !allowed || self.has_newer(state, key, value) {
            state.counts.app.fills_refused += 1;
        } else if state.buffer.newest_write(key).is_none() {
            self.keep(state, Keep { key, value, ttl, origin: Origin::Fill });
            state.memory.note_load_time(key, load_time);
        }
    }

    /// Keeps a value, and sees to the entries that make room for it. In a full store that lets nothing go it is not kept.
    pub(super) fn keep(&self, state: &mut State, new: Keep) {
        let now = self.now();
        let kept = state.memory.keep(new, &self.common.values, &mut state.durability, now);
        state.counts.report.refused_full += u64::from(kept.refused);
        let mut victim = kept.victim;
        while let Some(entry) = victim {
            self.evicted(state, &entry, now);
            victim = state.memory.next_victim();
        }
    }

    /// An entry had to go, or was too large to come in.
    fn evicted(&self, state: &mut State, victim: &Entry, now: Nanos) {
        state.memory.evicted(victim, &mut state.durability, now);
        if state.buffer.is_queued(victim.key) {
            self.end_dirty(state, victim.key, Ending::Evicted);
        }
    }

    /// The copy of `key` that is here and good ends then, as the recorded server was told without a request.
    pub fn set_end(&self, key: Key, end: Nanos) {
        let state = &mut *self.state();
        let there = state.memory.set_end(key, end, &mut state.durability, self.now());
        if there && state.buffer.is_queued(key) {
            // Its end may be earlier than the one that is watched for.
            state.buffer.unwatch(key);
            self.watch_expiry(state, key);
        }
    }
}

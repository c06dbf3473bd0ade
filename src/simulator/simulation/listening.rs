//! Listening: which messages about one key pass from whom to whom, in a run that is told for a story.
//!
//! The listener looks at events before they happen and at tasks when they begin. It asks and changes nothing, so that the
//! run is the same as one without.

use std::collections::BTreeMap;

use super::Simulation;
use super::event::EventKind;
use super::world::World;
use crate::cache::command::{Command, Found};
use crate::engine::{CallId, Event, TaskId};
use crate::jobs::{Job, Owner};
use crate::ledger::{Message, Part, Passed};
use crate::model::Key;

/// What a task works at.
#[derive(Clone, Copy)]
struct Errand {
    number: u32,
    part: Part,
}

/// See the module.
#[derive(Default)]
pub(super) struct Listener {
    /// By task.
    errands: BTreeMap<TaskId, Errand>,
    begun: u32,
    /// Who waits for the answers of calls about the key: to the cache, and to the database.
    commands: BTreeMap<CallId, Errand>,
    queries: BTreeMap<CallId, Errand>,
}

impl Simulation {
    /// Keeps everything that is heard of `key`, from the beginning of the run. Nothing else changes.
    pub fn listen(&mut self, key: Key) {
        self.world.observers.ledger.borrow_mut().listen(key);
        self.listener = Some(Box::default());
    }

    /// The number of the cache node that has `key`.
    pub fn node_of(&self, key: Key) -> u32 {
        self.world.cache.shard_of(key)
    }
}

impl Listener {
    /// A task begins this job.
    pub fn begins(&mut self, world: &World, task: TaskId, job: &Job) {
        self.begun += 1;
        let part = match *job {
            // The loader who warms the cache up has the number of a server that there is not.
            Job::Serve(server, _) | Job::Refresh(server, ..) | Job::FlushQueue(server) => Part::Server(server),
            Job::Load(node, ..) => Part::Node(node),
            Job::Flush(node, _) | Job::Flusher(node) => Part::Flusher(node),
            Job::WarmUp(..) => Part::Loader,
            Job::Relay => Part::Relay,
        };
        debug_assert!(part != Part::Relay || job.owner() == Owner::RELAY);
        let errand = Errand { number: self.begun, part };
        self.errands.insert(task, errand);
        if let Job::Serve(_, slot) = *job {
            let request = world.clients.requests.borrow()[slot];
            let way = (Part::Client(request.client), part);
            for key in world.clients.keys_of(slot) {
                self.tell(world, key, errand, way, Message::Request(request.write));
            }
        }
    }

    /// An event is about to happen.
    pub fn event(&mut self, world: &World, event: Event) {
        let Some(key) = world.observers.ledger.borrow().listens_to() else { return };
        let call = event.index();
        match EventKind::of(event) {
            EventKind::CacheArrival => self.command(world, key, call),
            EventKind::CacheResponse => {
                if let Some(errand) = self.commands.remove(&call)
                    && let Some(answer) = answer_of(world, call, key)
                {
                    let from = asked(world, world.cache.calls().request(call));
                    self.tell(world, key, errand, (from, errand.part), answer);
                }
            }
            EventKind::DatabaseArrival => {
                if let Some(message) = world.database.asks(call, key) {
                    let errand = self.errand_of(world.database.calls().caller(call));
                    self.queries.insert(call, errand);
                    self.tell(world, key, errand, (errand.part, Part::Database), message);
                }
            }
            EventKind::DatabaseResponse => {
                if let Some(errand) = self.queries.remove(&call)
                    && let Some(answer) = world.database.answers(call, key)
                {
                    self.tell(world, key, errand, (Part::Database, errand.part), answer);
                }
            }
            _ => {}
        }
    }

    fn command(&mut self, world: &World, key: Key, call: CallId) {
        let command = world.cache.calls().request(call);
        let names = match command {
            Command::MultiGet(_, number) => world.cache.multi_gets().of(number).place(key).is_some(),
            _ => command.key() == key,
        };
        if !names {
            return;
        }
        let message = match command {
            Command::MultiGet(..)
            | Command::Get(_)
            | Command::GetFromReplica(..)
            | Command::GetCopy(_)
            | Command::Lease(_) => Message::Get,
            Command::GetFromGutter(_) | Command::Fetch(_) | Command::FetchToChange(_) => Message::Get,
            Command::Set(_, value) => Message::Put(value),
            Command::Fill(fill) => Message::Put(fill.value),
            Command::WriteBehind(_, value, _) | Command::ChangeBehind(_, value, _) => Message::PutBehind(value),
            Command::Delete(_) => Message::Delete,
        };
        let errand = self.errand_of(world.cache.calls().caller(call));
        self.commands.insert(call, errand);
        self.tell(world, key, errand, (errand.part, asked(world, command)), message);
    }

    /// Whose task this is. Where the caller has gone, nobody knows which server it was: one of them.
    fn errand_of(&self, caller: Option<TaskId>) -> Errand {
        let nobody = Errand { number: 0, part: Part::Server(0) };
        caller.and_then(|task| self.errands.get(&task)).copied().unwrap_or(nobody)
    }

    fn tell(&self, world: &World, key: Key, errand: Errand, (from, to): (Part, Part), message: Message) {
        let mut ledger = world.observers.ledger.borrow_mut();
        ledger.passed(key, Passed { errand: errand.number, from, to, message }, world.kernel.now());
    }
}

/// Who is asked by a command.
fn asked(world: &World, command: Command) -> Part {
    if command.asks_the_gutter() { Part::Gutter } else { Part::Node(world.cache.shard_of(command.key())) }
}

fn answer_of(world: &World, call: CallId, key: Key) -> Option<Message> {
    let command = world.cache.calls().request(call);
    let asks = !command.is_write();
    let response = world.cache.calls().response(call)?;
    if let (Command::MultiGet(_, number), Ok(_)) = (command, response) {
        return Some(world.cache.multi_gets().of(number).value(key).map_or(Message::Miss, Message::Value));
    }
    Some(match response {
        Err(failure) => Message::Failed(failure),
        Ok(found) if asks => match found {
            Found::Value(value) | Found::Loaded(value) | Found::PastTtl(value) => Message::Value(value),
            Found::Copy(copied) => Message::Value(copied.value),
            Found::Nothing | Found::Lease(_) | Found::Wait(_) => Message::Miss,
        },
        Ok(_) => Message::Done,
    })
}

//! What the tasks of a simulation run: one future type for all of them.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;

use super::servers::Place;
use super::world::World;
use crate::jobs::Job;
use crate::ledger::Release;
use crate::model::{CallError, Key, WriteId};
use crate::scenario::{Lane, Reading};
use crate::strategy::{self, Client, outbox, read_through, refresh, warm_up, write_around, write_back};
use crate::time::Nanos;
use crate::workload::operation::Operation;

/// Does a job.
pub(super) async fn run(world: Rc<World>, job: Job) {
    world.watch_task(&job);
    match job {
        Job::Serve(server, slot) => serve(&world, server, slot).await,
        Job::Load(node, key, at) => {
            world.kernel.sleep_until(at).await;
            read_through::load(&world.cache_side(node), key).await;
        }
        Job::Flush(node, rows) => {
            if let Some(how) = world.application.lane.write.write_back() {
                // Rows that fail are in the buffer again, for the flusher.
                let _ = write_back::flush(&world.cache_side(node), how, &rows).await;
            }
        }
        job => seldom(&world, job).await,
    }
}

/// What is begun seldom stands in a box, so that it makes no other task larger.
#[inline(never)]
fn seldom(world: &World, job: Job) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(run_seldom(world, job))
}

async fn run_seldom(world: &World, job: Job) {
    let lane = &world.application.lane;
    match job {
        Job::Flusher(node) => {
            if let Some(how) = lane.write.write_back() {
                write_back::flusher(&world.cache_side(node), how).await;
            }
        }
        Job::FlushQueue(server) => {
            let queue = world.application.queues.of(server);
            if let (Some(how), Some(queue)) = (lane.write.queue(), queue)
                && queue.begin_to_flush()
            {
                write_back::flush_queue(&world.app(server), queue, how, &world.observers.triggers).await;
            }
        }
        Job::Refresh(server, key, copy) => {
            if let Reading::LookAside(how) = &lane.read {
                refresh::ahead(&world.app(server), how, key, copy).await;
            }
        }
        Job::WarmUp(node, loader) => {
            let keys = world.application.share(node, loader).iter().copied();
            warm_up::load(&world.loader(), &world.cache_side(node), &lane.read, keys).await;
        }
        Job::Relay => {
            if let Some(how) = lane.write.outbox() {
                outbox::relay(&world.loader(), how).await;
            }
            if let Some(how) = lane.write.log_reader() {
                write_around::read_log(&world.loader(), how).await;
            }
        }
        Job::Serve(..) | Job::Load(..) | Job::Flush(..) => unreachable!("those are begun often"),
    }
}

// ---- Serving ----

/// Serves a request: a place on the server, the server's own work on one of its cores, then what the lane's strategies say.
pub(super) async fn serve(world: &World, server: u32, slot: u32) {
    let application = &world.application;
    let (key, operation, write) = {
        let request = &world.clients.requests.borrow()[slot];
        (request.key, request.operation, request.write)
    };
    let place = application.servers.enter(server, &world.kernel).await;
    let work = application.work[server as usize].borrow_mut().draw();
    if work > Nanos::ZERO {
        let _core = application.servers.core(server, &world.kernel).await;
        world.kernel.sleep(application.servers.stretch(server, work)).await;
    }
    let app = world.app(server);
    let lane = &application.lane;
    match (operation, write) {
        (Operation::Modify, Some(write)) => {
            let code = modify(&app, lane, key, write);
            run_write(world, slot, &app.client, place, write, code).await;
        }
        // A delete is a write of the value that says "no such row".
        (Operation::Write | Operation::Delete, Some(write)) => {
            let code = pin!(strategy::write(&app, &lane.write, key, write));
            run_write(world, slot, &app.client, place, write, code).await;
        }
        (Operation::MultiGet, _) => several(world, &app, slot).await,
        (Operation::Read, _) | (_, None) => {
            let outcome = strategy::read(&app, &lane.read, key).await;
            world.clients.requests.borrow_mut()[slot].from_cache = app.client.is_from_cache();
            world.finish(slot, outcome, Release::Finished);
        }
    }
}

/// In a box, like all that most lanes never do.
#[inline(never)]
fn modify<'a>(app: &'a strategy::App<'_>, lane: &'a Lane, key: Key, write: WriteId) -> Boxed<'a> {
    Box::pin(strategy::modify(app, lane, key, write))
}

type Boxed<'a> = Pin<Box<dyn Future<Output = Result<(), CallError>> + 'a>>;

#[inline(never)]
fn several<'a>(world: &'a World, app: &'a strategy::App<'_>, slot: u32) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
    Box::pin(serve_several(world, app, slot))
}

/// Reads several keys; the request of each gets what became of it.
async fn serve_several(world: &World, app: &strategy::App<'_>, slot: u32) {
    let (keys, slots) = world.clients.parts_of(slot);
    let parts = strategy::multi_get::read(app, &world.application.lane.read, &keys).await;
    let mut requests = world.clients.requests.borrow_mut();
    for (slot, part) in slots.into_iter().zip(&parts) {
        (requests[slot].outcome, requests[slot].from_cache) = (part.outcome, part.from_cache);
    }
    let outcome = requests[slot].outcome;
    drop(requests);
    world.finish(slot, outcome, Release::Finished);
}

/// Runs a write's code to its end; its client gets the response then, or as soon as the code acknowledges the write. From
/// then on it takes up no place on the server. The code stays where its caller has it: here it would take its room twice.
async fn run_write(
    world: &World,
    slot: u32,
    client: &Client,
    place: Place<'_>,
    write: WriteId,
    mut code: impl Future<Output = Result<(), CallError>> + Unpin,
) {
    let mut place = Some(place);
    let mut acknowledged_by = None;
    let outcome = poll_fn(|context| {
        let polled = Pin::new(&mut code).poll(context);
        if polled.is_pending()
            && let Some(early_ack) = client.take_early_ack()
        {
            place = None;
            acknowledged_by = Some(world.acknowledge_early(slot, early_ack));
        }
        polled
    })
    .await;
    match acknowledged_by {
        None => world.finish(slot, outcome.map(|()| write), Release::Finished),
        Some(server) => world.end_background(server, write),
    }
    drop(place);
}

//! What the tasks of a simulation run: one future type for all of them.

use std::rc::Rc;

use super::application::serve;
use super::world::World;
use crate::jobs::Job;
use crate::scenario::Reading;
use crate::strategy::{outbox, read_through, refresh, warm_up, write_around, write_back};

/// Does a job.
pub(super) async fn run(world: Rc<World>, job: Job) {
    world.watch_task(&job);
    let lane = &world.application.lane;
    match job {
        Job::Serve(server, slot) => serve(&world, server, slot).await,
        Job::Load(node, key, at) => {
            world.kernel.sleep_until(at).await;
            read_through::load(&world.cache_side(node), key).await;
        }
        Job::Flush(node, rows) => {
            if let Some(how) = lane.write.write_back() {
                // Rows that fail are in the buffer again, for the flusher.
                let _ = write_back::flush(&world.cache_side(node), how, &rows).await;
            }
        }
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
    }
}

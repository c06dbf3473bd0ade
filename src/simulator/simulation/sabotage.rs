//! Strategies broken on purpose: each break must show in the ledger, where the honest strategy shows nothing.
//!
//! Every test runs the same world twice: once with the strategies as they are, once with tasks in which one step is
//! wrong. A witness that does not see the difference is no witness.

use std::future::Future;
use std::rc::Rc;

use super::Simulation;
use super::tasks::run;
use super::tasks::serve;
use super::world::World;
use crate::cache::command::{Answer, Command};
use crate::cache::ttl::EntryTtl;
use crate::database::Row;
use crate::engine::Tasks;
use crate::jobs::Job;
use crate::ledger::{Cause, Ledger, Release};
use crate::model::{CallError, Key, WriteId};
use crate::scenario::*;
use crate::strategy::{self, App, write_back};
use crate::time::Nanos;
use crate::workload::requests::KeySource;

fn ms(n: u64) -> Nanos {
    Nanos::from_millis(n)
}

/// Ten seconds of 200 requests a second, a third of them writes, over 20 keys; the database refuses some.
fn world(read: Reading, write: Writing) -> Scenario {
    let mut scenario = Scenario { duration: Nanos::from_secs(10), ..Scenario::default() };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 200.0 };
    scenario.clients.keys = Keys::zipf(20, 0.9);
    scenario.clients.write_ratio = 0.3;
    scenario.cache.ttl = Ttl::None;
    scenario.lanes = vec![Lane { read, write, ..Lane::default() }];
    scenario
}

fn aborting(mut scenario: Scenario) -> Scenario {
    scenario.database.abort = 0.2;
    scenario
}

fn around(cached: Invalidate) -> Writing {
    Writing::WriteAround(WriteAround { cached, ..WriteAround::default() })
}

fn through(order: Order) -> Writing {
    Writing::WriteThrough(WriteThrough { order, ..WriteThrough::default() })
}

fn back() -> Writing {
    Writing::WriteBack(WriteBack { every: ms(500), ..WriteBack::default() })
}

fn keys(scenario: &Scenario) -> KeySource {
    KeySource::new(scenario, None).expect("no trace is needed")
}

fn finished(mut lane: Simulation) -> Simulation {
    // On the way, too, the books must be right.
    (1..20).for_each(|half| {
        lane.run_until(ms(half * 500));
        lane.validate();
    });
    lane.run_until(Nanos::MAX);
    lane.ledger().validate();
    lane
}

fn honest(scenario: &Scenario) -> Simulation {
    finished(Simulation::with_keys(scenario, 0, keys(scenario)))
}

/// The same with other tasks.
fn broken<F, T>(scenario: &Scenario, task: T) -> Simulation
where
    F: Future<Output = ()> + 'static,
    T: Fn(Rc<World>, Job) -> F + Copy + 'static,
{
    let tasks = move |world: Rc<World>| Tasks::new(move |job| task(world.clone(), job));
    finished(Simulation::with_tasks(scenario, 0, keys(scenario), tasks))
}

/// The key of a request, and the write that it attempts, if it does.
fn asked(world: &World, slot: u32) -> (Key, Option<WriteId>) {
    let request = world.clients.requests.borrow()[slot];
    (request.key, request.write)
}

/// A task in which writes do something else.
async fn writing(world: Rc<World>, job: Job, write: impl AsyncFnOnce(&World, Key, WriteId) -> Result<(), CallError>) {
    match job {
        Job::Serve(server, slot) => match asked(&world, slot) {
            (key, Some(value)) => {
                let outcome = write(&world, key, value).await;
                world.finish(slot, outcome.map(|()| value), Release::Finished);
            }
            (_, None) => serve(&world, server, slot).await,
        },
        other => run(world, other).await,
    }
}

/// A task in which reads do something else.
async fn reading(world: Rc<World>, job: Job, read: impl AsyncFnOnce(&App<'_>, Key) -> Result<WriteId, CallError>) {
    match job {
        Job::Serve(server, slot) => match asked(&world, slot) {
            (_, Some(_)) => serve(&world, server, slot).await,
            (key, None) => {
                let outcome = read(&world.app(0), key).await;
                world.finish(slot, outcome, Release::Finished);
            }
        },
        other => run(world, other).await,
    }
}

fn lost(lane: &Simulation) -> u64 {
    lane.ledger().ever_lost().total()
}

/// The honest run shows none of `what`, the broken one does.
#[track_caller]
fn shows(honest: &Simulation, broken: &Simulation, what: impl Fn(&Ledger) -> u64) {
    assert_eq!(what(&honest.ledger()), 0, "the honest run");
    assert!(what(&broken.ledger()) > 0, "the break is not seen");
}

fn lost_by(cause: Cause) -> impl Fn(&Ledger) -> u64 {
    move |ledger| ledger.ever_lost().get(cause)
}

// ---- Write-around ----

#[test]
fn write_around_that_says_yes_whatever_the_database_says() {
    let scenario = aborting(world(Reading::look_aside(), around(Invalidate::Delete)));
    let broken = broken(&scenario, |world, job| {
        writing(world, job, async |world, key, value| {
            let _ = world.app(0).database.write(key, value).await;
            Ok(())
        })
    });
    shows(&honest(&scenario), &broken, lost_by(Cause::Refused));
}

#[test]
fn write_around_that_says_yes_and_does_nothing() {
    let scenario = world(Reading::look_aside(), around(Invalidate::Delete));
    let broken = broken(&scenario, |world, job| writing(world, job, async |_, _, _| Ok(())));
    shows(&honest(&scenario), &broken, lost_by(Cause::NeverDelivered));
}

/// One request every 100 ms: none overlap, so nothing is stale in an honest run.
fn calm(mut scenario: Scenario) -> Scenario {
    scenario.clients.arrivals = Arrivals::Constant { rate: 10.0 };
    (scenario.database.read, scenario.database.write) = (Distribution::Constant(ms(3)), Distribution::Constant(ms(3)));
    scenario.clients.sessions = 2;
    scenario
}

#[test]
fn write_around_that_forgets_the_invalidation() {
    let scenario = calm(world(Reading::look_aside(), around(Invalidate::Delete)));
    let broken = broken(&scenario, |world, job| {
        writing(world, job, async |world, key, value| world.app(0).database.write(key, value).await)
    });
    let honest = honest(&scenario);
    shows(&honest, &broken, |ledger| ledger.reads().stale);
    shows(&honest, &broken, |ledger| ledger.reads().read_your_writes_violations);
    assert_eq!(lost(&broken), 0, "nothing is lost, only old");
}

#[test]
fn write_around_that_invalidates_before_the_commit() {
    // A reader in between puts the old value back: only where requests overlap.
    let mut scenario = world(Reading::read_through(), around(Invalidate::Delete));
    scenario.database.read = Distribution::Constant(ms(1));
    scenario.database.write = Distribution::Constant(ms(50));
    let broken = broken(&scenario, |world, job| {
        writing(world, job, async |world, key, value| {
            let app = world.app(0);
            let _ = app.cache.delete(key).await;
            app.database.write(key, value).await
        })
    });
    shows(&honest(&scenario), &broken, |ledger| ledger.reads().stale);
}

#[test]
fn write_around_that_says_no_and_writes() {
    let scenario = world(Reading::look_aside(), around(Invalidate::Delete));
    let broken = broken(&scenario, |world, job| {
        writing(world, job, async |world, key, value| {
            world.app(0).database.write(key, value).await?;
            Err(CallError::Aborted)
        })
    });
    shows(&honest(&scenario), &broken, |ledger| ledger.counts().phantom);
}

// ---- Write-through ----

#[test]
fn write_through_that_does_not_wait_for_the_database() {
    let scenario = aborting(world(Reading::look_aside(), through(Order::CacheFirst)));
    let broken = broken(&scenario, |world, job| {
        writing(world, job, async |world, key, value| {
            let app = world.app(0);
            app.cache.set(key, value).await
        })
    });
    shows(&honest(&scenario), &broken, lost_by(Cause::NeverDelivered));
}

#[test]
fn write_through_that_forgets_the_cache() {
    let scenario = calm(world(Reading::look_aside(), through(Order::DatabaseFirst)));
    let broken = broken(&scenario, |world, job| {
        writing(world, job, async |world, key, value| world.app(0).database.write(key, value).await)
    });
    shows(&honest(&scenario), &broken, |ledger| ledger.reads().stale);
}

#[test]
fn write_through_that_tries_an_old_write_again_over_a_newer_one() {
    let scenario = calm(world(Reading::look_aside(), through(Order::DatabaseFirst)));
    let broken = broken(&scenario, |world, job| {
        writing(world, job, async |world, key, value| {
            let database = world.app(0).database;
            database.write(key, value).await?;
            if value.0 > 1 {
                // The write before, whichever key it was of, once more.
                let before = WriteId(value.0 - 1);
                let (key, ..) = world.observers.ledger.borrow().attempt(before);
                database.write(key, before).await?;
                let older =
                    (1..value.0 - 1).rev().map(WriteId).find(|w| world.observers.ledger.borrow().attempt(*w).0 == key);
                if let Some(older) = older {
                    database.write(key, older).await?;
                }
            }
            Ok(())
        })
    });
    shows(&honest(&scenario), &broken, lost_by(Cause::OverwrittenByOlder));
}

// ---- Write-back ----

#[test]
fn write_back_that_drops_a_flush() {
    let scenario = world(Reading::look_aside(), back());
    let broken = broken(&scenario, |world, job| async move {
        let Job::Flusher(shard) = job else { return run(world, job).await };
        let side = world.cache_side(shard);
        let mut flushes = 0;
        loop {
            side.node.flush_due(side.kernel.now() + ms(500), false).await;
            let rows = side.node.take_rows(1_000, Nanos::MAX);
            flushes += 1;
            if flushes % 3 == 0 {
                side.node.flush_failed(&rows, 0); // dropped
            } else {
                let _ = write_back::flush(&side, &WriteBack::default(), &rows).await;
            }
        }
    });
    shows(&honest(&scenario), &broken, lost_by(Cause::DroppedAfterRetries));
}

#[test]
fn write_back_that_marks_clean_before_the_commit() {
    let scenario = aborting(world(Reading::look_aside(), back()));
    let mut scenario = Scenario { lanes: scenario.lanes.clone(), ..scenario };
    if let Writing::WriteBack(how) = &mut scenario.lanes[0].write {
        how.requeue = 100;
    }
    let broken = broken(&scenario, |world, job| async move {
        let Job::Flusher(shard) = job else { return run(world, job).await };
        let side = world.cache_side(shard);
        loop {
            side.node.flush_due(side.kernel.now() + ms(500), false).await;
            let rows = side.node.take_rows(1_000, Nanos::MAX);
            let batch: Vec<Row> =
                rows.iter().map(|&id| side.node.row(id)).map(|(key, write)| Row { key, write }).collect();
            side.node.flushed(&rows);
            let _ = side.database.write_batch(&batch).await;
        }
    });
    shows(&honest(&scenario), &broken, |ledger| ledger.ever_lost().total());
}

#[test]
fn write_back_that_says_yes_before_the_cache_has_it() {
    let mut scenario = world(Reading::look_aside(), back());
    scenario.faults.push(Fault { lasts: ms(500), ..Fault::new(FaultKind::CacheCrash, ms(5_000)) });
    if let Writing::WriteBack(how) = &mut scenario.lanes[0].write {
        how.every = ms(1);
    }
    // With a flush every millisecond, and writes 5 ms apart, few are in the cache at the crash; none in half a second
    // of a cache that is down may be acknowledged.
    let broken = broken(&scenario, |world, job| {
        writing(world, job, async |world, key, value| {
            let _ = world.app(0).cache.write_behind(key, value, EntryTtl::Usual).await;
            Ok(())
        })
    });
    shows(&honest(&scenario), &broken, lost_by(Cause::NeverDelivered));
}

// ---- Reading ----

#[test]
fn look_aside_that_answers_with_the_initial_value() {
    let scenario = calm(world(Reading::look_aside(), through(Order::DatabaseFirst)));
    let broken = broken(&scenario, |world, job| reading(world, job, async |_, _| Ok(WriteId::INITIAL)));
    shows(&honest(&scenario), &broken, |ledger| ledger.reads().stale);
}

#[test]
fn look_aside_that_fills_the_cache_with_what_it_read_long_ago() {
    let mut scenario = calm(world(Reading::look_aside(), around(Invalidate::Delete)));
    scenario.clients.keys = Keys::Uniform { count: 2 };
    let broken = broken(&scenario, |world, job| {
        reading(world, job, async |app, key| {
            let value = strategy::look_aside::read(app, &LookAside::default(), key).await?;
            app.cache.kernel.sleep(ms(350)).await;
            let _ = app.cache.set(key, value).await;
            Ok(value)
        })
    });
    let honest = honest(&scenario);
    shows(&honest, &broken, |ledger| ledger.reads().stale);
    shows(&honest, &broken, |ledger| ledger.reads().monotonic_read_violations);
}

#[test]
fn reads_without_a_cache_that_ask_a_cache_nobody_updates() {
    let scenario = calm(world(Reading::None {}, around(Invalidate::Leave)));
    let broken = broken(&scenario, |world, job| {
        reading(world, job, async |app, key| strategy::look_aside::read(app, &LookAside::default(), key).await)
    });
    shows(&honest(&scenario), &broken, |ledger| ledger.reads().stale);
}

#[test]
fn read_through_that_keeps_what_was_overtaken_while_it_was_loaded() {
    let mut scenario = world(Reading::read_through(), around(Invalidate::Delete));
    scenario.network.cache_database = Distribution::Exponential(ms(30));
    let broken = broken(&scenario, |world, job| async move {
        let Job::Load(_, key, _) = job else { return run(world, job).await };
        let side = world.cache_side(0);
        let outcome = side.database.read(key).await;
        side.node.loaded(key, outcome, EntryTtl::Usual);
        if let Ok(value) = outcome {
            // As if nothing had overtaken it.
            let call = world.cache.command(Command::Set(key, value));
            side.node.arrive(call.id());
            let _: Answer = call.await;
        }
    });
    shows(&honest(&scenario), &broken, |ledger| ledger.reads().stale);
}

// ---- Read-modify-write ----

/// Every write adds to one of three counters.
fn counting(read: Reading, write: Writing, modify: Modify) -> Scenario {
    let mut scenario = world(read, write);
    scenario.clients.keys = Keys::Uniform { count: 3 };
    scenario.lanes[0].modify = modify;
    scenario
}

async fn modifying(world: Rc<World>, job: Job) {
    writing(world, job, async |world, key, value| {
        strategy::modify(&world.app(0), &world.application.lane, key, value).await
    })
    .await;
}

fn outbox(every: Nanos) -> Writing {
    Writing::Outbox(Outbox { every, ..Outbox::default() })
}

#[test]
fn naive_increments_are_lost_and_those_of_compare_and_set_and_of_the_store_itself_are_not() {
    for write in [around(Invalidate::Delete), through(Order::DatabaseFirst), outbox(ms(20)), back()] {
        // What a look-aside reader fills in may be older than what a write-back cache has flushed.
        let read = Reading::read_through();
        let increments = |modify| {
            let lane = broken(&counting(read.clone(), write.clone(), modify), modifying);
            let increments = lane.ledger().increments();
            assert!(increments.acknowledged > 400, "{}: {increments:?}", lane.report().name);
            increments.lost
        };
        assert!(increments(Modify::Naive {}) > 0, "{}", write.name());
        assert_eq!(increments(Modify::CompareAndSet { tries: 1_000 }), 0, "{}", write.name());
        assert_eq!(increments(Modify::Increment {}), 0, "{}", write.name());
    }
}

#[test]
fn compare_and_set_gives_up_after_its_tries_and_tells_the_client_no() {
    let scenario = counting(Reading::None {}, around(Invalidate::Delete), Modify::CompareAndSet { tries: 1 });
    let lane = broken(&scenario, modifying);
    assert!(lane.ledger().counts().rejected > 0);
    assert_eq!((lane.ledger().increments().lost, lost(&lane)), (0, 0));
}

#[test]
fn compare_and_set_that_ignores_the_version() {
    let scenario = counting(Reading::None {}, around(Invalidate::Delete), Modify::CompareAndSet { tries: 1_000 });
    let careless = broken(&scenario, |world, job| {
        writing(world, job, async |world, key, value| {
            let app = world.app(0);
            let old = app.database.read(key).await?;
            app.made_from(value, old);
            app.database.write(key, value).await
        })
    });
    shows(&broken(&scenario, modifying), &careless, |ledger| ledger.increments().lost);
}

// ---- Outbox ----

#[test]
fn an_outbox_whose_relay_skips_a_record() {
    let scenario = calm(world(Reading::read_through(), outbox(ms(5))));
    let broken = broken(&scenario, |world, job| async move {
        let Job::Relay = job else { return run(world, job).await };
        let relay = world.app(0);
        let mut seen = 0;
        loop {
            relay.cache.kernel.sleep(ms(5)).await;
            let Ok((records, last)) = relay.database.records(100).await else { continue };
            for record in &records {
                seen += 1;
                if seen % 3 != 0 {
                    let _ = relay.cache.delete(record.key).await;
                }
            }
            let _ = relay.database.forget(last).await;
        }
    });
    shows(&honest(&scenario), &broken, |ledger| ledger.reads().stale);
}

// ---- Deletes ----

#[test]
fn a_delete_leaves_no_copy_and_one_that_is_stored_like_a_value_does() {
    let renewing = |cached| Writing::WriteAround(WriteAround { cached, ..WriteAround::default() });
    for write in [renewing(Invalidate::Update), through(Order::DatabaseFirst), through(Order::CacheFirst)] {
        let scenario = calm(world(Reading::None {}, write));
        let copies = |lane: &Simulation| (0..20).filter(|&key| lane.cached(key).is_some()).count();
        let deleting = broken(&scenario, |world, job| {
            writing(world, job, async |world, key, value| {
                world.application.rows.deleted_by(value);
                strategy::write(&world.app(0), &world.application.lane.write, key, value).await
            })
        });
        assert_eq!(copies(&deleting), 0);
        assert!(copies(&honest(&scenario)) > 0, "what is not a delete is kept");
    }
}

//! What a lane has cost, by the scenario's prices.

use crate::report::{Cost, LaneReport};
use crate::scenario::Scenario;

const GIB: f64 = (1_u64 << 30) as f64;

/// Of a lane so far, in the world of `scenario`, its own.
pub(super) fn cost(lane: &LaneReport, scenario: &Scenario) -> Cost {
    let prices = &scenario.prices;
    // Nothing is used after the clients have gone, but for what was owed: its rows are written.
    let measured_s = (lane.at_s.min(scenario.duration.as_secs_f64()) - scenario.warmup.as_secs_f64()).max(0.0);
    let copies = f64::from(1 + scenario.cache.replicas);
    let written = lane.database.writes + lane.database.drain_writes;
    let cost = Cost {
        total: 0.0,
        memory: prices.memory * copies * lane.cache.bytes_mean / GIB * measured_s / 3_600.0,
        database_reads: prices.database_reads * lane.database.reads as f64 / 1e6,
        database_writes: prices.database_writes * written as f64 / 1e6,
        lost_writes: prices.lost_write * lane.ever_lost as f64,
        failed_requests: prices.failed_request * lane.errors as f64,
        lateness: prices.late_second * lane.late_s,
    };
    let Cost { memory, database_reads, database_writes, lost_writes, failed_requests, lateness, .. } = cost;
    let total = memory + database_reads + database_writes + lost_writes + failed_requests + lateness;
    Cost { total, ..cost }
}

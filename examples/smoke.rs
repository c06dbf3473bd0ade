use cachelane::{experiment::Experiment, scenario::*, time::Nanos};
fn main() {
    let toml = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let s: Scenario = toml::from_str(&toml).unwrap();
    let t = std::time::Instant::now();
    let mut e = Experiment::new(&s, None).unwrap();
    e.advance(Nanos::MAX, || false);
    let el = t.elapsed().as_secs_f64();
    let r = e.report();
    let mut n = 0;
    for l in &r.lanes {
        n += l.requests;
        println!(
            "{:28} {} req {} hit {:.4} err {} stale {} rd p50 {:.3} p99 {:.3} mean {:.4} wr mean {:.4} p99 {:.3} db r/w/b {}/{}/{} u {:.2} ev {} {:?} {:?}",
            l.name,
            l.digest,
            l.requests,
            l.hit_ratio,
            l.errors,
            l.stale_reads,
            l.latency_ms.read.p50,
            l.latency_ms.read.p99,
            l.latency_ms.read.mean,
            l.latency_ms.write.mean,
            l.latency_ms.write.p99,
            l.database.reads,
            l.database.writes,
            l.database.batches,
            l.database.utilisation,
            l.events,
            l.writes_by_class,
            l.lost_by_cause
        );
    }
    println!(
        "{:.3} s, {:.2} M req/s, {:.1} M events/s",
        el,
        n as f64 / el / 1e6,
        r.lanes.iter().map(|l| l.events).sum::<u64>() as f64 / el / 1e6
    );
}

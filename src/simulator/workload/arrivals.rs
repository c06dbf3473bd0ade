//! When requests come.
//!
//! Open-loop arrivals are Poisson processes, some of a rate that changes. Where it changes in steps (bursts, a spike),
//! the time to the next arrival follows exactly from one exponential draw: the draw is how much of the area under the
//! rate must pass. Where it changes smoothly (a wave), candidates come at the highest rate and each is kept with the
//! probability rate(t) / highest (thinning: Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes by
//! thinning", Naval Research Logistics 1979).

use std::f64::consts::TAU;
use std::sync::Arc;

use super::requests::KeySource;
use super::trace::Trace;
use crate::model::ClientId;
use crate::random::{Lengths, Sampler, Stream, Streams};
use crate::scenario::{Arrivals, Clients, Spike};
use crate::time::Nanos;

/// When requests come.
#[allow(missing_docs, reason = "each variant says what its fields are")]
#[allow(clippy::large_enum_variant, reason = "a lane has one, or two")]
pub enum Timing {
    /// Whether or not the ones before are answered; `sessions` clients take turns.
    Open { gap: Gap, sessions: u32 },
    /// Each user after the answer and a pause. Each has pauses of its own.
    Closed { think: Sampler, draws: Vec<Stream> },
}

/// How the next open-loop arrival follows from the one before.
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Gap {
    /// By gaps that are all alike.
    Even(Lengths),
    /// By a rate that changes in steps.
    Steps(Steps, Stream),
    /// By a rate that swings; a stream of its own decides which candidates are kept.
    Wave { rate: f64, swing: f64, period_ns: f64, draws: Stream, keep: Stream },
    /// As a trace says, at this speed; clients too, where it names them.
    Trace { trace: Arc<Trace>, speed: f64 },
}

impl Timing {
    /// The timing of `clients`, whose keys come from `source`.
    pub fn new(clients: &Clients, source: &KeySource, streams: &Streams) -> Timing {
        let open = |gap| Timing::Open { gap, sessions: clients.sessions };
        let draws = || streams.named("arrivals");
        let even = |sampler: Sampler| open(Gap::Even(sampler.lengths(draws())));
        let steps = |steps| open(Gap::Steps(steps, draws()));
        match &clients.arrivals {
            Arrivals::Poisson { rate } => even(Sampler::exponential(Nanos::from_secs_f64(1.0 / rate))),
            Arrivals::Constant { rate } => even(Sampler::constant(Nanos::from_secs_f64(1.0 / rate))),
            Arrivals::Bursts { rate, quiet, on, off } => steps(Steps::bursts(*rate, *quiet, *on, *off)),
            Arrivals::Spike(spike) => steps(Steps::spike(spike)),
            Arrivals::Wave { rate, swing, period } => {
                let (period_ns, keep) = (period.0 as f64, streams.named("arrivals kept"));
                open(Gap::Wave { rate: *rate, swing: *swing, period_ns, draws: draws(), keep })
            }
            Arrivals::Trace { speed } => match source {
                KeySource::Trace { trace, .. } => open(Gap::Trace { trace: trace.clone(), speed: *speed }),
                KeySource::Drawn { .. } => unreachable!("checked: arrivals of a trace come with its keys"),
            },
            Arrivals::Closed { users, think } => {
                let draws = (0..*users).map(|user| streams.numbered("think", user)).collect();
                Timing::Closed { think: think.sampler(), draws }
            }
        }
    }

    /// The client of open-loop request `number`, where no trace names it.
    pub fn client(&self, number: u64) -> ClientId {
        match self {
            Timing::Open { sessions, .. } => (number % u64::from(*sessions)) as ClientId,
            Timing::Closed { .. } => unreachable!("a closed loop's requests come from its users"),
        }
    }

    /// When open-loop request `number` arrives, if the one before it arrived at `now`.
    #[inline]
    pub fn next(&mut self, now: Nanos, number: u64) -> Nanos {
        match self {
            Timing::Open { gap, .. } => match gap {
                Gap::Even(gaps) => now.saturating_add(gaps.draw()),
                Gap::Steps(steps, draws) => steps.next(now, -libm::log(draws.unit_open())),
                Gap::Wave { rate, swing, period_ns, draws, keep } => {
                    let mut at = now.0 as f64;
                    loop {
                        at += -libm::log(draws.unit_open()) / (*rate * (1.0 + *swing)) * 1e9;
                        let here = 1.0 + *swing * libm::sin(TAU * (at / *period_ns));
                        // Far beyond any run, where the sine means nothing any more, the search ends.
                        if keep.unit() * (1.0 + *swing) < here || at > FAR_NS {
                            return moment(at, now);
                        }
                    }
                }
                // Once it has ended, at once: that is when the clients see it.
                Gap::Trace { trace, speed } => match trace.at(number as usize) {
                    Some(at) => moment(at.0 as f64 / *speed, now),
                    None => now,
                },
            },
            Timing::Closed { .. } => unreachable!("a closed loop has no arrivals of its own"),
        }
    }

    /// The pause of `user` before its next request; `None` in open loops.
    pub fn think(&mut self, user: ClientId) -> Option<Nanos> {
        match self {
            Timing::Open { .. } => None,
            Timing::Closed { think, draws } => Some(think.sample(&mut draws[user as usize])),
        }
    }

    /// How many users a closed loop has; `None` in open loops.
    pub fn users(&self) -> Option<u32> {
        match self {
            Timing::Open { .. } => None,
            Timing::Closed { draws, .. } => Some(draws.len() as u32),
        }
    }
}

/// About 36 years: no run is as long.
const FAR_NS: f64 = (u64::MAX / 16) as f64;

/// A moment in nanoseconds, rounded, not before `now`.
fn moment(at_ns: f64, now: Nanos) -> Nanos {
    Nanos((at_ns.min(FAR_NS) + 0.5) as u64).max(now)
}

/// A rate in steps: some once, from the beginning of the run, then others in turn for ever.
pub struct Steps {
    once: Vec<Step>,
    round: Vec<Step>,
}

/// So many arrivals a nanosecond for so long.
#[derive(Clone, Copy)]
struct Step {
    rate: f64,
    lasts: f64,
}

impl Step {
    fn new(per_second: f64, lasts: Nanos) -> Step {
        Step { rate: per_second / 1e9, lasts: lasts.0 as f64 }
    }

    fn area(&self) -> f64 {
        self.rate * self.lasts
    }
}

impl Steps {
    fn bursts(rate: f64, quiet: f64, on: Nanos, off: Nanos) -> Steps {
        Steps { once: Vec::new(), round: vec![Step::new(rate, on), Step::new(quiet, off)] }
    }

    fn spike(spike: &Spike) -> Steps {
        let even = |lasts| Step::new(spike.rate, lasts);
        let high = Step::new(spike.rate * spike.times, spike.lasts);
        Steps { once: vec![even(spike.at), high], round: vec![even(Nanos::from_secs(1))] }
    }

    /// The moment at which the area under the rate since `now` is `area`.
    fn next(&self, now: Nanos, mut area: f64) -> Nanos {
        let mut begins = 0.0;
        let mut at = now.0 as f64;
        for step in &self.once {
            if let Some(there) = pass(step, begins, &mut at, &mut area) {
                return moment(there, now);
            }
            begins += step.lasts;
        }
        let length: f64 = self.round.iter().map(|step| step.lasts).sum();
        let round_area: f64 = self.round.iter().map(Step::area).sum();
        // To the beginning of the round that `at` is in; then whole rounds in one go.
        begins += ((at - begins) / length).floor() * length;
        for turn in 0..3 {
            for step in &self.round {
                if let Some(there) = pass(step, begins, &mut at, &mut area) {
                    return moment(there, now);
                }
                begins += step.lasts;
            }
            if turn == 0 {
                let rounds = (area / round_area).floor().min(FAR_NS / length);
                (begins, at, area) = (begins + rounds * length, at + rounds * length, area - rounds * round_area);
            }
        }
        moment(at, now) // rounding left a trace of area: the end of a round is as good
    }
}

/// Goes from `at` through a step that begins at `begins`, using up `area`; gives the moment where it is used up.
fn pass(step: &Step, begins: f64, at: &mut f64, area: &mut f64) -> Option<f64> {
    let left = begins + step.lasts - *at;
    if left <= 0.0 {
        return None;
    }
    let here = step.rate * left;
    if *area < here {
        return Some(*at + *area / step.rate);
    }
    *area -= here;
    *at = begins + step.lasts;
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Ids;
    use crate::scenario::{Keys, Scenario};
    use std::sync::Arc;

    /// The arrivals of the first `seconds`, in seconds.
    fn arrivals(kind: Arrivals, seconds: f64) -> Vec<f64> {
        let clients = Clients { arrivals: kind, ..Clients::default() };
        let source = KeySource::Drawn { ids: Arc::new(Ids::uniform(1).unwrap()), places: None };
        let mut timing = Timing::new(&clients, &source, &Streams::new(3));
        let mut times = Vec::new();
        let mut now = Nanos::ZERO;
        loop {
            now = timing.next(now, times.len() as u64);
            if now.as_secs_f64() >= seconds {
                return times;
            }
            times.push(now.as_secs_f64());
        }
    }

    /// Whether a Poisson count is within 3 standard deviations of what is expected.
    #[track_caller]
    fn fits(count: usize, expected: f64) {
        let off = (count as f64 - expected).abs() / expected.sqrt();
        assert!(off < 3.0, "{count} arrivals, {expected} expected: off by {off:.1} standard deviations");
    }

    fn within(times: &[f64], from: f64, to: f64) -> usize {
        times.iter().filter(|&&time| (from..to).contains(&time)).count()
    }

    const fn s(seconds: u64) -> Nanos {
        Nanos::from_secs(seconds)
    }

    #[test]
    fn bursts_come_at_one_rate_while_on_and_at_another_while_off() {
        let bursts = Arrivals::Bursts { rate: 300.0, quiet: 20.0, on: s(2), off: s(3) };
        assert_eq!(bursts.expected(s(1_001)), Some(200.0 * 660.0 + 300.0));
        let times = arrivals(bursts, 1_000.0);
        let on = times.iter().filter(|&time| time.rem_euclid(5.0) < 2.0).count();
        fits(on, 300.0 * 400.0);
        fits(times.len() - on, 20.0 * 600.0);
        // Within a burst the second half is as busy as the first.
        fits(times.iter().filter(|&time| time.rem_euclid(5.0) < 1.0).count(), 300.0 * 200.0);
    }

    #[test]
    fn a_burst_that_is_quiet_for_long_has_no_arrival_there() {
        let silent = Arrivals::Bursts { rate: 0.5, quiet: 0.0, on: Nanos::from_millis(100), off: s(10) };
        let times = arrivals(silent, 1_000_000.0);
        assert!(times.iter().all(|time| time.rem_euclid(10.1) < 0.1 + 1e-6));
        fits(times.len(), 0.05 * 1_000_000.0 / 10.1);
    }

    #[test]
    fn a_wave_has_the_area_under_its_sine() {
        let times = arrivals(Arrivals::Wave { rate: 100.0, swing: 0.8, period: s(100) }, 1_000.0);
        fits(times.len(), 100_000.0);
        // ∫ over the first half of a period: rate · (T/2 + swing · T/π).
        let high = times.iter().filter(|&time| time.rem_euclid(100.0) < 50.0).count();
        fits(high, 10.0 * 100.0 * (50.0 + 0.8 * 100.0 / std::f64::consts::PI));
        // The last quarter: T/4 − swing · T/2π.
        let low = times.iter().filter(|&time| time.rem_euclid(100.0) >= 75.0).count();
        fits(low, 10.0 * 100.0 * (25.0 - 0.8 * 100.0 / TAU));
    }

    #[test]
    fn a_wave_that_swings_fully_falls_silent_once_a_period() {
        let times = arrivals(Arrivals::Wave { rate: 50.0, swing: 1.0, period: s(100) }, 10_000.0);
        // Around the trough the rate is about rate · (2πx/T)²/2: over ±2 s that is 50·(2π/100)²·2³/3 a period.
        let trough = times.iter().filter(|&time| (73.0..77.0).contains(&time.rem_euclid(100.0))).count();
        fits(trough, 100.0 * 50.0 * (TAU / 100.0) * (TAU / 100.0) * 8.0 / 3.0);
        fits(times.len(), 500_000.0);
    }

    #[test]
    fn a_spike_is_high_only_while_it_lasts() {
        let spike = Spike { rate: 50.0, times: 8.0, at: s(100), lasts: s(20) };
        assert_eq!(Arrivals::Spike(spike.clone()).expected(s(110)), Some(50.0 * 180.0));
        let times = arrivals(Arrivals::Spike(spike), 1_000.0);
        fits(within(&times, 0.0, 100.0), 5_000.0);
        fits(within(&times, 100.0, 120.0), 8_000.0);
        fits(within(&times, 120.0, 1_000.0), 44_000.0);
    }

    #[test]
    fn a_rate_that_changes_leaves_gaps_exponential() {
        // With the same rate on and off, bursts are a plain Poisson process: its gaps' mean square is twice the mean's.
        let times = arrivals(Arrivals::Bursts { rate: 100.0, quiet: 100.0, on: s(1), off: s(1) }, 2_000.0);
        let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let square = gaps.iter().map(|gap| gap * gap).sum::<f64>() / gaps.len() as f64;
        assert!((square - 2e-4).abs() < 5e-6, "{square}");
        fits(times.len(), 200_000.0);
    }

    #[test]
    fn timed_replay_comes_when_the_trace_says_at_its_speed() {
        let text = "time,key\n1000.5,a\n1001,b\n1001,c\n1004.5,d\n";
        let trace = Arc::new(Trace::read("a.csv", text.as_bytes(), None).unwrap());
        let keys = Keys::of_trace("a.csv".to_owned());
        let clients = Clients { arrivals: Arrivals::Trace { speed: 2.0 }, keys, ..Clients::default() };
        let scenario = Scenario { clients, ..Scenario::default() };
        let source = KeySource::new(&scenario, Some(trace)).unwrap();
        let mut timing = Timing::new(&scenario.clients, &source, &Streams::new(3));
        let mut now = Nanos::ZERO;
        let times = [0, 1, 2, 3, 4].map(|number| {
            now = timing.next(now, number);
            now.as_millis_f64()
        });
        assert_eq!(times, [0.0, 250.0, 250.0, 2_000.0, 2_000.0]);
    }
}

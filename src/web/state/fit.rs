//! What makes a run play the whole of a trace.

use std::f64::consts::TAU;

use crate::scenario::{Arrivals, Edit, FaultTime, FieldValue, Keys, Scenario};
use crate::time::Nanos;
use crate::web::platform::protocol::TraceFacts;
use crate::workload::trace::Detail;

/// The edits after which the whole trace is played: its own times where it says them, and a run that is long enough.
/// `None` where users come when they have been answered: nobody knows how long they take.
pub fn fit(scenario: &Scenario, facts: &TraceFacts) -> Option<Vec<Edit>> {
    let set = |path: &str, value: FieldValue| Edit::set(path, value);
    let (duration, arrivals) = if facts.says.contains(&Detail::Times) {
        let speed = match scenario.clients.arrivals {
            Arrivals::Trace { speed } => speed,
            _ => 1.0,
        };
        let span_s = facts.span.unwrap_or_default().as_secs_f64() / speed;
        let arrivals = set("clients.arrivals", FieldValue::of(&Arrivals::Trace { speed }));
        (up_to_milliseconds(span_s), Some(arrivals))
    } else {
        (long_enough(scenario, facts.requests as f64)?, None)
    };
    Some(arrivals.into_iter().chain(lasting(scenario, duration)).collect())
}

/// The edits that make the run as long as that.
fn lasting(scenario: &Scenario, duration: Nanos) -> Vec<Edit> {
    // What is left out at the start has to be shorter than the run.
    let warmup = (scenario.warmup >= duration).then(|| Edit::set("warmup", FieldValue::of(&Nanos::ZERO)));
    let faults = sooner_faults(scenario, duration);
    warmup.into_iter().chain([Edit::set("duration", FieldValue::of(&duration))]).chain(faults).collect()
}

/// The faults as far into a run of this length as they were into the scenario's, where one would come after its end.
fn sooner_faults(scenario: &Scenario, duration: Nanos) -> Vec<Edit> {
    let moments = scenario.faults.iter().enumerate().filter_map(|(number, fault)| Some((number, fault.at.moment()?)));
    if moments.clone().all(|(_, at)| at < duration) {
        return Vec::new();
    }
    let ratio = duration.as_secs_f64() / scenario.duration.as_secs_f64();
    let sooner = |at: Nanos| FaultTime::Moment(Nanos::from_millis((at.as_secs_f64() * ratio * 1e3) as u64));
    moments.map(|(number, at)| Edit::set(format!("fault.{number}.at"), FieldValue::of(&sooner(at)))).collect()
}

/// When a trace that is replayed is over, if that is before the run is, for nobody comes from then on; and the edits after which the
/// run is, too, and nothing else is another one. `None` also where users come when they have been answered.
pub fn over(scenario: &Scenario, facts: &TraceFacts) -> Option<(Nanos, Vec<Edit>)> {
    let Keys::Trace { .. } = &scenario.clients.keys else { return None };
    let (over, surely) = match scenario.clients.arrivals {
        Arrivals::Trace { speed } => {
            let over = up_to_milliseconds(facts.span?.as_secs_f64() / speed);
            (over, over)
        }
        _ => (until(scenario, facts.requests as f64)?, long_enough(scenario, facts.requests as f64)?),
    };
    // So little of the run that nobody sees it is no news.
    let is_news = surely.as_secs_f64() < scenario.duration.as_secs_f64() * 0.99;
    is_news.then(|| (over, lasting(scenario, surely)))
}

/// Just after that moment: who comes at the very end of a run still comes.
fn up_to_milliseconds(seconds: f64) -> Nanos {
    Nanos::from_millis((seconds * 1e3) as u64 + 1)
}

/// How long it takes until so many have come, and a little more: where luck decides, it may take longer.
fn long_enough(scenario: &Scenario, requests: f64) -> Option<Nanos> {
    until(scenario, requests + 5.0 * libm::sqrt(requests) + 1.0)
}

/// How long it takes in the mean until so many have come.
fn until(scenario: &Scenario, wanted: f64) -> Option<Nanos> {
    let arrivals = &scenario.clients.arrivals;
    let expected = |seconds: f64| match arrivals {
        // The limit of runs goes by the most there may be; here it is what comes in the mean.
        Arrivals::Wave { rate, swing, period } => {
            let radians = TAU / period.as_secs_f64();
            Some(rate * (seconds + swing * (1.0 - libm::cos(radians * seconds)) / radians))
        }
        _ => arrivals.expected(up_to_milliseconds(seconds)),
    };
    let mut enough_s = 1e-3;
    while expected(enough_s)? < wanted {
        enough_s *= 2.0;
        if enough_s > 1e10 {
            return None; // nobody ever comes
        }
    }
    let mut short_s = 0.0;
    for _ in 0..40 {
        let middle = (short_s + enough_s) / 2.0;
        if expected(middle)? < wanted { short_s = middle } else { enough_s = middle }
    }
    Some(up_to_milliseconds(enough_s))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::Experiment;
    use crate::scenario::{Accept, presets};
    use crate::workload::trace::Trace;

    fn open(text: &str) -> (Arc<Trace>, TraceFacts) {
        let trace = Trace::read("a.csv", text.as_bytes(), None).expect("a trace");
        let facts = TraceFacts::of(&trace);
        (Arc::new(trace), facts)
    }

    /// How many of its requests are played after it was fitted.
    fn played(arrivals: Arrivals, text: &str) -> (u64, u64) {
        let (trace, facts) = open(text);
        let mut scenario = Scenario { warmup: Nanos::from_secs(50), ..Scenario::default() };
        scenario.clients.keys = Keys::of_trace("a.csv".into());
        scenario.clients.arrivals = arrivals;
        let edits = fit(&scenario, &facts).expect("edits");
        let fitted = scenario.apply(&edits, Accept::Good).expect("a good scenario");
        let mut experiment = Experiment::new(&fitted, Some(trace)).expect("an experiment");
        while !experiment.finished() {
            experiment.advance(Nanos::MAX, || false);
        }
        (experiment.report().lanes[0].requests, facts.requests)
    }

    #[test]
    fn a_trace_that_is_over_before_the_run_says_when() {
        let (_, timed) = open("time,key\n5,a\n6.5,b\n12.5,a\n");
        let (_, plain) = open(&"a\n".repeat(400));
        let mut scenario = Scenario { duration: Nanos::from_secs(60), ..Scenario::default() };
        scenario.clients.arrivals = Arrivals::Trace { speed: 2.0 };
        assert_eq!(over(&scenario, &timed), None, "the keys are drawn");
        scenario.clients.keys = Keys::of_trace("a.csv".into());
        let at = |scenario: &Scenario, facts| over(scenario, facts).map(|(at, _)| at);
        assert_eq!(at(&scenario, &timed), Some(Nanos::from_millis(3_751)));
        scenario.clients.arrivals = Arrivals::Constant { rate: 40.0 };
        assert_eq!(at(&scenario, &plain), Some(Nanos::from_secs(10)));
        // What is made as long as the trace keeps its arrivals, those of a trace with times, too.
        let edits = over(&scenario, &timed).expect("it is over").1;
        let shorter = scenario.apply(&edits, Accept::Good).expect("a good scenario");
        assert!(shorter.clients.arrivals == scenario.clients.arrivals && over(&shorter, &timed).is_none());
        scenario.clients.arrivals = Arrivals::Wave { rate: 10.0, swing: 0.9, period: Nanos::from_secs(40) };
        let whole = at(&scenario, &plain).expect("it is over").as_secs_f64();
        assert!((whole - 40.0).abs() < 0.01, "a whole wave: {whole}");
        for arrivals in [Arrivals::Constant { rate: 40.0 }, Arrivals::Trace { speed: 1.0 }] {
            scenario.clients.arrivals = arrivals;
            let facts = if scenario.clients.arrivals == (Arrivals::Trace { speed: 1.0 }) { &timed } else { &plain };
            let fitted = scenario.apply(&fit(&scenario, facts).expect("edits"), Accept::Good).expect("a good scenario");
            assert_eq!(over(&fitted, facts), None, "what was fitted is long enough, and no longer");
        }
    }

    #[test]
    fn faults_that_would_come_after_the_trace_come_as_far_into_the_run_as_they_did() {
        let (_, timed) = open("time,key\n5,a\n12.499,a\n");
        let mut scenario = presets::get("default").expect("a preset").scenario().clone();
        scenario.clients.keys = Keys::of_trace("a.csv".into());
        let before = scenario.first_fault().expect("a fault").as_secs_f64() / scenario.duration.as_secs_f64();
        let fitted = scenario.apply(&fit(&scenario, &timed).expect("edits"), Accept::Good).expect("a good scenario");
        let after = fitted.first_fault().expect("a fault").as_secs_f64() / fitted.duration.as_secs_f64();
        assert!(fitted.duration < Nanos::from_secs(8) && (before - after).abs() < 1e-3, "{before}, {after}");
    }

    #[test]
    fn the_whole_trace_is_played_by_its_own_times_or_by_the_run_s_rate() {
        let timed: String = std::iter::once("time,key,op\n".to_owned())
            .chain((0..300).map(|i| format!("{}.{:03},k{},get\n", 1_000 + i / 10, i % 10 * 97, i % 7)))
            .collect();
        let plain: String = (0..300).map(|i| format!("k{}\n", i % 7)).collect();
        for arrivals in
            [Arrivals::Poisson { rate: 40.0 }, Arrivals::Constant { rate: 900.0 }, Arrivals::Trace { speed: 3.0 }]
        {
            let is_of_trace = matches!(arrivals, Arrivals::Trace { .. });
            let (played_, all) = played(arrivals.clone(), &timed);
            assert_eq!(played_, all, "{arrivals:?}");
            if !is_of_trace {
                let (played_, all) = played(arrivals.clone(), &plain);
                assert_eq!(played_, all, "{arrivals:?}");
            }
        }
    }

    #[test]
    fn of_users_who_wait_for_answers_nobody_knows_how_long_they_take() {
        let facts = TraceFacts { requests: 10, ..TraceFacts::default() };
        let mut scenario = Scenario::default();
        scenario.clients.arrivals =
            Arrivals::Closed { users: 3, think: crate::scenario::Distribution::Constant(Nanos::from_secs(1)) };
        assert_eq!(fit(&scenario, &facts), None);
    }
}

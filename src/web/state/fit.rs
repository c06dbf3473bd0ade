//! What makes a run play the whole of a trace.

use crate::scenario::{Arrivals, Edit, FieldValue, Scenario};
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
    // What is left out at the start has to be shorter than the run.
    let warmup = (scenario.warmup >= duration).then(|| set("warmup", FieldValue::of(&Nanos::ZERO)));
    let duration = set("duration", FieldValue::of(&duration));
    Some(arrivals.into_iter().chain(warmup).chain([duration]).collect())
}

/// Just after that moment: who comes at the very end of a run still comes.
fn up_to_milliseconds(seconds: f64) -> Nanos {
    Nanos::from_millis((seconds * 1e3) as u64 + 1)
}

/// How long it takes until so many have come, and a little more: where luck decides, it may take longer.
fn long_enough(scenario: &Scenario, requests: f64) -> Option<Nanos> {
    let wanted = requests + 5.0 * libm::sqrt(requests) + 1.0;
    let expected = |seconds: f64| scenario.clients.arrivals.expected(up_to_milliseconds(seconds));
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
    use crate::scenario::{Accept, Keys};
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
